"""The bar that moves on stderr while many things are worked on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["progress"]


@contextmanager
def progress(count: int | None, verb: str) -> Iterator[Callable[..., Any]]:
    """Show a bar while the block runs, if somebody is there to see it and there is more than one thing to do.

    Args:
        count: how many things; None: nobody knows, so they are only counted.
        verb: what is being done.

    Yields:
        What to call after each thing, or with a number after that many.
    """
    if (count is not None and count < 2) or not sys.stderr.isatty():
        yield lambda _=1: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = [
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    ]
    shared = sys.stdout is not None and sys.stdout.isatty()
    with Progress(*columns, console=Console(stderr=True), redirect_stdout=shared, transient=True) as bar:
        task = bar.add_task(verb, total=count)
        yield lambda n=1: bar.advance(task, n)
