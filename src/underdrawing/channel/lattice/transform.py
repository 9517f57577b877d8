"""A few smooth low-frequency coefficients for every 16×16 block, and the way back.

The analysis functions are the lowest functions of the 16-point DCT after a sharp low-pass filter, so each reaches a few
pixels into the neighbouring blocks. A plain block DCT has sidelobes at all frequencies: in busy pictures the detail
that a resize to half size throws away leaks into its coefficients and drowns the chips. After the low-pass nothing
beyond a quarter cycle per pixel is ever measured, so halving an image changes little.

Only frequencies 0 to 4 are needed, and resampling is linear too, so both directions go between the *image* and the
coefficients at once: the functions are resampled, not the picture. Each direction is two products with narrow banded
matrices, one down the columns and one along the rows.

Source: ours. The filter is a windowed sinc (Hamming), the rest is plain linear algebra.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.bands import Bands
from underdrawing.channel.lattice.design import BLOCK, COEFFICIENTS
from underdrawing.channel.lattice.resampling import Taps, differences, enlarging, sampling

__all__ = ["analysis_functions", "block_coefficients", "block_slopes", "from_coefficients"]

_FREQUENCIES = 5
_REACH = 7
_CUTOFF = 0.18
_EQUALIZER_REACH = 9
_LARGEST_BOOST = 6.0
_SPECTRUM = 256
_VERTICAL, _HORIZONTAL = (list(axis) for axis in zip(*COEFFICIENTS, strict=True))

Plane = NDArray[np.float32]


def block_coefficients(
    plane: Plane, *, rows: int | None = None, columns: int | None = None, blur_px: float = 0.0
) -> tuple[Plane, Plane]:
    """Mean luminance and low-frequency coefficients of every block.

    Args:
        plane: H×W float32 luminance in grey levels.
        rows, columns: blocks of the working grid that is laid over the plane; by default the plane is the grid itself,
            one block every 16 pixels.
        blur_px: standard deviation in grid pixels of a Gaussian blur that is undone first.

    Returns:
        ``means``: rows×columns float32, (smooth) mean around each block in grey levels.
        ``coefficients``: 24×rows×columns float32, in the order of :data:`.design.COEFFICIENTS`; each analysis function
        has unit norm on the grid.
    """
    height, width = plane.shape
    rows, columns = rows or height // BLOCK, columns or width // BLOCK
    both = _across(_analysis(width, columns, blur_px), _analysis(height, rows, blur_px).down(plane))
    return both[:, 0, :, 0] / np.float32(_basis()[0].sum() ** 2), _coefficients(both)


def block_slopes(plane: Plane, *, rows: int, columns: int, blur_px: float = 0.0) -> tuple[Plane, Plane]:
    """By how much each coefficient changes if all of the plane is seen a grid pixel further left, and further up.

    The slopes of a picture are as linear as the rest, so it is the functions that are differentiated, not the picture.

    Args:
        plane, rows, columns, blur_px: as for :func:`block_coefficients`.

    Returns:
        Two planes 24×rows×columns float32, in the order of :data:`.design.COEFFICIENTS`; at the edges of the plane
        nothing changes.
    """
    height, width = plane.shape
    along, across = _analysis(height, rows, blur_px).down(plane), _analysis(width, columns, blur_px)
    to_left = _across(_slopes(width, columns, blur_px), along)
    to_top = _across(across, _slopes(height, rows, blur_px).down(plane))
    return _coefficients(to_left), _coefficients(to_top)


def _across(bands: Bands, vertical: Plane) -> Plane:
    """The products along the rows of those down the columns: rows×5×columns×5."""
    return bands.across(vertical).reshape(-1, _FREQUENCIES, bands.outputs // _FREQUENCIES, _FREQUENCIES)


def _coefficients(both: Plane) -> Plane:
    """Those of all products that are used: 24×rows×columns."""
    return np.ascontiguousarray(both.transpose(1, 3, 0, 2)[_VERTICAL, _HORIZONTAL])


def from_coefficients(coefficients: Plane, *, height_px: int | None = None, width_px: int | None = None) -> Plane:
    """The picture made of these coefficients' own functions: 24×rows×columns → H×W float32.

    On the grid this is the transpose of :func:`block_coefficients`. The functions overlap a little, so it is nearly,
    not exactly, the inverse; whoever needs exact coefficients repeats it on what is missing.

    Args:
        coefficients: 24×rows×columns float32.
        height_px, width_px: size of the picture, by default that of the grid.
    """
    _, rows, columns = coefficients.shape
    both = np.zeros((rows, _FREQUENCIES, columns, _FREQUENCIES), dtype=np.float32)
    both.transpose(1, 3, 0, 2)[_VERTICAL, _HORIZONTAL] = coefficients
    horizontal = _synthesis(width_px or columns * BLOCK, columns).across(both.reshape(rows * _FREQUENCIES, -1))
    return _synthesis(height_px or rows * BLOCK, rows).down(horizontal)


def analysis_functions() -> Plane:
    """The functions along one axis, 5×30 float32: frequencies 0–4 on a block and the seven pixels before and after."""
    return _basis()


@lru_cache(maxsize=8)
def _basis(blur_px: float = 0.0) -> Plane:
    """Low-passed DCT-II functions 0–4 on a block and seven pixels around it, 5×30, unit norm.

    With a blur to undo they are sharpened, which takes nine more pixels on either side; then they are 5×48.
    """
    tap = np.arange(-_REACH, _REACH + 1)
    low_pass = 2 * _CUTOFF * np.sinc(2 * _CUTOFF * tap) * (0.54 + 0.46 * np.cos(np.pi * tap / (_REACH + 0.5)))
    low_pass /= low_pass.sum()
    n = np.arange(BLOCK)
    rows = [np.convolve(np.cos((2 * n + 1) * k * np.pi / (2 * BLOCK)), low_pass) for k in range(_FREQUENCIES)]
    smooth = np.array([row / np.linalg.norm(row) for row in rows], dtype=np.float32)
    return _sharpened(smooth, blur_px) if blur_px else smooth


def _sharpened(functions: Plane, blur_px: float) -> Plane:
    """The functions after the inverse of a Gaussian blur along their axis, its boost limited to 6."""
    boost = np.exp(2 * np.pi**2 * blur_px**2 * np.fft.rfftfreq(_SPECTRUM) ** 2)
    wide = np.pad(functions, ((0, 0), (_EQUALIZER_REACH, _EQUALIZER_REACH)))
    spectrum = np.fft.rfft(wide, _SPECTRUM) * np.minimum(boost, _LARGEST_BOOST)
    return np.fft.irfft(spectrum, _SPECTRUM)[:, : wide.shape[1]].astype(np.float32)


def _functions(blocks: int, blur_px: float = 0.0) -> Taps:
    """The functions of all blocks along one axis of the grid, mirrored at its ends; five to a block."""
    basis = _basis(blur_px)
    reach = (basis.shape[1] - BLOCK) // 2
    reached = np.arange(blocks)[:, None] * BLOCK + np.arange(-reach, BLOCK + reach)
    reached = np.where(reached < 0, -1 - reached, reached)
    reached = np.where(reached >= blocks * BLOCK, 2 * blocks * BLOCK - 1 - reached, reached)
    weights = np.broadcast_to(basis, (blocks, *basis.shape)).reshape(-1, basis.shape[1])
    return Taps(np.repeat(reached, _FREQUENCIES, axis=0), weights, blocks * BLOCK)


@lru_cache(maxsize=32)
def _analysis(length_px: int, blocks: int, blur_px: float = 0.0) -> Bands:
    """From an axis of the image to the five coefficients of each block."""
    return Bands.of(_seen(length_px, blocks, blur_px), pieces=blocks)


@lru_cache(maxsize=32)
def _slopes(length_px: int, blocks: int, blur_px: float = 0.0) -> Bands:
    """From an axis of the image to how much a move by a grid pixel along it changes the five coefficients."""
    px_per_grid_px = length_px / (blocks * BLOCK)
    return Bands.of(_seen(length_px, blocks, blur_px).after(differences(length_px, px_per_grid_px)), pieces=blocks)


def _seen(length_px: int, blocks: int, blur_px: float) -> Taps:
    return _functions(blocks, blur_px).after(sampling(length_px, blocks * BLOCK))


@lru_cache(maxsize=32)
def _synthesis(length_px: int, blocks: int) -> Bands:
    """From the five coefficients of each block to an axis of the image."""
    return Bands.of(enlarging(blocks * BLOCK, length_px).after(_functions(blocks).transposed()), pieces=blocks)
