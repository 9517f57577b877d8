"""Draws the sheets of recovered pictures in the documentation: ``python bench/recovery_sheet.py [--output FOLDER]``.

``recovery.jpg``: six photographs of scikit-image, two regions each; from left to right the original, the copy that was
tampered with, OpenCV's inpainting, and for 252, 1020 and 4092 bits of surviving code what the code alone and what code
and Transformer paint back.

``look.jpg``: a region of the same photographs, painted from 1020, 4092 and 16380 bits, smooth (the setting
``fidelity``) and with texture that is made up (``look``).
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray

from underdrawing.examination.remembering import predict, remember, surroundings_of
from underdrawing.recovery import Restorer, paint_back
from underdrawing.recovery.texturing import Texturer
from underdrawing.tokenizer import CANVAS, Tokenizer, ladder_bits, to_canvas

_SURVIVING_SCALES, _TEXTURED_SCALES = (3, 4, 5), (4, 5, 6)
_TILE, _GAP, _HEAD = 168, 4, 34
_QUALITY = 75
Picture = NDArray[np.uint8]


def main() -> None:
    """Draw the sheets and write them."""
    parser = argparse.ArgumentParser(prog="python bench/recovery_sheet.py", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("docs/pictures"))
    output = parser.parse_args().output
    output.mkdir(parents=True, exist_ok=True)
    tokenizer, restorer, texturer = Tokenizer.load(), Restorer.load(), Texturer.load()
    canvases = [to_canvas(photograph) for photograph in photographs()]
    rows = [
        row(canvas, canvases[number - 1], region(number, turn), tokenizer, restorer)
        for number, canvas in enumerate(canvases)
        for turn in range(2)
    ]
    bits = [ladder_bits(count) for count in _SURVIVING_SCALES]
    names = ["original", "tampered", "inpainting (Telea)"]
    names += [name for count in bits for name in (f"{count} bits: code only", f"{count} bits: + Transformer")]
    draw(output / "recovery.jpg", names, rows, side_px=_TILE)
    looks = [
        look(canvas, region(number, 0), tokenizer, restorer, texturer) for number, canvas in enumerate(canvases[:-1])
    ]
    bits = [ladder_bits(count) for count in _TEXTURED_SCALES]
    names = ["original", "region", *(f"{count} bits: {name}" for count in bits for name in ("fidelity", "look"))]
    draw(output / "look.jpg", names, looks, side_px=CANVAS)


def draw(path: Path, names: list[str], rows: list[list[Picture]], *, side_px: int) -> None:
    """Write a sheet: rows of tiles with the names of the columns above them."""
    sheet = np.concatenate([heading(names, side_px), *(joined(row, side_px) for row in rows)])
    cv2.imwrite(str(path), sheet[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])


def photographs() -> list[Picture]:
    """The colour photographs of scikit-image that anybody may publish, and parts of two of them."""
    names = ("astronaut", "coffee", "chelsea", "rocket")
    parts = skimage.data.astronaut()[:288, 80:368], skimage.data.coffee()[60:330, 150:480]
    return [*(getattr(skimage.data, name)() for name in names), *map(np.ascontiguousarray, parts)]


def region(number: int, turn: int) -> NDArray[np.bool_]:
    """A region of about a fifth of the picture: a lobed blob, or a brush stroke."""
    rng = np.random.default_rng(10 * number + turn)
    mask = np.zeros((CANVAS, CANVAS), np.uint8)
    if turn == 0:
        x, y = (int(v) for v in rng.integers(96, 160, 2))
        for _ in range(4):
            dx, dy = (int(v) for v in rng.integers(-28, 29, 2))
            cv2.circle(mask, (x + dx, y + dy), int(rng.integers(30, 48)), 1, -1)
    else:
        points = [(int(x), int(y)) for x, y in rng.integers(30, 226, (5, 2))]
        for one, other in itertools.pairwise(points):
            cv2.line(mask, one, other, 1, 26)
    return mask.astype(np.bool_)


def row(
    canvas: Picture, other: Picture, mask: NDArray[np.bool_], tokenizer: Tokenizer, restorer: Restorer
) -> list[Picture]:
    """The tiles of one row."""
    suspect = compressed(np.where(mask[..., None], other[::-1], canvas))
    inpainted = np.asarray(cv2.inpaint(suspect, mask.astype(np.uint8), 3, cv2.INPAINT_TELEA), np.uint8)
    tiles = [canvas, outlined(suspect, mask), inpainted]
    code, around = tokenizer.encode(canvas), surroundings_of(suspect, mask)
    for count in _SURVIVING_SCALES:
        part = code.prefix(count)
        tiles.append(paint_back(suspect, tokenizer.decode(part), mask))
        restored = predict(part, around, tokenizer=tokenizer, restorer=restorer)
        tiles.append(paint_back(suspect, restored, mask))
    return tiles


def look(
    canvas: Picture, mask: NDArray[np.bool_], tokenizer: Tokenizer, restorer: Restorer, texturer: Texturer
) -> list[Picture]:
    """The tiles of one row of ``look.jpg``."""
    suspect = compressed(canvas)
    code, around = tokenizer.encode(canvas), surroundings_of(suspect, mask)
    tiles = [canvas, np.where(mask[..., None], np.uint8(128), suspect)]
    for count in _TEXTURED_SCALES:
        for made_up in (None, texturer):
            painted = remember(code.prefix(count), around, tokenizer=tokenizer, restorer=restorer, texturer=made_up)
            tiles.append(paint_back(suspect, painted, mask))
    return tiles


def compressed(picture: NDArray[np.generic]) -> Picture:
    """The picture, H×W×3 RGB, after JPEG."""
    _, data = cv2.imencode(".jpg", picture.astype(np.uint8)[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1], dtype=np.uint8)


def outlined(picture: Picture, mask: NDArray[np.bool_]) -> Picture:
    """The picture with the border of the mask drawn in."""
    border = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) - mask
    return np.where(border[..., None] > 0, np.array([255, 64, 32], np.uint8), picture).astype(np.uint8)


def joined(tiles: list[Picture], side_px: int) -> Picture:
    """Tiles side by side, white between them."""
    small = [cv2.resize(tile, (side_px, side_px), interpolation=cv2.INTER_AREA) for tile in tiles]
    padded = [cv2.copyMakeBorder(tile, 0, _GAP, 0, _GAP, cv2.BORDER_CONSTANT, value=(255, 255, 255)) for tile in small]
    return np.concatenate(padded, axis=1)


def heading(names: list[str], side_px: int) -> Picture:
    """The names of the columns."""
    head = np.full((_HEAD, len(names) * (side_px + _GAP), 3), 255, np.uint8)
    for number, name in enumerate(names):
        at = (number * (side_px + _GAP) + 2, 22)
        cv2.putText(head, name, at, cv2.FONT_HERSHEY_SIMPLEX, 0.36, (20, 20, 20), 1, cv2.LINE_AA)
    return head


if __name__ == "__main__":
    main()
