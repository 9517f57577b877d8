"""Many cases on a pool of processes, with a progress bar, going on where an interrupted run stopped."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import cv2
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from underdrawing.bench.main_job.plan import Case
from underdrawing.bench.main_job.rows import PictureRow, Row, RowLog
from underdrawing.bench.main_job.trial import Setting, run_case
from underdrawing.bench.threads import one_thread

__all__ = ["run_cases"]

_CHUNK = 8
_Run = Callable[[Case], list[Row | PictureRow]]


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
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress, _mapper(processes) as mapped:
        bar = progress.add_task("cases", total=len(cases), completed=len(cases) - len(waiting))
        for rows in mapped(partial(run_case, setting=setting), waiting):
            log.add(rows)
            progress.advance(bar)


@contextmanager
def _mapper(processes: int) -> Iterator[Callable[[_Run, Iterable[Case]], Iterable[list[Row | PictureRow]]]]:
    """``map``, over this process or over a pool."""
    if processes == 0:
        yield map
        return
    context = multiprocessing.get_context("spawn")
    with one_thread(), context.Pool(processes, initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        yield partial(pool.imap_unordered, chunksize=_CHUNK)
