"""Many cases on a pool of processes, going on where an interrupted run stopped."""

from collections.abc import Sequence
from functools import partial

from underdrawing.bench.main_job.plan import Case
from underdrawing.bench.main_job.rows import RowLog
from underdrawing.bench.main_job.trial import Setting, run_case
from underdrawing.bench.running import run_all

__all__ = ["run_cases"]

_CHUNK = 8


def run_cases(cases: Sequence[Case], *, setting: Setting, log: RowLog, processes: int = 2) -> None:
    """Run every case that is not in the log yet, and add what it measured.

    Args:
        cases: The cases of one picture should follow one another: a process keeps the last protected pictures.
        setting: What the cases share.
        log: Where the rows go, as they come.
        processes: Workers, each on one thread; 0 runs everything in this process.
    """
    done = {row.key for row in log.rows()}
    waiting = [case for case in cases if case.key not in done]
    run = partial(run_case, setting=setting)
    run_all(waiting, run, add=log.add, total=len(cases), processes=processes, chunk=_CHUNK)
