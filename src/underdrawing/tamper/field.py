"""What neighbours say: a two-state Markov random field over the blocks, solved by mean field.

Tampering comes in regions. A block's own evidence is combined with what its eight neighbours are believed to be, each
neighbour that agrees adding a fixed number of nats, until the beliefs settle.

Source: the Ising model with external field; mean-field equations as in Wainwright & Jordan (2008), section 5.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["settled_beliefs"]

_DIAGONAL = 0.5
_SWEEPS = 12


def settled_beliefs(own: NDArray[np.float32], *, coupling: float) -> NDArray[np.float32]:
    """Probability that each place was changed.

    Args:
        own: rows×columns float32, log odds of changed against untouched from the place itself, in nats.
        coupling: nats for every neighbour beside, above or below that is surely the same; half of it diagonally.

    Returns:
        rows×columns float32, 0 to 1.
    """
    kernel = np.array([[_DIAGONAL, 1, _DIAGONAL], [1, 0, 1], [_DIAGONAL, 1, _DIAGONAL]], dtype=np.float32)
    belief = _logistic(own)
    for _ in range(_SWEEPS):
        neighbours = cv2.filter2D(2 * belief - 1, -1, kernel, borderType=cv2.BORDER_REPLICATE)
        belief = np.float32(0.5) * (belief + _logistic(own + np.float32(coupling) * neighbours))
    return np.asarray(belief, dtype=np.float32)


def _logistic(log_odds: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -30, 30))), dtype=np.float32)
