"""Which chip carries what: the map from (coefficient, block row, block column) to (tier, position in its codeword).

The map is a tile as large as the short side of the grid, laid down again along the long side. Inside a tile the chips
of each coefficient group are dealt out in a keyed pseudo-random order, so every part of the picture carries a little of
everything; the next tile goes on in the codeword where the last one stopped. The map depends on absolute block
coordinates alone, never on the size of the frame, so that a crop can be read once its place is known. Only the bits of
some pilots depend on that size, and so tell it.

Shared chips lie in a weave that repeats every four blocks, with lattices of its own: it can be heard at any place.

Everything pseudo-random comes from SHAKE-128, hence is the same on every machine and in every version of NumPy.
"""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, COEFFICIENTS, GROUPS, SHARES, SPREAD, TIERS, WEAVE, Filling
from underdrawing.channel.lattice.grid import WorkingGrid

__all__ = ["PILOT", "UNUSED", "Layout", "Weave", "frame_bits", "layout_of", "permutation", "stream", "weave_of"]

UNUSED = -1
"""Role of a chip that carries nothing."""

PILOT = -2
"""Role of a chip whose bit both sides know."""

_PUBLIC = b"underdrawing public lattice"


@dataclass(frozen=True)
class Layout:
    """Roles of all chips of a grid. Arrays are 24×rows×columns.

    Attributes:
        roles: int8, a tier number 0–3, :data:`PILOT` or :data:`UNUSED`.
        positions: int32, index into the tier's codeword (to be taken modulo its length); 0 elsewhere.
        pilots: uint8, the known bit of each pilot; 0 elsewhere.
        dither: float32 in [0, 1), shift of each chip's lattice in steps.
        signs: float32 ±1, sign with which a coefficient enters a shared chip; 1 for a chip of its own.
        shared: bool, whether the chip is one of several coefficients that carry the same.
        names: uint8, which of the 256 bits that tell the frame each pilot of its own carries.
        filling: how the places beside pilots and tier 0 are filled.
    """

    roles: NDArray[np.int8]
    positions: NDArray[np.int32]
    pilots: NDArray[np.uint8]
    dither: NDArray[np.float32]
    signs: NDArray[np.float32]
    shared: NDArray[np.bool_]
    names: NDArray[np.uint8]
    filling: Filling = Filling.USUAL

    @cached_property
    def carrying(self) -> NDArray[np.bool_]:
        """Which chips carry anything, 24×rows×columns."""
        carrying: NDArray[np.bool_] = self.roles != UNUSED
        return carrying

    @cached_property
    def places(self) -> tuple[NDArray[np.intp], ...]:
        """The chips of each tier, as flat indices."""
        return tuple(np.flatnonzero(self.roles == tier) for tier in range(TIERS))

    def coded_bits_of(self, chips: NDArray[np.intp], size: int) -> NDArray[np.int32]:
        """Which bit of a codeword of this size each of some chips of its tier carries; chips are flat indices."""
        return np.asarray(self.positions.ravel()[chips] % size, dtype=np.int32)

    def shifted(self, offset: float) -> "Layout":
        """The same roles on lattices shifted by this share of a step."""
        return replace(self, dither=self.dither + np.float32(offset)) if offset else self


