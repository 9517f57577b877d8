"""Records out of a vault and into another: JSON Lines for everybody, Parquet for tables of millions.

A line is one JSON object in plain ASCII: ``version``, the fields of ``Record`` (bytes as base64, what is not there as
null), and ``digest``, the record's checksum in hexadecimal. A row of Parquet has the same, with bytes as bytes and the
facts as JSON text. On the way in a checksum that is there has to fit; one that is missing is not missed.
"""

from __future__ import annotations

import json
import os
import secrets
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from underdrawing.errors import OutputError, OutputExistsError, RecordError, UsageError
from underdrawing.vault.record import Record, facts_from_json, facts_to_json

if TYPE_CHECKING:
    from underdrawing.vault.interface import Added, Vault

__all__ = [
    "LINE_BYTES",
    "export_records",
    "import_records",
    "read_lines",
    "to_object",
    "write_lines",
]

_VERSION = 1
LINE_BYTES = 1 << 19
"""The longest line that is read: more than any record needs."""
_BYTES = ("fingerprint", "sketch", "code", "preview", "signature", "key_id")
_TEXTS = ("id", "created", "carrier", "profile", "original", "fingerprint_by")
_NAMES = {*_BYTES, *_TEXTS, "facts", "digest", "version"}
_NEEDED = {"id", "created", "facts", "fingerprint", "sketch"}
_LINES, _TABLES = (".jsonl", ".ndjson"), (".parquet",)
_ROWS = 1000


def to_object(record: Record) -> dict[str, Any]:
    """A record as the object of its line."""
    texts = {name: getattr(record, name) for name in _TEXTS}
    values = {name: _to_base64(getattr(record, name)) for name in _BYTES}
    return {"version": _VERSION, **texts, "facts": dict(record.facts), **values, "digest": record.digest().hex()}


def write_lines(records: Iterable[Record], file: BinaryIO) -> int:
    """Write records as lines; how many there were."""
    count = 0
    for record in records:
        file.write(json.dumps(to_object(record), separators=(",", ":")).encode() + b"\n")
        count += 1
    return count


def read_lines(file: BinaryIO) -> Iterator[Record]:
    """Records from lines; empty lines are passed over.

    Raises:
        RecordError: A line is no record, or its checksum does not fit. The message names the line.
    """
    number = 0
    while line := file.readline(LINE_BYTES + 1):
        number += 1
        if len(line) > LINE_BYTES:
            raise RecordError(f"line {number} is longer than {LINE_BYTES} bytes, more than any record; is it one?")
        if line.strip():
            yield _from_object(_parsed(line, number), f"line {number}")


def _parsed(line: bytes, number: int) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"line {number} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise RecordError(f"line {number} is not a JSON object; expected one record in each line")
    values: dict[str, Any] = value
    for name in _BYTES:
        if (text := values.get(name)) is not None:
            values[name] = _from_base64(text, f"line {number}: {name}")
    return values


def _from_object(values: dict[str, Any], where: str) -> Record:
    """A record from its fields by name.

    Raises:
        RecordError: They are not those of a record, or the checksum does not fit.
    """
    if values.get("version", _VERSION) != _VERSION:
        raise RecordError(f"{where} has version {str(values['version'])[:20]!a}, this program reads {_VERSION}")
    if unknown := sorted(set(values) - _NAMES):
        raise RecordError(f"{where} has an unknown entry {unknown[0][:40]!a}; expected {', '.join(sorted(_NAMES))}")
    fields = {name: value for name, value in values.items() if name not in ("version", "digest")}
    if missing := sorted(_NEEDED - set(values)):
        raise RecordError(f"{where}: it lacks {', '.join(missing)}; expected a record as `export` writes it")
    for name in ("carrier", "profile", "preview", "fingerprint_by"):
        if fields.get(name) is None:
            fields.pop(name, None)
    try:
        record = Record(**fields)
    except (RecordError, TypeError) as error:
        raise RecordError(f"{where}: {error}") from error
    if values.get("digest") not in (None, record.digest().hex()):
        raise RecordError(f"{where}: record {record.id} does not fit its checksum; the file was changed or damaged")
    return record


