import os
import stat
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path

import pytest

from underdrawing.errors import ImageFormatError, ImageLimitError, OutputError, OutputExistsError, UsageError
from underdrawing.images import Limits, files, write_atomically
from underdrawing.images.files import read_bytes


@pytest.fixture(params=["nameless", "named", "no links"])
def file_system(request, monkeypatch):
    """File systems of different abilities."""
    if request.param != "nameless":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    if request.param == "no links":

        def refuse(*_, **__):
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", refuse)
    return request.param


@pytest.mark.usefixtures("file_system")
def test_round_trip(tmp_path):
    path = tmp_path / "file.bin"
    write_atomically(path, b"first")
    assert path.read_bytes() == b"first"
    with pytest.raises(OutputExistsError, match="nothing was written"):
        write_atomically(path, b"second")
    assert path.read_bytes() == b"first"
    write_atomically(path, b"third", overwrite=True)
    write_atomically(str(path), b"fourth", overwrite=True)
    assert path.read_bytes() == b"fourth"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file.bin"]


@pytest.mark.usefixtures("file_system")
def test_a_file_that_appears_meanwhile_is_not_overwritten(tmp_path, monkeypatch):
    path = tmp_path / "file.bin"
    path.write_bytes(b"somebody else's")
    seen = iter([False])
    exists = Path.exists
    monkeypatch.setattr(Path, "exists", lambda self, **options: next(seen, None) or exists(self, **options))
    with pytest.raises(OutputExistsError):
        write_atomically(path, b"ours")
    assert path.read_bytes() == b"somebody else's"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.usefixtures("file_system")
def test_permissions_are_the_usual_ones(tmp_path):
    (tmp_path / "usual").write_bytes(b"")
    write_atomically(tmp_path / "new", b"x")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode
    (tmp_path / "new").chmod(0o640)
    write_atomically(tmp_path / "new", b"y", overwrite=True)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_atomically(tmp_path / "link", b"new", overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_link_to_itself_is_kept_or_replaced(tmp_path):
    (tmp_path / "link").symlink_to("link")
    with pytest.raises(OutputExistsError):
        write_atomically(tmp_path / "link", b"new")
    write_atomically(tmp_path / "link", b"new", overwrite=True)
    assert (tmp_path / "link").read_bytes() == b"new"


def test_rejects_folders(tmp_path):
    with pytest.raises(UsageError, match="does not exist"):
        write_atomically(tmp_path / "no" / "file", b"x")
    with pytest.raises(UsageError, match="it is a folder"):
        write_atomically(tmp_path, b"x", overwrite=True)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch, overwrite):
    path = tmp_path / "file.bin"
    if overwrite:
        path.write_bytes(b"before")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        write_atomically(path, b"x" * 100, overwrite=overwrite)
    assert [entry.name for entry in tmp_path.iterdir()] == ["file.bin"] * overwrite
    assert not overwrite or path.read_bytes() == b"before"


def test_killed_in_the_middle_leaves_no_half_written_file(tmp_path):
    program = (
        "import sys, pathlib\n"
        "from underdrawing.images import write_atomically\n"
        "print('go', flush=True)\n"
        "for number in range(100000):\n"
        "    write_atomically(pathlib.Path(sys.argv[1]) / f'{number}.bin', bytes(2_000_000))\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        time.sleep(0.3)
        process.kill()
    whole = [entry for entry in tmp_path.iterdir() if not entry.name.startswith(".")]
    assert {entry.stat().st_size for entry in whole} <= {2_000_000}


def test_sources(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(b"content")
    with path.open("rb") as file:
        assert read_bytes(file, Limits()) == b"content"
    for source in (path, str(path), b"content", bytearray(b"content"), memoryview(b"content"), BytesIO(b"content")):
        assert read_bytes(source, Limits()) == b"content"


def test_rejects_sources(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "long").write_bytes(bytes(101))
    with pytest.raises(ImageFormatError, match="empty"):
        read_bytes(tmp_path / "empty", Limits())
    for source in (tmp_path / "long", bytes(101), BytesIO(bytes(101))):
        with pytest.raises(ImageLimitError, match="100 bytes"):
            read_bytes(source, Limits(max_bytes=100))
    for name in ("missing", "", "\0"):
        with pytest.raises(UsageError, match="cannot open"):
            read_bytes(str(tmp_path / name), Limits())


def test_all():
    assert all(hasattr(files, name) for name in files.__all__)
