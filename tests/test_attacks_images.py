"""Every bad image of ``attacks/bad_images.py`` ends in the error it announces, in one line, and in nothing else."""

import importlib.util
import sys
from pathlib import Path

import pytest

from underdrawing.images import encode, facts_from_metadata, load

_spec = importlib.util.spec_from_file_location("bad_images", Path(__file__).parents[1] / "attacks" / "bad_images.py")
assert _spec is not None
assert _spec.loader is not None
attack = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = attack
_spec.loader.exec_module(attack)
CASES = list(attack.bad_images())


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_bad_image(case, capfd):
    if case.expected is None:
        picture = load(case.data)
        facts_from_metadata(picture.metadata)
        for image_format in ("JPEG", "PNG", "WEBP", "AVIF", "TIFF"):
            assert load(encode(picture, format=image_format)).pixels.shape == picture.pixels.shape
    else:
        with pytest.raises(case.expected) as caught:
            load(case.data)
        message = str(caught.value)
        assert message.startswith("cannot read the image: ")
        assert "\n" not in message
        assert len(message) < 400
    output = capfd.readouterr()
    assert (output.out, output.err) == ("", "")


def test_names_are_unique():
    assert len({case.name for case in CASES}) == len(CASES) > 90


def test_deterministic():
    again = {case.name: case.data for case in attack.bad_images()}
    assert {case.name for case in CASES if case.data != again[case.name]} <= {"animated.avif"}
