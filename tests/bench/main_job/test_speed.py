import io
import math

import cv2
import numpy as np
import pytest
from PIL import Image

from underdrawing.bench.corpus import Corpus
from underdrawing.bench.main_job import speed
from underdrawing.bench.main_job.speed import Timing, full_hd_jpeg, speed_lines
from underdrawing.bench.threads import one_thread, one_thread_environment


def timing(name, seconds):
    return Timing(name, seconds, seconds, seconds)


def test_the_file_is_a_full_hd_jpeg():
    with Image.open(io.BytesIO(full_hd_jpeg(Corpus(None, ("skimage/chelsea",), ())))) as image:
        assert (image.format, image.size) == ("JPEG", (1920, 1080))


def test_lines_compare_with_pillow_and_the_other_watermark():
    lines = speed_lines(
        [
            timing("pillow", 0.05),
            timing("protect", 0.2),
            timing("verify", 0.6),
            timing("dwtDctSvd encode", 1.0),
            timing("dwtDctSvd decode", 0.5),
            timing("import underdrawing", 0.1),
            timing("underdrawing --help", 0.7),
        ]
    )
    assert [line.passed for line in lines] == [True, False, True, False, True, False]
    assert [line.measured for line in lines[:3]] == ["4", "12", "0.20 s against 1.00 s"]


def test_nothing_timed_is_neither_pass_nor_miss():
    assert {line.passed for line in speed_lines([])} == {None}


def test_a_timing_is_median_and_extremes():
    assert speed._timing("x", [3.0, 1.0, 2.0]) == Timing("x", 2.0, 1.0, 3.0)


def test_the_other_watermark_reads_back_its_bits():
    if speed._dwt_dct_svd() is None:
        pytest.skip("invisible-watermark is not installed")
    pixels = Corpus.of(None).load("skimage/astronaut").pixels
    operations = speed._other_watermark(cv2.imencode(".png", pixels[..., ::-1])[1].tobytes())
    bits = np.unpackbits(np.frombuffer(speed._PAYLOAD, np.uint8)).astype(bool)
    assert (operations["dwtDctSvd decode"]() == bits).mean() > 0.9


def test_one_thread_is_undone_afterwards(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    import os

    with one_thread():
        assert os.environ["OMP_NUM_THREADS"] == "1"
        assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "OMP_WAIT_POLICY" not in os.environ
    assert one_thread_environment()["OPENBLAS_NUM_THREADS"] == "1"


def test_import_time_is_a_fraction_of_a_second():
    assert 0 < speed.import_time().median_s < 5
    assert not math.isnan(speed.import_time().slowest_s)
