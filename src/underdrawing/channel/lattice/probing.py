"""The chips that tell of a mark before anything of it is known, group by group, and how well a look fits them."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import GROUPS, TIERS, Design, Filling
from underdrawing.channel.lattice.grid import WorkingGrid
from underdrawing.channel.lattice.layout import PILOT, layout_of
from underdrawing.channel.lattice.looks import Look

__all__ = ["Probe", "fit_of", "heard_together", "probe_of", "score_of"]

_TELLING = 0.75
"""Chips nearer to zero than this, in steps, say nothing of a gain: embedding pulls them only part of the way from about
zero to their point, which looks like a loss of contrast."""

Plane = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Probe:
    """The chips of one group that tell of a mark before anything of it is known. Places are flat indices.

    Attributes:
        group: which group of coefficients.
        pilots, signs, pilot_offset: blocks of the n shared pilots, 4×n signs of their coefficients, phase of their bit.
        others, blocks, dither: places of the chips that are not shared among the coefficients of the group, their
            blocks, phase of a bit 0.
    """

    group: int
    pilots: NDArray[np.intp]
    signs: NDArray[np.float32]
    pilot_offset: NDArray[np.float32]
    others: NDArray[np.intp]
    blocks: NDArray[np.intp]
    dither: NDArray[np.float32]

    def hear_pilots(self, look: Look, design: Design) -> Plane:
        """Cosines of the pilots' phases."""
        step = self._steps(look, design.steps)
        pilots = (self._coefficients(look)[:, self.pilots] * self.signs).mean(axis=0)
        values, offset = _in_steps(pilots, step[self.pilots], self.pilot_offset)
        return _cosines(values - offset - np.float32(design.offset), 1)

    def hear_others(self, look: Look, design: Design, filling: Filling) -> tuple[Plane, Plane]:
        """Cosines of the doubled phases of the other chips, which depend on no bit, if a mark is so filled; and how
        many steps from zero they are."""
        step = self._steps(look, design.filled(filling))
        values, dither = _in_steps(self._coefficients(look).ravel()[self.others], step[self.blocks], self.dither)
        return _cosines(values - dither - np.float32(design.offset), 2), np.abs(values)

    def _steps(self, look: Look, steps: Plane) -> Plane:
        """The step of every block."""
        step: Plane = steps[look.levels.ravel(), self.group]
        return step if look.audible is None else np.asarray(step * look.audible.ravel(), dtype=np.float32)

    def _coefficients(self, look: Look) -> Plane:
        """Those of the group, 4×blocks."""
        coefficients: Plane = look.coefficients[GROUPS[self.group]].reshape(-1, look.levels.size)
        return coefficients


def _in_steps(values: Plane, step: Plane, offset: Plane) -> tuple[Plane, Plane]:
    """Values of the chips that have a step, in steps, and their offsets."""
    used = step > 0
    return values[used] / step[used], offset[used]


def _cosines(phases: Plane, harmonic: int) -> Plane:
    return np.asarray(np.cos(np.float32(2 * np.pi * harmonic) * phases), dtype=np.float32)


@lru_cache(maxsize=64)
def probe_of(grid: WorkingGrid, key: bytes | None, group: int) -> Probe:
    """The chips of one group of a grid; only the strongest groups have pilots among them."""
    layout = layout_of(grid, (True,) * TIERS, key)
    lane = GROUPS[group]
    shared, dither = layout.shared[lane], layout.dither[lane]
    blocks = shared[0].size
    pilots = np.flatnonzero((layout.roles[lane.start] == PILOT) & shared[0])
    offset = dither[0] + layout.pilots[lane.start] * np.float32(0.5)
    signs = layout.signs[lane].reshape(-1, blocks)[:, pilots]
    others = np.flatnonzero(~shared)
    return Probe(group, pilots, signs, offset.ravel()[pilots], others, others % blocks, dither.ravel()[others])


def heard_together(probes: Iterable[Probe], look: Look, design: Design, filling: Filling) -> tuple[Plane, Plane]:
    """What some probes hear of chips that are no pilots if a mark is so filled, see :meth:`Probe.hear_others`."""
    heard = zip(*(probe.hear_others(look, design, filling) for probe in probes), strict=True)
    cosines, values = (np.concatenate(parts) for parts in heard)
    return cosines, values


def fit_of(cosines: Plane, values: Plane) -> float:
    """The score of chips that are no pilots; those near zero do not count."""
    return score_of(cosines[values > _TELLING])


def score_of(cosines: Plane) -> float:
    """The sum of cosines over its standard deviation where phases are uniform: a unit normal there."""
    return float(cosines.sum() / np.sqrt(cosines.size / 2)) if cosines.size else 0.0
