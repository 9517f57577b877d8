"""A suspect held against its code, on a real photograph."""

import numpy as np
import pytest
from skimage import data

from underdrawing.examination.comparison import compared
from underdrawing.tamper.content import content_evidence
from underdrawing.tokenizer import HiddenCode, Tokenizer, to_canvas

SIZE = (32, 32)


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.load()


@pytest.fixture(scope="module")
def photograph():
    return data.coffee()


@pytest.fixture(scope="module")
def code(tokenizer, photograph):
    return tokenizer.encode(photograph)


def evidence(pixels, code, tokenizer, gamma=1.0):
    intact = np.ones((16, 24), dtype=np.float32)
    says = tokenizer.linear_picture(code)
    return content_evidence(compared(pixels, code, tokenizer, says=says, intact=intact, gamma=gamma), size=SIZE)


@pytest.mark.parametrize("n_scales", [4, 5, 6])
def test_reference_an_untouched_picture_shows_what_its_code_says(tokenizer, photograph, code, n_scales):
    nats = evidence(photograph, code.prefix(n_scales), tokenizer)
    assert np.median(nats) > 0.1
    assert (nats < -3).mean() < 0.01


@pytest.mark.parametrize("n_scales", [4, 5, 6])
def test_reference_another_content_shows(tokenizer, photograph, code, n_scales):
    height, width = photograph.shape[:2]
    region = (slice(height // 4, height // 2), slice(width // 4, width // 2))
    forged = photograph.copy()
    forged[region] = 255 - photograph[::-1][region]
    nats = evidence(forged, code.prefix(n_scales), tokenizer)
    assert np.median(nats[9:15, 9:15]) < -1
    assert np.median(nats[18:]) > 0.1


@pytest.mark.parametrize(("gain", "offset", "gamma"), [(0.8, 0, 1), (1.15, -12, 1), (1, 0, 1.2)])
def test_reference_a_change_of_tone_is_another_tone_not_another_content(
    tokenizer, photograph, code, gain, offset, gamma
):
    toned = 255 * np.power(np.clip(gain * photograph + offset, 0, 255) / 255, gamma)
    nats = evidence(np.rint(toned).astype(np.uint8), code, tokenizer, gamma)
    assert np.median(nats) > 0.1
    assert (nats < -3).mean() < 0.02


def test_reference_only_known_tokens_count(tokenizer, photograph, code):
    known = np.zeros((32, 32), dtype=bool)
    known[:, :16] = True
    wrong = code.scales[5].copy()
    wrong[:, 16:] = 0
    partial = evidence(photograph, HiddenCode((*code.scales[:5], wrong), known), tokenizer)
    whole = evidence(photograph, code, tokenizer)
    assert np.allclose(partial[:, :16], whole[:, :16])
    assert np.median(partial[:, 16:]) > 0.1


def strays(pixels, code, tokenizer):
    intact = np.ones((16, 24), dtype=np.float32)
    says = tokenizer.linear_picture(code)
    return compared(pixels, code, tokenizer, says=says, intact=intact).strays


def recoloured(photograph, rows, columns):
    """The channels of a region in another order: colours change, the shapes stay."""
    forged = photograph.copy()
    forged[rows, columns] = photograph[rows, columns][..., [2, 0, 1]]
    return forged


@pytest.mark.parametrize("n_scales", [4, 5])
def test_reference_other_colours_take_cells_from_their_tokens(tokenizer, photograph, code, n_scales):
    height, width = photograph.shape[:2]
    forged = recoloured(photograph, slice(height // 4, height // 2), slice(width // 4, width // 2))
    found = strays(forged, code.prefix(n_scales), tokenizer)
    inner = slice(found.beyond.shape[0] // 4, found.beyond.shape[0] // 2)
    assert np.median(found.beyond[inner, inner]) > 30
    assert found.beyond[found.beyond.shape[0] // 2 + 1 :].max() < 1


@pytest.mark.parametrize(
    "mixing",
    [
        pytest.param([[1.1, 0, 0], [0, 1, 0], [0, 0, 0.9]], id="warmer"),
        pytest.param([[0.65, 0.2, 0.15], [0.15, 0.7, 0.15], [0.15, 0.2, 0.65]], id="paler"),
    ],
)
def test_reference_another_mixing_of_all_colours_is_undone(tokenizer, photograph, code, mixing):
    mixed = np.rint(np.clip(photograph @ np.array(mixing).T, 0, 255)).astype(np.uint8)
    found = strays(mixed, code.prefix(5), tokenizer)
    assert not found.steady
    assert (found.beyond > 30).mean() < 0.02
    assert (found.nats < -5).mean() < 0.02


def saturated(pixels, factor):
    grey = pixels @ np.array([0.299, 0.587, 0.114])
    return grey[..., None] + factor * (pixels - grey[..., None])


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda x: 1.35 * x, id="brighter"),
        pytest.param(lambda x: 1.5 * x - 64, id="more contrast"),
        pytest.param(lambda x: saturated(x, 1.7), id="more colour"),
        pytest.param(lambda x: 255 * (x / 255) ** 1.6, id="darker middle"),
        pytest.param(lambda x: 255 * (saturated(x, 0.4) / 255) ** 0.7, id="paler and brighter"),
    ],
)
def test_reference_changes_that_clip_or_bend_tones_are_undone_and_edits_still_seen(tokenizer, photograph, code, change):
    def copy(pixels):
        return np.rint(np.clip(change(pixels.astype(np.float64)), 0, 255)).astype(np.uint8)

    found = strays(copy(photograph), code.prefix(5), tokenizer)
    assert not found.steady
    assert np.minimum(found.nats, 0).mean() > -0.25
    height, width = photograph.shape[:2]
    forged = photograph.copy()
    region = (slice(height // 4, height // 2), slice(width // 4, width // 2))
    forged[region] = 255 - photograph[::-1][region]
    assert np.median(strays(copy(forged), code.prefix(5), tokenizer).nats[4:8, 4:8]) < -5


@pytest.mark.parametrize(
    "weights", [(0.299, 0.587, 0.114), (0.9, 0.1, 0), (0.25, 0.5, 0.1)], ids=["luma", "red", "dim"]
)
def test_reference_a_grey_copy_is_compared_by_how_bright_it_is(tokenizer, photograph, code, weights):
    grey = np.rint(photograph @ np.array(weights))[..., None].repeat(3, axis=2).astype(np.uint8)
    found = strays(grey, code.prefix(5), tokenizer)
    assert not found.steady
    assert (found.nats < -5).mean() < 0.03
    height, width = grey.shape[:2]
    region = (slice(height // 4, height // 2), slice(width // 4, width // 2))
    grey[region] = 255 - grey[::-1][region]
    inner = strays(grey, code.prefix(5), tokenizer).nats[4:8, 4:8]
    assert np.median(inner) < -5


def test_reference_untouched_tones_are_left_alone(tokenizer, photograph, code):
    found = strays(photograph, code.prefix(5), tokenizer)
    assert found.steady
    assert found.beyond.max() == 0


def test_limits_tokens_that_are_not_known_have_not_strayed(tokenizer, photograph, code):
    known = np.zeros((16, 16), dtype=bool)
    known[:, :8] = True
    tokens = np.where(known, code.scales[4], 0).astype(np.uint16)
    part = HiddenCode((*code.scales[:4], tokens), known)
    found = strays(photograph, part, tokenizer)
    assert found.beyond.max() == 0
    forged = recoloured(photograph, slice(None), slice(None))
    beyond = tokenizer.strays(tokenizer.linear.coarse_analysis(to_canvas(forged).astype(np.int16)), part)
    assert (beyond[:, 8:] == 0).all()
    assert np.median(beyond[:, :8]) > 10


@pytest.mark.parametrize("n_scales", [4, 5, 6])
def test_limits_what_is_missing_is_not_compared(tokenizer, photograph, code, n_scales):
    """Neither a part that was cut off, nor the cells at the cut."""
    height, width = photograph.shape[:2]
    missing = np.zeros((height, width), dtype=bool)
    missing[:, : round(0.4 * width)] = True
    torn = np.where(missing[..., None], 255 - photograph[::-1], photograph)
    says, intact = tokenizer.linear_picture(code), np.ones((16, 24), dtype=np.float32)
    found = [
        compared(torn, code.prefix(n_scales), tokenizer, says=says, intact=intact, missing=part)
        for part in (None, missing)
    ]
    without, told = (content_evidence(comparison, size=SIZE) for comparison in found)
    assert np.median(without[:, :10]) < -0.5
    assert not told[:, :11].any()
    strays = found[1].strays.nats
    assert not strays[:, : round(0.4 * strays.shape[1])].any()
    assert np.median(told[:, 15:]) > 0.1


def test_a_part_with_other_colours_is_no_change_of_tone_of_the_whole(tokenizer, photograph):
    """A picture with hardly a colour, its lower half tinted: one mixture of colours explains nearly all of it, but none
    of the cells that the carrier calls untouched."""
    grey = photograph.mean(axis=2, keepdims=True)
    pale = np.rint(photograph + 0.95 * (grey - photograph)).astype(np.uint8)
    middle = pale.shape[0] // 2
    mixing = np.array([[0.44, 0.21, 0], [0.24, 0.945, 0.495], [0.08, 0.105, 0.825]])
    tinted = pale.copy()
    tinted[middle:] = np.rint(np.clip(pale[middle:] @ mixing, 0, 255))
    intact = np.ones((16, 24), dtype=np.float32)
    intact[9:] = 0.1
    code = tokenizer.encode(pale)
    strays = compared(tinted, code, tokenizer, says=tokenizer.linear_picture(code), intact=intact).strays
    rows = len(strays.nats) // 2
    assert strays.steady
    assert strays.nats[rows:].sum() < -500
    assert strays.nats[: rows - 1].sum() > 0
