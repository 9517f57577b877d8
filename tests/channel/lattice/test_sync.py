import cv2
import numpy as np
import pytest
from skimage import data

from scenes import FIRST_TIER_BITS, bent, blurred, gained, jpeg, message, mosaic, resized
from underdrawing.channel import Profile
from underdrawing.channel.lattice import WorkingGrid, embed
from underdrawing.channel.lattice.looks import Suspect, Tone
from underdrawing.channel.lattice.sync import MARKED_SCORE, Candidate, _Search, find_mark, hypotheses

UNMARKED = [data.astronaut, data.coffee, data.chelsea, data.rocket]
ATTACKS = {
    "half size": lambda pixels: resized(pixels, 0.5),
    "0.7 size": lambda pixels: resized(pixels, 0.7),
    "1.4 size": lambda pixels: resized(pixels, 1.4),
    "double size": lambda pixels: resized(pixels, 2),
    "half size, JPEG 75": lambda pixels: jpeg(resized(pixels, 0.5), 75),
    "darker": lambda pixels: gained(pixels, 0.85),
    "brighter": lambda pixels: gained(pixels, 1.15),
    "gamma 0.85": lambda pixels: bent(pixels, 0.85),
    "gamma 1.2": lambda pixels: bent(pixels, 1.2),
    "far darker": lambda pixels: gained(pixels, 0.6),
    "gamma 1.5": lambda pixels: bent(pixels, 1.5),
    "blur 1.2": lambda pixels: blurred(pixels, 1.2),
    "JPEG 50": lambda pixels: jpeg(pixels, 50),
}


def synthetic(kind, seed=0):
    """Unmarked pictures that a watermark reader may trip over."""
    rng = np.random.default_rng(seed)
    if kind == "noise":
        return rng.integers(0, 256, (300, 420, 3), dtype=np.uint8)
    if kind == "gradient":
        ramp = np.linspace(0, 255, 400)[None, :, None] * np.linspace(0.5, 1, 300)[:, None, None]
        return np.broadcast_to(ramp, (300, 400, 3)).astype(np.uint8)
    if kind == "stripes":
        wave = 128 + 100 * np.sin(np.arange(400) * 2 * np.pi / 16)
        return np.broadcast_to(wave[None, :, None], (300, 400, 3)).astype(np.uint8)
    return np.full((256, 256, 3), 128, dtype=np.uint8)


@pytest.mark.parametrize("make", UNMARKED, ids=lambda make: make.__name__)
def test_rejects_photographs_without_a_mark(make):
    assert find_mark(make()) is None


@pytest.mark.parametrize("kind", ["noise", "gradient", "stripes", "plain"])
def test_rejects_synthetic_pictures_without_a_mark(kind):
    assert find_mark(synthetic(kind)) is None


@pytest.mark.parametrize("side_px", [1, 40])
def test_rejects_pictures_too_small_for_a_mark(side_px):
    assert find_mark(synthetic("noise")[:side_px, : 2 * side_px]) is None


def test_reference_scores_of_unmarked_pictures_are_at_most_unit_normal():
    """What the false-alarm rate rests on: any picture, read with keys it has nothing to do with.

    Less than unit, for what flat places say cancels out over the chessboard of the pilots' bits.
    """
    rocket = data.rocket()
    suspect, grid = Suspect(rocket), WorkingGrid.for_embedding(*rocket.shape[:2])
    look = suspect.look(grid, Tone())
    searches = [_Search(suspect, grid, seed.to_bytes(4, "big")) for seed in range(300)]
    scores = np.array([search.judge(Tone(), Profile.STANDARD, look)[0].score for search in searches])
    assert abs(scores.mean()) < 0.25
    assert 0.5 < scores.std() < 1.1
    assert np.abs(scores).max() < MARKED_SCORE - 1


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_round_trip_a_mark_is_found_after(marked, attack):
    found = find_mark(attack(marked.pixels))
    assert found is not None
    assert found.profile is Profile.STANDARD
    assert found.grid == marked.grid
    assert found.score > MARKED_SCORE


def test_limits_a_mark_is_found_where_rounding_changes_the_shape():
    """744×512 has 46 blocks along, 335×230 has 47, though it is the same picture."""
    wide = np.ascontiguousarray(np.hstack([mosaic()[:512], mosaic()[512:]])[:, 600:1344])
    embedded = embed(wide, message(FIRST_TIER_BITS))
    assert find_mark(cv2.resize(embedded.pixels, (335, 230), interpolation=cv2.INTER_AREA)) is not None


