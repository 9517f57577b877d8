"""What neighbours say: a two-state Markov random field over the blocks, solved by mean field.

Tampering comes in regions. A block's own evidence is combined with what its eight neighbours are believed to be, each
neighbour that agrees adding a fixed number of nats, until the beliefs settle.

Source: the Ising model with external field; mean-field equations as in Wainwright & Jordan (2008), section 5.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["tampered_beliefs"]

_PRIOR_LOG_ODDS = -3.0
_COUPLING = 0.55
_DIAGONAL = 0.5
_SWEEPS = 12
_STRONGEST_EVIDENCE = 12.0


def tampered_beliefs(evidence: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probability that each block was changed.

    Args:
        evidence: rows×columns float32, log-likelihood ratio of untouched against replaced in nats.

    Returns:
        rows×columns float32, 0 to 1.
    """
    own = np.clip(-evidence, -_STRONGEST_EVIDENCE, _STRONGEST_EVIDENCE) + np.float32(_PRIOR_LOG_ODDS)
    kernel = np.array([[_DIAGONAL, 1, _DIAGONAL], [1, 0, 1], [_DIAGONAL, 1, _DIAGONAL]], dtype=np.float32)
    belief = _logistic(own)
    for _ in range(_SWEEPS):
        neighbours = cv2.filter2D(2 * belief - 1, -1, kernel, borderType=cv2.BORDER_REPLICATE)
        belief = (belief + _logistic(own + _COUPLING * neighbours)) / 2
    return np.asarray(belief, dtype=np.float32)


def _logistic(log_odds: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -30, 30))), dtype=np.float32)
