"""The story end to end: protect, then verify what became of it."""

import zlib
from dataclasses import replace

import cv2
import numpy as np
import pytest
from skimage import data

from scenes import jpeg, mosaic, quarter_replaced, resized
from underdrawing import (
    Picture,
    Profile,
    RecoverySetting,
    SignatureStatus,
    SigningKey,
    TrustStore,
    Verdict,
    load,
    pipeline,
    protect,
    verify,
)
from underdrawing.channel.lattice import Reception, embed
from underdrawing.channel.lattice.layout import layout_of
from underdrawing.channel.lattice.looks import Suspect
from underdrawing.channel.lattice.sync import hypotheses
from underdrawing.errors import ImageTooSmallError, UnsupportedVersionError
from underdrawing.examination import repaint
from underdrawing.images import encode
from underdrawing.messages.reading import read_message
from underdrawing.payload import Block, Capacity, Publisher, compose
from underdrawing.retrieval import catalogue
from underdrawing.tokenizer import Tokenizer, to_canvas
from underdrawing.vault import open_vault

FACTS = {"creator": "Ann Example", "headline": "The bridge on the day before the flood", "city": "Ghent"}
KEY = SigningKey.from_seed(b"the key of an honest publisher..")
FORGER = SigningKey.from_seed(b"the key of somebody else at all.")
TRUST = TrustStore().add(Publisher("The Desk", KEY.public()))
BLOCKS = ("anchor", "core", "detail", "fine")


@pytest.fixture(scope="module")
def original():
    return Picture(mosaic())


@pytest.fixture(scope="module")
def protection(original):
    return protect(original, facts=FACTS, key=KEY)


@pytest.fixture(scope="module")
def verified(protection):
    return verify(protection.picture, trust=TRUST)


@pytest.fixture(scope="module")
def doctored(protection):
    """A copy with a quarter replaced and saved as JPEG 75, where it was replaced, and what is found."""
    pixels, mask = quarter_replaced(protection.picture.pixels)
    suspect = Picture(jpeg(pixels, 75))
    return suspect, mask, verify(suspect, trust=TRUST)


def message(code, *, key=KEY, facts=FACTS):
    """A message as ``protect`` composes it, for those who want to tamper with it."""
    order = Tokenizer.load().detail_order(code)
    capacity = Capacity(2300, 4100, 0)
    return compose(id=7, tokens=code.scales, fine_order=order, facts=facts, key=key, capacity=capacity)


def sealed(prefix, bits):
    """The block with the checksum that belongs to it, which a forger computes as well as anybody."""
    checksum = zlib.crc32(prefix + np.packbits(bits[:-32]).tobytes())
    return np.concatenate([bits[:-32], np.unpackbits(np.frombuffer(checksum.to_bytes(4, "big"), np.uint8))])


def test_round_trip_an_untouched_picture_is_authentic(protection, verified):
    assert verified.verdict is Verdict.AUTHENTIC
    assert verified.id == protection.id
    assert verified.blocks == protection.blocks == BLOCKS
    assert verified.code_scales == 6
    assert verified.tampered_fraction == 0
    assert not verified.mask.any()
    assert (verified.recovered, verified.recovery_source) == (None, None)
    assert verified.confidence > 0.5


