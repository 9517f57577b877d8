"""Time and memory of a system, alone in a process of its own."""

import multiprocessing
import time
from pathlib import Path

import cv2

from underdrawing.bench.attacks.suite import apply
from underdrawing.bench.contest.rows import CostRow
from underdrawing.bench.metrics.cost import peak_memory_bytes
from underdrawing.bench.row_log import failure
from underdrawing.bench.threads import one_thread

__all__ = ["measure_cost"]


def measure_cost(system: str, *, dataset: Path, item: str, weights: Path | None = None) -> CostRow:
    """What it takes to mark one picture of a dataset and to examine its JPEG 75 copy, on one thread.

    Args:
        system: Its name.
        dataset: Folder of the dataset.
        item: Name of the picture.
        weights: Folder with weights of carriers that need some.
    """
    context = multiprocessing.get_context("spawn")
    with one_thread(), context.Pool(1, initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        return pool.apply(_measured, (system, dataset, item, weights))


def _measured(system: str, dataset: Path, item: str, weights: Path | None) -> CostRow:
    """Everything twice: the first time loads networks and tables."""
    import numpy as np

    from underdrawing.bench.contest.entrants import system_named
    from underdrawing.bench.imagenet_s import open_dataset

    opened = open_dataset(dataset)
    chosen = next(one for one in opened.items if one.name == item)
    original, mask = opened.original(chosen), opened.mask(chosen)
    idle = _peak_bytes()
    asked = system_named(system, weights=weights)
    spent = []
    try:
        for _ in range(2):
            started = time.perf_counter()
            marked = asked.protect(original, item)
            between = time.perf_counter()
            suspect = apply("jpeg75", opened.forge(chosen, marked.pixels), np.random.default_rng(0))
            examining = time.perf_counter()
            asked.examine(suspect, marked, mask)
            spent.append((between - started, time.perf_counter() - examining))
    except Exception as error:  # Other people's systems raise whatever they like; one failure must not end the run.
        return CostRow(system=system, error=failure(error))
    (first_protect, first_examine), (protect_s, examine_s) = spent
    return CostRow(
        system=system,
        height=original.shape[0],
        width=original.shape[1],
        protect_s=protect_s,
        examine_s=examine_s,
        start_s=max(0.0, first_protect + first_examine - protect_s - examine_s),
        peak_bytes=_peak_bytes(),
        idle_bytes=idle,
    )


def _peak_bytes() -> int:
    """Most memory of this process; what the process that started it held counts on systems without /proc only."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    known = [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")]
    return known[0] if known else peak_memory_bytes()
