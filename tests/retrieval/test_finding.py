"""Which original is this? By id, by code, by looks, and "not in the vault"."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import skimage.data

from scenes import jpeg, quarter_replaced
from underdrawing.errors import UsageError
from underdrawing.images import Picture
from underdrawing.retrieval.cataloguing import catalogue
from underdrawing.retrieval.finding import Source, find
from underdrawing.tokenizer import HiddenCode, Tokenizer
from underdrawing.vault import Match, Record, open_vault

KEPT = ("astronaut", "coffee", "chelsea", "rocket")
STRANGERS = 300


def photograph(name):
    return getattr(skimage.data, name)()[..., :3]


@pytest.fixture(scope="module")
def records():
    return {name: catalogue(Picture(photograph(name)), facts={"title": name}) for name in KEPT}


@pytest.fixture(scope="module")
def codes():
    tokenizer = Tokenizer.load()
    return {name: tokenizer.encode(photograph(name)) for name in KEPT}


@pytest.fixture(scope="module")
def vault(records, tmp_path_factory):
    rng = np.random.default_rng(0)
    strangers = [
        Record(
            id=f"{number:016x}",
            created="2026-01-01T00:00:00Z",
            facts={},
            fingerprint=rng.bytes(64),
            sketch=rng.bytes(32),
        )
        for number in range(STRANGERS)
    ]
    with open_vault(tmp_path_factory.mktemp("vaults") / "v", create=True) as opened:
        opened.add_many([*records.values(), *strangers])
        yield opened


def test_an_id_that_was_read_is_enough(vault, records):
    found = find(vault, id=records["coffee"].id)
    assert found.record == records["coffee"]
    assert found.source is Source.ID
    assert found.confidence > 0.999


def test_an_id_whose_record_is_another_picture_is_not_believed(vault, records, codes):
    found = find(vault, id=records["coffee"].id, code=codes["rocket"].prefix(3))
    assert found.record == records["rocket"]
    assert found.source is Source.CODE
    assert "describes another picture" in found.note


@pytest.mark.parametrize("scales", [2, 3, 4, 6])
def test_a_code_that_was_read_finds_its_record(vault, records, codes, scales):
    for name in KEPT:
        found = find(vault, code=codes[name].prefix(scales))
        assert found.record == records[name]
        assert found.source is Source.CODE
        assert found.candidates[0].equal == 1


def test_a_code_known_in_part_finds_its_record(vault, records, codes):
    known = np.random.default_rng(0).random((32, 32)) < 0.3
    scales = (*codes["coffee"].scales[:5], np.where(known, codes["coffee"].scales[5], 7).astype(np.uint16))
    found = find(vault, code=HiddenCode(scales, known))
    assert found.record == records["coffee"]
    assert found.candidates[0].equal == 1


def test_a_code_of_an_unknown_picture_finds_nothing(vault):
    code = Tokenizer.load().encode(photograph("retina"))
    for scales in (2, 3, 6):
        assert find(vault, code=code.prefix(scales)).record is None


@pytest.mark.parametrize(
    "change",
    [
        lambda p: jpeg(p, 40),
        lambda p: jpeg(quarter_replaced(p)[0], 60),
        lambda p: p[p.shape[0] // 10 : -p.shape[0] // 16, p.shape[1] // 12 : -p.shape[1] // 12],
        lambda p: p[:, ::-1],
        lambda p: cv2.copyMakeBorder(p, 60, 60, 0, 0, cv2.BORDER_CONSTANT, value=(0, 0, 0)),
        lambda p: cv2.resize(p, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    ],
    ids=["jpeg", "replaced", "cropped", "mirrored", "letterboxed", "half"],
)
def test_what_is_visible_finds_the_record(vault, records, change):
    for name in KEPT:
        found = find(vault, pixels=np.ascontiguousarray(change(photograph(name))))
        assert found.record == records[name], name
        assert found.source is Source.FINGERPRINT
        assert found.confidence > 0.9
        assert found.candidates[0].id == records[name].id


def test_a_mirrored_crop_is_laid_over_its_original(vault):
    pixels = photograph("astronaut")[30:480, 40:470]
    found = find(vault, pixels=np.ascontiguousarray(pixels[:, ::-1]))
    assert found.registration.mirrored
    corners = [[470, 30], [40, 30], [40, 480], [470, 480]] / np.array([512, 512])
    np.testing.assert_allclose(found.registration.corners(), corners, atol=0.01)


def test_a_known_change_is_left_out(vault, records):
    doctored, mask = quarter_replaced(photograph("coffee"))
    plain, masked = (find(vault, pixels=doctored, mask=given) for given in (None, mask))
    assert plain.record == masked.record == records["coffee"]
    assert masked.candidates[0].distance_bits < plain.candidates[0].distance_bits


class NearestElsewhere:
    """A vault whose fingerprints find a record only where a given part of the suspect was left out."""

    fingerprints_by = ""

    def __init__(self, record, strangers):
        self.records = {one.id: one for one in (record, *strangers)}
        self.record, self.strangers, self.asked = record, strangers, 0

    def get(self, id_):
        return self.records.get(id_)

    def nearest_fingerprints(self, bits, k=10, *, mask=None):
        self.asked += 1
        near = [self.record] if self.asked == 20 else []
        return tuple(Match(one.id, 180) for one in (*near, *self.strangers))[:k]

    def nearest_sketches(self, bits, k=10, *, mask=None):
        return ()


def test_where_no_map_tells_one_part_after_another_is_left_out(records):
    strangers = [replace(records[name], id=f"{n:016x}") for n, name in enumerate(("astronaut", "rocket", "chelsea"))]
    vault = NearestElsewhere(records["coffee"], strangers)
    doctored, mask = quarter_replaced(photograph("coffee"))
    assert find(vault, pixels=jpeg(doctored, 60)).record == records["coffee"]
    vault = NearestElsewhere(records["coffee"], strangers)
    assert find(vault, pixels=jpeg(doctored, 60), mask=mask).record is None, "a known map leaves nothing to guess"
    vault = NearestElsewhere(records["coffee"], strangers)
    assert find(vault, pixels=photograph("retina")).record is None


def test_no_more_is_asked_where_the_first_answer_is_clear(records):
    vault = NearestElsewhere(records["coffee"], [records["rocket"]])
    assert find(vault, pixels=jpeg(photograph("rocket"), 70)).record == records["rocket"]
    assert vault.asked == 2


@pytest.mark.parametrize("name", ["retina", "hubble_deep_field", "immunohistochemistry", "colorwheel"])
def test_an_unknown_picture_is_not_in_the_vault(vault, name):
    found = find(vault, pixels=np.ascontiguousarray(photograph(name)))
    assert found.record is None
    assert found.source is None
    assert found.confidence > 0.8
    assert found.to_dict()["found"] is False


def test_an_unknown_id_goes_on_to_the_pixels(vault, records):
    found = find(vault, id="00000000ffffffff", pixels=photograph("rocket"))
    assert found.record == records["rocket"]
    assert "00000000ffffffff is not in the vault" in found.note


def test_without_previews_the_bits_decide(records, tmp_path):
    with open_vault(tmp_path / "v", create=True) as opened:
        opened.add_many([replace(record, preview=b"", code=None) for record in records.values()])
        found = find(opened, pixels=jpeg(photograph("chelsea"), 70))
        assert found.record.id == records["chelsea"].id
        assert found.registration is None
        assert find(opened, pixels=np.ascontiguousarray(photograph("retina"))).record is None


def test_a_poisoned_preview_stops_nothing(records, tmp_path):
    with open_vault(tmp_path / "v", create=True) as opened:
        opened.add_many([replace(record, preview=b"RIFF\xff\xff\xff\xffWEBP" * 9) for record in records.values()])
        assert find(opened, pixels=photograph("chelsea")).record.id == records["chelsea"].id


def test_an_empty_vault_has_nothing(tmp_path):
    with open_vault(tmp_path / "v", create=True) as opened:
        found = find(opened, id="00000000ffffffff", pixels=photograph("chelsea"))
    assert found.record is None
    assert found.candidates == ()


def test_nothing_to_search_by_is_refused(vault):
    with pytest.raises(UsageError, match="at least one"):
        find(vault)


def test_answers_are_plain_values(vault, records):
    told = find(vault, pixels=photograph("coffee")).to_dict()
    assert told["found"] is True
    assert told["source"] == "fingerprint"
    assert told["facts"] == {"title": "coffee"}
    assert told["candidates"][0]["id"] == records["coffee"].id
    assert set(told["candidates"][0]) == {
        *("id", "source", "confidence", "distance_bits", "equal_tokens", "likeness"),
        *("detail_likeness", "agreeing_points", "share_shown", "mirrored"),
    }


def test_deterministic(vault):
    pixels = jpeg(quarter_replaced(photograph("rocket"))[0], 50)
    assert find(vault, pixels=pixels).to_dict() == find(vault, pixels=pixels).to_dict()
