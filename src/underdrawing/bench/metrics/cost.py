"""What a computation costs: time on the clock, time of the processor, memory at its peak."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from underdrawing.errors import UsageError

__all__ = ["Cost", "cost_of", "peak_memory_bytes"]

_RSS_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024
"""What ``getrusage`` counts resident memory in: bytes on macOS, KiB elsewhere."""
_LAUNCHER = """
import json, os, subprocess, sys, time
started = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(json.dumps([time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss]))
sys.exit(os.waitstatus_to_exitcode(status) & 255)
"""
"""A small process between this one and the measured one: a new process is charged with the memory of its parent."""


@dataclass(frozen=True)
class Cost:
    """What one process took from start to end, the start of the interpreter and its imports included.

    Attributes:
        wall_s: Seconds on the clock.
        processor_s: Seconds of all its threads together, in user and system mode.
        peak_bytes: The most memory that was resident at once; never less than an empty interpreter takes.
    """

    wall_s: float
    processor_s: float
    peak_bytes: int


def cost_of(command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> Cost:
    """Run a command to its end and say what it cost; its output is dropped.

    Args:
        command: The program and its arguments.
        environment: Of the process; None: that of this one.

    Raises:
        UsageError: The command failed, or this system does not tell (Windows).
    """
    if not hasattr(os, "wait4"):
        raise UsageError("memory cannot be measured on this system: expected one that has wait4; leave memory out")
    launch = [sys.executable, "-I", "-S", "-c", _LAUNCHER, *command]
    answer = subprocess.run(launch, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if answer.returncode:
        raise UsageError(f"cannot measure {command[0]}: it ended with exit code {answer.returncode}, expected 0")
    wall_s, processor_s, peak = json.loads(answer.stdout)
    return Cost(wall_s, processor_s, peak * _RSS_UNIT_BYTES)


def peak_memory_bytes() -> int:
    """The most memory that was resident at once in this process so far.

    Raises:
        UsageError: This system does not tell (Windows).
    """
    try:
        import resource
    except ImportError as error:
        raise UsageError("memory cannot be measured on this system; leave memory out") from error
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RSS_UNIT_BYTES
