"""The map and the decision, on evidence made up of known truth."""

import cv2
import numpy as np
import pytest

from underdrawing.tamper import find_tampering

ROWS, COLUMNS, SCALE = 32, 48, 8
NOISE = 3.0


def picture(seed=0):
    """Smooth colours, H×W×3 uint8."""
    rough = np.random.default_rng(seed).uniform(50, 205, (6, 8, 3)).astype(np.float32)
    return (
        cv2.resize(rough, (COLUMNS * SCALE, ROWS * SCALE), interpolation=cv2.INTER_CUBIC).clip(5, 250).astype(np.uint8)
    )


def remembered(pixels):
    return cv2.resize(pixels, (256, 256), interpolation=cv2.INTER_AREA)


def field(region, *, seed=0, strength=6.0):
    """Noisy evidence of blocks: positive outside, negative inside."""
    noise = np.random.default_rng(seed).normal(0, NOISE, (ROWS, COLUMNS))
    return (np.where(region, -strength, strength) + noise).astype(np.float32)


def agreement(region):
    chips = np.full((ROWS, COLUMNS), 6.0)
    return np.stack([np.where(region, 0, 5.0), chips]).astype(np.float32)


def box(top, bottom, left, right):
    region = np.zeros((ROWS, COLUMNS), dtype=bool)
    region[top:bottom, left:right] = True
    return region


def find(region, **changes):
    pixels = changes.pop("pixels", picture())
    arguments = {"agreement": agreement(region), "suspect": pixels, "remembered": remembered(picture())} | changes
    evidence = arguments.pop("evidence", field(region))
    return find_tampering(evidence, **arguments)


def enlarged(region):
    return np.kron(region, np.ones((SCALE, SCALE), dtype=bool)).astype(bool)


def test_reference_a_region_is_found_where_it_is():
    region = box(8, 20, 10, 30)
    finding = find(region)
    truth = enlarged(region)
    assert finding.tampered
    assert (finding.mask & truth).sum() / truth.sum() > 0.8
    assert (finding.mask & truth).sum() / finding.mask.sum() > 0.98


def test_reference_the_edge_lies_inside_the_blocks_that_look_replaced():
    """A block looks replaced when a small part of it is: the outline is drawn inwards by less than a block."""
    region = box(8, 20, 10, 30)
    finding = find(region, evidence=np.where(region, -6, 6).astype(np.float32))
    inner = cv2.erode(enlarged(region).astype(np.uint8), np.ones((2 * SCALE + 1, 2 * SCALE + 1))) > 0
    assert finding.mask[inner].all()
    assert not finding.mask[~enlarged(region)].any()


@pytest.mark.parametrize("seed", range(20))
def test_reference_noise_alone_is_no_tampering(seed):
    nowhere = box(0, 0, 0, 0)
    finding = find(nowhere, evidence=field(nowhere, seed=seed, strength=3.0))
    assert not finding.tampered
    assert not finding.mask.any()


def test_reference_specks_do_not_count():
    region = box(5, 6, 5, 6) | box(20, 21, 40, 41)
    assert not find(region).tampered


def test_reference_a_hole_in_a_region_is_closed():
    region = box(8, 20, 10, 30)
    evidence = field(region)
    evidence[13:15, 18:20] = 6
    finding = find(region, evidence=evidence)
    assert finding.mask[13 * SCALE : 15 * SCALE, 18 * SCALE : 20 * SCALE].all()


def test_reference_a_region_whose_chips_still_agree_is_noisy_not_replaced():
    region = box(8, 20, 10, 30)
    nowhere = box(0, 0, 0, 0)
    assert not find(region, agreement=agreement(nowhere)).tampered


def test_reference_other_colours_count_even_where_the_chips_agree():
    region, nowhere = box(8, 20, 10, 30), box(0, 0, 0, 0)
    pixels = picture()
    pixels[enlarged(region)] = pixels[enlarged(region)][:, ::-1] ^ 0x80
    finding = find(region, pixels=pixels, evidence=field(nowhere, strength=2.0), agreement=agreement(nowhere))
    truth = enlarged(region)
    assert finding.tampered
    assert (finding.mask & truth).sum() / truth.sum() > 0.6


def test_reference_what_is_clipped_carries_no_chips():
    region = box(8, 20, 10, 30)
    pixels = picture()
    pixels[enlarged(region)] = 255
    assert not find(region, pixels=pixels, remembered=None).tampered
    assert find(region, pixels=pixels).tampered, "white where the picture remembers none"


def test_reference_a_closer_picture_is_asked_for_only_where_the_first_shows_a_change():
    asked = []

    def closer():
        asked.append(True)
        return remembered(picture())

    assert not find(box(0, 0, 0, 0), closer=closer).tampered
    assert not asked
    assert find(box(8, 20, 10, 30), closer=closer).tampered
    assert asked


def test_reference_the_closer_picture_alone_decides():
    """The first picture is wrong in a corner; what the chips do not accuse is cleared by the closer one."""
    region, nowhere = box(8, 20, 10, 30), box(0, 0, 0, 0)
    wrong = remembered(picture())
    wrong[64:160, 64:160] ^= 0x80
    doubtful = {"evidence": field(nowhere, strength=1.0), "agreement": agreement(region), "remembered": wrong}
    assert find(nowhere, **doubtful).tampered
    assert not find(nowhere, **doubtful, closer=lambda: remembered(picture())).tampered


def test_limits_without_a_remembered_picture_chips_decide():
    assert find(box(8, 20, 10, 30), remembered=None).tampered
    assert not find(box(0, 0, 0, 0), remembered=None).tampered


def test_limits_everything_replaced():
    finding = find(box(0, ROWS, 0, COLUMNS), remembered=None)
    assert finding.tampered
    assert finding.mask.mean() > 0.9


def test_shapes_and_ranges():
    finding = find(box(8, 20, 10, 30), pixels=picture().astype(np.uint16) * 257)
    assert finding.mask.shape == finding.probability.shape == (ROWS * SCALE, COLUMNS * SCALE)
    assert finding.probability.dtype == np.float32
    assert 0 <= finding.probability.min() <= finding.probability.max() <= 1
    assert np.array_equal(finding.probability >= 0.5, finding.mask)
    assert 0.5 <= finding.confidence <= 1


def test_deterministic():
    first, second = (find(box(8, 20, 10, 30)) for _ in range(2))
    assert np.array_equal(first.probability, second.probability)
