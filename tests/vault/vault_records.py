"""Records to put into vaults, and the slow way to find them again."""

import numpy as np

from underdrawing.vault import Record, pack_code

SIDES = (1, 2, 4, 8, 16, 32)


def make_record(number, **changes):
    """A record made from a number: the same one each time."""
    rng = np.random.default_rng(number)
    tokens = [rng.integers(0, 4096, (side, side), dtype=np.uint16) for side in SIDES]
    values = {
        "id": f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}",
        "created": "2026-01-31T12:00:00Z",
        "facts": {"creator": f"Ann Desk {number}", "caption": "Fähre in Lyon; DROP TABLE records"},
        "fingerprint": rng.bytes(64),
        "sketch": rng.bytes(32),
        "carrier": "lattice",
        "profile": "standard",
        "code": pack_code(tokens),
        "preview": rng.bytes(200),
        "signature": rng.bytes(64),
        "key_id": rng.bytes(4),
        "original": f"file:///archive/{number}.jpg",
    }
    return Record(**(values | changes))


def many(count, start=0):
    """Small records, made quickly."""
    rng = np.random.default_rng(start)
    bits = rng.bytes(96 * count)
    for n in range(count):
        place = 96 * n
        yield Record(
            id=f"{start + n:016x}",
            created="2026-01-31T12:00:00Z",
            facts={"number": str(start + n)},
            fingerprint=bits[place : place + 64],
            sketch=bits[place + 64 : place + 96],
        )


def distances(bits, rows, mask=None):
    """Hamming distances by brute force: the oracle of every search."""
    differ = np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1) ^ np.frombuffer(bits, np.uint8)
    if mask is not None:
        differ &= np.frombuffer(mask, np.uint8)
    return np.unpackbits(differ, axis=1).sum(1)
