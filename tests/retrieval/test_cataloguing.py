"""From a picture to the record a vault keeps of it."""

from datetime import UTC, datetime

import numpy as np
import pytest
import skimage.data

from underdrawing import pipeline
from underdrawing.fingerprint import Fingerprinter
from underdrawing.fingerprint.preview import PREVIEW_PX, preview_of, preview_pixels
from underdrawing.fingerprint.sketch import sketch_of
from underdrawing.images import Picture
from underdrawing.payload import SharedKey, SigningKey
from underdrawing.retrieval.cataloguing import catalogue
from underdrawing.tokenizer import Tokenizer

FACTS = {"creator": "Ada Lens", "headline": "Ein Kater — 猫"}
KEY = SigningKey.from_seed(bytes(32))
WHEN = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def chelsea():
    return Picture(skimage.data.chelsea())


@pytest.fixture(scope="module")
def protection(chelsea):
    return pipeline.protect(chelsea, facts=FACTS)


@pytest.fixture(scope="module")
def record(protection):
    return catalogue(
        protection.picture,
        protection=protection,
        original="/archive/chelsea.png",
        created=WHEN,
    )


def test_a_record_says_what_was_protected(record, protection):
    assert record.id == protection.id
    assert record.created == "2026-01-31T12:00:00Z"
    assert dict(record.facts) == FACTS
    assert (record.carrier, record.profile) == (protection.carrier, "standard")
    assert record.original == "/archive/chelsea.png"
    for mine, theirs in zip(record.tokens, protection.code.scales, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_record_says_what_the_picture_looks_like(record, protection):
    assert record.fingerprint == Fingerprinter.load().describe(protection.picture.pixels).bits
    assert record.sketch == sketch_of(protection.code, Tokenizer.load().linear).bits
    shown = preview_pixels(record.preview)
    assert max(shown.shape) == PREVIEW_PX


def test_what_may_not_be_revealed_is_not_kept(protection):
    record = catalogue(protection.picture, protection=protection, facts=FACTS, reveal=False)
    assert record.code is None
    assert record.preview == b""
    assert record.sketch == bytes(32)
    assert record.id == protection.id


def test_a_record_has_the_signature_of_the_mark():
    protection = pipeline.protect(Picture(skimage.data.astronaut()), key=KEY)
    record = catalogue(protection.picture, protection=protection)
    assert (record.signature, record.key_id) == protection.signature
    assert record.key_id == KEY.public().id


def test_a_record_keeps_no_more_open_than_the_mark():
    sealed = pipeline.protect(Picture(skimage.data.astronaut()), facts=FACTS, confidential=SharedKey(bytes(range(32))))
    record = catalogue(sealed.picture, protection=sealed)
    assert (record.code, record.preview, record.sketch, dict(record.facts)) == (None, b"", bytes(32), {})
    assert record.fingerprint != bytes(64)
    asked = catalogue(sealed.picture, protection=sealed, reveal=True)
    assert asked.code is not None
    assert dict(asked.facts) == FACTS


def test_a_record_of_a_mark_without_code_keeps_none_but_the_facts(chelsea):
    codeless = pipeline.protect(chelsea, facts=FACTS, with_code=False)
    record = catalogue(codeless.picture, protection=codeless)
    assert (record.code, record.preview) == (None, b"")
    assert dict(record.facts) == FACTS


def test_a_picture_without_a_mark_gets_the_id_it_would_get(chelsea, protection):
    record = catalogue(chelsea, facts=FACTS, created=WHEN)
    assert record.id == protection.id
    assert record.carrier == record.profile == ""
    assert record.tokens is not None


def test_deep_pictures_are_catalogued(chelsea):
    deep = Picture(chelsea.pixels.astype(np.uint16) * 257)
    assert catalogue(deep, created=WHEN) == catalogue(chelsea, created=WHEN)


@pytest.mark.parametrize("shape", [(1, 1), (3000, 2), (40, 500)])
def test_previews_are_small_and_readable(shape):
    preview = preview_of(np.full((*shape, 3), 90, np.uint8))
    shown = preview_pixels(preview)
    assert max(shown.shape[:2]) == min(PREVIEW_PX, max(shape))
    assert np.abs(shown.astype(int) - 90).max() <= 3


def test_a_preview_is_close_to_the_picture(chelsea):
    preview = preview_of(chelsea.pixels)
    assert len(preview) < 12_000


@pytest.mark.parametrize("preview", [b"", b"RIFF", b"\x89PNG\r\n\x1a\n" + bytes(40), bytes(300_000)])
def test_a_poisoned_preview_is_as_good_as_none(preview):
    assert preview_pixels(preview) is None


def test_a_preview_that_would_be_huge_is_as_good_as_none():
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.new("1", (20_000, 2_000)).save(file, "PNG")
    assert preview_pixels(file.getvalue()) is None
