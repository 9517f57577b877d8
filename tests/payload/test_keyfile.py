"""Key files are whole or not there, whatever fails on the way."""

import errno
import os
from pathlib import Path

import pytest

from underdrawing.errors import KeyFileError, OutputExistsError
from underdrawing.payload.keyfile import read_key_file, write_key_file


def test_a_failing_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyFileError, match="No space left"):
        write_key_file(tmp_path / "k", b"secret", secret=True)
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    write_key_file(tmp_path / "k", b"first", secret=True)
    with pytest.raises(OutputExistsError):
        write_key_file(tmp_path / "k", b"second", secret=True)
    assert read_key_file(tmp_path / "k") == b"first"


def test_a_dangling_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "k").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputExistsError):
        write_key_file(tmp_path / "k", b"secret", secret=True)
    assert not (tmp_path / "elsewhere").exists()


def test_overwriting_is_asked_for(tmp_path: Path) -> None:
    write_key_file(tmp_path / "k", b"first", secret=False)
    write_key_file(tmp_path / "k", b"second", secret=False, overwrite=True)
    assert read_key_file(tmp_path / "k") == b"second"
