"""Records as rows of the table, and back."""

from __future__ import annotations

from typing import Any, TypeAlias

from underdrawing.errors import RecordError, VaultDamagedError
from underdrawing.vault.record import Record, facts_from_json, facts_to_json

__all__ = ["COLUMNS", "Row", "from_row", "id_number", "id_text", "to_row"]

COLUMNS = (
    "id",
    "digest",
    "created",
    "carrier",
    "profile",
    "signature",
    "key_id",
    "original",
    "facts",
    "code",
    "preview",
)
"""Columns of ``records`` in the order of a row; the slot comes from the table."""


Row: TypeAlias = tuple[Any, ...]
"""The values of ``COLUMNS`` of one record."""


def id_number(id_: str) -> int:
    """An id as the signed 64-bit number that the table keeps."""
    return int.from_bytes(bytes.fromhex(id_), "big", signed=True)


def id_text(number: int) -> str:
    """The inverse of ``id_number``."""
    return number.to_bytes(8, "big", signed=True).hex()


def to_row(record: Record) -> Row:
    """The values of ``COLUMNS``."""
    facts = facts_to_json(record.facts)
    first = (id_number(record.id), record.digest(), record.created, record.carrier, record.profile)
    return (*first, record.signature, record.key_id, record.original, facts, record.code, record.preview)


def from_row(row: Row, fingerprint_by: str = "") -> Record:
    """The record of a row of ``COLUMNS``, fingerprint and sketch, the last two made with those weights.

    Raises:
        VaultDamagedError: The row is not what was written.
    """
    values = dict(zip((*COLUMNS, "fingerprint", "sketch"), row, strict=True))
    number, digest = values.pop("id"), values.pop("digest")
    try:
        facts = facts_from_json(values.pop("facts"))
        record = Record(id=id_text(number), facts=facts, fingerprint_by=fingerprint_by, **values)
    except (RecordError, ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise VaultDamagedError(f"a record of the vault cannot be read: {error}; restore it from an export") from error
    if record.digest() != digest:
        raise VaultDamagedError(f"record {record.id} is not what was kept; restore it from an export")
    return record
