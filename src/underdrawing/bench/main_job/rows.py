"""What one case measured, as one line of JSON."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

__all__ = ["PictureRow", "Row", "RowLog"]

_AnyRow = TypeVar("_AnyRow", "Row", "PictureRow")


@dataclass(frozen=True)
class PictureRow:
    """What protecting one picture cost.

    Attributes:
        picture: Name in the corpus.
        profile: Strength of the mark.
        height: Rows.
        width: Columns.
        blocks: Blocks the carrier holds.
        left_out: What did not fit.
        psnr_db: Protected against given pixels, RGB, data range 255; larger is better.
        ssim: Same pair, 0 to 1; larger is better.
        gmsd: Same pair, luminance; smaller is better.
        smooth_rms: Root mean square of the residual in smooth 16×16 windows, grey levels; smaller is better.
        smooth_windows: How many there were.
        size_ratio: Bytes of the file as saved against the bytes read; 0 when the formats differ.
        protect_s: Seconds inside ``protect``, other work on the machine included.
    """

    picture: str
    profile: str
    height: int
    width: int
    blocks: tuple[str, ...]
    left_out: tuple[str, ...]
    psnr_db: float
    ssim: float
    gmsd: float
    smooth_rms: float
    smooth_windows: int
    size_ratio: float
    protect_s: float


@dataclass(frozen=True, kw_only=True)
class Row:
    """What verifying one case found. Shares are 0 to 1, None where there was nothing to measure.

    Attributes:
        key: The case.
        picture: Name in the corpus.
        profile: Strength of the mark; None when unmarked.
        attack: Name of the attack.
        kind: Kind of the edit; None for an untouched copy.
        shape: Outline of the edit.
        fraction: Share of the area edited.
        short_side_px: Of the picture as protected.
        error: What failed, in one line; then nothing below is set.
        verdict: The answer.
        embedded: Blocks the carrier held.
        blocks: Blocks read back.
        id_right: Whether the id is the one embedded.
        signature: What the signature was worth to a reader who trusts the signer.
        facts_right: Whether every fact given came back as given.
        facts_wrong: How many facts came back with another value than given.
        code_scales: How many scales of the code were read.
        f1: Of the mask against the truth, per pixel.
        iou: Same pair.
        auc: Of the probability map against the truth, on every other row and column.
        pixel_false_alarm: Share of the untouched pixels that were flagged.
        tampered_fraction: Share of the pixels flagged.
        recovered_db: M-PSNR of the recovered picture against the given one inside the true mask.
        telea_db: The same for Telea's inpainting of the true mask, at 256 pixels.
        code_16_db: The same for the code alone up to scale 16, as embedded (4092 bits).
        code_32_db: The same for the full ladder (16,380 bits).
        outside_identical: Whether every pixel outside the found mask is the suspect's.
        verify_s: Seconds inside ``verify``, other work on the machine included.
    """

    key: str
    picture: str
    profile: str | None
    attack: str
    kind: str | None = None
    shape: str | None = None
    fraction: float | None = None
    short_side_px: int = 0
    error: str | None = None
    verdict: str = ""
    embedded: tuple[str, ...] = field(default=())
    blocks: tuple[str, ...] = field(default=())
    id_right: bool = False
    signature: str = "absent"
    facts_right: bool = False
    facts_wrong: int = 0
    code_scales: int = 0
    f1: float | None = None
    iou: float | None = None
    auc: float | None = None
    pixel_false_alarm: float | None = None
    tampered_fraction: float = 0.0
    recovered_db: float | None = None
    telea_db: float | None = None
    code_16_db: float | None = None
    code_32_db: float | None = None
    outside_identical: bool | None = None
    verify_s: float = 0.0


class RowLog:
    """Rows in a file of JSON lines that survives an interruption.

    The first line is a header; a log whose header differs from the run at hand is started afresh.
    """

    def __init__(self, path: Path, *, header: dict[str, object]) -> None:
        self._path = path
        self._header = json.loads(json.dumps(header))
        if not self._continues():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(self._header) + "\n", encoding="utf-8")

    def add(self, rows: Iterable[Row | PictureRow]) -> None:
        """Append rows, flushed before returning."""
        with self._path.open("a", encoding="utf-8") as file:
            for row in rows:
                file.write(json.dumps({"type": type(row).__name__, **asdict(row)}) + "\n")

    def rows(self) -> list[Row]:
        """Every case measured so far."""
        return [_restored(Row, line) for line in self._lines("Row")]

    def pictures(self) -> list[PictureRow]:
        """Every picture protected so far, each picture and profile once."""
        found = {(line["picture"], line["profile"]): _restored(PictureRow, line) for line in self._lines("PictureRow")}
        return list(found.values())

    def _continues(self) -> bool:
        """Whether the file belongs to this run; a line that an interruption cut off is removed, its case runs again."""
        if not self._path.exists():
            return False
        whole, _, cut_off = self._path.read_bytes().rpartition(b"\n")
        if not whole or json.loads(whole.split(b"\n", 1)[0]) != self._header:
            return False
        if cut_off:
            self._path.write_bytes(whole + b"\n")
        return True

    def _lines(self, kind: str) -> Iterator[dict[str, Any]]:
        with self._path.open(encoding="utf-8") as file:
            next(file)
            for text in file:
                line: dict[str, Any] = json.loads(text)
                if line.pop("type") == kind:
                    yield line


def _restored(row_type: type[_AnyRow], line: dict[str, Any]) -> _AnyRow:
    names = {item.name for item in fields(row_type)}
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in line.items() if name in names
    }
    return row_type(**values)
