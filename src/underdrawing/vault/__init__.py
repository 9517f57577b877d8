"""The vault: records found again by id or by likeness. Knows no pixels, no networks, no channel."""

from underdrawing.vault.interface import MAX_MATCHES, Added, Health, Stats, Vault
from underdrawing.vault.opening import open_vault, repair_vault
from underdrawing.vault.record import (
    CODE_BYTES,
    FINGERPRINT_BYTES,
    SKETCH_BYTES,
    Match,
    Record,
    pack_code,
    unpack_code,
)

__all__ = [
    "CODE_BYTES",
    "FINGERPRINT_BYTES",
    "MAX_MATCHES",
    "SKETCH_BYTES",
    "Added",
    "Health",
    "Match",
    "Record",
    "Stats",
    "Vault",
    "open_vault",
    "pack_code",
    "repair_vault",
    "unpack_code",
]
