"""A picture that is going to carry a mark: what the channel sees of it, worked out once."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.grid import Pixels, WorkingGrid, luminance
from underdrawing.channel.lattice.masking import masking_levels
from underdrawing.channel.lattice.transform import block_coefficients

__all__ = ["Host"]


@dataclass(frozen=True, eq=False)
class Host:
    """A picture and the working grid that its mark uses.

    Attributes:
        pixels: H×W×3 RGB, uint8 or uint16; not to be changed as long as this is in use.
        grid: the working grid.
    """

    pixels: Pixels
    grid: WorkingGrid

    @classmethod
    def of(cls, picture: "Pixels | Host") -> "Host":
        """The host that pixels make; a host is returned as it is.

        Raises:
            ImageTooSmallError: the picture is too small or too long to carry a mark.
        """
        if isinstance(picture, Host):
            return picture
        return cls(picture, WorkingGrid.for_embedding(*picture.shape[:2]))

    @cached_property
    def luminance(self) -> NDArray[np.float32]:
        """H×W float32 in grey levels, 0–255 whatever the bit depth."""
        return luminance(self.pixels)

    @property
    def means(self) -> NDArray[np.float32]:
        """Mean luminance around every block, rows×columns float32 in grey levels."""
        return self._blocks[0]

    @property
    def coefficients(self) -> NDArray[np.float32]:
        """Of every block, 24×rows×columns float32, see :func:`.transform.block_coefficients`."""
        return self._blocks[1]

    @cached_property
    def levels(self) -> NDArray[np.intp]:
        """How much a mark is masked in every block, rows×columns, see :func:`.masking.masking_levels`."""
        return masking_levels(self.means)

    @cached_property
    def _blocks(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return block_coefficients(self.luminance, rows=self.grid.rows, columns=self.grid.columns)
