"""From rows to the lines of the table: what was promised, what was measured, and whether it holds."""

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import median

from underdrawing.bench.edits.tampering import Kind
from underdrawing.bench.lines import Line, count_line, mean_or_nan, number_line
from underdrawing.bench.main_job.captions import LONG_SHORT_SIDE_PX, SHORT_SHORT_SIDE_PX
from underdrawing.bench.main_job.reading import reading_lines
from underdrawing.bench.main_job.rows import PictureRow, Row
from underdrawing.bench.main_job.targets import GEOMETRY_ATTACKS
from underdrawing.bench.metrics.decisions import wilson_interval

__all__ = ["failures", "geometry_lines", "main_job_lines", "map_by_kind"]

_UNMARKED_TRIED, _UNMARKED_SEARCHED = 2000, 5000
_FLAGGED = frozenset({"tampered", "transplanted", "forged"})


def main_job_lines(rows: Sequence[Row], pictures: Sequence[PictureRow]) -> list[Line]:
    """Every line of the table that is measured picture by picture, in the order of the table."""
    return [
        *_invisibility(pictures),
        *_payload(pictures),
        *reading_lines(rows),
        *_facts(rows),
        *_maps(rows),
        *_false_alarms(rows),
        *_recovery(rows),
    ]


def geometry_lines(rows: Sequence[Row]) -> list[Line]:
    """Every line about pictures that were moved: blocks read, the map in a tampered crop, unmarked pictures searched,
    the time it takes."""
    doctored = [row for row in rows if row.kind is not None and row.attack == "crop0.8+jpeg75"]
    unmarked = [row for row in rows if row.profile is None and not row.error]
    return [
        *reading_lines(rows, GEOMETRY_ATTACKS),
        number_line("map", "25 % replaced, crop0.8+jpeg75, mean F1", "≥ .88", _mean_f1(doctored), low=0.88),
        _not_flagged(rows, "untouched, after every movement: not flagged"),
        _unmarked(unmarked, wanted=_UNMARKED_SEARCHED),
        Line("time", "a moved copy verified, median, s", "", _median_s([row for row in rows if row.profile]), None),
        Line("time", "an unmarked picture dismissed, median, s", "", _median_s(unmarked), None),
    ]


def _median_s(rows: Sequence[Row]) -> str:
    times = [row.verify_s for row in rows if row.error is None]
    return f"{median(times):.2f}" if times else "not measured"


def failures(rows: Iterable[Row]) -> list[str]:
    """Cases that ended in an error, one line each."""
    return [f"{row.key}: {row.error}" for row in rows if row.error]


def map_by_kind(rows: Iterable[Row]) -> list[tuple[str, str, int, float, float]]:
    """Kind of edit, attack, how many, mean F1 and mean area under the curve, for regions of 5–50 %."""
    drawn = [row for row in rows if row.draw == 0]
    found = []
    for kind in Kind:
        for attack in ("png", "jpeg70"):
            chosen = [row for row in drawn if row.kind == kind and row.attack == attack and _is_large(row)]
            if chosen:
                found.append((str(kind), attack, len(chosen), _mean_f1(chosen), _mean_auc(chosen)))
    return found


def _invisibility(pictures: Sequence[PictureRow]) -> list[Line]:
    standard = [row for row in pictures if row.profile == "standard"]
    discreet = [row.psnr_db for row in pictures if row.profile == "discreet"]
    psnr, ssim = [row.psnr_db for row in standard], [row.ssim for row in standard]
    smooth = [row.smooth_rms for row in standard if row.smooth_windows]
    ratio = max((row.size_ratio for row in standard if row.size_ratio), default=math.nan)
    name = "invisibility"
    return [
        number_line(name, "standard: mean PSNR, dB", "≥ 41.5", mean_or_nan(psnr), low=41.5),
        number_line(name, "standard: worst PSNR, dB", "≥ 39", min(psnr, default=math.nan), low=39),
        number_line(name, "standard: mean SSIM", "≥ .985", mean_or_nan(ssim), low=0.985),
        Line(name, "standard: worst SSIM", "", f"{min(ssim):.4f}" if ssim else "not measured", None),
        number_line(name, "standard: smooth areas, rms in grey levels", "≤ 1.3", _pooled_smooth(standard), high=1.3),
        Line(name, "standard: the same, mean over pictures / worst one", "", _mean_and_worst(smooth), None),
        number_line(name, "discreet: mean PSNR, dB", "≥ 46.5", mean_or_nan(discreet), low=46.5),
        number_line("file size", "largest JPEG as saved against as read", "≤ 1.25", ratio, high=1.25),
    ]


