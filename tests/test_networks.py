"""Shipped networks: only the files that the manifest names are run."""

import hashlib
import json

import pytest

from underdrawing.errors import WeightsError
from underdrawing.networks import MANIFEST_FILE, read_verified


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "net.bin").write_bytes(b"weights")
    entry = {"file": "net.bin", "sha256": hashlib.sha256(b"weights").hexdigest()}
    (tmp_path / MANIFEST_FILE).write_text(json.dumps({"files": [entry]}))
    return tmp_path


def test_the_named_file_is_read(folder):
    assert read_verified(folder, "net.bin") == b"weights"


def test_another_file_is_not(folder):
    (folder / "net.bin").write_bytes(b"heights")
    with pytest.raises(WeightsError, match=r"net\.bin has sha256"):
        read_verified(folder, "net.bin")


def test_a_missing_file_is_named(folder):
    (folder / "net.bin").unlink()
    with pytest.raises(WeightsError, match=r"cannot read net\.bin"):
        read_verified(folder, "net.bin")


@pytest.mark.parametrize("text", ["", "{}", '{"files": [{}]}', "[]", '{"files": 3}'])
def test_a_manifest_that_does_not_name_it_is_refused(folder, text):
    (folder / MANIFEST_FILE).write_text(text)
    with pytest.raises(WeightsError, match=MANIFEST_FILE):
        read_verified(folder, "net.bin")


def test_a_missing_manifest_is_refused(folder):
    (folder / MANIFEST_FILE).unlink()
    with pytest.raises(WeightsError, match=MANIFEST_FILE):
        read_verified(folder, "net.bin")
