"""A few smooth low-frequency coefficients for every 16×16 block, and the way back.

The analysis functions are the lowest functions of the 16-point DCT after a sharp low-pass filter, so each reaches a few
pixels into the neighbouring blocks. A plain block DCT has sidelobes at all frequencies: in busy pictures the detail that
a resize to half size throws away leaks into its coefficients and drowns the chips. After the low-pass nothing beyond a
quarter cycle per pixel is ever measured, so halving an image changes little.

Only frequencies 0 to 4 are needed, so both directions are two small matrix products over the whole picture.

Source: ours. The filter is a windowed sinc (Hamming), the rest is plain linear algebra.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, COEFFICIENTS

__all__ = ["block_coefficients", "from_coefficients"]

_FREQUENCIES = 5
_REACH = 7
_CUTOFF = 0.18
_SUPPORT = BLOCK + 2 * _REACH


@lru_cache(maxsize=1)
def _basis() -> NDArray[np.float32]:
    """Low-passed DCT-II functions 0–4 on a block and seven pixels around it, 5×30, unit norm."""
    tap = np.arange(-_REACH, _REACH + 1)
    low_pass = 2 * _CUTOFF * np.sinc(2 * _CUTOFF * tap) * (0.54 + 0.46 * np.cos(np.pi * tap / (_REACH + 0.5)))
    low_pass /= low_pass.sum()
    n = np.arange(BLOCK)
    rows = [np.convolve(np.cos((2 * n + 1) * k * np.pi / (2 * BLOCK)), low_pass) for k in range(_FREQUENCIES)]
    return np.array([row / np.linalg.norm(row) for row in rows], dtype=np.float32)


def _analyse(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Coefficients down the columns: H×W → rows×5×W, mirrored at the ends."""
    height, width = plane.shape
    padded = np.pad(plane, ((_REACH, _REACH), (0, 0)), mode="symmetric")
    windows = np.lib.stride_tricks.as_strided(
        padded,
        shape=(height // BLOCK, _SUPPORT, width),
        strides=(padded.strides[0] * BLOCK, *padded.strides),
        writeable=False,
    )
    return np.asarray(_basis() @ windows)


def _synthesise(coefficients: NDArray[np.float32]) -> NDArray[np.float32]:
    """The transpose of :func:`_analyse`: rows×5×W → H×W."""
    rows, _, width = coefficients.shape
    pieces = np.matmul(_basis().T, coefficients)
    padded = np.zeros(((rows + 2) * BLOCK, width), dtype=np.float32)
    blocks = padded.reshape(rows + 2, BLOCK, width)
    blocks[1:-1] += pieces[:, _REACH : _REACH + BLOCK]
    blocks[:-2, BLOCK - _REACH :] += pieces[:, :_REACH]
    blocks[2:, :_REACH] += pieces[:, _REACH + BLOCK :]
    padded[BLOCK : BLOCK + _REACH] += padded[BLOCK - _REACH : BLOCK][::-1]
    padded[-BLOCK - _REACH : -BLOCK] += padded[-BLOCK : -BLOCK + _REACH][::-1]
    return padded[BLOCK:-BLOCK]


def block_coefficients(grid: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean luminance and low-frequency coefficients of every block.

    Args:
        grid: H×W float32 luminance in grey levels, H and W multiples of 16.

    Returns:
        ``means``: rows×columns float32, (smooth) mean around each block in grey levels.
        ``coefficients``: 24×rows×columns float32, in the order of :data:`.design.COEFFICIENTS`; each analysis function
        has unit norm.
    """
    vertical = _analyse(grid)
    rows, _, width = vertical.shape
    turned = np.ascontiguousarray(vertical.reshape(rows * _FREQUENCIES, width).T)
    both = _analyse(turned).reshape(width // BLOCK, _FREQUENCIES, rows, _FREQUENCIES)
    coefficients = np.stack([both[:, h, :, v].T for v, h in COEFFICIENTS])
    return np.ascontiguousarray(both[:, 0, :, 0].T) / np.float32(_basis()[0].sum() ** 2), coefficients


def from_coefficients(coefficients: NDArray[np.float32]) -> NDArray[np.float32]:
    """The picture made of these coefficients' own functions: 24×rows×columns → H×W float32.

    This is the transpose of :func:`block_coefficients`. The functions overlap a little, so it is nearly, not exactly,
    the inverse; whoever needs exact coefficients repeats it on what is missing.
    """
    _, rows, columns = coefficients.shape
    both = np.zeros((columns, _FREQUENCIES, rows, _FREQUENCIES), dtype=np.float32)
    for plane, (v, h) in zip(coefficients, COEFFICIENTS, strict=True):
        both[:, h, :, v] = plane.T
    turned = _synthesise(both.reshape(columns, _FREQUENCIES, rows * _FREQUENCIES))
    return _synthesise(np.ascontiguousarray(turned.T).reshape(rows, _FREQUENCIES, columns * BLOCK))
