"""The pictures a dataset is made from, and their labels."""

import csv
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from underdrawing.errors import UsageError

__all__ = ["SUFFIXES", "Source", "find_sources", "in_drawn_order", "plain_text", "sources_fingerprint"]

SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".webp", ".avif", ".tif", ".tiff"})


@dataclass(frozen=True)
class Source:
    """One picture of the folder.

    Attributes:
        path: Its file, relative to the folder, with ``/`` between the parts.
        label: What it shows.
        split: Which part of the folder's own division it belongs to; empty where there is none.
    """

    path: str
    label: str
    split: str = ""

    @property
    def key(self) -> str:
        """What tells it from others in the log."""
        return f"source {self.path}"

    @property
    def name(self) -> str:
        """What it is called in the dataset: its file's name in plain letters, and digits that tell paths apart."""
        stem = re.sub(r"[^A-Za-z0-9_-]+", "-", PurePosixPath(self.path).stem)[:48].strip("-") or "picture"
        return f"{stem}-{hashlib.sha256(_bytes(self.path)).hexdigest()[:8]}"


def find_sources(
    images: Path, *, labels: Path | None, split: str | None, limit: int | None, seed: int
) -> tuple[Source, ...]:
    """The pictures of a folder with their labels, in the order that the seed draws.

    Args:
        images: The folder, searched in depth; names that start with a dot are left out.
        labels: CSV with the columns ``file`` (relative to the folder), ``label`` and, if there is one, ``split``; None:
            the label of a picture is the name of the folder it lies in.
        split: Only pictures of this split.
        limit: At most so many, the first that are drawn.
        seed: Decides the order.

    Raises:
        UsageError: There is no such folder, no picture in it, no such split, or the table is not one.
    """
    if not images.is_dir():
        raise UsageError(f"cannot read {images}: expected a folder of pictures")
    found = _of_folder(images) if labels is None else _of_table(labels)
    if split is not None:
        found = [source for source in found if source.split == split]
    drawn = in_drawn_order(found, seed)[:limit]
    if not drawn:
        wanted = f" of split {split}" if split else ""
        endings = ", ".join(sorted(SUFFIXES))
        raise UsageError(f"no picture{wanted} in {labels or images}: expected files ending in {endings}")
    return tuple(drawn)


def in_drawn_order(sources: Iterable[Source], seed: int) -> list[Source]:
    """The same pictures in an order that the seed and their paths decide, and nothing else."""
    return sorted(sources, key=lambda source: hashlib.sha256(_bytes(f"{seed}|{source.path}")).digest())


def sources_fingerprint(sources: Sequence[Source]) -> str:
    """16 hexadecimal digits of SHA-256 over paths, labels and splits, in order."""
    digest = hashlib.sha256()
    for source in sources:
        digest.update(_bytes(f"{source.path}\0{source.label}\0{source.split}\n"))
    return digest.hexdigest()[:16]


def plain_text(text: str) -> str:
    """Text on one line that can be written as UTF-8: line ends, controls and bytes that are no text are escaped."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _bytes(text: str) -> bytes:
    """The bytes of a text; those of a file's name as they are on disk."""
    return text.encode(errors="surrogateescape")


def _of_folder(images: Path) -> list[Source]:
    found = (path for path in images.rglob("*") if path.suffix.lower() in SUFFIXES and not path.is_dir())
    paths = [path.relative_to(images) for path in found]
    shown = [path for path in paths if not any(part.startswith(".") for part in path.parts)]
    return [Source(path.as_posix(), plain_text(path.parent.name or images.resolve().name)) for path in shown]


def _of_table(labels: Path) -> list[Source]:
    try:
        with labels.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"cannot read the labels in {labels}: {error}; expected a CSV file") from error
    if not rows or not {"file", "label"} <= rows[0].keys():
        raise UsageError(f"cannot read the labels in {labels}: expected rows with the columns file and label")
    return [_of_row(row, labels) for row in rows]


def _of_row(row: dict[str, str], labels: Path) -> Source:
    path = PurePosixPath(row["file"] or "")
    if not path.name or path.is_absolute() or ".." in path.parts:
        raise UsageError(f"cannot use {row['file']!r} in {labels}: expected a path inside the folder of pictures")
    return Source(path.as_posix(), plain_text(row["label"] or ""), plain_text(row.get("split") or ""))
