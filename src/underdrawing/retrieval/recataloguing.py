"""Fingerprints made anew, from the small pictures that a vault keeps, after the network that makes them changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from underdrawing.fingerprint.preview import preview_pixels
from underdrawing.shipped import fingerprinter as shipped_fingerprinter

if TYPE_CHECKING:
    from underdrawing.fingerprint import Fingerprinter
    from underdrawing.vault import Record, Vault

__all__ = ["Recatalogued", "recatalogue"]

_TRIED = 16
_SAME_BITS = 64
"""Bits of 512 by which fingerprints of a picture and of its preview differ at most, in the median, if both were made
with the same weights: 8 is usual. With other weights it is about 256."""


@dataclass(frozen=True)
class Recatalogued:
    """What making fingerprints anew came to.

    Attributes:
        before: name of the weights that the vault noted; empty where it noted none.
        now: that of those its fingerprints are made with now.
        made: how many were made anew.
        left: how many records have no preview to make one from: they are found by id and code, and by what is visible
            only once they are added again, replacing the ones there.
    """

    before: str
    now: str
    made: int
    left: int

    def to_dict(self) -> dict[str, Any]:
        """The keys of ``vault recatalogue --json``."""
        return dict(vars(self))


def recatalogue(
    vault: Vault, *, fingerprinter: Fingerprinter | None = None, on_record: Callable[[], None] | None = None
) -> Recatalogued:
    """See that all fingerprints of a vault were made with the weights of this program.

    Where they were, or where nothing was noted and the first of them fit, nothing changes but that it is noted. Else
    they are made from the previews, which are small: a few bits come out otherwise than from the picture itself. A run
    that was interrupted is done again; what it did stays.

    Args:
        vault: open for writing.
        fingerprinter: the network; the shipped one by default.
        on_record: called after each record.

    Raises:
        VaultError: the vault is open for reading only, or cannot be written.
        VaultDamagedError: a record is not what was kept.
    """
    network = fingerprinter or shipped_fingerprinter()
    before, made, left = vault.fingerprints_by, 0, 0
    if before == network.name or (not before and _fit(vault, network)):
        vault.note_fingerprints(network.name)
        return Recatalogued(before, network.name, 0, 0)

    def renewed() -> Iterator[Record]:
        nonlocal made, left
        for id_ in list(vault.ids()):
            record = vault.get(id_)
            if on_record:
                on_record()
            if record is None:
                continue
            bits = _fingerprint(record, network)
            if bits is None:
                left += 1
                continue
            made += 1
            yield replace(record, fingerprint=bits, fingerprint_by="")

    vault.add_many(renewed(), replace=True)
    vault.note_fingerprints(network.name)
    return Recatalogued(before, network.name, made, left)


def _fit(vault: Vault, network: Fingerprinter) -> bool:
    """Whether the first fingerprints of a vault are those of this network, as far as previews tell."""
    differ = []
    for record in islice(vault.records(), _TRIED):
        bits = _fingerprint(record, network)
        if bits is not None:
            differ.append((int.from_bytes(bits, "big") ^ int.from_bytes(record.fingerprint, "big")).bit_count())
    return not differ or float(np.median(differ)) <= _SAME_BITS


def _fingerprint(record: Record, network: Fingerprinter) -> bytes | None:
    """The fingerprint of the preview of a record; None where there is none that can be read."""
    preview = preview_pixels(record.preview)
    return None if preview is None else network.describe(preview).bits
