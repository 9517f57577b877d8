"""What a command works on: a file, a folder or ``-``, and where each result goes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from underdrawing.errors import OutputExistsError, UsageError

if TYPE_CHECKING:
    from underdrawing.images import ImageFormat

__all__ = ["EXTENSIONS", "STANDARD_STREAM", "Item", "find_items", "mirrored", "path_of", "refuse_existing"]

STANDARD_STREAM = "-"
EXTENSIONS: dict[str, ImageFormat] = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".png": "PNG",
    ".webp": "WEBP",
    ".avif": "AVIF",
    ".tif": "TIFF",
    ".tiff": "TIFF",
}
"""Which file names of a folder are pictures, and which format a name asks for."""


@dataclass(frozen=True)
class Item:
    """One picture to work on: its path (None: standard input) and its path inside the folder that was given."""

    source: Path | None
    relative: Path

    @property
    def name(self) -> str:
        """What to call it in messages."""
        return STANDARD_STREAM if self.source is None else str(self.source)


def find_items(given: str, *, leave_out: Path | None = None) -> tuple[list[Item], bool]:
    """Return the pictures behind an argument, in order of their names, and whether it was a folder.

    Args:
        given: a file, a folder (searched in depth; links to folders are not followed), or ``-``.
        leave_out: a folder not to search: the one the results go to.

    Raises:
        UsageError: there is nothing there, or no picture in the folder.
    """
    if given == STANDARD_STREAM:
        return [Item(None, Path("stdin"))], False
    path = path_of(given)
    if path.is_dir():
        return _in_folder(path, leave_out), True
    if not path.exists():
        raise UsageError(f"cannot read {path}: no such file or folder")
    return [Item(path, Path(path.name))], False


def path_of(given: str) -> Path:
    """Return the path that an argument names.

    Raises:
        UsageError: it is empty, as a variable is that was not set: that would be the folder one happens to be in.
    """
    if not given:
        raise UsageError("the name of a file or folder is empty; give one, or . for the folder you are in")
    return Path(given)


def _in_folder(folder: Path, leave_out: Path | None) -> list[Item]:
    items = []
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _same(Path(parent, name), leave_out))
        items += [Path(parent, name) for name in files if _is_picture(name)]
    if not items:
        raise UsageError(f"no picture in {folder}: expected files ending in {', '.join(sorted(EXTENSIONS))}")
    return [Item(path, path.relative_to(folder)) for path in sorted(items)]


def _is_picture(name: str) -> bool:
    """Whether a file of a folder is worth opening; names that start with a dot belong to somebody else."""
    return Path(name).suffix.lower() in EXTENSIONS and not name.startswith(".")


def _same(one: Path, other: Path | None) -> bool:
    return other is not None and other.exists() and one.samefile(other)


def mirrored(items: list[Item], folder: Path, *, extension: str | None = None) -> list[Path]:
    """Return where each result goes: the same place inside ``folder``, with another extension if one is given.

    Raises:
        UsageError: two results would land on the same name, or a result on its source.
    """
    outputs = [folder / (item.relative.with_suffix(extension) if extension else item.relative) for item in items]
    owner: dict[Path, Item] = {}
    for item, output in zip(items, outputs, strict=True):
        if output in owner:
            raise UsageError(f"{owner[output].name} and {item.name} would both become {output}; rename one of them")
        if item.source is not None and output.exists() and output.samefile(item.source):
            raise UsageError(f"{output} is the picture itself; give another output with -o")
        owner[output] = item
    return outputs


def refuse_existing(outputs: list[Path]) -> None:
    """Stop before any work when a result would overwrite something.

    Raises:
        OutputExistsError: some of the outputs exist.
    """
    existing = [output for output in outputs if os.path.lexists(output)]
    if existing:
        which = f"{existing[0]} exists" if len(existing) == 1 else f"{existing[0]} and {len(existing) - 1} more exist"
        raise OutputExistsError(f"{which} already; use --resume to do only what is missing, or --force to overwrite")
