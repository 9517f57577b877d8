"""The table of a dataset: its columns, and the files they are kept in.

``manifest.csv`` is always there: UTF-8, a line of names, commas, lines ended by a line feed. ``manifest.parquet`` holds
the same rows where pyarrow is installed. The fingerprint of a dataset is the beginning of the SHA-256 of the CSV file,
which holds the SHA-256 of every picture.
"""

import csv
import hashlib
import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import UsageError
from underdrawing.images import write_atomically

__all__ = [
    "COLUMNS",
    "CSV_FILE",
    "PARQUET_FILE",
    "Item",
    "fingerprint_of",
    "pixels_sha256",
    "read_manifest",
    "to_csv",
    "write_manifest",
]

CSV_FILE = "manifest.csv"
PARQUET_FILE = "manifest.parquet"


@dataclass(frozen=True)
class Item:
    """One picture of a dataset, its doctored copy, and the truth about it; one row of the manifest.

    Attributes: those of ``COLUMNS``, which says what each is.
    """

    name: str
    label: str
    split: str
    kind: str
    size_class: str
    fraction: float
    outline: str
    height: int
    width: int
    seed: int
    donor: str | None
    change: float
    source: str
    source_sha256: str
    original: str
    tampered: str
    mask: str
    original_sha256: str
    tampered_sha256: str
    mask_sha256: str


COLUMNS: dict[str, str] = {
    "name": "What the picture is called, unique in the dataset: letters, digits, `-` and `_`",
    "label": "What it shows, as the folder or the table of labels said",
    "split": "The split the table of labels gave it; empty where there was none",
    "kind": "What was done to it",
    "size_class": "`small` (1–5 % of the area), `medium` (–15 %), `large` (–35 %), `huge` (–60 %) or `whole`",
    "fraction": "True share of the area inside the mask, 0 to 1",
    "outline": "Outline of the region: `object`, `ellipse`, `box`, `blobs`, `strokes`, `face` or `whole`",
    "height": "Rows of all three pictures, in pixels",
    "width": "Columns, in pixels",
    "seed": "Seed of everything random in the edit, 0 to 2^63 − 1",
    "donor": "`name` of the picture that content was taken from; empty for the kinds that take none",
    "change": "Mean absolute difference between tampered and original inside the mask, in grey levels of 255",
    "source": "File in the folder of pictures that the dataset was made from",
    "source_sha256": "SHA-256 of that file",
    "original": "Path of the untouched picture, relative to the dataset: PNG, 8-bit RGB",
    "tampered": "Path of the doctored copy: PNG, 8-bit RGB; equal to the original outside the mask, bit for bit",
    "mask": "Path of the mask: PNG, 8-bit grey, 255 where the edit replaced the picture, 0 elsewhere",
    "original_sha256": "SHA-256 of the original's pixels: decoded bytes, row by row, R, G, B",
    "tampered_sha256": "The same of the doctored copy",
    "mask_sha256": "SHA-256 of the mask's pixels: decoded bytes, row by row, 0 or 255",
}
"""Every column of the manifest in its order, and what it says."""


def pixels_sha256(pixels: NDArray[np.uint8]) -> str:
    """SHA-256 of decoded pixels as they lie in memory, row by row; the same however the file is compressed."""
    return hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()


def to_csv(items: Iterable[Item]) -> bytes:
    """The manifest as a CSV file."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(COLUMNS), lineterminator="\n")
    writer.writeheader()
    for item in items:
        writer.writerow({name: _text(value) for name, value in asdict(item).items()})
    return buffer.getvalue().encode()


def fingerprint_of(manifest: bytes) -> str:
    """16 hexadecimal digits that name a dataset by its content."""
    return hashlib.sha256(manifest).hexdigest()[:16]


def write_manifest(folder: Path, items: tuple[Item, ...]) -> str:
    """Write the manifest, as Parquet too where pyarrow is installed; the fingerprint."""
    manifest = to_csv(items)
    write_atomically(folder / CSV_FILE, manifest, overwrite=True)
    if find_spec("pyarrow") is not None:
        write_atomically(folder / PARQUET_FILE, _to_parquet(items), overwrite=True)
    return fingerprint_of(manifest)


def read_manifest(folder: Path) -> tuple[tuple[Item, ...], str]:
    """The rows of the CSV file and their fingerprint.

    Raises:
        UsageError: The file is missing, or not a manifest of this version.
    """
    path = folder / CSV_FILE
    try:
        manifest = path.read_bytes()
        rows = list(csv.DictReader(io.StringIO(manifest.decode(), newline="")))
        return tuple(_item(row) for row in rows), fingerprint_of(manifest)
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise UsageError(f"cannot read {path}: {error}; expected the manifest of a dataset, make it again") from error


def _text(value: Any) -> str:
    """A value as the CSV file has it; the shortest text that reads back as the same number."""
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)


def _item(row: dict[str, str]) -> Item:
    """The row of a CSV file; an empty donor is none."""
    values: dict[str, Any] = {column.name: row[column.name] for column in fields(Item)}
    values |= {name: int(values[name]) for name in ("height", "width", "seed")}
    values |= {name: float(values[name]) for name in ("fraction", "change")}
    return Item(**(values | {"donor": values["donor"] or None}))


def _to_parquet(items: Iterable[Item]) -> bytes:
    import pyarrow
    import pyarrow.parquet

    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([asdict(item) for item in items]), buffer)
    return buffer.getvalue()
