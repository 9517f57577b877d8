"""The packages of other people, against their own readers."""

import multiprocessing
import subprocess
import sys

import cv2
import numpy as np
import pytest

from underdrawing.channel import carrier_entry, load_carrier
from underdrawing.channel.adapters import invisible
from underdrawing.errors import UsageError


def loaded(name):
    """The carrier, where its package is installed."""
    if carrier_entry(name).missing(None):
        pytest.skip(f"the package of {name} is not installed")
    return load_carrier(name)


def bgr(pixels):
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)


def test_dwt_dct_svd_reads_what_its_own_reader_reads(photograph, bits_for):
    carrier = loaded("dwtDctSvd")
    bits = bits_for(carrier, photograph)
    marked = carrier.embed(photograph, bits)
    theirs = carrier._module.EmbedDwtDctSvd(wmLen=bits.size).decode(bgr(marked))
    ours = carrier.extract(marked).ratios < 0
    assert (theirs == ours).mean() > 0.97
    assert (ours == bits).mean() >= (theirs == bits).mean()


def test_blind_watermark_reads_what_its_own_reader_reads(photograph, bits_for):
    carrier = loaded("blind-watermark")
    bits = bits_for(carrier, photograph)
    marked = carrier.embed(photograph, bits)
    theirs = carrier.core.WaterMarkCore(password_img=1).extract(bgr(marked).astype(np.float32), (bits.size,)) > 0.5
    ours = carrier.extract(marked).ratios < 0
    assert (theirs == ours).mean() > 0.99
    assert (ours == bits).mean() >= (theirs == bits).mean()


def test_blind_watermark_works_on_odd_sizes(photograph, bits_for):
    carrier = loaded("blind-watermark")
    for height, width in ((331, 290), (329, 307)):
        picture = np.ascontiguousarray(photograph[:height, :width])
        bits = bits_for(carrier, picture)
        assert (((carrier.extract(carrier.embed(picture, bits)).ratios < 0) != bits).mean()) < 0.01


def test_loading_blind_watermark_leaves_the_start_of_processes_alone():
    loaded("blind-watermark")
    before = multiprocessing.get_start_method(allow_none=True)
    sys.modules.pop("blind_watermark.pool", None)
    sys.modules.pop("blind_watermark.bwm_core", None)
    load_carrier("blind-watermark")
    assert multiprocessing.get_start_method(allow_none=True) == before


def test_riva_gan_marks_large_pictures_at_a_smaller_size(photograph, monkeypatch):
    carrier = loaded("rivaGan")
    monkeypatch.setattr(invisible, "_LONGEST_PX", 320)
    bits = np.random.default_rng(1).integers(0, 2, 32, dtype=np.uint8)
    marked = carrier.embed(photograph, bits)
    assert marked.shape == photograph.shape
    assert ((carrier.extract(marked).ratios < 0) != bits).sum() <= 1


def test_no_carrier_but_the_seals_imports_pytorch():
    program = (
        "import sys; from underdrawing.channel import CARRIERS, load_carrier\n"
        "names = [e.name for e in CARRIERS if e.module != 'torch' and not e.missing(None)]\n"
        "[load_carrier(name) for name in names]; print('torch' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_without_the_package_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for name in ("dwtDctSvd", "rivaGan", "blind-watermark"):
        with pytest.raises(UsageError, match="pip install"):
            load_carrier(name)
