"""What to try: the scales, turns and bends that pictures come in, likeliest first, as data.

Source: ours.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, GRIDS, VOICES
from underdrawing.channel.lattice.grid import WorkingGrid
from underdrawing.channel.lattice.search.folding import Expectation, Voice

__all__ = [
    "WINDOW_PX",
    "Cut",
    "Glance",
    "any_scale",
    "bent",
    "boxed",
    "boxed_in_part",
    "cut_and_turned",
    "cut_finely",
    "cut_out",
    "is_large",
    "rotated",
    "stretched",
    "tilted",
    "turned",
    "whole_frames",
]

WINDOW_PX = 512
"""Longest side of a window, in grid pixels."""

Matrix = NDArray[np.float64]

_STRONG, _WEAK = (tuple(Voice(side, profile) for side in (1024, 512)) for profile in VOICES)
_SMALL = tuple(Voice(256, profile) for profile in VOICES)

_SCALE_STEP = 1.049
_LEAST_BLOCK_PX, _LARGEST_BLOCK_PX = 8.5, 70.0
_LARGEST_BLOCKS_PX = {256: 52.0, 512: 52.0, 1024: np.inf}
"""Pictures on the smaller grids have blocks of up to 32 pixels, and are hardly enlarged by much more than a half."""
_LARGEST_SMALL_PX = 900
_FEWEST_BLOCKS = 10
_LARGEST_PX = 1_000_000
_FINER, _FEWEST_FINELY = 2, {256: 6, 512: 12, 1024: 20}
_FINELY = {
    256: (_SMALL[0], 3, 1.015, tuple(np.diag([x * y, y]) for y in (0.995, 1.0, 1.005) for x in (0.988, 1.0, 1.012))),
    512: (_STRONG[1], 2, 1.02, tuple(np.eye(2) * scale for scale in (0.9925, 0.9975, 1.0025, 1.0075))),
    1024: (_STRONG[0], 2, 1.039, tuple(np.eye(2) * scale for scale in (0.985, 0.995, 1.005, 1.015))),
}
"""For each grid what is listened for, how many times nearer to each other than usual places are tried, how much larger
a block is from one glance to the next, and what is tried around each. The smallest is a whole number of blocks long,
which changes the shape of a picture by up to 1.6 %."""
_SCALES = (-0.0196, -0.0098, 0.0, 0.0098, 0.0196)

_USUAL_SIZES_PX = (
    *((512, 768), (640, 960), (600, 800), (720, 1280), (768, 1024), (800, 1200)),
    *((540, 960), (600, 900), (683, 1024), (853, 1280), (900, 1200), (900, 1600), (960, 1280), (1000, 1500)),
)
"""(short, long) side; a square or a shorter one of the same height is found as well where the steps are the same."""
_USUAL_LARGE_SIZES_PX = (
    *((1080, 1920), (1365, 2048), (1152, 2048), (1536, 2048), (1200, 1600), (1440, 2560)),
    *((1333, 2000), (1500, 2000), (2160, 3840), (2000, 3000), (3000, 4000), (3024, 4032)),
)
_WHOLE_PIXELS = ((0.0, 0.0),)
_HALF_PIXELS = ((0.0, 0.0), (0.0, 0.5), (0.5, 0.0), (0.5, 0.5))
_FORGIVEN = 0.003
_LEAST_PATCH_PX, _LEAST_TURNED_PX, _LEAST_SHARE = 160, 288, 0.13

_WIDEST, _ASPECT_STEP, _BETWEEN_ASPECTS = 0.14, 0.03, 0.015
_CLOSE_ASPECTS, _CLOSER_ASPECTS = (-0.01, 0.0, 0.01), (-0.012, -0.006, 0.0, 0.006, 0.012)
_STEEPEST_DEGREES, _LEAST_DEGREES = 12.0, 1.0
_TURNS = {"kept": (2.4, (-0.96, -0.48, 0.0, 0.48, 0.96)), "cut": (1.0, (-0.4, -0.2, 0.0, 0.2, 0.4))}
"""For each way to turn a picture that leaves no plain corners, or may leave some that are not plain: how many degrees
from one glance to the next, and what is tried around each. A picture cut to what is full shows the least."""
_LARGEST_TURNED = {256: 2.1, 512: 2.1, 1024: np.inf}
"""Times the side of a grid that such a picture was high: it is not looked for enlarged as well."""
_LEAST_NEARER_PX = 320
"""Shorter side from which places are tried nearer to each other in a picture that was cut to what is full."""
_EDGES_OFF = (-0.004, 0.0, 0.004)
_ROUNDING_PX, _UNCERTAIN, _PULLED, _LONGEST = 8.0, 0.02, 0.012, 8.0
_BENDS, _LESSER_PX = (-0.024, -0.012, 0.0, 0.012, 0.024), 400


@dataclass(frozen=True, eq=False)
class Glance:
    """One look through a window, and what is tried in it.

    Attributes:
        linear: 2×2 float64, what a step of one grid pixel is in suspect pixels.
        voices: what to listen for.
        stretches: 2×2 float64 each, small changes of ``linear`` on the grid's side.
        window_px: longest side of the window in grid pixels.
        frame_px: (height, width) of the frame in grid pixels if all of it is taken to be seen, middle on middle.
        slack_px: how far, (x, y) in grid pixels, the middle may be off then.
        finer: how many times nearer to each other than usual places are tried.
    """

    linear: Matrix
    voices: tuple[Voice, ...]
    stretches: tuple[Matrix, ...] = (np.eye(2),)
    window_px: int = WINDOW_PX
    frame_px: tuple[float, float] | None = None
    slack_px: tuple[float, float] = (0.0, 0.0)
    finer: int = 1

    def expected(self, centre_px: Matrix, size_px: tuple[int, int]) -> Expectation | None:
        """Where a window around a place of a suspect of this size is expected to lie; None where that is open."""
        if self.frame_px is None:
            return None
        off = np.linalg.inv(self.linear) @ (centre_px - np.array(size_px[::-1]) / 2)
        place = off + np.array(self.frame_px[::-1]) / 2
        slack = np.array(self.slack_px) + _UNCERTAIN * np.abs(off)
        return Expectation((float(place[0]), float(place[1])), (float(slack[0]), float(slack[1])))


def turned(size_px: tuple[int, int]) -> Iterator[tuple[Matrix, tuple[Voice, ...]]]:
    """Where the grid lies if a suspect of this (height, width) is the whole picture, mirrored or turned by quarters:
    homographies from grid pixels to suspect pixels."""
    for side in _audible(size_px):
        for orientation in _orientations():
            height, width = size_px if abs(orientation[0, 0]) else size_px[::-1]
            centred = np.eye(3)
            centred[:2, 2] = -np.array(WorkingGrid.for_image(height, width, side_px=side).size_px[::-1]) / 2
            matrix = np.eye(3)
            matrix[:2, :2] = orientation @ _whole(height, width, side)
            matrix[:2, 2] = np.array(size_px[::-1]) / 2
            yield matrix @ centred, _voices_on(side)


def whole_frames(size_px: tuple[int, int]) -> Iterator[tuple[WorkingGrid, Voice]]:
    """The grids that a suspect of this (height, width) may have as the whole picture, and what to listen for."""
    for side in _audible(size_px):
        for voice in _voices_on(side):
            yield WorkingGrid.for_image(*size_px, side_px=side), voice


def boxed(size_px: tuple[int, int]) -> Iterator[Glance]:
    """The whole picture, whose edges may be a few pixels off."""
    finer = tuple(np.diag([1 + wider, 1 + higher]) for wider, higher in product(_EDGES_OFF, repeat=2))
    for side in _audible(size_px):
        frame_px = WorkingGrid.for_image(*size_px, side_px=side).size_px
        linear = _whole(*size_px, side)
        yield Glance(linear, _voices_on(side), finer, frame_px=frame_px, slack_px=(_ROUNDING_PX,) * 2, finer=_FINER)


def boxed_in_part(size_px: tuple[int, int]) -> Iterator[Glance]:
    """A picture of whose edges two opposite ones are right, those that its shorter side lies between: where the picture
    is as plain as what surrounds it, a box ends too early. How long it is in blocks, and so its shape, is open."""
    for axis, extent in enumerate(size_px):
        along = np.diag(np.eye(2)[axis])
        shapes = tuple(np.eye(2) + stretch * along for stretch in _CLOSER_ASPECTS)
        for side in _audible((extent, extent)):
            yield Glance(np.eye(2) * extent / side, _voices_on(side), shapes, finer=_FINER)


@dataclass(frozen=True, eq=False)
class Cut:
    """A cut out of a picture of some size.

    Attributes:
        linear: 2×2 float64, what a step of one grid pixel is in suspect pixels.
        voice: what to listen for.
        shifts_px: by how much the grid may be shifted, (x, y) in grid pixels.
    """

    linear: Matrix
    voice: Voice
    shifts_px: tuple[tuple[float, float], ...]


def cut_out(size_px: tuple[int, int]) -> Iterator[Cut]:
    """Cut out of a picture of a usual size that has one of the larger grids, and not resized."""
    for voice, sizes_px in ((_STRONG[1], _USUAL_SIZES_PX), (_STRONG[0], _USUAL_LARGE_SIZES_PX)):
        for short, long in sizes_px:
            if short < min(size_px) or long < max(size_px) or (short, long) == tuple(sorted(size_px)):
                continue
            if size_px[0] * size_px[1] < _LEAST_SHARE * short * long:
                continue
            shifts = _WHOLE_PIXELS if short == voice.side_px else _HALF_PIXELS
            steps = _whole(short, long, voice.side_px)
            if min(size_px) / steps.max() < _LEAST_PATCH_PX:
                continue
            for linear in _ways(steps):
                yield Cut(linear, voice, shifts)


def cut_and_turned(size_px: tuple[int, int]) -> Iterator[tuple[Matrix, Voice]]:
    """Cut out of a picture that has the grid of 512 as its pixels, not resized, but mirrored or turned by quarters:
    steps and voice. Nothing where so little or more than such a picture is shown."""
    if _LEAST_TURNED_PX <= min(size_px) <= GRIDS[1]:
        for orientation in _orientations():
            yield orientation, _STRONG[1]


def _ways(steps: Matrix) -> list[Matrix]:
    """Steps of a landscape, and of a portrait if they differ by more than a patch forgives."""
    across, down = np.diag(steps)
    return [steps] if abs(across / down - 1) < _FORGIVEN else [steps, np.diag([down, across])]


def any_scale(size_px: tuple[int, int], *, usual: bool = False) -> Iterator[Glance]:
    """Upright at any scale: crops, screenshots, pages. With ``usual`` only for the usual kinds of mark."""
    scales = tuple(np.eye(2) * (1 + scale) for scale in _SCALES)
    voices = _STRONG if usual else (*_STRONG, *_WEAK, *(_SMALL if min(size_px) <= _LARGEST_SMALL_PX else ()))
    finely = {} if usual else {voice: _cut_blocks(size_px, side) for side, (voice, *_) in _FINELY.items()}
    for block in _block_sizes(size_px):
        likely = [voice for voice in voices if block <= _LARGEST_BLOCKS_PX[voice.side_px]]
        likely = [voice for voice in likely if voice not in finely or not finely[voice][0] <= block <= finely[voice][1]]
        yield Glance(np.eye(2) * block / BLOCK, tuple(likely), scales)


def cut_finely(size_px: tuple[int, int], side_px: int) -> Iterator[Glance]:
    """Cut out of a picture on some grid, and perhaps resized: on a smaller one, or for a large suspect on the largest.

    A crop has few blocks on the smaller grids, and these are busy: places have to be right to half a pixel, on the
    smallest grid to a third of one, and scales to a quarter of a percent. The mark is heard about twice as loud then as
    in passing.
    """
    voice, finer, step, changes = _FINELY[side_px]
    block, largest = _cut_blocks(size_px, side_px)
    while block < largest:
        yield Glance(np.eye(2) * block / BLOCK, (voice,), changes, finer=finer)
        block *= step


def _cut_blocks(size_px: tuple[int, int], side_px: int) -> tuple[float, float]:
    """The least and the largest side of a block that a suspect is looked at finely for: as if all of the picture were
    shown, on the middle grid more than that; and as if so few blocks were left that they could not be heard."""
    short = min(size_px)
    least = max(short / side_px * BLOCK if side_px != GRIDS[1] else 0.0, _LEAST_BLOCK_PX)
    if is_large(size_px) != (side_px == GRIDS[2]):
        return least, least
    return least, min(_LARGEST_BLOCKS_PX[side_px], short / _FEWEST_FINELY[side_px])


def stretched(size_px: tuple[int, int]) -> Iterator[Glance]:
    """The whole picture with one side stretched or squeezed: the long one, as it is or as it was."""
    for side, axis in product(_audible(size_px), (0, 1)):
        if side == GRIDS[0] and not _is_small(size_px):
            continue
        extent = np.array(size_px[::-1], dtype=np.float64)
        step, along = extent[1 - axis] / side, np.diag(np.eye(2)[axis])
        nearer = _FINER if side < GRIDS[2] and not is_large(size_px) else 1
        closer = _CLOSER_ASPECTS if nearer > 1 else _CLOSE_ASPECTS
        finer = tuple(np.eye(2) + stretch * along for stretch in closer)
        for aspect in np.arange(-_WIDEST, _WIDEST + 1e-9, _ASPECT_STEP):
            linear = step * (np.eye(2) + aspect * along)
            frame = extent / np.diag(linear)
            if frame[axis] < side - _ROUNDING_PX:
                continue
            slack = _ROUNDING_PX + _BETWEEN_ASPECTS / 2 * np.diag(along) * frame
            yield Glance(
                linear,
                _voices_on(side),
                finer,
                frame_px=(float(frame[1]), float(frame[0])),
                slack_px=(float(slack[0]), float(slack[1])),
                finer=nearer,
            )


def rotated(size_px: tuple[int, int]) -> Iterator[Glance]:
    """The whole picture turned a little: cut to what is full, or on its old canvas."""
    for way, (step, more) in _TURNS.items():
        for degrees in np.arange(-_STEEPEST_DEGREES, _STEEPEST_DEGREES + 1e-9, step):
            angle = float(np.deg2rad(degrees))
            before = _sizes_before(size_px, abs(angle)).get(way)
            if before is None:
                continue
            finer = tuple(_turned_on(size_px, way, angle, float(np.deg2rad(close))) for close in more)
            nearer = _FINER if way == "cut" and _LEAST_NEARER_PX <= min(size_px) < GRIDS[1] else 1
            voices = (*_STRONG, *(_SMALL[:1] if _is_small(size_px) else ()))
            for voice in (voice for voice in voices if min(before) < _LARGEST_TURNED[voice.side_px] * voice.side_px):
                yield from _turned_glance(angle, before, voice, finer, window_px=_LESSER_PX, finer=nearer)


def tilted(size_px: tuple[int, int], angle: float) -> Iterator[Glance]:
    """The same, turned by an angle that its edges tell, in radians: on its old canvas, or on one that holds it all."""
    for way, before in _sizes_before(size_px, abs(angle)).items():
        for voice in (*_STRONG, *_SMALL) if way != "cut" else ():
            yield from _turned_glance(angle, before, voice, (np.eye(2),), finer=_FINER)


def _turned_glance(
    angle: float,
    before: tuple[float, float],
    voice: Voice,
    stretches: tuple[Matrix, ...],
    *,
    window_px: int = WINDOW_PX,
    finer: int = 1,
) -> Iterator[Glance]:
    """A picture of some (height, width) turned by an angle; nothing where it could not be heard."""
    height, width = before
    if voice.side_px in _audible((round(height), round(width))):
        frame_px = WorkingGrid.for_image(round(height), round(width), side_px=voice.side_px).size_px
        linear = _rotation(angle) @ _whole(round(height), round(width), voice.side_px)
        slack_px = (_ROUNDING_PX,) * 2
        yield Glance(linear, (voice,), stretches, window_px, frame_px=frame_px, slack_px=slack_px, finer=finer)


def _turned_on(size_px: tuple[int, int], way: str, angle: float, more: float) -> Matrix:
    """How the grid of a picture changes that is turned by a little more in the same way."""
    before, after = (_sizes_before(size_px, abs(turn)).get(way, size_px) for turn in (angle, angle + more))
    return _rotation(more) * min(after) / min(before)


def bent(size_px: tuple[int, int]) -> Iterator[Glance]:
    """The whole picture with its corners pulled about."""
    wider = size_px[1] / size_px[0]
    bends = tuple(np.array([[1 + a, b * wider], [c / wider, 1 + d]]) for a, b, c, d in product(_BENDS, repeat=4))
    side = max((side for side in GRIDS if side <= min(size_px)), default=GRIDS[0])
    height, width = WorkingGrid.for_image(*size_px, side_px=side).size_px
    yield Glance(
        _whole(*size_px, side),
        _voices_on(side)[:1],
        bends,
        window_px=_LESSER_PX,
        frame_px=(height, width),
        slack_px=(_ROUNDING_PX + _PULLED * width, _ROUNDING_PX + _PULLED * height),
    )


def is_large(size_px: tuple[int, int]) -> bool:
    """Whether a suspect is so large that it is looked at finely for marks on the largest grid, not the smaller ones."""
    return size_px[0] * size_px[1] > _LARGEST_PX


def _is_small(size_px: tuple[int, int]) -> bool:
    """Whether a suspect is so small that as a whole picture it would be on the smallest grid."""
    return min(size_px) < GRIDS[1]


def _audible(size_px: tuple[int, int]) -> list[int]:
    """Grids on which the whole of a picture of this size has blocks that are not too small to be heard, nor larger than
    they ever are."""
    blocks = {side: min(size_px) / side * BLOCK for side in GRIDS}
    return [side for side, block in blocks.items() if _LEAST_BLOCK_PX <= block <= _LARGEST_BLOCKS_PX[side]]


def _voices_on(side_px: int) -> tuple[Voice, ...]:
    return tuple(Voice(side_px, profile) for profile in VOICES)


def _whole(height_px: int, width_px: int, side_px: int) -> Matrix:
    """The step of a grid that is laid over a whole picture."""
    rows, columns = WorkingGrid.for_image(height_px, width_px, side_px=side_px).size_px
    return np.diag([width_px / columns, height_px / rows])


def _orientations() -> list[Matrix]:
    """Mirrored and turned by quarters; all but upright."""
    turns = [_rotation(quarter * np.pi / 2).round() for quarter in range(4)]
    return [turn @ np.diag([mirror, 1.0]) for mirror in (1.0, -1.0) for turn in turns][1:]


def _rotation(angle: float) -> Matrix:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _block_sizes(size_px: tuple[int, int]) -> list[float]:
    """Sides that a block may have in suspect pixels."""
    largest = max(min(min(size_px) / _FEWEST_BLOCKS, _LARGEST_BLOCK_PX), _LEAST_BLOCK_PX)
    count = int(np.ceil(np.log(largest / _LEAST_BLOCK_PX) / np.log(_SCALE_STEP))) + 1
    return [float(size) for size in _LEAST_BLOCK_PX * _SCALE_STEP ** np.arange(count)]


def _sizes_before(size_px: tuple[int, int], angle: float) -> dict[str, tuple[float, float]]:
    """What (height, width) a picture had that is turned by an angle, for the three ways to do it."""
    height, width = size_px
    short, long = sorted(size_px)
    if angle < np.deg2rad(_LEAST_DEGREES) / 2:
        return {"kept": (height, width)}
    sine, cosine = np.sin(angle), np.cos(angle)
    cut = max(cosine + long / short * sine, cosine + short / long * sine)
    both = cosine**2 - sine**2
    held = (cosine * height - sine * width) / both, (cosine * width - sine * height) / both
    sizes = {"kept": (height, width), "cut": (cut * height, cut * width), "held": held}
    return {way: size for way, size in sizes.items() if min(size) >= GRIDS[0] and max(size) <= _LONGEST * min(size)}
