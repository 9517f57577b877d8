"""The map at the suspect's own resolution, and the decision whether the image was changed at all."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.tamper.field import tampered_beliefs

__all__ = ["FALSE_ALARM_RATE", "TamperFinding", "find_tampering"]

FALSE_ALARM_RATE = 0.01
"""Share of untouched images, over the whole attack suite of ``bench/main_job.py``, that may be called tampered."""

_REGION_BELIEF = 0.5
_EDGE_BELIEF = 0.7
_LEAST_BLOCKS = 3
_LEAST_REGION_EVIDENCE = 25.0


@dataclass(frozen=True, eq=False)
class TamperFinding:
    """What was changed.

    Attributes:
        probability: H×W float32, 0 to 1, chance that a pixel was changed.
        mask: H×W bool, True where the image is called changed.
        tampered: whether any region is.
        strongest_evidence: nats for the strongest region, 0 if there is none.
    """

    probability: NDArray[np.float32]
    mask: NDArray[np.bool_]
    tampered: bool
    strongest_evidence: float

    @property
    def confidence(self) -> float:
        """How sure the decision is, 0.5 to 1: from how far the strongest region is from the least that counts."""
        distance = abs(self.strongest_evidence - _LEAST_REGION_EVIDENCE) / _LEAST_REGION_EVIDENCE
        return float(1 - 0.5 * np.exp(-3 * distance))


def find_tampering(evidence: NDArray[np.float32], *, height_px: int, width_px: int) -> TamperFinding:
    """Find the regions of an image that do not carry what they should.

    Args:
        evidence: rows×columns float32, log-likelihood ratio of untouched against replaced for each block of a grid
            laid over the whole image, in nats.
        height_px, width_px: size of the image.
    """
    belief = tampered_beliefs(evidence)
    kept, strongest = _significant(belief, evidence)
    belief = np.where(kept | (belief < _REGION_BELIEF), belief, np.float32(_REGION_BELIEF) * belief)
    probability = cv2.resize(belief, (width_px, height_px), interpolation=cv2.INTER_LINEAR)
    mask = (probability > _EDGE_BELIEF) if kept.any() else np.zeros((height_px, width_px), dtype=np.bool_)
    return TamperFinding(np.asarray(probability, dtype=np.float32), mask, bool(kept.any()), strongest)


def _significant(belief: NDArray[np.float32], evidence: NDArray[np.float32]) -> tuple[NDArray[np.bool_], float]:
    """Blocks of the regions that are large and clear enough, and the evidence for the clearest region in nats."""
    suspicious = (belief > _REGION_BELIEF).astype(np.uint8)
    count, labels = cv2.connectedComponents(suspicious, connectivity=8)
    sizes = np.bincount(labels.ravel(), minlength=count)
    against = np.bincount(labels.ravel(), weights=-evidence.ravel(), minlength=count)
    clear = (sizes >= _LEAST_BLOCKS) & (against >= _LEAST_REGION_EVIDENCE)
    clear[0] = False
    strongest = float(against[1:].max(initial=0.0))
    return clear[labels], max(strongest, 0.0)
