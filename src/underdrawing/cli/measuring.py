"""``underdrawing bench``: the promises of the package, measured on this machine."""

from __future__ import annotations

import json as json_format
from dataclasses import asdict
from importlib.util import find_spec
from typing import TYPE_CHECKING

from underdrawing.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from underdrawing.bench.lines import Line

__all__ = ["measure", "print_measured"]


def measure(data: Path | None, *, quick: bool, seed: int, jobs: int, output: Path) -> list[Line]:
    """Run every case that an earlier run into the same folder left undone, and return the table of promises.

    Raises:
        UsageError: scikit-image, whose photographs are measured, is not installed.
    """
    if find_spec("skimage") is None:
        raise UsageError("bench needs the photographs of scikit-image; install them with: pip install scikit-image")
    from underdrawing.bench.corpus import Corpus, quick_corpus
    from underdrawing.bench.document import environment
    from underdrawing.bench.main_job.plan import main_job_cases, quick_cases
    from underdrawing.bench.main_job.rows import RowLog
    from underdrawing.bench.main_job.runner import run_cases
    from underdrawing.bench.main_job.tables import main_job_lines
    from underdrawing.bench.main_job.trial import Setting

    corpus = quick_corpus(Corpus.of(data)) if quick else Corpus.of(data)
    commit = str(environment()["commit"])
    header = {"commit": commit, "data": corpus.fingerprint(), "seed": seed, "quick": quick}
    log = RowLog(output / f"rows-{'-'.join(str(value)[:12] for value in header.values())}.jsonl", header=header)
    cases = list(quick_cases(corpus) if quick else main_job_cases(corpus))
    run_cases(cases, setting=Setting(corpus, seed), log=log, processes=jobs)
    return main_job_lines(log.rows(), log.pictures())


def print_measured(lines: list[Line], *, json: bool) -> None:
    """Print the table, or one object for each of its lines."""
    if json:
        print("\n".join(json_format.dumps(asdict(line)) for line in lines))
        return
    from rich.console import Console

    from underdrawing.bench.document import print_lines

    print_lines(lines, console=Console())