@pytest.mark.parametrize(
    "attack, name, expected",
    [
        ("darker", "gain", 0.85),
        ("brighter", "gain", 1.15),
        ("gamma 0.85", "gamma", 0.85),
        ("gamma 1.2", "gamma", 1.2),
        ("far darker", "gain", 0.6),
        ("gamma 1.5", "gamma", 1.5),
    ],
)
def test_reference_the_change_of_tone_is_told(marked, attack, name, expected):
    found = [candidate for candidate, _ in hypotheses(Suspect(ATTACKS[attack](marked.pixels)))]
    assert any(getattr(candidate.tone, name) == pytest.approx(expected, abs=0.05) for candidate in found)


def test_round_trip_an_untouched_mark_is_found_at_first_sight(marked):
    found = find_mark(marked.pixels)
    assert found.tone == Tone()
    assert found.clustering > 0.6
    assert find_mark(marked.pixels.astype(np.uint16) * 257).score == pytest.approx(found.score, abs=0.1)


def test_rejects_a_wrong_key(astronaut, tiers):
    secret = embed(astronaut, tiers, key=b"right").pixels
    assert find_mark(secret, key=b"right") is not None
    assert find_mark(secret, key=b"wrong") is None
    assert find_mark(secret) is None


def test_deterministic(marked):
    darker = ATTACKS["darker"](marked.pixels)
    assert find_mark(darker) == find_mark(darker.copy())


def test_reference_what_was_found_is_told_in_words(marked):
    candidate = Candidate(marked.grid, Profile.STANDARD, Tone(gain=0.85, gamma=1.2, blur_px=0.9), 17.2, 0.8)
    assert candidate.describe() == (
        "read on the 512-pixel grid (standard profile, pilot score 17); "
        "undone first: contrast ×0.85, gamma 1.20, blur of about 0.9 px"
    )
    assert "undone" not in Candidate(marked.grid, Profile.DISCREET, Tone(), 9.0, 0.8).describe()


def test_limits_a_picture_whose_every_chip_lies_far_from_zero_is_searched_without_a_warning(monkeypatch, marked):
    """Nothing near zero to compare with tells nothing, hence is no reason to look for a change of tones."""
    monkeypatch.setattr("underdrawing.channel.lattice.sync._STEEP", -1.0)
    assert find_mark(marked.pixels).tone == Tone()


@pytest.mark.parametrize(("side_px", "ahead"), [(256, False), (512, True)])
def test_reference_unchanged_tones_have_a_head_start_where_more_than_pilots_tell(astronaut, side_px, ahead):
    grid = WorkingGrid.for_image(512, 512, side_px=side_px)
    suspect = Suspect(embed(astronaut, message(FIRST_TIER_BITS)).pixels)
    search = _Search(suspect, grid, None)
    plain, total = search.judge(Tone(), Profile.STANDARD, suspect.look(grid, Tone()))
    assert (total != plain.score) == ahead


def test_round_trip_more_contrast_is_undone_on_the_smallest_grid():
    picture = resized(data.rocket(), 300 / 427)
    marked = embed(picture, message(FIRST_TIER_BITS)).pixels
    found = [candidate.tone.gain for candidate, _ in hypotheses(Suspect(gained(marked, 1.2)))]
    assert any(gain == pytest.approx(1.2, rel=0.05) for gain in found)


def test_limits_what_may_be_a_mark_is_not_said_to_be_one(astronaut):
    """It is worth the attempt to read it, and no more than that."""
    rng = np.random.default_rng(0)
    seen = 0
    for deviation in range(32, 54, 3):
        noisy = embed(astronaut, message(FIRST_TIER_BITS)).pixels + rng.normal(0, deviation, astronaut.shape)
        suspect = np.clip(noisy, 0, 255).astype(np.uint8)
        for candidate, _ in hypotheses(Suspect(suspect)):
            assert candidate.is_sure == (candidate.support >= MARKED_SCORE)
            if not candidate.is_sure:
                seen += 1
                assert candidate.support > 4
                assert find_mark(suspect) is None
    assert seen > 0
