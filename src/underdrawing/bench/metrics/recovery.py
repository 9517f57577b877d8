"""How well a doctored picture was painted back: with the tool's own map, and with the true mask.

::

    end to end    suspect ─► own map ─► painted back there           what a user gets: a missed region stays doctored
    same mask     suspect ─► true mask ─► painted back there         the painting alone, as most papers report it
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from underdrawing.bench.metrics.likeness import inside_psnr_db, masked_psnr_db, psnr_db

__all__ = ["RecoveryScore", "pasted", "score_recovery"]


@dataclass(frozen=True)
class RecoveryScore:
    """A recovered picture against the one that was protected; all in decibels, higher is better.

    Attributes:
        inside_db: Inside the true mask at the scale of the 256×256 canvas (``masked_psnr_db``); NaN where the mask is
            empty.
        inside_full_db: The same at full size.
        whole_db: Over all pixels.
        same_mask_db: ``inside_db`` of what is painted where the true mask is known; NaN where that was not tried.
    """

    inside_db: float
    inside_full_db: float
    whole_db: float
    same_mask_db: float

    @property
    def lost_to_the_map_db(self) -> float:
        """What is lost because the map is not the true mask; NaN where that is not known, 0 where both are perfect."""
        return 0.0 if self.same_mask_db == self.inside_db else self.same_mask_db - self.inside_db


def score_recovery(
    original: NDArray[Any],
    recovered: NDArray[Any],
    truth: NDArray[np.bool_],
    *,
    data_range: float,
    same_mask: NDArray[Any] | None = None,
) -> RecoveryScore:
    """Score a recovered picture.

    Args:
        original: H×W×C, before anything was changed.
        recovered: H×W×C, painted back where the tool's own map says; the suspect itself where it found nothing.
        truth: H×W bool, True where it was changed.
        data_range: Distance from black to white.
        same_mask: H×W×C, painted back inside ``truth`` (``pasted``); None where that was not tried.
    """
    nothing = float("nan")
    return RecoveryScore(
        inside_db=masked_psnr_db(original, recovered, truth, data_range=data_range),
        inside_full_db=inside_psnr_db(original, recovered, truth, data_range=data_range),
        whole_db=psnr_db(original, recovered, data_range=data_range),
        same_mask_db=nothing
        if same_mask is None
        else masked_psnr_db(original, same_mask, truth, data_range=data_range),
    )


def pasted(suspect: NDArray[Any], painted: NDArray[Any], mask: NDArray[np.bool_]) -> NDArray[Any]:
    """The suspect with another picture of its shape inside a mask, H×W bool; nothing is matched at the seam."""
    return np.where(mask[..., None] if suspect.ndim == 3 else mask, painted, suspect)
