"""What every carrier that runs here must do, whoever made it."""

import numpy as np
import pytest
from skimage import data

from underdrawing.bench.attacks import pixelwise
from underdrawing.bench.metrics.likeness import psnr_db
from underdrawing.channel import CARRIERS, carrier_entry, load_carrier
from underdrawing.errors import CapacityError, UsageError, WeightsError

RUNS_HERE = [entry.name for entry in CARRIERS if not entry.missing(None)]
PLACE_BY_PLACE = {"lattice", "blind-watermark"}


@pytest.fixture(scope="module", params=RUNS_HERE)
def carrier(request):
    return load_carrier(request.param)


@pytest.fixture(scope="module")
def bits(carrier, photograph, bits_for):
    return bits_for(carrier, photograph)


@pytest.fixture(scope="module")
def marked(carrier, photograph, bits):
    before = photograph.copy()
    marked = carrier.embed(photograph, bits)
    np.testing.assert_array_equal(photograph, before)
    return marked


def wrong(heard, bits):
    return ((heard.ratios < 0) != bits).mean()


def test_ours_always_runs():
    assert "lattice" in RUNS_HERE


def test_round_trip(carrier, marked, bits):
    heard = carrier.extract(marked)
    assert heard.ratios.dtype == np.float32
    assert heard.ratios.shape == bits.shape
    assert np.isfinite(heard.ratios).all()
    assert wrong(heard, bits) <= 0.01


def test_bits_come_through_a_good_jpeg(carrier, marked, bits):
    heard = carrier.extract(pixelwise.get("jpeg90").apply(marked, np.random.default_rng(0)))
    assert wrong(heard, bits) < 0.06


def test_surer_bits_are_right_more_often(carrier, marked, bits):
    heard = carrier.extract(pixelwise.get("jpeg70").apply(marked, np.random.default_rng(0)))
    right = (heard.ratios < 0) == bits
    if right.all():
        return
    sure = np.abs(heard.ratios) > np.median(np.abs(heard.ratios))
    assert right[sure].mean() > right[~sure].mean()


def test_shapes(carrier, photograph, marked):
    assert carrier.name in {entry.name for entry in CARRIERS}
    assert marked.shape == photograph.shape
    assert marked.dtype == np.uint8
    assert psnr_db(photograph, marked, data_range=255) > 32


def test_deterministic(carrier, photograph, bits, marked):
    np.testing.assert_array_equal(carrier.embed(photograph, bits), marked)
    first, second = carrier.extract(marked), carrier.extract(marked)
    np.testing.assert_array_equal(first.ratios, second.ratios)


def test_the_capacity_depends_on_the_size_alone(carrier, photograph):
    other = np.full_like(photograph, 90)
    assert carrier.capacity_bits(photograph) == carrier.capacity_bits(other) > 0
    assert carrier.capacity_bits(photograph[:20, :20]) == 0


def test_rejects_another_number_of_bits_and_pictures_too_small(carrier, photograph, bits):
    with pytest.raises(CapacityError, match=carrier.name):
        carrier.embed(photograph, bits[:-1])
    with pytest.raises(CapacityError, match=carrier.name):
        carrier.embed(photograph[:20, :20].copy(), bits)
    assert carrier.extract(photograph[:20, :20].copy()) is None


def test_agreement_is_lower_where_another_picture_was_put(carrier, photograph, marked):
    forged = marked.copy()
    forged[96:288, 96:256] = data.coffee()[:192, :160]
    agreement = carrier.extract(forged).agreement
    if carrier.name not in PLACE_BY_PLACE:
        assert agreement is None
        return
    rows, columns = np.array(agreement.shape)
    inside = agreement[rows * 4 // 12 : rows * 8 // 12, columns * 5 // 12 : columns * 7 // 12]
    outside = np.concatenate([agreement[: rows // 6].ravel(), agreement[-rows // 6 :].ravel()])
    assert agreement.dtype == np.float32
    assert 0 <= agreement.min() <= agreement.max() <= 1
    assert inside.mean() < 0.6 * outside.mean()


def test_every_entry_says_what_it_needs(tmp_path):
    for entry in CARRIERS:
        assert entry.about
        assert carrier_entry(entry.name) is entry
        assert not entry.files or entry.source
        assert not entry.module or entry.install
        assert entry.name in RUNS_HERE or entry.missing(None)


@pytest.mark.parametrize("entry", [entry for entry in CARRIERS if entry.files], ids=lambda entry: entry.name)
def test_without_weights_the_error_says_how_to_get_them(entry, tmp_path):
    with pytest.raises(WeightsError, match="--weights") as without_folder:
        load_carrier(entry.name)
    assert all(file in str(without_folder.value) for file in entry.files)
    with pytest.raises((WeightsError, UsageError), match=r"there is no|pip install"):
        load_carrier(entry.name, weights=tmp_path)
    assert any(entry.files[0] in lacking for lacking in entry.missing(tmp_path))


def test_rejects_a_carrier_nobody_knows():
    with pytest.raises(UsageError, match="lattice"):
        load_carrier("invisible ink")
