"""Aligning: a suspect laid onto its frame once more, when its message is known.

The search places a suspect by chips whose bits it does not know, and ends where no small move helps. A picture whose
corners were pulled may then lie right in one part and a pixel beside in another, where its chips miss their points as
if it had been replaced there. Once the message is read, every chip says by how much of a step its coefficient is off,
and the slopes of the picture say by how much a move would change it. So the eight numbers of a homography follow from
least squares over all blocks that are believed; then more of them are, and it is done again.

Source: ours; Gauss-Newton steps from slopes are how Lucas & Kanade (1981) register pictures.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK
from underdrawing.channel.lattice.grid import Pixels, WorkingGrid
from underdrawing.channel.lattice.looks import Suspect
from underdrawing.channel.lattice.modulation import PHASE_BINS, chip_values
from underdrawing.channel.lattice.reception import Reception

__all__ = ["aligned"]

_ROUNDS = 8
_LEAST_GAIN, _MOST_OF_BLOCK = 10.0, 8.0
"""Nats by which a round has to make all blocks together fit better, and that one block counts for at most."""
_FEWEST_CHIPS = 400
_LEAST_MOVE_PX, _USUALLY_OFF_PX = 0.02, 0.5
"""Grid pixels: a move that is not worth a look, and how far off a suspect may be, which makes steep chips uncertain."""
_RIDGE = 1e-3

Matrix = NDArray[np.float64]


def aligned(reception: Reception, pixels: Pixels) -> Reception:
    """The reception of a message that was read, with the suspect laid where its chips fit best.

    Args:
        reception: of a suspect that was placed on a frame; any other comes back as it is.
        pixels: H×W×3 RGB, the suspect before it was laid onto its frame.
    """
    fit = _fit(reception)
    for _ in range(_ROUNDS):
        placement, change = reception.suspect.placement, _change(reception)
        if placement is None or change is None:
            break
        moved = replace(placement, matrix=placement.as_laid @ change, whole_pixels=False)
        other = reception.seen_in(Suspect.placed(pixels, moved))
        better = _fit(other)
        if better < fit + _LEAST_GAIN:
            break
        reception, fit = other, better
    return reception


def _fit(reception: Reception) -> float:
    """How well all chips together fit, in nats."""
    evidence = np.clip(reception.evidence, -_MOST_OF_BLOCK, _MOST_OF_BLOCK)
    visible = reception.look.visible
    return float((evidence if visible is None else evidence * visible).sum())


def _change(reception: Reception) -> Matrix | None:
    """The small homography of the grid, 3×3, after which chips fit better; None where too few tell, or nothing needs to
    move.

    A coefficient changes by its slope times the move. Steep ones may be off by more than half a step, and are trusted
    less.
    """
    grid, known = reception.candidate.grid, reception.known >= 0
    if reception.suspect.placement is None or np.count_nonzero(known & (reception.weight > 0)) < _FEWEST_CHIPS:
        return None
    off = reception.bins.astype(np.float32) / PHASE_BINS - np.float32(0.5) * (reception.known == 1)
    off -= np.rint(off)
    slopes = np.stack(
        [
            chip_values(slope, reception.steps, reception.layout)
            for slope in reception.suspect.slopes(grid, reception.candidate.tone)
        ]
    )
    noise = np.square(np.take(reception.noise.deviation, reception.cells))
    noise += np.float32(_USUALLY_OFF_PX**2) * np.square(slopes).sum(axis=0)
    weight = reception.weight * known * reception.intact / noise
    products = np.einsum("apyx,bpyx,pyx->abyx", slopes, slopes, weight, optimize=True)
    pulls = -np.einsum("apyx,pyx,pyx->ayx", slopes, off, weight, optimize=True)
    moves, unit_px = _moves(grid)
    normal = np.einsum("aiyx,abyx,bjyx->ij", moves, products, moves, optimize=True)
    normal += _RIDGE * np.trace(normal) / len(normal) * np.eye(len(normal))
    amounts = np.linalg.solve(normal, np.einsum("aiyx,ayx->i", moves, pulls, optimize=True))
    if np.abs(np.tensordot(amounts, moves, (0, 1))).max() < _LEAST_MOVE_PX:
        return None
    return _homography(amounts, grid, unit_px)


def _moves(grid: WorkingGrid) -> tuple[NDArray[np.float64], float]:
    """What each of the eight numbers of a small homography does to the middle of every block, 2×8×rows×columns grid
    pixels (x, y), places counted from the middle of the grid in a unit, which comes with it: half the longer side."""
    unit_px = max(grid.rows, grid.columns) * BLOCK / 2
    y, x = (np.mgrid[: grid.rows, : grid.columns] + 0.5) * BLOCK
    x, y = ((plane - plane.mean()) / unit_px for plane in (x, y))
    one, none = np.ones_like(x), np.zeros_like(x)
    across, down = (one, x, y, none, none, none, x * x, x * y), (none, none, none, one, x, y, x * y, y * y)
    return np.array([across, down]), unit_px


def _homography(amounts: Matrix, grid: WorkingGrid, unit_px: float) -> Matrix:
    """The homography of the grid with these amounts of :func:`_moves`."""
    x, x_x, x_y, y, y_x, y_y, bend_x, bend_y = amounts / unit_px
    change = np.array([[1 + x_x, x_y, x], [y_x, 1 + y_y, y], [-bend_x, -bend_y, 1]])
    middle = np.array([grid.columns, grid.rows]) * BLOCK / 2
    there = np.array([[1 / unit_px, 0, -middle[0] / unit_px], [0, 1 / unit_px, -middle[1] / unit_px], [0, 0, 1]])
    return np.asarray(np.linalg.inv(there) @ change @ there, dtype=np.float64)
