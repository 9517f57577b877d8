"""A block of 8×8 pixels in 320 bits: quantised DCT coefficients with a fixed number of bits for each."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["DESCRIPTION_BITS", "describe_blocks", "redraw_blocks"]

_SIDE = 8
_LUMA = ((8, 8.0), *((7, 8.0),) * 2, *((6, 10.0),) * 7, *((5, 12.0),) * 14, *((4, 16.0),) * 16, *((3, 24.0),) * 8)
_CHROMA = ((7, 16.0), *((6, 12.0),) * 2, *((5, 14.0),) * 6)
"""Bits of each coefficient and the distance between its values, in zigzag order; the rest are left out. The transform
is orthonormal, so the first coefficient is 8 times the mean in grey levels."""

_PLANES = (_LUMA, _CHROMA, _CHROMA)
DESCRIPTION_BITS = sum(bits for plane in _PLANES for bits, _ in plane)

_TO_YCC = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
_MIDDLE_OF_TOP_BITS = 1.5
"""Mean of the two low bits that a description does not see."""


def describe_blocks(top: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """N×320 bits of N×8×8×3 uint8 RGB blocks whose two low bits are 0."""
    planes = (top.astype(np.float64) + _MIDDLE_OF_TOP_BITS - 128) @ _TO_YCC.T
    basis = _basis()
    coefficients = np.einsum("fi,nijc,gj->nfgc", basis, planes, basis).reshape(len(top), _SIDE * _SIDE, 3)[:, _zigzag()]
    parts = [_quantised(coefficients[..., plane], table) for plane, table in enumerate(_PLANES)]
    return np.concatenate(parts, axis=1)


def redraw_blocks(bits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """N×8×8×3 uint8 RGB blocks of N×320 bits."""
    coefficients = np.zeros((len(bits), _SIDE * _SIDE, 3))
    start = 0
    for plane, table in enumerate(_PLANES):
        for place, (width, step) in zip(_zigzag(), table, strict=False):
            number = bits[:, start : start + width] @ (1 << np.arange(width - 1, -1, -1))
            coefficients[:, place, plane] = (number - (1 << (width - 1))) * step
            start += width
    basis = _basis()
    planes = np.einsum("fi,nfgc,gj->nijc", basis, coefficients.reshape(-1, _SIDE, _SIDE, 3), basis)
    rgb = planes @ np.linalg.inv(_TO_YCC).T + 128
    return np.asarray(np.clip(np.rint(rgb), 0, 255), dtype=np.uint8)


def _quantised(coefficients: NDArray[np.float64], table: tuple[tuple[int, float], ...]) -> NDArray[np.uint8]:
    """The bits of one plane, N rows; what is beyond the range becomes its end."""
    columns = []
    for place, (width, step) in enumerate(table):
        half = 1 << (width - 1)
        number = np.clip(np.rint(coefficients[:, place] / step), -half, half - 1).astype(np.int64) + half
        columns.append((number[:, None] >> np.arange(width - 1, -1, -1)) & 1)
    return np.concatenate(columns, axis=1).astype(np.uint8)


def _basis() -> NDArray[np.float64]:
    """The orthonormal cosine transform: one row per frequency."""
    place, frequency = np.arange(_SIDE), np.arange(_SIDE)[:, None]
    basis = np.cos(np.pi / (2 * _SIDE) * frequency * (2 * place + 1)) * np.sqrt(2 / _SIDE)
    basis[0] /= np.sqrt(2)
    return np.asarray(basis, dtype=np.float64)


def _zigzag() -> NDArray[np.intp]:
    """Flat indices of the 64 coefficients, low frequencies first."""
    row, column = np.divmod(np.arange(_SIDE * _SIDE), _SIDE)
    along = np.where((row + column) % 2 == 0, column, row)
    return np.lexsort((along, row + column))
