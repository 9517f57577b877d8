"""What one case measured, as one line of JSON."""

from dataclasses import dataclass, field
from pathlib import Path

from underdrawing.bench import row_log
from underdrawing.errors import UsageError

__all__ = ["PictureRow", "Row", "RowLog", "earlier_rows"]


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
        draw: Which of several cases that differ in what is random only.
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
    draw: int = 0
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


_KINDS = (Row, PictureRow)


class RowLog(row_log.RowLog):
    """The log of a run of the main job; see the class it comes from."""

    def __init__(self, path: Path, *, header: dict[str, object]) -> None:
        super().__init__(path, header=header, kinds=_KINDS)

    def rows(self) -> list[Row]:
        """Every case measured so far."""
        return self.of(Row)

    def pictures(self) -> list[PictureRow]:
        """Every picture protected so far, each picture and profile once."""
        return list({(row.picture, row.profile): row for row in self.of(PictureRow)}.values())


def earlier_rows(path: Path) -> tuple[str, list[Row]]:
    """The commit and the cases of an earlier run; its log is left as it is.

    Raises:
        UsageError: the file is no such log.
    """
    try:
        header, rows = row_log.read_log(path, _KINDS)
        return str(header["commit"]), [row for row in rows if isinstance(row, Row)]
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(f"{path}: not the rows of a run ({error})") from error
