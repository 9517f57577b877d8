"""The work of ``underdrawing bench imagenet-s``: what was asked for in words, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from underdrawing.cli.guard import FAILURE, printable, say
from underdrawing.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from underdrawing.bench.edits.tampering import Kind

__all__ = ["forge_copies", "kinds_named", "make_dataset", "size_named"]

NATIVE = "native"


def size_named(text: str) -> int | None:
    """Return the side of the square in pixels; None for native size.

    Raises:
        UsageError: It is neither a number nor ``native``.
    """
    if text == NATIVE:
        return None
    if not text.isdecimal() or not text.isascii():
        raise UsageError(f"--size {text}: expected a number of pixels, or {NATIVE}")
    return int(text)


def kinds_named(text: str | None) -> list[Kind] | None:
    """Return the kinds of edits that a list with commas names; None where none was given.

    Raises:
        UsageError: There is no such kind.
    """
    if text is None:
        return None
    from underdrawing.bench.edits.tampering import Kind

    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in tuple(Kind)]
    if unknown:
        raise UsageError(f"--kinds {unknown[0]}: no such kind; expected some of {', '.join(Kind)}")
    return [Kind(name) for name in names]


def make_dataset(images: Path, output: Path, **options: Any) -> None:
    """Make or finish a dataset, name every picture that was left out, and say what there is now.

    Raises:
        typer.Exit: A picture could not be read.
    """
    from underdrawing.bench.imagenet_s import build_dataset

    built = build_dataset(images, output, **options)
    for one in built.left_out:
        say(f"{one.source} left out: {one.reason}")
    print(f"{printable(str(output))}  {built.items} pictures, fingerprint {built.fingerprint}")
    if any(one.failed for one in built.left_out):
        raise typer.Exit(FAILURE)


def forge_copies(dataset: Path, marked: Path, output: Path, *, processes: int) -> None:
    """Doctor a folder of marked copies, name every one that could not be, and say how many were.

    Raises:
        typer.Exit: A copy could not be doctored.
    """
    from underdrawing.bench.imagenet_s import forge_folder

    forged = forge_folder(dataset, marked, output, processes=processes)
    failed = [one for one in forged if one.error]
    for one in failed:
        say(f"{one.name} left out: {one.error}")
    print(f"{printable(str(output))}  {len(forged) - len(failed)} of {len(forged)} copies doctored")
    if failed:
        raise typer.Exit(FAILURE)
