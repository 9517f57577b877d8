"""The vault: records found again by id or by likeness. Knows no pixels, no networks, no channel."""

from underdrawing.vault.interface import MAX_MATCHES, Added, Health, Stats, Vault
from underdrawing.vault.opening import open_vault, repair_vault
from underdrawing.vault.originals import MAX_ORIGINAL_BYTES, fetch_original
from underdrawing.vault.record import (
    CODE_BYTES,
    FINGERPRINT_BYTES,
    SKETCH_BYTES,
    Match,
    Record,
    check_id,
    pack_code,
    unpack_code,
)
from underdrawing.vault.transport import export_records, import_records, read_lines, to_object, write_lines

__all__ = [
    "CODE_BYTES",
    "FINGERPRINT_BYTES",
    "MAX_MATCHES",
    "MAX_ORIGINAL_BYTES",
    "SKETCH_BYTES",
    "Added",
    "Health",
    "Match",
    "Record",
    "Stats",
    "Vault",
    "check_id",
    "export_records",
    "fetch_original",
    "import_records",
    "open_vault",
    "pack_code",
    "read_lines",
    "repair_vault",
    "to_object",
    "unpack_code",
    "write_lines",
]
