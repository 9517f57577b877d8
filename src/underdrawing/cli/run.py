"""A command over its tasks: the lines it prints, the bar that moves, and what it exits with."""

from __future__ import annotations

import json as json_format
import os
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

import typer

from underdrawing.cli.guard import FAILURE, say
from underdrawing.cli.pool import Failure, Outcome, run_all
from underdrawing.cli.progress import progress
from underdrawing.cli.streams import standard_output
from underdrawing.cli.tasks import Done, KeepTask, ProtectTask, SearchTask, VerifyTask, called

__all__ = ["NEGATIVE", "cores", "run_command"]

NEGATIVE = 1
Task = TypeVar("Task", ProtectTask, VerifyTask, KeepTask, SearchTask)


def run_command(
    context: typer.Context,
    tasks: Sequence[Task],
    done: Sequence[Done],
    work: Callable[[Task], Done],
    *,
    jobs: int | None,
    json: bool,
    verb: str,
) -> None:
    """Do all tasks, print what each came to, and end with the exit code of the whole.

    Args:
        context: of the command; with ``--debug`` before it, failures show where they came from.
        tasks: what is left to do.
        done: what an earlier run did already.
        work: does one task; a function of a module.
        jobs: how many processes; None is one per core.
        json: print objects instead of lines.
        verb: what is being done, for the progress bar.

    Raises:
        typer.Exit: always where the code is not 0.
    """
    debug = context.find_root().params["debug"]
    alone = len(tasks) + len(done) == 1
    codes = [_print_done(one, json=json, alone=alone) for one in done]
    with progress(len(tasks), verb) as advance:
        for outcome in run_all(tasks, work, jobs=jobs or cores()):
            if debug and outcome.failure:
                print(outcome.failure.trace, file=sys.stderr)
            codes.append(_print(outcome, json=json, alone=alone))
            advance()
    code = codes[0] if alone else _whole(codes)
    if code:
        raise typer.Exit(code)


def _whole(codes: list[int]) -> int:
    """Return the exit code of many: a failure of any kind outweighs a finding."""
    return FAILURE if max(codes) > NEGATIVE else max(codes)


def cores() -> int:
    """Count the cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _print(outcome: Outcome[Task, Done], *, json: bool, alone: bool) -> int:
    if outcome.result is not None:
        return _print_done(outcome.result, json=json, alone=alone)
    assert outcome.failure is not None
    return _print_failure(called(outcome.task.source), outcome.failure, json=json)


def _print_done(done: Done, *, json: bool, alone: bool) -> int:
    """Print one result. Where the picture itself goes to standard output, the line goes to stderr."""
    if done.stream is not None:
        standard_output().write(done.stream)
        standard_output().flush()
    lines = [json_format.dumps(done.record)] if json else done.lines if alone else done.lines[:1]
    print("\n".join(lines), file=sys.stdout if done.stream is None else sys.stderr, flush=True)
    return NEGATIVE if done.negative else 0


def _print_failure(name: str, failure: Failure, *, json: bool) -> int:
    """Print why one picture failed; a reader of JSON gets an object in its place as well."""
    say(failure.line if name in failure.line else f"{name}: {failure.line}")
    if json:
        print(json_format.dumps({"input": name, "error": failure.line}), flush=True)
    return failure.exit_code