def _mean_and_worst(values: Sequence[float]) -> str:
    return f"{mean_or_nan(values):.3f} / {max(values):.3f}" if values else "not measured"


def _pooled_smooth(pictures: Sequence[PictureRow]) -> float:
    windows = sum(row.smooth_windows for row in pictures)
    squares = sum(row.smooth_rms**2 * row.smooth_windows for row in pictures)
    return math.sqrt(squares / windows) if windows else math.nan


def _payload(pictures: Sequence[PictureRow]) -> list[Line]:
    """Whether every picture holds what its size was promised."""
    standard = [(min(row.height, row.width), row) for row in pictures if row.profile == "standard"]
    large = [row for side, row in standard if side >= LONG_SHORT_SIDE_PX]
    medium = [row for side, row in standard if SHORT_SHORT_SIDE_PX <= side < LONG_SHORT_SIDE_PX]
    small = [row for side, row in standard if side < SHORT_SHORT_SIDE_PX]
    return [
        _share_line("short side ≥ 1024: four blocks, all facts and code", large, lambda r: not r.left_out),
        _share_line("short side ≥ 512: anchor, core, detail", medium, lambda r: "detail" in r.blocks),
        _share_line("short side ≥ 512: part of the fine block", medium, lambda r: "fine" in r.blocks),
        _share_line("smaller: anchor", small, lambda r: "anchor" in r.blocks),
    ]


def _share_line(what: str, chosen: Sequence[PictureRow], holds: Callable[[PictureRow], bool]) -> Line:
    return count_line("payload", what, "every picture", sum(map(holds, chosen)), len(chosen))


def _facts(rows: Sequence[Row]) -> list[Line]:
    """Reading core means its facts are right and the signature verifies."""
    read = [row for row in rows if "core" in row.blocks and row.profile == "standard"]
    valid = sum(row.signature == "valid" for row in read)
    right = sum(row.facts_wrong == 0 and row.id_right for row in read)
    clean = [row for row in read if row.attack == "as-saved"]
    complete = sum(row.facts_right for row in clean)
    name = "facts and signature"
    return [
        count_line(name, "core read: signature valid", "all", valid, len(read)),
        count_line(name, "core read: no fact and no id wrong", "all", right, len(read)),
        count_line(name, "file as saved: every fact given comes back", "all", complete, len(clean)),
    ]


def _is_large(row: Row) -> bool:
    return row.fraction is not None and row.fraction >= 0.05


def _mean_f1(rows: Iterable[Row]) -> float:
    return mean_or_nan([row.f1 or 0.0 for row in rows])


def _mean_auc(rows: Iterable[Row]) -> float:
    return mean_or_nan([row.auc for row in rows if row.auc is not None])


def _maps(rows: Sequence[Row]) -> list[Line]:
    """Recolouring keeps the shapes, so it is listed apart and not promised.

    Of the copies that an attack is read from only the first counts, so that all sizes weigh the same.
    """
    marked = [row for row in rows if row.profile == "standard" and row.draw == 0]
    edited = [row for row in marked if row.kind not in (None, Kind.RECOLOUR)]
    clean, attacked = ([row for row in edited if row.attack == attack] for attack in ("png", "jpeg70"))
    large_clean, large_attacked = ([row for row in part if _is_large(row)] for part in (clean, attacked))
    small = [row for row in clean if not _is_large(row)]
    small_attacked = [row for row in attacked if not _is_large(row)]
    name = "tamper map"
    return [
        number_line(name, "regions of 5–50 %, clean, mean F1", "≥ .95", _mean_f1(large_clean), low=0.95),
        number_line(name, "regions of 5–50 %, JPEG 70, mean F1", "≥ .92", _mean_f1(large_attacked), low=0.92),
        number_line(name, "regions of 5–50 %, clean, mean AUC", "≥ .99", _mean_auc(large_clean), low=0.99),
        number_line(name, "regions of 5–50 %, JPEG 70, mean AUC", "≥ .99", _mean_auc(large_attacked), low=0.99),
        number_line(name, "regions of 1–5 %, clean, mean F1", "≥ .80", _mean_f1(small), low=0.80),
        number_line(name, "regions of 1–5 %, JPEG 70, mean F1", "≥ .80", _mean_f1(small_attacked), low=0.80),
    ]