def test_what_hides_under_transparency_is_said(protection):
    pixels = protection.picture.pixels
    alpha = np.full(pixels.shape[:2], 255, np.uint8)
    assert verify(replace(protection.picture, alpha=alpha)).transparent_fraction == 0
    alpha[: len(alpha) // 4] = 0
    found = verify(replace(protection.picture, alpha=alpha))
    assert found.verdict is Verdict.AUTHENTIC
    assert found.to_dict()["transparent_fraction"] == pytest.approx(0.25, abs=0.01)


def test_round_trip_facts_and_signature_come_out_of_the_pixels(verified):
    assert verified.facts == FACTS
    assert verified.facts_source == "pixels"
    assert verified.signature is SignatureStatus.VALID
    assert verified.signer == "The Desk"


@pytest.mark.parametrize(
    "change",
    [lambda p: jpeg(p, 85), lambda p: resized(p, 0.7), lambda p: jpeg(resized(p, 0.6), 85)],
    ids=["JPEG 85", "0.7 size", "0.6 size, JPEG 85"],
)
def test_round_trip_what_the_web_does_is_no_tampering(protection, change):
    verification = verify(Picture(change(protection.picture.pixels)), trust=TRUST)
    assert verification.verdict is Verdict.AUTHENTIC
    assert verification.signature is SignatureStatus.VALID
    assert verification.facts == FACTS


def test_reference_a_doctored_copy_is_tampered_where_it_was_doctored(doctored):
    _, mask, verification = doctored
    assert verification.verdict is Verdict.TAMPERED
    assert verification.signature is SignatureStatus.VALID
    found = verification.mask
    overlap = 2 * (found & mask).sum() / (found.sum() + mask.sum())
    assert overlap > 0.85
    assert verification.tampered_fraction == pytest.approx(found.mean())
    assert verification.recoloured_fraction == 0
    assert verification.tamper_probability[mask].mean() > 0.8
    assert verification.tamper_probability[~mask].mean() < 0.15


def test_reference_what_was_there_is_painted_back_and_nothing_else_is_touched(doctored, original):
    suspect, mask, verification = doctored
    recovered = verification.recovered
    assert verification.recovery_source == "code"
    assert np.array_equal(recovered.pixels[~verification.mask], suspect.pixels[~verification.mask])
    inside = mask & verification.mask
    errors = [
        np.abs(p[inside].astype(int) - original.pixels[inside]).mean() for p in (recovered.pixels, suspect.pixels)
    ]
    assert errors[0] < 0.5 * errors[1]


def test_round_trip_the_code_that_was_read_is_the_one_that_was_sent(protection, verified, doctored):
    for verification in (verified, doctored[2]):
        assert verification.code.n_scales == verification.code_scales
        whole = verification.code.prefix(5)
        assert all(map(np.array_equal, whole.scales, protection.code.scales))


def test_reference_a_region_of_your_choice_is_painted_as_the_verification_paints_its_own(doctored, original):
    suspect, mask, verification = doctored
    same = repaint(suspect.pixels, verification.code, verification.mask)
    assert np.array_equal(same, verification.recovered.pixels)
    chosen = repaint(suspect.pixels, verification.code, mask)
    assert np.array_equal(chosen[~mask], suspect.pixels[~mask])
    errors = [np.abs(p[mask].astype(int) - original.pixels[mask]).mean() for p in (chosen, suspect.pixels)]
    assert errors[0] < 0.5 * errors[1]


def test_reference_texture_is_made_up_where_it_is_asked_for(doctored, original):
    suspect, _, verification = doctored
    assert verification.recovery_setting is RecoverySetting.FIDELITY
    made_up = verify(suspect, trust=TRUST, setting=RecoverySetting.LOOK)
    assert made_up.recovery_setting is RecoverySetting.LOOK
    assert (made_up.verdict, made_up.facts) == (verification.verdict, verification.facts)
    assert np.array_equal(made_up.mask, verification.mask)
    outside = ~verification.mask
    assert np.array_equal(made_up.recovered.pixels[outside], suspect.pixels[outside])
    assert (made_up.recovered.pixels != verification.recovered.pixels).any()
    same = repaint(suspect.pixels, made_up.code, made_up.mask, setting=RecoverySetting.LOOK)
    assert np.array_equal(same, made_up.recovered.pixels)
    steep = [
        np.abs(np.diff(p.astype(int), axis=1))[made_up.mask[:, 1:]].mean()
        for p in (verification.recovered.pixels, made_up.recovered.pixels, original.pixels)
    ]
    assert steep[0] < steep[1] < 1.3 * steep[2]


def test_limits_a_region_is_painted_from_the_beginning_of_a_code_too(doctored, original):
    suspect, mask, verification = doctored
    errors = [
        np.abs(
            repaint(suspect.pixels, verification.code.prefix(n), mask)[mask].astype(int) - original.pixels[mask]
        ).mean()
        for n in (1, 3, 5)
    ]
    assert errors[0] > errors[1] > errors[2]


def test_reference_a_grey_copy_is_no_forgery_and_shows_one(protection, doctored):
    suspect, mask, _ = doctored
    untouched, forged = (
        verify(Picture(cv2.cvtColor(cv2.cvtColor(each.pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)))
        for each in (protection.picture, suspect)
    )
    assert (untouched.verdict, untouched.tampered_fraction) == (Verdict.AUTHENTIC, 0)
    assert forged.verdict is Verdict.TAMPERED
    assert (forged.mask & mask).sum() / (forged.mask | mask).sum() > 0.9


def test_round_trip_what_is_painted_into_a_picture_in_grey_is_grey(doctored):
    suspect, mask, _ = doctored
    pixels = cv2.cvtColor(cv2.cvtColor(suspect.pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    found = verify(Picture(pixels, grey=True))
    assert found.recovered.grey
    assert (found.recovered.pixels == found.recovered.pixels[..., :1]).all()
    np.testing.assert_array_equal(found.recovered.pixels[~found.mask], pixels[~found.mask])
    assert np.abs(found.recovered.pixels[mask].astype(int) - pixels[mask]).mean() > 10


def test_reference_a_far_smaller_copy_of_a_busy_picture_is_no_forgery_and_shows_one():
    """Chips fall silent where it is busy."""
    marked = protect(Picture(data.astronaut()), profile=Profile.DETAILED).picture.pixels
    forged = marked.copy()
    forged[300:420, 60:180] = marked[20:140, 380:500]
    untouched, found = (verify(Picture(resized(pixels, 0.4))) for pixels in (marked, forged))
    assert untouched.verdict is Verdict.AUTHENTIC
    assert found.verdict is Verdict.TAMPERED


def test_reference_a_change_of_colours_is_found_and_undone(protection, original):
    """Every chip may still agree; the code tells, and no detail is painted over."""
    mask = np.zeros(original.pixels.shape[:2], dtype=bool)
    height, width = mask.shape
    mask[height // 4 : height // 2, width // 4 : 2 * width // 3] = True
    pixels = np.where(mask[..., None], protection.picture.pixels[..., [2, 0, 1]], protection.picture.pixels)
    verification = verify(Picture(jpeg(pixels, 85)), trust=TRUST)
    assert verification.verdict is Verdict.TAMPERED
    assert 0.8 * verification.tampered_fraction < verification.recoloured_fraction <= verification.tampered_fraction
    inside = mask & verification.mask
    assert inside.sum() > 0.85 * mask.sum()
    errors = [
        np.abs(p[inside].astype(int) - original.pixels[inside]).mean() for p in (verification.recovered.pixels, pixels)
    ]
    assert errors[0] < 0.4 * errors[1]


def test_shapes_map_mask_and_picture_have_the_size_of_the_suspect(protection):
    suspect = Picture(resized(quarter_replaced(protection.picture.pixels)[0], 0.8))
    verification = verify(suspect)
    shape = suspect.pixels.shape[:2]
    assert (verification.tamper_probability.shape, verification.tamper_probability.dtype) == (shape, np.float32)
    assert (verification.mask.shape, verification.mask.dtype) == (shape, np.bool_)
    assert verification.recovered.pixels.shape == suspect.pixels.shape
    assert 0 <= verification.tamper_probability.min() <= verification.tamper_probability.max() <= 1


def test_rejects_a_mark_copied_onto_another_picture(protection):
    """The whole message is genuine and its signature right, but it describes something else."""
    genuine = message(protection.code)
    another = np.ascontiguousarray(mosaic()[::-1, :, ::-1])
    tiers = [genuine.blocks[block] for block in (Block.ANCHOR, Block.CORE, Block.DETAIL)]
    verification = verify(Picture(embed(another, tiers).pixels), trust=TRUST)
    assert verification.verdict is Verdict.TRANSPLANTED
    assert verification.signature is SignatureStatus.VALID
    assert verification.recovered is None


def test_rejects_a_message_changed_after_it_was_signed(original, protection):
    """A token of the core is changed and its checksum made right again: the signature tells."""
    genuine = message(protection.code)
    core = genuine.blocks[Block.CORE].copy()
    core[5] ^= 1
    tiers = [genuine.blocks[Block.ANCHOR], sealed(b"core" + (7).to_bytes(8, "big"), core)]
    verification = verify(Picture(embed(original.pixels, [*tiers, genuine.blocks[Block.DETAIL]]).pixels), trust=TRUST)
    assert verification.verdict is Verdict.FORGED
    assert verification.signature is SignatureStatus.INVALID
    assert verification.signer != "The Desk"


def test_reference_a_signature_is_worth_what_its_key_is_worth(protection, original):
    assert verify(protection.picture).signature is SignatureStatus.UNKNOWN_KEY
    other = protect(original, key=FORGER)
    stranger = verify(other.picture, trust=TRUST)
    assert stranger.signature is SignatureStatus.UNKNOWN_KEY
    assert stranger.signer == FORGER.public().id.hex()
    assert stranger.verdict is not Verdict.FORGED
    assert stranger.signature_note is None


def test_reference_a_revoked_key_is_not_believed_and_the_reader_is_told_why(protection):
    found = verify(protection.picture, trust=TRUST.revoke("The Desk"))
    assert found.signature is SignatureStatus.UNKNOWN_KEY
    assert found.signature_note == "the key of The Desk is revoked"
    assert found.verdict is Verdict.AUTHENTIC


def test_reference_an_unsigned_picture_has_no_signature(original):
    verification = verify(protect(original, facts=FACTS).picture, trust=TRUST)
    assert verification.signature is SignatureStatus.ABSENT
    assert verification.signer is None
    assert verification.facts == FACTS


def test_rejects_without_the_secret_of_the_channel(original):
    secret = protect(original, facts=FACTS, channel_key=b"secret")
    for key in (None, b"wrong"):
        verification = verify(secret.picture, channel_key=key)
        assert verification.verdict is Verdict.UNPROTECTED
        assert (verification.id, verification.facts, verification.mask) == (None, {}, None)
    assert verify(secret.picture, channel_key=b"secret").facts == FACTS


@pytest.mark.parametrize("doctor", [lambda pixels: pixels, lambda pixels: quarter_replaced(pixels)[0]])
def test_limits_with_too_little_of_the_mark_left_nothing_is_vouched_for(doctor):
    """Once compression leaves no more than the anchor of a whole message, a copy is not called authentic."""
    pixels = doctor(protect(Picture(data.astronaut()), facts=FACTS, key=KEY).picture.pixels)
    copies = (verify(Picture(jpeg(pixels, quality)), trust=TRUST) for quality in (30, 25, 20, 15, 10))
    left = next(found for found in copies if found.blocks == ("anchor",))
    if left.verdict is not Verdict.TAMPERED:  # of a replaced quarter even an anchor may tell
        assert left.verdict is Verdict.UNDECIDED
        assert (left.confidence, left.recovered) == (0.5, None)
    assert left.tampered_fraction < 0.5
    assert (left.facts, left.signature) == ({}, SignatureStatus.ABSENT)
    assert "could not be read" in left.signature_note


def test_limits_a_mark_without_room_for_facts_says_so():
    protection = protect(Picture(resized(data.astronaut(), 0.5)), facts=FACTS, key=KEY)
    assert {"signature", "facts.creator"} <= set(protection.left_out)
    found = verify(protection.picture, trust=TRUST)
    assert (found.blocks, found.facts) == (("anchor",), {})
    assert "did not fit" in found.signature_note


def test_reference_a_suspect_of_which_little_was_hardly_heard_is_looked_for_elsewhere(protection, monkeypatch):
    """Taken as it is, a squeezed copy may tell its anchor, as by chance, and nothing else."""
    suspect = Suspect(protection.picture.pixels)
    candidate, look = next(hypotheses(suspect))
    others = layout_of(candidate.grid, (True,) * 4).roles > 0
    noise = np.random.default_rng(0).normal(0, 60, others.shape).astype(np.float32)
    hardly = replace(candidate, score=4.8, fit=0.0), replace(look, coefficients=look.coefficients + noise * others)
    weak = Reception.opened(*hardly, suspect, None)
    assert read_message(weak, Tokenizer.load()).blocks == ("anchor",)
    monkeypatch.setattr(pipeline, "receptions", lambda *_, **__: iter([weak]))
    crop = protection.picture.pixels[40:, 72:]
    assert verify(Picture(np.ascontiguousarray(crop))).blocks == protection.blocks


@pytest.fixture(scope="module")
def vault(protection, tmp_path_factory):
    """A vault with the record of the protected picture."""
    with open_vault(tmp_path_factory.mktemp("vault") / "vault", create=True) as opened:
        opened.add(catalogue(protection.picture, protection=protection))
        yield opened


def test_reference_with_the_vault_a_mark_is_read_that_is_too_faint_by_itself(protection, vault):
    pixels, mask = quarter_replaced(protection.picture.pixels)
    noise = np.random.default_rng(0).normal(0, 1, pixels.shape)
    copies = (jpeg(np.clip(pixels + level * noise, 0, 255).astype(np.uint8), 15) for level in (12, 15, 18))
    silent = [suspect for suspect in map(Picture, copies) if verify(suspect).id is None]
    answers = [verify(suspect, vault=vault) for suspect in silent]
    assert {found.id for found in answers} <= {protection.id, None}
    found = next(found for found in answers if found.id)
    assert (found.blocks, found.verdict) == (("anchor",), Verdict.TAMPERED)
    assert (found.known.id, found.known.source) == (protection.id, "id")
    assert "presumed" in found.known.note
    assert found.signature is SignatureStatus.ABSENT
    assert (found.mask & mask).sum() / (found.mask | mask).sum() > 0.7


def test_reference_with_the_vault_facts_and_signature_come_out_of_harder_copies(protection, vault):
    pixels, _ = quarter_replaced(protection.picture.pixels)
    noise = np.random.default_rng(0).normal(0, 1, pixels.shape)
    copies = [Picture(jpeg(np.clip(pixels + level * noise, 0, 255).astype(np.uint8), 25)) for level in (4, 7, 10)]
    alone, asked = ([verify(copy, trust=TRUST, vault=shelf) for copy in copies] for shelf in (None, vault))
    valid = [[found.signature is SignatureStatus.VALID for found in answers] for answers in (alone, asked)]
    assert sum(valid[1]) > sum(valid[0])
    for found in asked:
        assert (found.signature is SignatureStatus.VALID) is ("core" in found.blocks)
        assert "core" not in found.blocks or found.facts == FACTS


def test_rejects_a_picture_that_only_looks_like_one_in_the_vault(original, protection, vault):
    found = verify(original, vault=vault)
    assert (found.id, found.blocks, found.verdict) == (None, (), Verdict.UNPROTECTED)
    assert (found.known.id, found.known.source) == (protection.id, "fingerprint")
    assert "presumed" not in found.known.note


def test_rejects_an_unmarked_picture():
    verification = verify(Picture(data.rocket()))
    assert verification.verdict is Verdict.UNPROTECTED
    assert verification.geometry.note == "no mark was found"
    assert not verification.marked
    assert verification.blocks == ()
    assert verification.facts_source is None


def test_rejects_a_newer_version(original, protection):
    anchor = message(protection.code).blocks[Block.ANCHOR].copy()
    anchor[:4] = [0, 0, 1, 0]
    with pytest.raises(UnsupportedVersionError, match="version 2"):
        verify(Picture(embed(original.pixels, [sealed(b"anchor", anchor)]).pixels))


def test_rejects_a_picture_too_small_to_carry_a_mark(original):
    with pytest.raises(ImageTooSmallError, match="at least 256 px"):
        protect(Picture(original.pixels[:255]))


@pytest.mark.parametrize("side_px", [256, 300])
def test_limits_a_small_picture_carries_at_least_its_anchor(side_px):
    small = protect(Picture(resized(mosaic()[512:, :512], side_px / 512)), key=KEY)
    assert small.blocks[0] == "anchor"
    assert "core" in small.blocks or "signature" in small.left_out


def test_limits_the_discreet_profile_changes_less(original, protection):
    discreet = protect(original, facts=FACTS, key=KEY, profile=Profile.DISCREET)
    assert discreet.psnr_db > protection.psnr_db + 2
    verification = verify(discreet.picture, trust=TRUST)
    assert {"anchor", "core", "detail"} <= set(verification.blocks)
    assert verification.signature is SignatureStatus.VALID


def test_round_trip_sixteen_bits_and_alpha_through_a_png(original):
    deep = original.pixels.astype(np.uint16) * 257
    alpha = np.tile(np.linspace(0, 65535, deep.shape[1]).astype(np.uint16), (deep.shape[0], 1))
    protection = protect(Picture(deep, alpha=alpha), facts=FACTS, key=KEY)
    assert protection.picture.pixels.dtype == np.uint16
    returned = load(encode(protection.picture, format="PNG"))
    assert np.array_equal(returned.pixels, protection.picture.pixels)
    assert np.array_equal(returned.alpha, alpha)
    verification = verify(returned, trust=TRUST)
    assert verification.verdict is Verdict.AUTHENTIC
    assert verification.facts == FACTS


def test_round_trip_a_picture_in_grey_stays_in_grey():
    grey = np.repeat(mosaic()[..., :1], 3, axis=2)
    protection = protect(Picture(grey, grey=True), facts=FACTS)
    pixels = protection.picture.pixels
    assert protection.picture.grey
    assert (pixels == pixels[..., :1]).all()
    assert verify(load(encode(protection.picture, format="JPEG", quality=90))).facts == FACTS


def test_reference_the_protected_picture_keeps_the_tokens_it_carries(protection):
    """Though the mark moves them: read against the coarser ones, those up to scale 16 are what was sent."""
    canvas = to_canvas(protection.picture.pixels).astype(np.int16)
    for n in range(1, 5):
        _, closeness, _ = Tokenizer.load().closeness(canvas, protection.code.prefix(n))
        assert (closeness.argmax(axis=1) == protection.code.scales[n].ravel()).mean() > 0.97


def test_deterministic(original, protection):
    again = protect(original, facts=FACTS, key=KEY)
    assert again.id == protection.id
    assert encode(again.picture, format="PNG") == encode(protection.picture, format="PNG")
    assert protect(original, facts={}, key=KEY).id != protection.id


def test_deterministic_the_given_picture_is_left_alone(original, protection):
    assert np.array_equal(original.pixels, mosaic())
    assert protection.picture.metadata == original.metadata


def test_reference_every_step_was_timed(protection, verified, doctored):
    assert set(protection.timings_s) == {"encode", "compose", "embed"}
    assert {"read", "examine"} <= set(verified.timings_s)
    for timings in (protection.timings_s, verified.timings_s, doctored[2].timings_s):
        assert all(seconds >= 0 for seconds in timings.values())
        assert sum(timings.values()) < 60


def test_a_darker_standard_mark_is_not_taken_for_a_discreet_one():
    """Its steps are shorter by as much as those of the other profile are, and its chips fit these too."""
    large = cv2.resize(data.rocket(), None, fx=2.44, fy=2.44, interpolation=cv2.INTER_CUBIC)
    marked = protect(Picture(np.ascontiguousarray(large))).picture.pixels
    darker = np.rint(marked * 0.85).astype(np.uint8)
    found = verify(Picture(darker))
    assert found.verdict is Verdict.AUTHENTIC
    assert len(found.blocks) >= 3
