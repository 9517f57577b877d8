"""Many units of work on this process, a pool of processes or a cluster, with a progress bar."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, TypeVar

import cv2
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from underdrawing.bench.threads import one_thread
from underdrawing.errors import UsageError

__all__ = ["run_all"]

_Unit = TypeVar("_Unit")
_Measured = TypeVar("_Measured")
_Mapped = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]


def run_all(
    units: Sequence[_Unit],
    run: Callable[[_Unit], _Measured],
    *,
    add: Callable[[_Measured], None],
    total: int | None = None,
    processes: int = 2,
    cluster: str | None = None,
    chunk: int = 1,
    what: str = "cases",
) -> None:
    """Do every unit of work and hand over what each measured, as it comes.

    Args:
        units: What is still to be done.
        run: Does one unit; pickled, where it does not run in this process.
        add: Takes what one unit measured, in this process.
        total: How many units there are with those done earlier; None: there were none.
        processes: Workers, each on one thread; 0 runs everything in this process.
        cluster: Address of a Dask scheduler to run on instead, whose workers have the package and reach the same files
            under the same names.
        chunk: Units that a process takes at a time.
        what: What the units are called beside the progress bar.

    Raises:
        UsageError: A cluster is asked for and the extra ``[dask]`` is not installed, or there is none at the address.
    """
    count = len(units) if total is None else total
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    mapper = _pool(processes, chunk) if cluster is None else _cluster(cluster)
    with Progress(*columns) as progress, mapper as mapped:
        bar = progress.add_task(what, total=count, completed=count - len(units))
        for measured in mapped(run, units):
            add(measured)
            progress.advance(bar)


@contextmanager
def _pool(processes: int, chunk: int) -> Iterator[_Mapped]:
    """``map``, over this process or over a pool."""
    if processes == 0:
        yield map
        return
    context = multiprocessing.get_context("spawn")
    with one_thread(), context.Pool(processes, initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        yield partial(pool.imap_unordered, chunksize=chunk)


def _cluster(address: str) -> AbstractContextManager[_Mapped]:
    try:
        import distributed
    except ImportError as error:
        raise UsageError("a cluster needs Dask: pip install 'underdrawing[dask]'") from error
    return _cluster_mapper(distributed, address)


@contextmanager
def _cluster_mapper(distributed: Any, address: str) -> Iterator[_Mapped]:
    """``map`` over the workers of a Dask scheduler, in the order they finish."""
    try:
        client = distributed.Client(address)
    except (OSError, ValueError) as error:
        raise UsageError(f"no Dask scheduler answers at {address!a}: {error}") from error

    def mapped(run: Callable[[Any], Any], units: Iterable[Any]) -> Iterator[Any]:
        futures = client.map(run, list(units), pure=False)
        for future in distributed.as_completed(futures):
            yield future.result()
            future.release()

    with client:
        yield mapped