def _false_alarms(rows: Sequence[Row]) -> list[Line]:
    return [
        _not_flagged(rows, "untouched, after every attack: not flagged"),
        _unmarked([row for row in rows if row.profile is None and not row.error]),
    ]


def _not_flagged(rows: Sequence[Row], what: str) -> Line:
    """How many copies of marked pictures that nobody doctored are not called doctored."""
    untouched = [row for row in rows if row.profile is not None and row.kind is None and not row.error]
    quiet = sum(row.verdict not in _FLAGGED for row in untouched)
    return count_line("false alarms", what, "≥ 99 %", quiet, len(untouched), rate=0.99)


def _unmarked(rows: Sequence[Row], *, wanted: int = _UNMARKED_TRIED) -> Line:
    """Passed only when enough photographs were tried."""
    name, what, target = "false alarms", "unmarked photographs read as marked", f"none of ≥ {wanted}"
    if not rows:
        return Line(name, what, target, "not measured", None)
    read = sum(row.verdict != "unprotected" for row in rows)
    measured = f"{read} of {len(rows)} (at most {wilson_interval(read, len(rows)).high:.2%} with 95 % confidence)"
    passed = read == 0 if len(rows) >= wanted or read else None
    return Line(name, what, target, measured, passed)


def _recovery(rows: Sequence[Row]) -> list[Line]:
    chosen = [
        row for row in rows if row.recovered_db is not None and row.profile == "standard" and row.fraction == 0.25
    ]
    gains = [(row.recovered_db or 0.0) - (row.telea_db or 0.0) for row in chosen]
    by_scales = {scales: [row.recovered_db or 0.0 for row in chosen if row.code_scales == scales] for scales in (5, 6)}
    code_16 = [row.code_16_db for row in chosen if row.code_16_db is not None]
    code_32 = [row.code_32_db for row in chosen if row.code_32_db is not None]
    compared = [row for row in rows if row.outside_identical is not None]
    identical = sum(bool(row.outside_identical) for row in compared)
    name = "recovery inside 25 %, JPEG 75"
    full, coarse = "16,380 bits", "4092 bits"
    return [
        number_line(name, "mean gain over Telea, M-PSNR, dB", "≥ 3", mean_or_nan(gains), low=3),
        number_line(name, f"{coarse} read: mean M-PSNR, dB", "≥ 21", mean_or_nan(by_scales[5]), low=21),
        number_line(name, f"{full} read: mean M-PSNR, dB", "≥ 23.5", mean_or_nan(by_scales[6]), low=23.5),
        number_line(name, f"code alone, {coarse}, all: mean M-PSNR, dB", "≥ 21", mean_or_nan(code_16), low=21),
        number_line(name, f"code alone, {full}, all: mean M-PSNR, dB", "≥ 23.5", mean_or_nan(code_32), low=23.5),
        Line(name, "median M-PSNR recovered / Telea, dB", "", _medians(chosen), None),
        count_line("recovery", "outside the map identical to the suspect", "all", identical, len(compared)),
    ]


def _medians(rows: Sequence[Row]) -> str:
    if not rows:
        return "not measured"
    recovered, telea = [row.recovered_db or 0.0 for row in rows], [row.telea_db or 0.0 for row in rows]
    return f"{median(recovered):.2f} / {median(telea):.2f} ({len(rows)} copies)"
