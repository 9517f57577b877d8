"""A classical fragile watermark that keeps a picture inside itself: exact on lossless copies, gone after compression.

::

    8×8 block ─► top 6 bits ─► DCT, quantised ─► 320 bits ─┐
                     │                                     ├─► two lowest bits of a partner block far away
    authentication ◄─┴── key, place, size, what it keeps ──┘   (the partner of a partner is a third block)

Source: ours, after Fridrich and Goljan, "Images with self-correcting capabilities", 1999 (description of a block in the
low bits of another), and Lin, Hsieh and Huang, "A hierarchical digital watermarking method for image tamper detection
and recovery", 2005 (authentication per block). It stands for what self-recovery could do before there were learned
methods.
"""

import hashlib
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from underdrawing.bench.baselines.block_description import DESCRIPTION_BITS, describe_blocks, redraw_blocks
from underdrawing.errors import UsageError

__all__ = ["BLOCK_PX", "FragileFinding", "embed_fragile", "examine_fragile"]

BLOCK_PX = 8
_LOW_BITS = 0b11
_AUTHENTICATION_BITS = 64
_BLOCK_BITS = BLOCK_PX * BLOCK_PX * 3 * 2
assert DESCRIPTION_BITS + _AUTHENTICATION_BITS == _BLOCK_BITS

Pixels = NDArray[np.uint8]
_Blocks = NDArray[np.uint8]
_Value = TypeVar("_Value", bound=np.generic)


@dataclass(frozen=True, eq=False)
class FragileFinding:
    """What a suspect says about itself.

    Attributes:
        mask: H×W bool, True in every block that does not authenticate.
        remembered: H×W×3 uint8 RGB: every block as its partner describes it, where the partner authenticates; elsewhere
            the suspect.
        kept: H×W bool, where ``remembered`` comes from a partner.
    """

    mask: NDArray[np.bool_]
    remembered: Pixels
    kept: NDArray[np.bool_]


def embed_fragile(pixels: Pixels, key: bytes) -> Pixels:
    """A picture that keeps itself in its two lowest bits.

    Args:
        pixels: H×W×3 uint8 RGB, at least two blocks of 8×8; rows and columns beyond the last whole block stay as they
            are and are not covered.
        key: Places and authenticates, 1 to 64 bytes.

    Returns:
        H×W×3 uint8 RGB; no value differs by more than 3.

    Raises:
        UsageError: The picture has fewer than two blocks.
    """
    blocks = _cut(pixels)
    top = blocks & np.uint8(~_LOW_BITS & 0xFF)
    kept = describe_blocks(top)[_described_by(len(blocks), key)]
    codes = _authentication(top, kept, key, pixels.shape)
    bits = np.concatenate([kept, codes], axis=1).reshape(*blocks.shape, 2)
    return _pasted(pixels, top | bits[..., 0] << 1 | bits[..., 1])


def examine_fragile(pixels: Pixels, key: bytes) -> FragileFinding:
    """What changed in a picture, and what was there.

    Args:
        pixels: H×W×3 uint8 RGB, the size it was embedded at.
        key: The one it was embedded with.
    """
    blocks = _cut(pixels)
    top, low = blocks & np.uint8(~_LOW_BITS & 0xFF), blocks & np.uint8(_LOW_BITS)
    bits = np.stack([low >> 1, low & 1], axis=-1).reshape(len(blocks), _BLOCK_BITS)
    kept, codes = bits[:, :DESCRIPTION_BITS], bits[:, DESCRIPTION_BITS:]
    genuine = (codes == _authentication(top, kept, key, pixels.shape)).all(axis=1)
    described = _described_by(len(blocks), key)
    redrawn, known = blocks.copy(), np.zeros(len(blocks), np.bool_)
    redrawn[described[genuine]] = redraw_blocks(kept[genuine])
    known[described[genuine]] = True
    spread = np.zeros(pixels.shape[:2], np.bool_)
    return FragileFinding(
        mask=_pasted(spread, np.broadcast_to(~genuine[:, None, None], (len(blocks), BLOCK_PX, BLOCK_PX))),
        remembered=_pasted(pixels, redrawn),
        kept=_pasted(spread, np.broadcast_to(known[:, None, None], (len(blocks), BLOCK_PX, BLOCK_PX))),
    )


def _described_by(count: int, key: bytes) -> NDArray[np.intp]:
    """For every block the one it describes: one keyed cycle through all of them, so no block describes itself."""
    seed = int.from_bytes(hashlib.blake2b(b"partners", key=key, digest_size=16).digest(), "big")
    cycle = np.random.default_rng(seed).permutation(count)
    described = np.empty(count, np.intp)
    described[cycle] = np.roll(cycle, -1)
    return described


def _authentication(top: _Blocks, kept: NDArray[np.uint8], key: bytes, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """N×64 bits: a keyed hash of each block's place, its high bits and what it keeps."""
    size = f"{shape[0]}x{shape[1]}|".encode()
    packed = np.packbits(kept, axis=1)
    digests = [
        hashlib.blake2b(
            size + index.to_bytes(4, "big") + top[index].tobytes() + packed[index].tobytes(),
            key=key,
            digest_size=_AUTHENTICATION_BITS // 8,
        ).digest()
        for index in range(len(top))
    ]
    return np.unpackbits(np.frombuffer(b"".join(digests), np.uint8).reshape(len(top), -1), axis=1)


def _cut(pixels: Pixels) -> _Blocks:
    """N×8×8×3: whole blocks, row by row."""
    rows, columns = pixels.shape[0] // BLOCK_PX, pixels.shape[1] // BLOCK_PX
    if rows * columns < 2:
        raise UsageError(
            f"fragile mark: got a picture of {pixels.shape[1]}x{pixels.shape[0]}, expected at least two blocks of 8x8"
        )
    whole = pixels[: rows * BLOCK_PX, : columns * BLOCK_PX]
    return whole.reshape(rows, BLOCK_PX, columns, BLOCK_PX, 3).swapaxes(1, 2).reshape(-1, BLOCK_PX, BLOCK_PX, 3)


def _pasted(onto: NDArray[_Value], blocks: NDArray[_Value]) -> NDArray[_Value]:
    """A copy of a plane with its whole blocks replaced, the inverse of ``_cut``."""
    rows, columns = onto.shape[0] // BLOCK_PX, onto.shape[1] // BLOCK_PX
    whole = blocks.reshape(rows, columns, BLOCK_PX, BLOCK_PX, *onto.shape[2:]).swapaxes(1, 2)
    result = onto.copy()
    result[: rows * BLOCK_PX, : columns * BLOCK_PX] = whole.reshape(
        rows * BLOCK_PX, columns * BLOCK_PX, *onto.shape[2:]
    )
    return result
