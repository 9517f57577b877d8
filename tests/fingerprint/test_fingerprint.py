"""Fingerprints: what goes into the network, what comes out, and that copies share it."""

import numpy as np
import pytest
import skimage.data

from scenes import blurred, gained, jpeg, resized
from underdrawing.errors import UsageError
from underdrawing.fingerprint import FINGERPRINT_BITS, SIDE_PX, Fingerprint, Fingerprinter
from underdrawing.tokenizer import to_canvas

PHOTOGRAPHS = ("astronaut", "coffee", "chelsea", "rocket")


class Recorder:
    """Stands for the network: keeps what it is given."""

    def run(self, inputs):
        self.inputs = inputs
        return [np.linspace(-1, 1, FINGERPRINT_BITS, dtype=np.float32)]


@pytest.fixture(scope="module")
def fingerprinter():
    return Fingerprinter.load()


def photograph(name):
    return getattr(skimage.data, name)()


def test_bits_are_signs_most_significant_first():
    numbers = np.full(FINGERPRINT_BITS, -1, np.float32)
    numbers[[0, 9]] = 0.5
    numbers[1] = 0
    assert Fingerprint(numbers).bits == bytes([0x80, 0x40, *[0] * 62])


def test_distance_counts_bits():
    one, other = (Fingerprint(np.random.default_rng(seed).normal(size=512).astype(np.float32)) for seed in (0, 1))
    assert one.distance(one) == 0
    assert one.distance(other) == np.sum((one.numbers > 0) != (other.numbers > 0))


def test_the_network_sees_means_of_the_canvas():
    recorder = Recorder()
    picture = photograph("coffee")
    Fingerprinter(recorder).describe(picture)
    canvas = to_canvas(picture).astype(float)
    means = canvas.reshape(SIDE_PX, 2, SIDE_PX, 2, 3).mean(axis=(1, 3))
    np.testing.assert_array_equal(recorder.inputs["pixels"], np.floor(means + 0.5).transpose(2, 0, 1))
    assert recorder.inputs["hidden"].shape == (1, SIDE_PX, SIDE_PX)
    assert not recorder.inputs["hidden"].any()


def test_what_is_hidden_is_told_at_the_small_size():
    recorder = Recorder()
    hidden = np.zeros((400, 600), bool)
    hidden[:200, :150] = True
    Fingerprinter(recorder).describe(np.zeros((400, 600, 3), np.uint8), hidden)
    expected = np.zeros((SIDE_PX, SIDE_PX), bool)
    expected[:64, :32] = True
    np.testing.assert_array_equal(recorder.inputs["hidden"][0], expected)


def test_a_picture_that_is_hidden_altogether_counts_as_a_whole():
    recorder = Recorder()
    Fingerprinter(recorder).describe(np.zeros((40, 60, 3), np.uint8), np.ones((40, 60), bool))
    assert not recorder.inputs["hidden"].any()


@pytest.mark.parametrize("pixels", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.uint16)])
def test_rejects_what_is_no_picture(pixels):
    with pytest.raises(UsageError, match="height × width × 3"):
        Fingerprinter(Recorder()).describe(pixels)


def test_rejects_a_hidden_part_of_another_size():
    with pytest.raises(UsageError, match="hidden part"):
        Fingerprinter(Recorder()).describe(np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5), bool))


@pytest.mark.parametrize(
    "change",
    [
        lambda p: jpeg(p, 40),
        lambda p: jpeg(resized(p, 0.5), 50),
        lambda p: gained(p, 0.8),
        lambda p: blurred(p, 2.0),
        lambda p: p[p.shape[0] // 12 :, p.shape[1] // 12 :],
    ],
    ids=["jpeg", "half", "darker", "blurred", "cropped"],
)
def test_copies_are_nearer_than_strangers(fingerprinter, change):
    originals = [fingerprinter.describe(photograph(name)) for name in PHOTOGRAPHS]
    for number, name in enumerate(PHOTOGRAPHS):
        copy = fingerprinter.describe(np.ascontiguousarray(change(photograph(name))))
        distances = [copy.distance(original) for original in originals]
        assert int(np.argmin(distances)) == number
        assert distances[number] < 130
        assert np.median(distances) > 170


def test_a_known_change_is_left_out(fingerprinter):
    picture, stranger = photograph("astronaut"), photograph("astronaut")[::-1, ::-1]
    hidden = np.zeros(picture.shape[:2], bool)
    hidden[150:420, 180:450] = True
    doctored = np.where(hidden[..., None], stranger, picture)
    original = fingerprinter.describe(picture)
    unknown, known = fingerprinter.describe(doctored), fingerprinter.describe(doctored, hidden)
    assert known.distance(original) < unknown.distance(original)
    assert known.distance(fingerprinter.describe(picture, hidden)) <= 2


def test_deterministic(fingerprinter):
    picture = photograph("rocket")
    again = Fingerprinter.load().describe(picture)
    np.testing.assert_array_equal(fingerprinter.describe(picture).numbers, again.numbers)
