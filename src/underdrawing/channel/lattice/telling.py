"""What the chips of a tier tell about its bits, as noisy and as reliable as they seem to be."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import SPREAD
from underdrawing.channel.lattice.noise import NoiseModel
from underdrawing.channel.ldpc import Segmented

if TYPE_CHECKING:
    from underdrawing.channel.lattice.reception import Reception

__all__ = ["noise_by_sort", "ratios_of", "soft_bits", "soft_bits_of"]

_FEWEST_CHIPS = 200
"""Chips a sort of blocks must have for a noise of its own."""


def ratios_of(reception: "Reception", tier: int, code: Segmented, intact: NDArray[np.float32]) -> NDArray[np.float32]:
    """What all chips of a tier say together about each coded bit, m×coded bits, positive for 0.

    Args:
        reception: what was received.
        tier: 0 to 3.
        code: that of the tier.
        intact: m×rows×columns, guesses at how reliable each block is.
    """
    positions, soft = soft_bits_of(reception, tier, code, intact)
    ratios = [np.bincount(positions, weights=each, minlength=code.buffer_bits) for each in soft]
    return np.array(ratios, dtype=np.float32)


def soft_bits_of(
    reception: "Reception", tier: int, code: Segmented, intact: NDArray[np.float32]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Which coded bit each of the n chips of a tier carries, and what it says of it under each guess, m×n; arguments as
    above. Those that share a chip speak once; an undertone speaks of the first tier as well."""
    mine = reception.layout.places[tier]
    echoes = reception.layout.shared.ravel()[mine] & (mine // reception.intact.size % SPREAD > 0)
    mine = mine[(reception.weight.ravel()[mine] > 0) & ~echoes]
    soft = soft_bits(reception, mine, intact.reshape(len(intact), -1))
    positions = reception.layout.coded_bits_of(mine, code.buffer_bits)
    undertone = reception.undertone() if tier == 0 else None
    if undertone is None:
        return positions, soft
    also, told = undertone.soft_bits(code.buffer_bits, intact)
    return np.concatenate([positions, also]), np.hstack([soft, told])


def soft_bits(reception: "Reception", chips: NDArray[np.intp], intact: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log-likelihood ratios of n chips, given as flat indices, for each of m guesses at how reliable blocks are."""
    blocks = chips % reception.intact.size
    bins, cells, noise = reception.bins.ravel()[chips], reception.cells.ravel()[chips], reception.noise
    if reception.sorts is not None:
        noise = reception.noise_by_sort
        cells = cells + reception.noise.deviation.size * reception.sorts.ravel()[blocks]
    zero, one = (noise.density(bins, cells, bit=bit) for bit in (0, 1))
    kept = intact[:, blocks]
    return np.asarray(np.log((kept * zero + (1 - kept)) / (kept * one + (1 - kept))), dtype=np.float32)


def noise_by_sort(reception: "Reception", sorts: NDArray[np.intp]) -> NoiseModel:
    """The noise of each sort of blocks; that of all of them where a sort is too rare to tell."""
    return NoiseModel.together([_noise_of(reception, sorts == sort) for sort in range(int(sorts.max()) + 1)])


def _noise_of(reception: "Reception", blocks: NDArray[np.bool_]) -> NoiseModel:
    weight = reception.weight * (reception.intact * blocks)[None]
    return reception.noise if weight.sum() < _FEWEST_CHIPS else reception.estimated_noise(weight)
