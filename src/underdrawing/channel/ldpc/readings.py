"""How far to believe the channel: the ways to take the log-likelihood ratios that the decoder tries one after another.

Sum-product needs honest ratios, and a carrier cannot always state them: where a part of the picture was replaced, its
ratios are as loud as any and mean nothing. One number, the doubt, covers that.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["BOLD", "HONEST", "READINGS", "TIMID", "Reading"]


@dataclass(frozen=True)
class Reading:
    """One way to take the ratios: scaled, and each with some probability meaningless altogether.

    Attributes:
        scale: factor on the ratios.
        doubt: probability, above 0 and below 1, that a position carries another picture's random bits.

    Source: ours; a bit that is right with bias tanh(L / 2) where the mark survived and 0 elsewhere has the bias
    (1 - doubt)·tanh(L / 2) over both.
    """

    scale: float
    doubt: float

    def apply(self, ratios: NDArray[np.float32]) -> NDArray[np.float32]:
        """The ratios as this reading takes them: never beyond ±2·atanh(1 - doubt), erasures still zero."""
        bias = np.tanh(ratios * np.float32(0.5 * self.scale))
        worth: NDArray[np.float32] = np.float32(2) * np.arctanh(np.float32(1 - self.doubt) * bias)
        return worth


READINGS = (
    Reading(scale=1.0, doubt=0.15),
    Reading(scale=1.0, doubt=0.03),
    Reading(scale=2.0, doubt=0.2),
    Reading(scale=1.0, doubt=0.4),
    Reading(scale=0.5, doubt=0.2),
)
"""Tried in this order until one converges: a quarter of the picture replaced and room to spare; honest and near the
limit; ratios stated too timidly; half of the picture replaced; ratios stated too boldly."""

HONEST = (Reading(scale=1.0, doubt=0.005),)
"""For those who decode again and again with better hints: the ratios as they are. What a doubting or bold reading
believes of the bits of a block that does not converge would spoil the next hints."""

BOLD = (Reading(scale=1.4, doubt=0.02),)
"""For them too, every other time: where much of a picture is in doubt, its ratios are stated too timidly."""

TIMID = (Reading(scale=0.8, doubt=0.005),)
"""And where they are stated too boldly: a block whose chips were partly cut off may only be read with these."""