def export_records(
    vault: Vault, path: Path, *, overwrite: bool = False, on_record: Callable[[], None] | None = None
) -> int:
    """Write every record to a file, whole or not at all; how many there were.

    Args:
        vault: where from.
        path: ``.jsonl``, ``.ndjson`` or ``.parquet`` (needs the extra ``[parquet]``).
        overwrite: whether a file that exists is replaced.
        on_record: called after each record.

    Raises:
        UsageError: The name ends otherwise, or the extra is missing.
        OutputExistsError: The file exists.
        OutputError: It cannot be written.
        VaultError: A record cannot be read.
    """
    records = _counted(vault.records(), on_record)
    if _is_table(path):
        _arrow()
    if path.exists() and not overwrite:
        raise OutputExistsError(f"{path} exists; nothing was written: choose another name, or ask to overwrite")
    with _whole(path) as part:
        if _is_table(path):
            return _write_table(records, part)
        with part.open("xb") as file:
            return write_lines(records, file)


def import_records(
    vault: Vault, path: Path, *, replace: bool = False, on_commit: Callable[[Added], None] | None = None
) -> Added:
    """Add every record of a file. Running it again goes on where it stopped.

    Args:
        vault: where to.
        path: as written by ``export_records``.
        replace: whether different records under the same ids are replaced.
        on_commit: see ``Vault.add_many``.

    Raises:
        UsageError: There is no such file, its name ends otherwise, or the extra is missing.
        RecordError: Something in it is no record, or in conflict with one there; what came before it may be kept.
    """
    if _is_table(path):
        return vault.add_many(_read_table(path), replace=replace, on_commit=on_commit)
    try:
        with path.open("rb") as file:
            return vault.add_many(read_lines(file), replace=replace, on_commit=on_commit)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}; give a file of records") from error


def _is_table(path: Path) -> bool:
    if path.suffix.lower() not in (*_LINES, *_TABLES):
        raise UsageError(
            f"{path}: the name has to end in {', '.join((*_LINES, *_TABLES))}, which says how it is written"
        )
    return path.suffix.lower() in _TABLES


def _counted(records: Iterable[Record], on_record: Callable[[], None] | None) -> Iterator[Record]:
    for record in records:
        yield record
        if on_record:
            on_record()


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A file beside ``path`` that takes its name when the block is left without an error."""
    part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        yield part
        with part.open("r+b") as file:
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}; choose another folder") from error
    finally:
        part.unlink(missing_ok=True)


def _arrow() -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise UsageError("Parquet needs `pip install 'underdrawing[parquet]'`; .jsonl needs nothing") from error
    return pyarrow


def _write_table(records: Iterator[Record], path: Path) -> int:
    arrow = _arrow()
    fields = [(name, arrow.string()) for name in (*_TEXTS, "facts", "digest")]
    schema = arrow.schema([*fields, *((name, arrow.binary()) for name in _BYTES)])
    count = 0
    with arrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        while group := list(islice(records, _ROWS)):
            writer.write_table(arrow.Table.from_pylist([_to_row(record) for record in group], schema))
            count += len(group)
    return count


def _to_row(record: Record) -> dict[str, Any]:
    values = {name: getattr(record, name) for name in (*_TEXTS, *_BYTES)}
    return {**values, "facts": facts_to_json(record.facts), "digest": record.digest().hex()}


def _read_table(path: Path) -> Iterator[Record]:
    """Records of a Parquet file.

    Raises:
        UsageError: There is no such file, or the extra is missing.
        RecordError: It is no Parquet file, or a row is no record.
    """
    arrow = _arrow()
    number = 0
    try:
        with arrow.parquet.ParquetFile(path) as table:
            for batch in table.iter_batches(batch_size=_ROWS):
                for row in batch.to_pylist():
                    number += 1
                    yield _from_row(row, f"row {number}")
    except FileNotFoundError as error:
        raise UsageError(f"cannot read {path}: no such file; give a file of records") from error
    except (arrow.ArrowException, OSError) as error:
        raise RecordError(f"{path} cannot be read as Parquet after row {number}: {error}") from error


def _from_row(row: dict[str, Any], where: str) -> Record:
    try:
        facts = facts_from_json(row.get("facts") or "{}")
    except (ValueError, TypeError, RecursionError) as error:
        raise RecordError(f"{where}: the facts are not JSON: {error}") from error
    return _from_object(row | {"facts": facts}, where)


def _to_base64(value: bytes | None) -> str | None:
    return None if value is None else b64encode(value).decode()


def _from_base64(text: object, name: str) -> bytes:
    try:
        if not isinstance(text, str):
            raise ValueError("not a text")
        return b64decode(text, validate=True)
    except (Base64Error, ValueError) as error:
        raise RecordError(f"{name} is not base64: {error}") from error
