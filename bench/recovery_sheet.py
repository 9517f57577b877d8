"""Draws the sheet of recovered pictures in the documentation: ``python bench/recovery_sheet.py [--output FILE]``.

Six photographs of scikit-image, two regions each; from left to right the original, the copy that was tampered with,
OpenCV's inpainting, and for 252, 1020 and 4092 bits of surviving code what the code alone and what code and Transformer
paint back.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray

from underdrawing.examination.remembering import predict, surroundings_of
from underdrawing.recovery import Restorer, paint_back
from underdrawing.tokenizer import CANVAS, Tokenizer, ladder_bits, to_canvas

_SURVIVING_SCALES = (3, 4, 5)
_TILE, _GAP, _HEAD = 168, 4, 34
_QUALITY = 75
Picture = NDArray[np.uint8]


def main() -> None:
    """Draw the sheet and write it."""
    parser = argparse.ArgumentParser(prog="python bench/recovery_sheet.py", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("docs/pictures/recovery.jpg"))
    output = parser.parse_args().output
    tokenizer, restorer = Tokenizer.load(), Restorer.load()
    canvases = [to_canvas(photograph) for photograph in photographs()]
    rows = [
        row(canvas, canvases[number - 1], region(number, turn), tokenizer, restorer)
        for number, canvas in enumerate(canvases)
        for turn in range(2)
    ]
    output.parent.mkdir(parents=True, exist_ok=True)
    sheet = np.concatenate([heading(), *(joined(row) for row in rows)])
    cv2.imwrite(str(output), sheet[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])


def photographs() -> list[Picture]:
    """The colour photographs that come with scikit-image."""
    left, _, _ = skimage.data.stereo_motorcycle()
    names = ("astronaut", "coffee", "chelsea", "rocket")
    crop = skimage.data.coffee()[60:330, 150:480]
    return [*(getattr(skimage.data, name)() for name in names), left, np.ascontiguousarray(crop)]


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
    tampered = np.where(mask[..., None], other[::-1], canvas).astype(np.uint8)
    _, data = cv2.imencode(".jpg", tampered[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    suspect = np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1], dtype=np.uint8)
    inpainted = np.asarray(cv2.inpaint(suspect, mask.astype(np.uint8), 3, cv2.INPAINT_TELEA), np.uint8)
    tiles = [canvas, outlined(suspect, mask), inpainted]
    code, around = tokenizer.encode(canvas), surroundings_of(suspect, mask)
    for count in _SURVIVING_SCALES:
        part = code.prefix(count)
        tiles.append(paint_back(suspect, tokenizer.decode(part), mask))
        restored = predict(part, around, tokenizer=tokenizer, restorer=restorer)
        tiles.append(paint_back(suspect, restored, mask))
    return tiles


def outlined(picture: Picture, mask: NDArray[np.bool_]) -> Picture:
    """The picture with the border of the mask drawn in."""
    border = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) - mask
    return np.where(border[..., None] > 0, np.array([255, 64, 32], np.uint8), picture).astype(np.uint8)


def joined(tiles: list[Picture]) -> Picture:
    """Tiles side by side, white between them."""
    small = [cv2.resize(tile, (_TILE, _TILE), interpolation=cv2.INTER_AREA) for tile in tiles]
    padded = [cv2.copyMakeBorder(tile, 0, _GAP, 0, _GAP, cv2.BORDER_CONSTANT, value=(255, 255, 255)) for tile in small]
    return np.concatenate(padded, axis=1)


def heading() -> Picture:
    """The names of the columns."""
    bits = [ladder_bits(count) for count in _SURVIVING_SCALES]
    names = ["original", "tampered", "inpainting (Telea)"]
    names += [name for count in bits for name in (f"{count} bits: code only", f"{count} bits: + Transformer")]
    head = np.full((_HEAD, len(names) * (_TILE + _GAP), 3), 255, np.uint8)
    for number, name in enumerate(names):
        at = (number * (_TILE + _GAP) + 2, 22)
        cv2.putText(head, name, at, cv2.FONT_HERSHEY_SIMPLEX, 0.36, (20, 20, 20), 1, cv2.LINE_AA)
    return head


if __name__ == "__main__":
    main()
