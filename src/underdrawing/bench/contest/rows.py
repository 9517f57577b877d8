"""What the contest measures, as lines of JSON."""

from dataclasses import dataclass, field

__all__ = ["KINDS", "CaseRow", "CostRow", "MarkRow", "Ranks"]

Ranks = tuple[int | None, int | None]
"""Place of the right picture, and of the first picture with the right label, among the answers, from 1; None: not among
the first five."""


@dataclass(frozen=True, kw_only=True)
class MarkRow:
    """What marking one picture cost.

    Attributes:
        item: Name in the dataset.
        system: Who marked it.
        parts: What the mark holds, by name; empty where nothing is marked.
        id_bits: Bits of the id in it.
        code_bits: Bits of the hidden code in it, or of whatever else describes the picture.
        psnr_db: Marked against given pixels, RGB, data range 255; larger is better; None where nothing was changed.
        ssim: Same pair, 0 to 1; larger is better.
        ms_ssim: Same pair.
        gmsd: Same pair, luminance; smaller is better.
        protect_s: Seconds, other work on the machine included.
        error: What failed, in one line; then nothing else is set.
    """

    item: str
    system: str
    parts: tuple[str, ...] = ()
    id_bits: int = 0
    code_bits: int = 0
    psnr_db: float | None = None
    ssim: float = 1.0
    ms_ssim: float = 1.0
    gmsd: float = 0.0
    protect_s: float = 0.0
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class CaseRow:
    """What one system made of one suspect. Shares are 0 to 1, None where there was nothing to measure.

    Attributes:
        key: The case.
        item: Name in the dataset.
        system: Who examined it.
        attack: Name of the attack.
        tampered: Whether the dataset's edit was made before the attack.
        kind: Kind of the edit.
        fraction: Share of the area edited.
        size_class: The dataset's word for that share.
        label: What the picture shows.
        error: What failed, in one line; then nothing below is set.
        embedded: Which parts the mark held.
        parts: Which parts of the mark were read.
        whole: Whether all that was put in was read and right; None where nothing was put in.
        id_right: Whether the id is the one put in; None where there is none.
        code_scales: How many scales of the hidden code were read.
        verdict: The answer in one word; empty where the system has none.
        flagged: Whether the system says that something was changed; None where it does not say.
        believed: Whether a reader would take the suspect for something that the owner published as it is.
        f1: Of the mask against the truth, per pixel.
        iou: Same pair.
        auc: Of the probability map against the truth, on every other row and column.
        false_alarm: Share of the untouched pixels that were flagged.
        recovered_db: M-PSNR inside the true mask of the recovered picture against the given one. A suspect that nothing
            was recovered from counts as it is.
        same_mask_db: The same where the system is told the true mask and paints it back from what it read.
        recovered_ssim: Structural similarity of the recovered picture and the given one, whole pictures.
        found: By way of asking (``id``, ``code``, ``recovered``, ``suspect``, or the name of a hash) what was found.
        examine_s: Seconds, other work on the machine included.
    """

    key: str
    item: str
    system: str
    attack: str
    tampered: bool
    kind: str = ""
    fraction: float = 0.0
    size_class: str = ""
    label: str = ""
    error: str | None = None
    embedded: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    whole: bool | None = None
    id_right: bool | None = None
    code_scales: int = 0
    verdict: str = ""
    flagged: bool | None = None
    believed: bool = False
    f1: float | None = None
    iou: float | None = None
    auc: float | None = None
    false_alarm: float | None = None
    recovered_db: float | None = None
    same_mask_db: float | None = None
    recovered_ssim: float | None = None
    found: dict[str, Ranks] = field(default_factory=dict)
    examine_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class CostRow:
    """What a system takes, alone in a fresh process, for one picture of the dataset.

    Attributes:
        system: The system.
        height: Rows of the picture.
        width: Columns.
        protect_s: Seconds to mark it, the second time in the process.
        examine_s: Seconds to examine the marked copy, the second time.
        start_s: Seconds of the first time, over the second: what loading takes.
        peak_bytes: Most memory of the process, interpreter and packages included.
        idle_bytes: Memory of the process before it did anything.
        error: What failed, in one line; then nothing else is set.
    """

    system: str
    height: int = 0
    width: int = 0
    protect_s: float = 0.0
    examine_s: float = 0.0
    start_s: float = 0.0
    peak_bytes: int = 0
    idle_bytes: int = 0
    error: str | None = None


KINDS = (MarkRow, CaseRow, CostRow)
"""All of them, for a log."""