@lru_cache(maxsize=8)
def layout_of(
    grid: WorkingGrid, tiers: tuple[bool, ...], key: bytes | None = None, *, filling: Filling = Filling.USUAL
) -> Layout:
    """The layout of a grid.

    Args:
        grid: the working grid.
        tiers: for each of the four tiers whether the message has it; tier 0 always is.
        key: secret of the channel, or None for the public layout that anybody can read.
        filling: how the places beside pilots and tier 0 are filled.
    """
    side = grid.side_px // BLOCK
    tile_roles, tile_positions, tile_shared, chips_per_tile = _tile(grid.side_px, tiers, key, filling)
    row, column = np.arange(grid.rows), np.arange(grid.columns)
    tile_of = (row // side)[:, None] + (column // side)[None, :]
    at = np.ix_(np.arange(len(COEFFICIENTS)), row % side, column % side)
    roles = tile_roles[at]
    positions = tile_positions[at] + tile_of[None].astype(np.int32) * np.append(chips_per_tile, [0, 0])[roles]
    shared = tile_shared[at]
    noise = _laid(grid, "dither", key)
    weave = weave_of(grid.side_px, key)
    lanes = len(weave.dither) * SPREAD
    dither = noise.astype(np.float32) / np.float32(256)
    woven = np.repeat(weave.dither[:, row[:, None] % WEAVE, column[None] % WEAVE], SPREAD, axis=0)
    dither[:lanes] = np.where(shared[:lanes], woven, dither[:lanes])
    signs = np.ones(dither.shape, dtype=np.float32)
    signs[:lanes] = np.where(shared[:lanes], weave.signs.reshape(-1, 1, 1), np.float32(1))
    names = _laid(grid, "names", key)
    coins = frame_bits(grid, key)[names]
    checks = (row[:, None] // WEAVE + column[None] // WEAVE).astype(np.uint8) & 1
    pilots = np.where(roles == PILOT, np.where(shared, checks, coins), np.uint8(0))
    return Layout(roles, positions.astype(np.int32), pilots, dither, signs, shared, names, filling)


@dataclass(frozen=True)
class Weave:
    """What repeats every few blocks: where the shared chips are, and on which lattices.

    Attributes:
        dither: lanes×4×4 float32, shift of the lattice of the shared chip in steps; not-a-number where there is none.
            Doubled they are spread evenly around the circle, so that flat places, all of them at zero, cancel out.
        signs: lanes×4 float32 ±1, sign with which each coefficient of a lane enters its chips.
        pilots: lanes×4×4 bool, where the shared chip is a pilot. Its bit is that of a chessboard of such squares.
    """

    dither: NDArray[np.float32]
    signs: NDArray[np.float32]
    pilots: NDArray[np.bool_]


@lru_cache(maxsize=8)
def weave_of(side_px: int, key: bytes | None = None) -> Weave:
    """The weave of a grid."""
    woven = SHARES[side_px].woven
    dither = np.full((len(woven), WEAVE * WEAVE), np.nan, dtype=np.float32)
    pilots = np.zeros(dither.shape, dtype=np.bool_)
    for lane, count in enumerate(woven):
        places = permutation(key, f"weave {side_px} {lane}", WEAVE * WEAVE)[:count]
        pilots[lane, places[: SHARES[side_px].pilots]] = True
        start = stream(key, f"weave start {side_px} {lane}", 1)[0] / 256
        dither[lane, places] = (start + np.arange(count) / (2 * count)) % 1
    coins = stream(key, "signs", len(woven) * SPREAD).reshape(-1, SPREAD) & 1
    signs = np.where(coins == 1, np.float32(-1), np.float32(1))
    return Weave(dither.reshape(-1, WEAVE, WEAVE), signs, pilots.reshape(-1, WEAVE, WEAVE))


def frame_bits(grid: WorkingGrid, key: bytes | None = None) -> NDArray[np.uint8]:
    """The bits of the pilots that are not shared, by their name: 256 bits that tell the size of the frame."""
    return np.unpackbits(stream(key, f"frame {grid.side_px} {grid.rows} {grid.columns}", 32))


def _laid(grid: WorkingGrid, purpose: str, key: bytes | None) -> NDArray[np.uint8]:
    """Pseudo-random bytes for every chip, others in every tile, 24×rows×columns."""
    side = grid.side_px // BLOCK
    shape = (len(COEFFICIENTS), side, side)
    down, across = -(-grid.rows // side), -(-grid.columns // side)
    tiles = [
        [stream(key, f"{purpose} {grid.side_px} {i} {j}", int(np.prod(shape))).reshape(shape) for j in range(across)]
        for i in range(down)
    ]
    return np.block(tiles)[:, : grid.rows, : grid.columns]


def stream(key: bytes | None, purpose: str, length: int) -> NDArray[np.uint8]:
    """So many pseudo-random bytes that hang on what they are for and on the key, the same everywhere."""
    seed = (_PUBLIC if key is None else key) + b"\0" + purpose.encode()
    return np.frombuffer(hashlib.shake_128(seed).digest(length), dtype=np.uint8)


def permutation(key: bytes | None, purpose: str, length: int) -> NDArray[np.intp]:
    """The numbers below a length in an order that hangs on what it is for and on the key, the same everywhere."""
    numbers = stream(key, purpose, 8 * length).view("<u8")
    return np.argsort(numbers, kind="stable")


@lru_cache(maxsize=8)
def _tile(
    side_px: int, tiers: tuple[bool, ...], key: bytes | None, filling: Filling
) -> tuple[NDArray[np.int8], NDArray[np.int32], NDArray[np.bool_], NDArray[np.int32]]:
    """Roles, positions and sharing of the chips of one tile, and how many chips each tier has in it."""
    side = side_px // BLOCK
    roles = np.full((len(COEFFICIENTS), side, side), UNUSED, dtype=np.int8)
    roles[: len(SHARES[side_px].woven) * SPREAD] = _shared_roles(side_px, key)
    shared = roles != UNUSED
    for group, coefficients in enumerate(GROUPS):
        flat = roles[coefficients].reshape(-1)
        free = np.flatnonzero(flat == UNUSED)
        order = free[permutation(key, f"roles {side_px} {group}", free.size)]
        kinds = np.array([PILOT, *range(TIERS)], dtype=np.int8)
        dealt = np.repeat(kinds, _counts(side_px, tiers, group, free.size, filling))
        flat[order[: dealt.size]] = dealt
        roles[coefficients] = flat.reshape(-1, side, side)
    positions = np.zeros(roles.shape, dtype=np.int32)
    chips = np.zeros(TIERS, dtype=np.int32)
    for tier in range(TIERS):
        positions, chips[tier] = _numbered(positions, roles == tier, shared, side_px, tier, key)
    return roles, positions, shared, chips


def _shared_roles(side_px: int, key: bytes | None) -> NDArray[np.int8]:
    """Finding pilots and tier 0 in the strongest groups: coefficients that share a chip share its role."""
    side = side_px // BLOCK
    weave = weave_of(side_px, key)
    woven = np.tile(~np.isnan(weave.dither), (1, side // WEAVE, side // WEAVE)).ravel()
    coarse = np.where(woven, np.int8(0), np.int8(UNUSED))
    coarse[np.tile(weave.pilots, (1, side // WEAVE, side // WEAVE)).ravel()] = PILOT
    return np.repeat(coarse.reshape(-1, side, side), SPREAD, axis=0)


def _counts(side_px: int, tiers: tuple[bool, ...], group: int, free: int, filling: Filling) -> list[int]:
    """How many of the free chips of a group are pilots, carry tier 0, or go to tiers 1–3; none of the latter if no tier
    wants any."""
    shares = SHARES[side_px]
    pilots, single = int(free * shares.sounding), int(free * shares.single[group])
    rest = shares.others.get(filling, shares.rest)
    weights = [rest[tier - 1][group] if tiers[tier] else 0.0 for tier in range(1, TIERS)]
    total = sum(weights)
    left = free - pilots - single
    bounds = [int(left * part / total) if total else 0 for part in np.cumsum([0.0, *weights])]
    return [pilots, single, *np.diff(bounds).tolist()]


def _numbered(
    positions: NDArray[np.int32],
    mine: NDArray[np.bool_],
    shared: NDArray[np.bool_],
    side_px: int,
    tier: int,
    key: bytes | None,
) -> tuple[NDArray[np.int32], int]:
    """Positions with this tier's chips numbered in a pseudo-random order; a shared chip has one number."""
    leaders, single = (mine & shared)[::SPREAD], mine & ~shared
    together, alone = int(np.count_nonzero(leaders)), int(np.count_nonzero(single))
    order = permutation(key, f"positions {side_px} {tier}", together + alone).astype(np.int32)
    coarse = np.zeros(leaders.shape, dtype=np.int32)
    coarse[leaders] = order[:together]
    numbered = np.where(mine & shared, np.repeat(coarse, SPREAD, axis=0), positions)
    numbered[single] = order[together:]
    return numbered, together + alone
