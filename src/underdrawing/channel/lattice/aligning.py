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
from underdrawing.channel.lattice.search import Placement

__all__ = ["aligned", "may_lie_beside"]

_ROUNDS = 8
_LEAST_GAIN, _MOST_OF_BLOCK = 10.0, 8.0
"""Nats by which a round has to make all blocks together fit better, and that one block counts for at most."""
_LEAST_SHARE, _MANY = 0.2, 0.03
"""By what share of what speaks for it a suspect has to fit better in the end that was read as the whole picture, and
what share of its blocks has to be in doubt for that to be tried."""
_FEWEST_CHIPS = 400
_LEAST_MOVE_PX, _LEAST_WHOLE_MOVE_PX, _USUALLY_OFF_PX = 0.02, 0.1, 0.5
"""Grid pixels: a move that is not worth a look, one that can make no such difference to a suspect that was read as the
whole picture, and how far off a suspect may be, which makes steep chips uncertain."""
_RIDGE = 1e-3

Matrix = NDArray[np.float64]


def may_lie_beside(reception: Reception) -> bool:
    """Whether a suspect whose message was read may lie a little beside where it was taken to.

    One that had to be searched always may. One that was read as the whole picture may be turned by a fraction of a
    degree, if some of its blocks are in doubt; but that is mostly because they were replaced.
    """
    return reception.suspect.placement is not None or float(np.mean(reception.intact < 0.5)) > _MANY


def aligned(reception: Reception, pixels: Pixels) -> Reception:
    """The reception of a message that was read, with the suspect laid where its chips fit best.

    Args:
        reception: what was received of it; it comes back as it is where nothing fits better.
        pixels: H×W×3 RGB, the suspect before it was laid onto any frame.
    """
    best, fit = reception, _fit(reception)
    placement, least = reception.suspect.placement, fit
    if placement is None:
        placement, least = _whole(reception, pixels), fit + _LEAST_SHARE * _fit(reception, at_least=0.0)
    for number in range(_ROUNDS):
        at_whole = number == 0 and reception.suspect.placement is None
        change = _change(best, least_px=_LEAST_WHOLE_MOVE_PX if at_whole else _LEAST_MOVE_PX)
        if change is None:
            break
        placement = replace(placement, matrix=placement.as_laid @ change, whole_pixels=False)
        other = best.seen_in(Suspect.placed(pixels, placement))
        better = _fit(other)
        if better < fit + _LEAST_GAIN:
            break
        best, fit = other, better
    return best if fit > least else reception


def _whole(reception: Reception, pixels: Pixels) -> Placement:
    """The placement of a suspect that is the whole picture."""
    (height, width), (rows, columns) = pixels.shape[:2], reception.candidate.grid.size_px
    matrix = np.diag([width / columns, height / rows, 1.0])
    return Placement(reception.candidate.grid, matrix, (height, width), reception.candidate.score)


def _fit(reception: Reception, *, at_least: float = -_MOST_OF_BLOCK) -> float:
    """How well all chips together fit, in nats, of which every block has at least so many."""
    evidence = np.clip(reception.evidence, at_least, _MOST_OF_BLOCK)
    visible = reception.look.visible
    return float((evidence if visible is None else evidence * visible).sum())


def _change(reception: Reception, *, least_px: float) -> Matrix | None:
    """The small homography of the grid, 3×3, after which chips fit better; None where too few tell, or nothing needs to
    move by so many grid pixels.

    A coefficient changes by its slope times the move. Steep ones may be off by more than half a step, and are trusted
    less.
    """
    grid, known = reception.candidate.grid, reception.known >= 0
    if np.count_nonzero(known & (reception.weight > 0)) < _FEWEST_CHIPS:
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
    weighed = slopes * weight
    products, pulls = np.einsum("apyx,bpyx->abyx", weighed, slopes), -np.einsum("apyx,pyx->ayx", weighed, off)
    moves, unit_px = _moves(grid)
    normal = np.einsum("aiyx,abyx,bjyx->ij", moves, products, moves, optimize=True)
    normal += _RIDGE * np.trace(normal) / len(normal) * np.eye(len(normal))
    amounts = np.linalg.solve(normal, np.einsum("aiyx,ayx->i", moves, pulls, optimize=True))
    if np.abs(np.tensordot(amounts, moves, (0, 1))).max() < least_px:
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
