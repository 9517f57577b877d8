"""The original of a record, from where the record says it is, as far as whoever asks allows.

An address in a record is a stranger's word: it is followed only into folders, or below prefixes of URIs, that the
caller names. What the vault itself says about that does not count.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any
from urllib.parse import SplitResult, unquote, urlsplit

from underdrawing.errors import UsageError, VaultError
from underdrawing.vault.record import Record

__all__ = ["MAX_ORIGINAL_BYTES", "fetch_original"]

MAX_ORIGINAL_BYTES = 512 * 1024 * 1024
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
_PIECE = 1 << 20


def fetch_original(record: Record, *, allowed: Sequence[str | Path], limit_bytes: int = MAX_ORIGINAL_BYTES) -> bytes:
    """The bytes of the original of a record.

    Paths and ``file:`` URIs are resolved, links too, and have to lie in one of the allowed folders. Other URIs
    (``s3://``, ``gs://``, ``https://`` …) go through ``fsspec`` and have to begin with an allowed prefix; they need the
    extra ``[remote]`` and what fsspec needs for that kind.

    Args:
        record: which.
        allowed: folders, and prefixes of URIs like ``s3://archive/press/``; a prefix ends where a path part ends.
        limit_bytes: the largest original that is read.

    Raises:
        UsageError: The record names no original, or one outside of what is allowed.
        VaultError: It cannot be read, or is larger than ``limit_bytes``.
    """
    if record.original is None:
        raise UsageError(f"record {record.id} names no original")
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in record.original):
        raise _refused(record, "its address has control characters")
    scheme = _SCHEME.match(record.original)
    if scheme is None or scheme[1].lower() == "file":
        folders = [Path(place) for place in allowed if _SCHEME.match(str(place)) is None]
        return _read_file(record, _path_of(record), folders, limit_bytes)
    return _read_remote(record, [str(place) for place in allowed if _SCHEME.match(str(place))], limit_bytes)


def _path_of(record: Record) -> Path:
    """The path that a plain path or a ``file:`` URI means; it has to be absolute."""
    text = record.original or ""
    if text.lower().startswith("file:"):
        parts = _parts(record)
        if parts.netloc not in ("", "localhost") or parts.query or parts.fragment:
            raise _refused(record, "a file: address names a file of this machine, without ? and #")
        text = unquote(parts.path)
    path = Path(text)
    if "\0" in text or not path.is_absolute():
        raise _refused(record, "its path is not absolute")
    return path


def _parts(record: Record) -> SplitResult:
    try:
        return urlsplit(record.original or "")
    except ValueError as error:
        raise _refused(record, f"it is no address: {error}") from error


def _read_file(record: Record, path: Path, folders: Sequence[Path], limit_bytes: int) -> bytes:
    try:
        real = path.resolve(strict=True)
        inside = any(real.is_relative_to(folder.resolve()) for folder in folders)
    except (OSError, RuntimeError) as error:
        inside = any(Path(os.path.normpath(path)).is_relative_to(folder.absolute()) for folder in folders)
        if inside:
            raise _unreadable(record, error) from error
    if not inside:
        raise _refused(record, "it is in none of the allowed folders")
    try:
        descriptor = os.open(real, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise _refused(record, "it is not a plain file")
            return _limited(record, file, limit_bytes)
    except OSError as error:
        raise _unreadable(record, error) from error


def _read_remote(record: Record, prefixes: Sequence[str], limit_bytes: int) -> bytes:
    uri = record.original or ""
    parts = unquote(unquote(uri)).replace("\\", "/").split("/")
    if "::" in uri or "@" in _parts(record).netloc or any(part in (".", "..") for part in parts):
        raise _refused(record, "its address climbs, is chained, or carries a name and password")
    if not any(uri == prefix or uri.startswith(f"{prefix.rstrip('/')}/") for prefix in prefixes):
        raise _refused(record, "it begins with none of the allowed prefixes")
    try:
        import fsspec
    except ImportError as error:
        raise UsageError("an original elsewhere needs `pip install 'underdrawing[remote]'`") from error
    try:
        with fsspec.open(uri, "rb") as file:
            return _limited(record, file, limit_bytes)
    except VaultError:
        raise
    except Exception as error:  # each kind of storage has errors of its own
        raise _unreadable(record, error) from error


def _limited(record: Record, file: IO[Any], limit_bytes: int) -> bytes:
    """Everything in a file, if that is not too much; never more than that is in memory."""
    data = bytearray()
    while piece := file.read(_PIECE):
        data += piece
        if len(data) > limit_bytes:
            raise VaultError(f"record {record.id}: its original is larger than {limit_bytes} bytes; raise the limit")
    return bytes(data)


def _refused(record: Record, reason: str) -> UsageError:
    return UsageError(f"record {record.id}: its original {record.original!a} is not fetched: {reason}")


def _unreadable(record: Record, error: Exception) -> VaultError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else f"{type(error).__name__}: {error}"
    return VaultError(f"record {record.id}: its original {record.original!a} cannot be read: {reason}")
