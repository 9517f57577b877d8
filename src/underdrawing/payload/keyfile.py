"""Files that hold keys: read with a limit, written whole or not at all, and secrets only for their owner's eyes."""

import os
import secrets
from pathlib import Path

from underdrawing.errors import KeyFileError, OutputExistsError

__all__ = ["MAX_KEY_FILE_BYTES", "read_key_file", "write_key_file"]

MAX_KEY_FILE_BYTES = 1_000_000

_OWNER_ONLY = 0o600
_EVERYBODY_READS = 0o644


def read_key_file(path: Path) -> bytes:
    """The bytes of a key or trust file.

    Raises:
        KeyFileError: There is no such file, it cannot be read, or it is larger than ``MAX_KEY_FILE_BYTES``.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_KEY_FILE_BYTES + 1)
    except OSError as error:
        raise KeyFileError(f"{path}: cannot read the key file: {error.strerror}") from error
    if len(data) > MAX_KEY_FILE_BYTES:
        raise KeyFileError(f"{path}: more than {MAX_KEY_FILE_BYTES} bytes; this is not a key or trust file")
    return data


def write_key_file(path: Path, data: bytes, *, secret: bool, overwrite: bool = False) -> None:
    """Write a key or trust file in one step: afterwards it is whole, or not there, or what it was.

    Args:
        path: Where to; its folder has to be there.
        data: The contents.
        secret: Only the owner may read it (mode 0600); otherwise everybody may.
        overwrite: Replace a file that is there.

    Raises:
        OutputExistsError: The file is there and ``overwrite`` is not set.
        KeyFileError: It cannot be written.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        try:
            _write_new(beside, data, _OWNER_ONLY if secret else _EVERYBODY_READS)
            _move(beside, path, overwrite=overwrite)
        finally:
            beside.unlink(missing_ok=True)
    except FileExistsError as error:
        raise OutputExistsError(f"{path}: exists already; choose another name or remove it first") from error
    except OSError as error:
        raise KeyFileError(f"{path}: cannot write the key file: {error.strerror}") from error


def _write_new(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _move(source: Path, target: Path, *, overwrite: bool) -> None:
    if overwrite:
        source.replace(target)
        return
    try:
        target.hardlink_to(source)  # fails where the target exists, in the same step
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if target.exists():
            raise FileExistsError(str(target)) from None
        source.replace(target)
