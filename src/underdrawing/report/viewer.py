"""The pictures of a report: the suspect, what was changed, what was there, and a slider between the two.

The layers lie on one another and radio buttons choose among them, so all of it works without scripts; the script only
turns "side by side" into a slider.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2

from underdrawing.report.pictures import data_uri, hatching, heat_layer, img, outline_path, overlay, panel_from, shrink
from underdrawing.report.words import recovered_title

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from underdrawing.findings import Verification
    from underdrawing.images import Picture

__all__ = ["Panels", "panels_of", "viewer", "viewer_style"]

STAGE_PX = 1280
ENLARGE = 1.75
THUMB_PX = 280


@dataclass(frozen=True, eq=False)
class Panels:
    """What the page shows, all of one size.

    Pictures are H×W×3 uint8 sRGB, the map is H×W float32 from 0 to 1, the outline is SVG path data in pixels;
    ``recovered_title`` says what the recovered picture is; ``hatched`` is SVG over what is not of the picture.
    """

    suspect: NDArray[np.uint8]
    recovered: NDArray[np.uint8] | None
    probability: NDArray[np.float32] | None
    outline: str
    recovered_title: str
    hatched: str = ""

    @property
    def change_at_percent(self) -> int:
        """Where a slider shows both sides of the change: the middle of the map from left to right, 10 to 90."""
        if self.probability is None or not self.probability.any():
            return 50
        weights = self.probability.sum(axis=0)
        return int((100 * (weights * range(weights.size)).sum() / (weights.sum() * weights.size)).clip(10, 90))


def panels_of(suspect: Picture, verification: Verification, *, side_px: int = STAGE_PX) -> Panels:
    """Bring a suspect and what was found about it to the size that the page shows."""
    panel = panel_from(suspect, side_px=side_px)
    size = (panel.shape[1], panel.shape[0])
    recovered = verification.recovered
    changed = verification.mask is not None and verification.mask.any()
    probability = verification.tamper_probability if changed else None
    return Panels(
        suspect=panel,
        recovered=None if recovered is None else panel_from(recovered, side_px=side_px),
        probability=None if probability is None else _map_of_size(probability, size),
        outline=outline_path(verification.mask, size=size) if changed and verification.mask is not None else "",
        recovered_title=recovered_title(verification),
        hatched="" if verification.foreign is None else hatching(verification.foreign, size=size, name="foreign-map"),
    )


def _map_of_size(probability: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    resized: NDArray[np.float32] = cv2.resize(probability, size, interpolation=cv2.INTER_AREA).astype("float32")
    return resized


def viewer(panels: Panels) -> str:
    """Return the HTML of the stage and of the strip of small pictures that chooses what it shows."""
    views = _views(panels)
    inputs = "".join(
        f'<input class="pick" type="radio" name="view" id="view-{name}"{" checked" if name == first else ""}>'
        for first in [_first(panels)]
        for name in views
    )
    labels = "".join(_label(name, text, panels) for name, text in views.items())
    strip = f'<div class="strip">{labels}</div>' if len(views) > 1 else ""
    return f'<div class="viewer">{inputs}{_stage(panels)}{strip}</div>'


def viewer_style(panels: Panels) -> str:
    """Return the CSS that gives this picture its size: it fits the window, and a small one is enlarged a little."""
    height, width = panels.suspect.shape[:2]
    return (
        f".layers{{width:min(100%, {width / height:.4f} * 78vh, {ENLARGE * width:.0f}px)}}"
        f".layer img{{aspect-ratio:{width}/{height}}}"
    )


def _views(panels: Panels) -> dict[str, str]:
    """Name the views this report can show, in the order of the strip."""
    views = {"suspect": "As it came"}
    if panels.outline:
        views["changes"] = "What was changed"
    if panels.recovered is not None:
        views |= {"recovered": panels.recovered_title, "compare": "Compare"}
    return views


def _first(panels: Panels) -> str:
    """Name the view that a page without scripts opens with."""
    return "changes" if panels.outline else "suspect"


def _stage(panels: Panels) -> str:
    """Draw the layers."""
    height, width = panels.suspect.shape[:2]
    suspect = img(panels.suspect, "The picture as it came in.")
    recovered = slider = ""
    if panels.recovered is not None:
        alt = "The picture with the changed region painted back."
        recovered = (
            f'<figure class="layer recovered">{img(panels.recovered, alt)}'
            f"<figcaption>{panels.recovered_title}</figcaption></figure>"
        )
        slider = (
            '<div class="handle"></div><input class="slider" type="range" min="0" max="100" '
            f'value="{panels.change_at_percent}" '
            'aria-label="How much of the picture is shown as it came, against what was there">'
        )
    return (
        f'<div class="stage"><div class="layers">{recovered}<figure class="layer suspect">{suspect}'
        f"{_heat(panels)}{_outline(panels, width, height)}<figcaption>As it came</figcaption></figure>"
        f"{slider}</div></div>"
    )


def _heat(panels: Panels) -> str:
    """Draw the map as a transparent layer."""
    if panels.probability is None:
        return ""
    alt = "Map of the change: the redder, the more surely changed."
    heat = heat_layer(panels.probability, size=(panels.suspect.shape[1], panels.suspect.shape[0]))
    return f'<img class="heat" src="{data_uri(heat, quality=60)}" alt="{alt}">'


def _outline(panels: Panels, width: int, height: int) -> str:
    """Draw the border of the change, dark under light, to be seen on any picture, and hatch what is foreign."""
    if not panels.outline:
        return ""
    return (
        f'<svg class="outline" viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img" '
        f'aria-label="Outline of the changed region">{panels.hatched}<path class="under" d="{panels.outline}"/>'
        f'<path class="over" d="{panels.outline}"/></svg>'
    )


def _label(name: str, text: str, panels: Panels) -> str:
    """Draw one small picture of the strip."""
    return (
        f'<label for="view-{name}" class="for-{name}"><span class="thumb">{_thumb(name, panels)}</span>{text}</label>'
    )


def _thumb(name: str, panels: Panels) -> str:
    """Draw what a view shows, small: the picture itself, with the heat burnt in, or two halves."""
    small = shrink(panels.suspect, side_px=THUMB_PX)
    if panels.recovered is not None and name in ("recovered", "compare"):
        other = shrink(panels.recovered, side_px=THUMB_PX)
        half = small.shape[1] // 2 if name == "compare" else 0
        small = small.copy()
        small[:, half:] = other[:, half:]
        small[:, max(0, half - 1) : half + 1] = 255 if half else small[:, max(0, half - 1) : half + 1]
    if name == "changes" and panels.probability is not None:
        small = overlay(small, panels.probability)
    return f'<img src="{data_uri(small, quality=75)}" alt="">'
