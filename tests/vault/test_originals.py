"""An original is fetched from where it may be fetched, and from nowhere else, whatever a record says."""

import os
import sys

import pytest
from vault_records import make_record

from underdrawing.errors import UsageError, VaultError
from underdrawing.vault import fetch_original


@pytest.fixture
def archive(tmp_path):
    folder = tmp_path / "archive"
    (folder / "deep").mkdir(parents=True)
    (folder / "a b.jpg").write_bytes(b"the original")
    (tmp_path / "secret").write_bytes(b"secret")
    return folder


def at(original):
    return make_record(1, original=str(original))


def test_paths_and_file_uris(archive):
    path = archive / "a b.jpg"
    for original in (path, path.as_uri(), path.as_uri().replace("file://", "file://localhost"), f"file:{path}"):
        assert fetch_original(at(original), allowed=[archive]) == b"the original"
    assert fetch_original(at(path), allowed=[archive.parent / "other", str(archive)]) == b"the original"


def test_a_record_without_an_original(archive):
    with pytest.raises(UsageError, match="names no original"):
        fetch_original(make_record(1, original=None), allowed=[archive])


@pytest.mark.parametrize(
    "original",
    [
        "{root}/secret",
        "{root}/archive/../secret",
        "{root}/archive/deep/../../secret",
        "file://{root}/archive/%2e%2e/secret",
        "file://{root}/archive/..%2fsecret",
        "{root}/archive-evil/secret",
        "{root}/archive/no/../../such",
        "/etc/passwd",
        "archive/a b.jpg",
        "~/a b.jpg",
        "file://evil.example{root}/archive/a b.jpg",
        "file://{root}/archive/a b.jpg?x",
        "{root}/archive/a b.jpg\n",
        "file://{root}/archive/%00",
        "file:///proc/self/environ",
        "\\\\evil\\share",
    ],
)
def test_paths_outside_are_refused(archive, original):
    (archive.parent / "archive-evil").mkdir()
    (archive.parent / "archive-evil" / "secret").write_bytes(b"secret")
    with pytest.raises(UsageError, match="is not fetched"):
        fetch_original(at(original.format(root=archive.parent)), allowed=[archive])


def test_links_out_of_the_folder_are_refused(archive):
    (archive / "link").symlink_to(archive.parent / "secret")
    (archive / "folder").symlink_to(archive.parent)
    for name in ("link", "folder/secret"):
        with pytest.raises(UsageError, match="none of the allowed folders"):
            fetch_original(at(archive / name), allowed=[archive])


def test_without_allowed_folders_nothing_is_fetched(archive):
    with pytest.raises(UsageError, match="none of the allowed folders"):
        fetch_original(at(archive / "a b.jpg"), allowed=[])


def test_what_is_no_plain_file_is_refused(archive):
    os.mkfifo(archive / "pipe")
    with pytest.raises(UsageError, match="not a plain file"):
        fetch_original(at(archive / "pipe"), allowed=[archive])
    with pytest.raises((UsageError, VaultError)):
        fetch_original(at(archive / "deep"), allowed=[archive])
    with pytest.raises(VaultError, match="cannot be read"):
        fetch_original(at(archive / "missing.jpg"), allowed=[archive])


def test_limits(archive):
    record = at(archive / "a b.jpg")
    assert fetch_original(record, allowed=[archive], limit_bytes=12) == b"the original"
    with pytest.raises(VaultError, match="larger than 11 bytes"):
        fetch_original(record, allowed=[archive], limit_bytes=11)


def test_other_places_go_through_fsspec():
    fsspec = pytest.importorskip("fsspec")
    fsspec.filesystem("memory").pipe("/archive/press/a.jpg", b"far away")
    record = at("memory://archive/press/a.jpg")
    for prefix in ("memory://archive/press/", "memory://archive", "memory://archive/press/a.jpg"):
        assert fetch_original(record, allowed=[prefix]) == b"far away"
    with pytest.raises(VaultError, match="larger than 3 bytes"):
        fetch_original(record, allowed=["memory://archive"], limit_bytes=3)
    with pytest.raises(VaultError, match="cannot be read"):
        fetch_original(at("memory://archive/none"), allowed=["memory://archive"])


@pytest.mark.parametrize(
    "original",
    [
        "memory://other/a.jpg",
        "memory://archive-evil/a.jpg",
        "memory://archive/../other/a.jpg",
        "memory://archive/%2e%2e/other/a.jpg",
        "memory://archive/%252e%252e/other/a.jpg",
        "memory://archive\\..\\other",
        "memory://archive/x::file:///etc/passwd",
        "simplecache::memory://archive/a.jpg",
        "https://user:secret@archive/a.jpg",
        "http://169.254.169.254/latest/meta-data/",
        "local:///etc/passwd",
        "javascript:alert(1)",
        "https://[::1/a.jpg",
        "file://[archive/a.jpg",
    ],
)
def test_other_places_outside_are_refused(original):
    with pytest.raises(UsageError, match="is not fetched"):
        fetch_original(at(original), allowed=["memory://archive/", "/etc", "https://archive"])


def test_without_its_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(UsageError, match=r"underdrawing\[remote\]"):
        fetch_original(at("s3://archive/a.jpg"), allowed=["s3://archive"])
