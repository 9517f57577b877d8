"""One process that works on a vault until it is told to stop or is killed; for ``bench/vault.py`` and the tests.

    python bench/vault_worker.py write FOLDER START SECONDS [SEGMENT_SLOTS]
    python bench/vault_worker.py mix FOLDER START SECONDS [SEGMENT_SLOTS]
    python bench/vault_worker.py read FOLDER 0 SECONDS [SEGMENT_SLOTS]

``write`` adds in bulk and prints after each commit how many records are acknowledged. ``mix`` adds one by one and in
bulk, changes facts and deletes, and prints in the end how many records it left. ``read`` looks up and searches.
Any error ends the process with a code other than 0. START is the number of the first record.
"""

import sys
import time
from collections.abc import Iterator

import numpy as np

from underdrawing.vault import Record, open_vault

SPAN = 10_000_000
"""How many numbers each writer has for itself."""


def id_of(number: int) -> str:
    """The id of a record: like real ones, ids of neighbours are far from each other."""
    return f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}"


def numbered(start: int, count: int, *, preview_bytes: int = 0, code: bool = False) -> Iterator[Record]:
    """Records that follow from their numbers: the same ones each time, with random bits.

    Args:
        start: number of the first.
        count: how many.
        preview_bytes: size of the preview.
        code: whether they have a hidden code of 2048 bytes.
    """
    for number in range(start, start + count):
        rng = np.random.Generator(np.random.SFC64(number))
        data = rng.bytes(96 + preview_bytes + 2048 * code)
        yield Record(
            id=id_of(number),
            created="2026-01-31T12:00:00Z",
            facts={
                "creator": f"Photographer {number % 5000}",
                "caption": f"A picture of the place with the number {number}, seen from the side on a bright day",
                "credit": "An Agency",
                "dateCreated": "2026-01-30",
            },
            fingerprint=data[:64],
            sketch=data[64:96],
            carrier="lattice",
            profile="standard",
            code=data[96 : 96 + 2048] if code else None,
            preview=data[len(data) - preview_bytes :] if preview_bytes else b"",
            original=f"file:///archive/{number % 1000}/{number}.jpg",
        )


def write(folder: str, start: int, seconds: float) -> None:
    """Add until the time is over, and print each acknowledgement."""
    end = time.monotonic() + seconds
    with open_vault(folder) as vault:
        for done in range(0, SPAN, 200):
            if time.monotonic() > end:
                return
            vault.add_many(
                numbered(start + done, 200), batch=100, on_commit=lambda sums, before=done: say(before + sums.total)
            )


def mix(folder: str, start: int, seconds: float) -> None:
    """Add, change and delete until the time is over, and print how many records are left."""
    end = time.monotonic() + seconds
    left = number = 0
    with open_vault(folder) as vault:
        while time.monotonic() < end:
            left += vault.add_many(numbered(start + number, 300), batch=100).added
            (single,) = numbered(start + number + 300, 1)
            left += vault.add(single).added
            vault.update_facts(single.id, {"creator": "changed"})
            left -= vault.delete(id_of(start + number))
            mine = next(iter(numbered(start + number + 7, 1)))
            assert vault.nearest_fingerprints(mine.fingerprint, 1)[0].id == mine.id, (
                "an acknowledged record is not found"
            )
            number += 301
    say(left)


def read(folder: str, _: int, seconds: float) -> None:
    """Look up and search until the time is over; a record that is listed has to be there or be deleted meanwhile."""
    end = time.monotonic() + seconds
    rounds = 0
    with open_vault(folder, read_only=True) as vault:
        while time.monotonic() < end:
            (query,) = numbered(rounds, 1)
            for match in vault.nearest_sketches(query.sketch, 20):
                vault.get(match.id)
            assert len(vault) >= 0
            rounds += 1
    say(rounds)


def use_segments_of(slots: int) -> None:
    """Make segments smaller, in this process, so that a few thousand records fill several."""
    for module in ("segments", "index", "embedded", "checking"):
        sys.modules[f"underdrawing.vault.{module}"].SEGMENT_SLOTS = slots


def say(number: int) -> None:
    """Print a number at once."""
    print(number, flush=True)


def main(arguments: list[str]) -> None:
    """Do what the command line says."""
    verb, folder, start, seconds, *slots = arguments
    if slots:
        for module in ("segments", "index", "embedded", "checking"):
            sys.modules[f"underdrawing.vault.{module}"].SEGMENT_SLOTS = int(slots[0])
    {"write": write, "mix": mix, "read": read}[verb](folder, int(start), float(seconds))


if __name__ == "__main__":
    main(sys.argv[1:])
