"""How the suspect lies on the picture that was protected: in words, and drawn on both."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import cv2
import numpy as np

from underdrawing.report.pictures import hatching, img, panel_from
from underdrawing.report.words import lying_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from underdrawing.findings import Geometry, Verification
    from underdrawing.images import Picture

__all__ = ["lying_section"]

_SIDE_PX = 640


def lying_section(suspect: Picture, verification: Verification) -> str:
    """Return the section of the report; nothing where the suspect is the whole picture, upright."""
    said = lying_words(verification)
    if not said or verification.geometry.matrix is None or verification.geometry.frame_px is None:
        return ""
    return (
        f'<section class="lying"><h2>How it lies on the protected picture</h2><p>{escape(" ".join(said))}</p>'
        f'<div class="pair">{_suspect(suspect, verification)}{_whole(verification)}</div></section>'
    )


def _suspect(suspect: Picture, verification: Verification) -> str:
    """Draw the suspect, hatched where it shows something else."""
    panel = panel_from(suspect, side_px=_SIDE_PX)
    size = (panel.shape[1], panel.shape[0])
    mask = verification.foreign
    foreign = "" if mask is None else hatching(mask, size=size, name="foreign-place")
    words = "As it came" + ("; hatched: not of the protected picture" if foreign else "")
    return _figure(img(panel, "The picture as it came in."), foreign, size, words)


def _whole(verification: Verification) -> str:
    """Draw the whole picture, as far as it could be painted back, with the outline of what the suspect shows."""
    geometry = verification.geometry
    if verification.whole is None:
        size = _fitted(geometry)
        ground = f'<rect width="{size[0]}" height="{size[1]}" fill="currentColor" fill-opacity="0.12"/>'
        words = "The outline of the suspect in the picture that was protected"
        return _figure("", ground + _outline(geometry, size), size, words)
    panel = panel_from(verification.whole, side_px=_SIDE_PX)
    size = (panel.shape[1], panel.shape[0])
    exact = verification.known is not None and verification.known.exact
    words = "The original" if exact else "The whole picture, painted back"
    alt = "The whole picture that was protected, with what is missing painted back."
    return _figure(img(panel, alt), _outline(geometry, size), size, f"{words}; in the outline: what the suspect shows")


def _fitted(geometry: Geometry) -> tuple[int, int]:
    """(width, height) of the frame on the page."""
    height, width = geometry.frame_px or (1, 1)
    zoom = min(1.0, _SIDE_PX / max(height, width))
    return max(1, round(width * zoom)), max(1, round(height * zoom))


def _outline(geometry: Geometry, size: tuple[int, int]) -> str:
    """Draw the part of the frame that the suspect shows, on a panel of (width, height)."""
    shown = _shown_corners(geometry)
    if shown is None:
        return ""
    points = " ".join(f"{x * size[0]:.1f},{y * size[1]:.1f}" for x, y in shown)
    return f'<path class="under" d="M{points}Z"/><path class="over" d="M{points}Z"/>'


def _shown_corners(geometry: Geometry) -> NDArray[np.float64] | None:
    """The part of the frame that the suspect shows: corners (x, y) in shares of the frame; None where there is none."""
    if geometry.matrix is None or geometry.frame_px is None or geometry.suspect_px is None:
        return None
    height, width = geometry.suspect_px
    corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]], np.float64)
    sent = corners @ np.linalg.inv(np.array(geometry.matrix).reshape(3, 3)).T
    there = (sent[:, :2] / sent[:, 2:] / np.array(geometry.frame_px[::-1])).astype(np.float32)
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    if not cv2.isContourConvex(there[:, None]):
        return None
    _, common = cv2.intersectConvexConvex(there, square)
    return None if common is None else np.asarray(common, dtype=np.float64).reshape(-1, 2)


def _figure(img: str, drawn: str, size: tuple[int, int], words: str) -> str:
    """Draw a picture with lines over it, and the words below."""
    width, height = size
    over = f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(words)}">{drawn}</svg>' if drawn else ""
    return f'<figure><div class="laid">{img}{over}</div><figcaption>{escape(words)}</figcaption></figure>'
