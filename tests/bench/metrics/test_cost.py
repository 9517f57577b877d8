import os
import sys

import pytest

from underdrawing.bench.metrics import cost
from underdrawing.errors import UsageError

pytestmark = pytest.mark.skipif(not hasattr(os, "wait4"), reason="this system does not tell")
MEBIBYTE = 2**20


def test_a_process_that_takes_memory_is_seen_to_take_it():
    small, large = (cost.cost_of([sys.executable, "-c", f"b = b'x' * {size}"]) for size in (1, 96 * MEBIBYTE))
    assert 90 * MEBIBYTE < large.peak_bytes - small.peak_bytes < 110 * MEBIBYTE
    assert 2 * MEBIBYTE < small.peak_bytes < 80 * MEBIBYTE


def test_sleeping_takes_the_clock_and_not_the_processor():
    slept = cost.cost_of([sys.executable, "-c", "import time; time.sleep(0.5)"])
    assert slept.wall_s >= 0.5
    assert slept.wall_s - slept.processor_s > 0.3


def test_the_environment_is_handed_on():
    check = "import os; assert os.environ['COUNTED'] == 'yes'"
    assert cost.cost_of([sys.executable, "-c", check], environment={**os.environ, "COUNTED": "yes"}).wall_s > 0


def test_a_command_that_fails_has_no_cost():
    with pytest.raises(UsageError, match="exit code 3"):
        cost.cost_of([sys.executable, "-c", "raise SystemExit(3)"])


def test_the_peak_of_this_process_only_grows():
    before = cost.peak_memory_bytes()
    block = bytearray(64 * MEBIBYTE)
    block[::4096] = b"x" * len(block[::4096])
    assert cost.peak_memory_bytes() >= before > 10 * MEBIBYTE
