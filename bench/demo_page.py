"""What the demo shows: index.html with pictures and numbers, and the picture at the top of the README."""

from __future__ import annotations

import io
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from underdrawing.report import page, percent
from underdrawing.report.pictures import data_uri, overlay, panel_from, shrink

if TYPE_CHECKING:
    from demo import Story

FIGURE_PX = 520
COLUMNS = {
    "photograph": "Photograph",
    "edit": "What was done",
    "truth": "Changed",
    "found": "Found",
    "f1": "F1 of the map",
    "facts": "Facts",
    "recovered": "Recovered",
    "telea": "Telea inpainting",
    "mark": "Mark",
    "time": "Protect, verify",
}
STYLE = """
.story { padding: 2.5rem 0 0; }
.story h2 { margin-bottom: 0.3rem; }
.story .row { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: 0.75rem; }
.story .row { margin-top: 1rem; }
.story figure { margin: 0; }
.story img { display: block; width: 100%; height: auto; border-radius: 4px; }
.story figcaption { margin-top: 0.35rem; color: var(--soft); font-size: 0.875rem; }
.wide { overflow-x: auto; margin-top: 3.5rem; }
.wide th { width: auto; font-size: 0.875rem; vertical-align: bottom; }
.wide td { font-variant-numeric: tabular-nums; padding-inline-end: 1rem; white-space: nowrap; }
.wide td:is(:nth-child(2), :nth-child(6)) { white-space: normal; }
"""


def index_page(stories: list[Story]) -> str:
    """Return the page that shows every photograph of the demo, and the numbers."""
    noticed = sum(story.verification.verdict == "tampered" for story in stories)
    body = (
        '<header class="masthead"><span class="brand">Underdrawing</span><span>The demo</span></header>'
        '<main class="tone-warn"><section class="verdict"><h1>Photographs that remember what they showed.</h1>'
        f"<p>{len(stories)} photographs, enlarged to 1024 pixels on the short side, were protected, "
        "doctored, and saved again as JPEG at quality 75. "
        f"In {noticed} of them the change was noticed. What follows was read out of the doctored pixels alone.</p>"
        "</section>"
        f"{''.join(map(_story, stories))}{_numbers(stories)}</main>"
        '<footer class="colophon">Made by <span class="mono">make demo</span>. Photographs: scikit-image.</footer>'
    )
    return page(body, title="Underdrawing: the demo", style=STYLE)


def panels(story: Story) -> dict[str, np.ndarray]:
    """Return the four pictures that tell a story, by what they are, as H×W×3 uint8."""
    suspect = panel_from(story.suspect, side_px=FIGURE_PX)
    found = story.verification
    shown = {"Protected": panel_from(story.protected, side_px=FIGURE_PX), "Doctored, JPEG 75": suspect}
    if found.tamper_probability is not None:
        shown["What was changed"] = overlay(suspect, found.tamper_probability)
    if found.recovered is not None:
        shown["What was there"] = panel_from(found.recovered, side_px=FIGURE_PX)
    return shown


def _story(story: Story) -> str:
    figures = "".join(
        f'<figure><img src="{data_uri(panel)}" width="{panel.shape[1]}" height="{panel.shape[0]}" '
        f'alt="{escape(story.scene.name)}: {escape(words)}"><figcaption>{escape(words)}</figcaption></figure>'
        for words, panel in panels(story).items()
    )
    told = story.verification.facts.get("headline", "no facts were read")
    return (
        f'<section class="story"><h2>{escape(story.scene.name.title())}: {escape(story.scene.edit)}</h2>'
        f"<p>The pixels say: <bdi>{escape(told)}</bdi>. "
        f'<a href="{escape(story.scene.name)}/report.html">The report</a></p>'
        f'<div class="row">{figures}</div></section>'
    )


def _numbers(stories: list[Story]) -> str:
    head = "".join(f'<th scope="col">{title}</th>' for title in COLUMNS.values())
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells(story).values())}</tr>" for story in stories
    )
    return (
        f'<div class="wide"><h2>The numbers</h2><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
        '<p class="note">Recovered and Telea inpainting: likeness to the protected picture inside the region that was '
        "really changed, as M-PSNR in decibels on a 256 × 256 grid (higher is better). Telea is told the true region; "
        "the recovery uses its own map. Mark: likeness of the protected picture to the original, over all pixels.</p>"
        "</div>"
    )


def cells(story: Story) -> dict[str, str]:
    """Return one row of the table."""
    found = story.verification
    return {
        "photograph": story.scene.name,
        "edit": story.scene.edit,
        "truth": percent(float(story.truth.mean())),
        "found": percent(found.tampered_fraction),
        "f1": f"{story.f1:.3f}",
        "facts": ("all read" if story.facts_came_back else "not all read") + f", signature {found.signature}",
        "recovered": "nothing" if story.recovered_db is None else f"{story.recovered_db:.1f} dB",
        "telea": f"{story.telea_db:.1f} dB",
        "mark": f"{story.protection.psnr_db:.1f} dB",
        "time": f"{story.protect_s:.2f}, {story.verify_s:.2f} s",
    }


def contact_sheet(stories: list[Story], *, width_px: int = 1440, gap_px: int = 12) -> bytes:
    """Return the stories as rows of four pictures with their names below, as one JPEG file."""
    side_px = (width_px - 3 * gap_px) // 4
    rows = [_sheet_row(panels(story), side_px, gap_px) for story in stories]
    paper = Image.new("RGB", (width_px, sum(row.height for row in rows) + gap_px * (len(rows) - 1)), "white")
    top = 0
    for row in rows:
        paper.paste(row, (0, top))
        top += row.height + gap_px
    buffer = io.BytesIO()
    paper.save(buffer, "JPEG", quality=78, optimize=True)
    return buffer.getvalue()


def _sheet_row(shown: dict[str, np.ndarray], side_px: int, gap_px: int) -> Image.Image:
    font = ImageFont.load_default(size=22)
    small = {words: _of_width(panel, side_px) for words, panel in shown.items()}
    height = max(panel.height for panel in small.values())
    row = Image.new("RGB", (4 * side_px + 3 * gap_px, height + 44), "white")
    for column, (words, panel) in enumerate(small.items()):
        left = column * (side_px + gap_px)
        row.paste(panel, (left, 0))
        ImageDraw.Draw(row).text((left + 2, height + 8), words, fill=(70, 66, 58), font=font)
    return row


def _of_width(panel: np.ndarray, width_px: int) -> Image.Image:
    image = Image.fromarray(shrink(panel, side_px=FIGURE_PX))
    return image.resize((width_px, round(image.height * width_px / image.width)), Image.Resampling.LANCZOS)
