"""What every carrier can do: take bits into pixels, and say how sure it is of the bits that come back.

Ours is one of them (:mod:`.adapters.lattice_carrier`); the others in :mod:`.adapters` are watermarks made by other
people. Importing this module is cheap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Carrier", "Heard"]


@dataclass(frozen=True, eq=False)
class Heard:
    """What came back out of a suspect.

    Attributes:
        ratios: n float32 log-likelihood ratios, natural logarithm, positive for 0, in the order the bits were embedded.
        agreement: rows×columns float32 over the whole suspect, near 1 where the carrier finds its mark and near 0 where
            it finds none; None for a carrier that does not look place by place. It is known before the message is.
    """

    ratios: NDArray[np.float32]
    agreement: NDArray[np.float32] | None = None


class Carrier(Protocol):
    """Bits into pixels and back. All pixels are H×W×3 uint8 RGB."""

    @property
    def name(self) -> str:
        """The word it is chosen by."""

    @property
    def corrects_errors(self) -> bool:
        """Whether the bits it gives back went through an error-correcting code of its own; otherwise they need one."""

    def capacity_bits(self, pixels: NDArray[np.uint8]) -> int:
        """How many bits ``embed`` takes for a picture, and ``extract`` gives back for one of the same size; 0 for none.

        It depends on height and width alone.
        """

    def embed(self, pixels: NDArray[np.uint8], bits: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The picture with ``capacity_bits`` bits (0 or 1, uint8) in it, of the same size.

        Raises:
            CapacityError: Another number of bits than the picture takes.
        """

    def extract(self, pixels: NDArray[np.uint8]) -> Heard | None:
        """The bits as the suspect still tells them; None where the carrier is sure that there are none."""
