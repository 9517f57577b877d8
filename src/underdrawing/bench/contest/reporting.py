"""Report, plots and leaderboard files of a run."""

import os
from pathlib import Path

from underdrawing.bench.contest.curves import Point
from underdrawing.bench.contest.leaderboard import write_entries
from underdrawing.bench.contest.plots import draw
from underdrawing.bench.contest.results import SHEET_FILE, read_results
from underdrawing.bench.contest.tables import report
from underdrawing.bench.document import replace_section
from underdrawing.images import write_atomically

__all__ = ["REPORT_FILE", "SECTION", "write_report"]

REPORT_FILE = "report.md"
SECTION = "contest"
_WRITER = "underdrawing bench report"


def write_report(
    folder: Path,
    *,
    document: Path | None = None,
    pictures: Path | None = None,
    sheet: bool = True,
    contact: str = "not given",
) -> list[Path]:
    """Write everything that is told of a run.

    Args:
        folder: Of the run.
        document: A Markdown file with the marks of the section ``contest``; None: ``report.md`` in the folder.
        pictures: Where plots and the sheet go; None: a folder in that of the run.
        sheet: Whether the sheet of pictures is shown; leave it out where the photographs may not be published.
        contact: Who stands behind the numbers.

    Returns:
        Every file written.

    Raises:
        UsageError: There are no results, or the document has no such marks, or matplotlib is not installed.
    """
    results = read_results(folder)
    shown = folder / "pictures" if pictures is None else pictures
    drawn = draw([Point(**point) for point in results["curves"]], shown)
    if sheet and (folder / SHEET_FILE).exists():
        drawn.append(shown / f"{SECTION}-{SHEET_FILE}")
        write_atomically(drawn[-1], (folder / SHEET_FILE).read_bytes(), overwrite=True)
    path = folder / REPORT_FILE if document is None else document
    text = report(results, pictures=[os.path.relpath(one, path.parent).replace(os.sep, "/") for one in drawn])
    if document is None:
        write_atomically(path, f"# Contest\n\n{text}".encode(), overwrite=True)
    else:
        replace_section(document, text, name=SECTION, writer=_WRITER)
    return [path, *drawn, *write_entries(results, folder / "leaderboard", contact=contact)]
