"""Bytes from files, and bytes into files: all of them or none, and nothing overwritten unasked."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import BinaryIO, TypeAlias

from underdrawing.errors import ImageFormatError, OutputError, OutputExistsError, UsageError
from underdrawing.images.picture import Limits

__all__ = ["Source", "read_bytes", "source_name", "write_atomically"]

Source: TypeAlias = Path | str | bytes | BinaryIO


def source_name(source: Source) -> str:
    """What to call a source in a message."""
    return str(source) if isinstance(source, (str, Path)) else "the image"


def read_bytes(source: Source, limits: Limits) -> bytes:
    """Bytes of a file, an open binary file, or the bytes themselves.

    Raises:
        UsageError: there is no such file, or it cannot be opened.
        ImageFormatError: it is empty.
        ImageLimitError: it is larger than ``limits.max_bytes``.
    """
    if isinstance(source, (str, Path)):
        try:
            with Path(source).open("rb") as file:
                data = file.read(limits.max_bytes + 1)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            raise UsageError(f"cannot open {source}: {reason}; give the path of an image file") from error
    elif isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes(source)
    else:
        data = source.read(limits.max_bytes + 1)
    limits.check_bytes(len(data))
    if not data:
        raise ImageFormatError("the file is empty (0 bytes); expected a JPEG, PNG, WebP, AVIF or TIFF image")
    return data


def write_atomically(path: Path | str, data: bytes, *, overwrite: bool = False) -> None:
    """Write a file so that at any moment, also after a crash, ``path`` holds all of ``data`` or what it held before.

    The bytes are on disk when this returns. Where the file system allows it, the unfinished file has no name at all;
    elsewhere a crash can leave a hidden ``.NAME.XXXXXXXX.part`` beside it.

    Raises:
        OutputExistsError: the file exists and ``overwrite`` is false; it is left as it is.
        UsageError: the folder does not exist, or ``path`` is a folder.
        OutputError: no permission, no space.
    """
    target = Path(path)
    target = Path(os.path.realpath(target)) if target.is_symlink() else target
    if not overwrite and target.exists():
        raise _exists(target)
    if target.is_dir() or not target.parent.is_dir():
        problem = "it is a folder" if target.is_dir() else f"the folder {target.parent} does not exist"
        raise UsageError(f"cannot write {target}: {problem}; give a file in an existing folder")
    try:
        _publish(target, data, overwrite=overwrite)
    except FileExistsError as error:
        raise _exists(target) from error
    except OSError as error:
        raise OutputError(f"cannot write {target}: {error.strerror}; free space or choose another folder") from error


def _exists(target: Path) -> OutputExistsError:
    return OutputExistsError(f"{target} exists; nothing was written: choose another name, or ask to overwrite")


def _publish(target: Path, data: bytes, *, overwrite: bool) -> None:
    part = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.part")
    if overwrite or not _link_nameless(target, data):
        if not _link_nameless(part, data):
            _write_named(part, data)
        _rename(part, target, overwrite=overwrite)
    _sync_folder(target.parent)


def _link_nameless(name: Path, data: bytes) -> bool:
    """Write a file that gets its name when it is complete; False where the system cannot do that."""
    if not hasattr(os, "O_TMPFILE"):
        return False
    try:
        descriptor = os.open(name.parent, os.O_TMPFILE | os.O_WRONLY, 0o666)
    except OSError:
        return False
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        try:
            os.link(f"/proc/self/fd/{file.fileno()}", name, follow_symlinks=True)
        except FileExistsError:
            raise
        except OSError:
            return False
    return True


def _write_named(part: Path, data: bytes) -> None:
    try:
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _rename(part: Path, target: Path, *, overwrite: bool) -> None:
    try:
        if overwrite:
            if target.exists():
                part.chmod(target.stat().st_mode)
            part.replace(target)
        else:
            _rename_to_new(part, target)
    finally:
        part.unlink(missing_ok=True)


def _rename_to_new(part: Path, target: Path) -> None:
    try:
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError as error:  # a file system without links: what is left is to look first
        if target.exists():
            raise FileExistsError(target) from error
        part.replace(target)


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable, where a folder can be opened for that."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        return
    finally:
        os.close(descriptor)
