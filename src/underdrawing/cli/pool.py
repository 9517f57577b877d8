"""Many pictures on many cores: one task a picture, whatever happens to one leaves the others alone."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait as wait_for_end
from typing import Any, Generic, TypeVar

from underdrawing.cli.guard import FAILURE, exit_code_of, one_line

__all__ = ["Failure", "Outcome", "run_all"]

T = TypeVar("T")
R = TypeVar("R")

_busy = threading.Lock()


@dataclass(frozen=True)
class Failure:
    """Why a task failed: one line, the exit code it stands for, and the trace for ``--debug``."""

    line: str
    exit_code: int = FAILURE
    trace: str = ""


@dataclass(frozen=True)
class Outcome(Generic[T, R]):
    """A task and what became of it: a result, or the failure that took its place."""

    task: T
    result: R | None = None
    failure: Failure | None = None


def run_all(tasks: Sequence[T], work: Callable[[T], R], *, jobs: int) -> Iterator[Outcome[T, R]]:
    """Do every task and yield each outcome as it comes; with one job or one task in this very process.

    Args:
        tasks: picklable.
        work: a function of a module, so that other processes find it.
        jobs: how many processes; each works on one thread.
    """
    if jobs == 1 or len(tasks) == 1:
        yield from (_attempt(work, task) for task in tasks)
        return
    waiting = deque(tasks)
    while waiting:
        suspects: list[T] = []
        yield from _in_processes(waiting, work, jobs, suspects)
        # A process died and its neighbours went along. Each task in hand gets a process of its own: whose fault was it?
        for task in suspects:
            dead: list[T] = []
            yield from _in_processes(deque([task]), work, 1, dead)
            if dead:
                yield Outcome(task, failure=Failure("the process that worked on it died, probably for want of memory"))


def _in_processes(waiting: deque[T], work: Callable[[T], R], jobs: int, suspects: list[T]) -> Iterator[Outcome[T, R]]:
    """Do the waiting tasks in a pool, two in hand for every process.

    When a process dies, the tasks in hand go to ``suspects`` and those not yet begun stay in ``waiting``.
    """
    running: dict[Future[Outcome[T, R]], T] = {}
    with _pool(min(jobs, len(waiting))) as pool:
        try:
            while running or (waiting and not suspects):
                while waiting and len(running) < 2 * jobs and not suspects:
                    _submit(pool, work, waiting.popleft(), running, suspects)
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    task = running.pop(future)
                    if isinstance(future.exception(), BrokenProcessPool):
                        suspects.append(task)
                    else:
                        yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _submit(
    pool: ProcessPoolExecutor,
    work: Callable[[T], R],
    task: T,
    running: dict[Future[Outcome[T, R]], T],
    suspects: list[T],
) -> None:
    try:
        with _interrupts_held():  # processes are started by this, and take over what is held
            future = pool.submit(_attempt, work, task)
        running[future] = task
    except BrokenProcessPool:
        suspects.append(task)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Keep Ctrl-C waiting meanwhile, where the system can."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _attempt(work: Callable[[T], R], task: T) -> Outcome[T, R]:
    """Do one task; its error becomes its outcome."""
    with _busy:
        try:
            return Outcome(task, work(task))
        except Exception as error:
            return Outcome(task, failure=Failure(one_line(error), exit_code_of(error), traceback.format_exc()))


def _pool(processes: int) -> ProcessPoolExecutor:
    """Start processes that compute on one thread each and go when we go."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(processes, mp_context=context, initializer=_begin_worker)


def _begin_worker() -> None:
    """Set up one process: interrupts are the parent's business, one thread for OpenCV, and no life after the parent."""
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> Any:
    """Wait for the parent to end, however it ended, finish the task in hand, and end too."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for_end([parent.sentinel])
        with _busy:
            os._exit(FAILURE)
