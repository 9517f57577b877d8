"""Pictures as a page can carry them: small, in sRGB, inside a ``data:`` address.

Everything here works on *panels*: H×W×3 uint8 RGB arrays whose long side is at most what the page shows.
"""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PIL import Image, ImageCms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from underdrawing.images import Picture

__all__ = [
    "OUTLINE_LIMIT",
    "data_uri",
    "hatching",
    "heat_layer",
    "img",
    "mask_png",
    "outline_path",
    "overlay",
    "panel_from",
    "places",
    "shrink",
]

OUTLINE_LIMIT = 300
"""How many regions an outline draws at most, largest first: a page must stay a page whatever the mask looks like."""

_HEAT_RGB = np.array([226, 54, 24], np.uint8)
_HEAT_OPACITY = 0.72


def panel_from(picture: Picture, *, side_px: int) -> NDArray[np.uint8]:
    """Return what a viewer sees of a picture: H×W×3 uint8 sRGB on white, long side at most ``side_px``."""
    pixels = picture.pixels
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    panel = _to_srgb(shrink(pixels, side_px=side_px), picture.metadata.icc)
    if picture.alpha is None:
        return panel
    alpha = picture.alpha if picture.alpha.dtype == np.uint8 else (picture.alpha >> 8).astype(np.uint8)
    weight = shrink(alpha, side_px=side_px).astype(np.float32)[..., None] / 255
    return np.rint(panel * weight + 255 * (1 - weight)).astype(np.uint8)


def shrink(pixels: NDArray[np.generic], *, side_px: int) -> NDArray[np.uint8]:
    """Return an 8-bit array with its long side brought down to ``side_px`` by area averaging; never enlarged."""
    height, width = pixels.shape[:2]
    scale = side_px / max(height, width)
    if scale >= 1:
        return np.ascontiguousarray(pixels, np.uint8)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(np.ascontiguousarray(pixels), size, interpolation=cv2.INTER_AREA), np.uint8)


def _to_srgb(panel: NDArray[np.uint8], icc: bytes | None) -> NDArray[np.uint8]:
    """Bring a panel from its own colour profile to sRGB; a profile that cannot be used leaves it as it is."""
    if icc is None:
        return panel
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        converted = ImageCms.profileToProfile(Image.fromarray(panel), source, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError):
        return panel
    return panel if converted is None else np.asarray(converted, np.uint8)


def data_uri(panel: NDArray[np.uint8], *, quality: int = 82) -> str:
    """Return a panel (H×W×3 RGB or H×W×4 RGBA, uint8) as a WebP in a ``data:`` address."""
    buffer = io.BytesIO()
    Image.fromarray(panel).save(buffer, "WEBP", quality=quality, method=4)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def img(panel: NDArray[np.uint8], alt: str) -> str:
    """Return a panel, h×w×3 RGB, as an HTML image of its size; ``alt`` is HTML already."""
    height, width = panel.shape[:2]
    return f'<img src="{data_uri(panel)}" width="{width}" height="{height}" alt="{alt}">'


def heat_layer(probability: NDArray[np.floating[Any]], *, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a tamper map as a transparent layer to lie over a panel.

    Args:
        probability: H×W, 0 to 1.
        size: (width, height) of the panel.

    Returns:
        height×width×4 RGBA uint8: one warm colour, the more opaque the more likely, clear below about one in five.
    """
    flat = np.nan_to_num(np.asarray(probability, np.float32)).clip(0, 1)
    small = cv2.resize(flat, size, interpolation=cv2.INTER_AREA)
    ramp = ((small - 0.2) / 0.6).clip(0, 1)
    opacity = ramp * ramp * (3 - 2 * ramp) * _HEAT_OPACITY
    layer = np.empty((size[1], size[0], 4), np.uint8)
    layer[..., :3] = _HEAT_RGB
    layer[..., 3] = np.rint(opacity * 255)
    return layer


def overlay(panel: NDArray[np.uint8], probability: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Return a panel with a tamper map (H×W, 0 to 1) burnt in: the picture in grey, so that the heat stands out."""
    heat = heat_layer(probability, size=(panel.shape[1], panel.shape[0]))
    weight = heat[..., 3:].astype(np.float32) / 255
    grey = cv2.cvtColor(panel, cv2.COLOR_RGB2GRAY)[..., None]
    return np.rint(grey * (1 - weight) + heat[..., :3] * weight).astype(np.uint8)


def outline_path(mask: NDArray[np.bool_], *, size: tuple[int, int]) -> str:
    """Return the borders of a mask (H×W, True inside) as SVG path data in the pixels of a panel of ``size`` (w, h)."""
    full = np.ascontiguousarray(mask, np.uint8) * 255
    small = cv2.resize(full, size, interpolation=cv2.INTER_AREA) >= 128
    contours, _ = cv2.findContours(small.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    largest = sorted(contours, key=cv2.contourArea, reverse=True)[:OUTLINE_LIMIT]
    return "".join(_ring(cv2.approxPolyDP(contour, 0.8, True)[:, 0]) for contour in largest)


def hatching(mask: NDArray[np.bool_], *, size: tuple[int, int], name: str) -> str:
    """Return SVG that hatches a mask (H×W, True inside) over a panel of ``size`` (width, height) in pixels.

    ``name`` is its id, another one for each on a page.
    """
    width, height = size
    rings = outline_path(mask, size=size)
    step = max(4.0, max(size) / 80)
    lines = "".join(f"M{x:g},0L{x - height:g},{height}" for x in np.arange(step, width + height, step).round(1))
    if not rings:
        return ""
    return (
        f'<clipPath id="{name}"><path clip-rule="evenodd" d="{rings}"/></clipPath>'
        f'<g clip-path="url(#{name})"><path class="hatch-under" d="{lines}"/><path class="hatch" d="{lines}"/></g>'
    )


def _ring(points: NDArray[np.number[Any]]) -> str:
    """Draw one closed line through N×2 (x, y) pixel centres."""
    steps = " ".join(f"{x + 0.5:g},{y + 0.5:g}" for x, y in points)
    return f"M{steps}Z"


def places(mask: NDArray[np.bool_], *, smallest: float = 0.0005) -> int:
    """Count the separate regions of a mask (H×W), ignoring specks below ``smallest`` of the picture's area."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(mask, np.uint8), connectivity=8)
    areas = stats[1:count, cv2.CC_STAT_AREA]
    return max(int((areas >= smallest * mask.size).sum()), int(count > 1))


def mask_png(mask: NDArray[np.bool_]) -> bytes:
    """Return a mask (H×W, True where changed) as a greyscale PNG: white where changed, black elsewhere."""
    buffer = io.BytesIO()
    Image.fromarray(np.where(mask, 255, 0).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()
