"""Calm blocks, where a mark is seen best: their chips are moved less far, wherever it can do without.

The masking level tells reader and embedder alike how long the steps are, and has to be told by what a mark leaves
alone. How far a chip goes on its way is the embedder's own choice, so it may look at all there is in a block. Structural
similarity counts what little there is in a calm block as much as all there is in a busy one, and so does the eye.

Chips of the first tier and pilots go all the way: a mark is found by them.

Source: ours.
"""

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.host import Host

__all__ = ["eased_in"]

_DEVIATIONS = (2.0, 4.0, 16.0)
"""Standard deviations of luminance in a block that is calm, one between, and one that is not, in grey levels."""


def eased_in(host: Host, eased: tuple[float, float, float]) -> NDArray[np.float32]:
    """How far the chips of each block are moved, of the way of those in busy ones, rows×columns float32.

    Args:
        host: the picture.
        eased: the same for blocks that deviate by 2 grey levels or less, by 4, and by 16 or more.
    """
    deviations = np.maximum(host.deviations, np.float32(_DEVIATIONS[0]))
    return np.interp(np.log(deviations), np.log(_DEVIATIONS), eased).astype(np.float32)
