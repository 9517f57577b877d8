"""What a command works on: a file, a folder or ``-``, and where each result goes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
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


def find_items(given: str, *, leave_out: Sequence[Path | None] = ()) -> tuple[list[Item], bool]:
    """Return the pictures behind an argument, in order of their names, and whether it was a folder.

    Args:
        given: a file, a folder (searched in depth; links to folders are not followed), or ``-``. A folder inside it
            that cannot be searched is among the pictures: as one that cannot be read.
        leave_out: folders not to search: those the results go to.

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


def _in_folder(folder: Path, leave_out: Sequence[Path | None]) -> list[Item]:
    closed: list[Path] = []
    paths: list[Path] = []
    for parent, folders, files in os.walk(folder, onerror=lambda error: closed.append(Path(error.filename))):
        folders[:] = [name for name in folders if not any(_same(Path(parent, name), other) for other in leave_out)]
        paths += [path for name in files if _is_picture(path := Path(parent, name))]
    if not paths and not closed:
        raise UsageError(f"no picture in {folder}: expected files ending in {', '.join(sorted(EXTENSIONS))}")
    return [Item(path, path.relative_to(folder)) for path in sorted([*paths, *closed])]


def _is_picture(path: Path) -> bool:
    """Whether a file of a folder is worth opening: names that start with a dot belong to somebody else, and pipes and
    devices never end. A link to nothing is, so that it is said."""
    if path.suffix.lower() not in EXTENSIONS or path.name.startswith("."):
        return False
    found = _stat(path)
    return found is None or S_ISREG(found.st_mode)


def _same(one: Path, other: Path | None) -> bool:
    return other is not None and other.exists() and one.samefile(other)


def mirrored(items: list[Item], folder: Path, *, extension: str | None = None) -> list[Path]:
    """Return where each result goes: the same place inside ``folder``, with another extension if one is given.

    Raises:
        UsageError: two results would land on the same name, or a result on one of the sources.
    """
    outputs = [folder / (item.relative.with_suffix(extension) if extension else item.relative) for item in items]
    owner: dict[Path, Item] = {}
    sources = {_identity(item.source) for item in items} - {None}
    for item, output in zip(items, outputs, strict=True):
        if output in owner:
            raise UsageError(f"{owner[output].name} and {item.name} would both become {output}; rename one of them")
        if (there := _identity(output)) in sources:
            whose = "the picture itself" if there == _identity(item.source) else "one of the pictures"
            raise UsageError(f"{output} is {whose}; give another output with -o")
        owner[output] = item
    return outputs


def _identity(path: Path | None) -> tuple[int, int] | None:
    """What tells a file from every other, by whatever name it goes; None where there is none."""
    found = None if path is None else _stat(path)
    return None if found is None else (found.st_dev, found.st_ino)


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def refuse_existing(outputs: Sequence[Path]) -> None:
    """Stop before any work when a result would overwrite something.

    Raises:
        OutputExistsError: some of the outputs exist.
    """
    existing = [output for output in outputs if os.path.lexists(output)]
    if existing:
        which = f"{existing[0]} exists" if len(existing) == 1 else f"{existing[0]} and {len(existing) - 1} more exist"
        raise OutputExistsError(f"{which} already; use --resume to do only what is missing, or --force to overwrite")
