"""Keys against the vectors of RFC 8032 and against openssl's file formats; nothing is overwritten or shown."""

import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from underdrawing.errors import KeyFileError, OutputExistsError
from underdrawing.payload import ChannelKey, PublicKey, SigningKey

SEED = bytes.fromhex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")
PUBLIC = bytes.fromhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
SIGNATURE = bytes.fromhex(
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
)


def test_reference_rfc_8032_vector_3() -> None:
    key = SigningKey.from_seed(SEED)
    assert key.public().data == PUBLIC
    assert key.sign(bytes.fromhex("af82")) == SIGNATURE
    assert key.public().verify(bytes.fromhex("af82"), SIGNATURE)
    assert not key.public().verify(bytes.fromhex("af83"), SIGNATURE)
    assert not key.public().verify(bytes.fromhex("af82"), SIGNATURE[:63])


@pytest.mark.parametrize("password", [None, "", "größer als 8"])
def test_round_trip_of_a_key_file(tmp_path: Path, password: str | None) -> None:
    key = SigningKey.new()
    key.save(tmp_path / "my.key", password=password)
    assert SigningKey.load(tmp_path / "my.key", password=password).public() == key.public()
    assert [file.name for file in tmp_path.iterdir()] == ["my.key"]


def test_a_key_file_is_standard_pem(tmp_path: Path) -> None:
    SigningKey.from_seed(SEED).save(tmp_path / "my.key")
    read = serialization.load_pem_private_key((tmp_path / "my.key").read_bytes(), None)
    assert isinstance(read, ed25519.Ed25519PrivateKey)
    assert read.private_bytes_raw() == SEED


def test_a_password_really_locks(tmp_path: Path) -> None:
    path = tmp_path / "my.key"
    SigningKey.from_seed(SEED).save(path, password="open sesame")
    assert SEED not in path.read_bytes()
    with pytest.raises(KeyFileError, match="give its password"):
        SigningKey.load(path)
    with pytest.raises(KeyFileError, match="wrong password"):
        SigningKey.load(path, password="open barley")


def test_a_password_for_a_key_without_one_does_no_harm(tmp_path: Path) -> None:
    SigningKey.from_seed(SEED).save(tmp_path / "my.key")
    assert SigningKey.load(tmp_path / "my.key", password="x").public().data == PUBLIC


@pytest.mark.parametrize("key", [SigningKey.from_seed(SEED), ChannelKey(SEED)], ids=["signing", "channel"])
def test_secrets_are_for_their_owner_and_never_overwritten(tmp_path: Path, key: SigningKey | ChannelKey) -> None:
    path = tmp_path / "my.key"
    before = os.umask(0)
    try:
        key.save(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content = path.read_bytes()
    with pytest.raises(OutputExistsError, match="exists already"):
        key.save(path)
    assert path.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == ["my.key"]


def test_secrets_are_not_shown() -> None:
    for shown in (repr(SigningKey.from_seed(SEED)), repr(ChannelKey(SEED))):
        assert SEED.hex() not in shown
        assert repr(SEED) not in shown


def test_a_missing_folder_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot write the key file: No such file"):
        SigningKey.new().save(tmp_path / "nowhere" / "my.key")


def another_kind() -> bytes:
    pem = serialization
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.NoEncryption()
    )


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "not a signing key"),
        (b"\xff\xfe garbage", "not a signing key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "not a signing key"),
        (another_kind(), "expected an Ed25519 key"),
        (b"x" * 1_000_001, "more than 1000000 bytes"),
    ],
)
def test_rejects_files_that_are_no_signing_key(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "my.key").write_bytes(content)
    with pytest.raises(KeyFileError, match=message):
        SigningKey.load(tmp_path / "my.key")


def test_rejects_a_missing_file(tmp_path: Path) -> None:
    for load in (SigningKey.load, ChannelKey.load):
        with pytest.raises(KeyFileError, match="cannot read the key file: No such file"):
            load(tmp_path / "my.key")
        with pytest.raises(KeyFileError, match="Is a directory"):
            load(tmp_path)


def test_round_trip_of_a_public_key_line() -> None:
    for name in ("", "The Zoo", "Zoo Zürich, press office"):
        key = PublicKey(PUBLIC, name)
        read = PublicKey.parse(f"  {key}\n")
        assert (read.data, read.name) == (PUBLIC, name)
    assert str(PublicKey(PUBLIC, "Zoo")) == "underdrawing-ed25519 /FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU= Zoo"


def test_the_id_is_the_start_of_the_hash() -> None:
    import hashlib

    assert PublicKey(PUBLIC).id == hashlib.sha256(PUBLIC).digest()[:4]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA me",
        "underdrawing-ed25519",
        "underdrawing-ed25519 not-base64! me",
        "underdrawing-ed25519 AAAA me",
        f"{PublicKey(PUBLIC)} evil \u202e name",
        f"{PublicKey(PUBLIC)} {'n' * 201}",
        f"{PublicKey(PUBLIC)} \x1b[31mred",
    ],
)
def test_rejects_lines_that_are_no_public_key(line: str) -> None:
    with pytest.raises(KeyFileError):
        PublicKey.parse(line)


def test_a_public_key_that_is_no_point_verifies_nothing() -> None:
    assert not PublicKey(b"\xff" * 32).verify(b"", SIGNATURE)


def test_round_trip_of_a_channel_key(tmp_path: Path) -> None:
    key = ChannelKey.new()
    key.save(tmp_path / "channel.key")
    assert ChannelKey.load(tmp_path / "channel.key") == key
    assert ChannelKey.new() != key


def test_kinds_of_keys_are_not_mixed_up(tmp_path: Path) -> None:
    ChannelKey.new().save(tmp_path / "channel.key")
    SigningKey.new().save(tmp_path / "signing.key")
    with pytest.raises(KeyFileError, match="not a signing key"):
        SigningKey.load(tmp_path / "channel.key")
    with pytest.raises(KeyFileError, match="not a channel key"):
        ChannelKey.load(tmp_path / "signing.key")


def test_rejects_a_damaged_channel_key(tmp_path: Path) -> None:
    path = tmp_path / "channel.key"
    ChannelKey(SEED).save(path)
    text = path.read_text()
    for damaged in (text.replace("=", ""), text.replace("x", "!"), text.replace("=", "AA")):
        path.write_text(damaged)
        with pytest.raises(KeyFileError):
            ChannelKey.load(path)


def test_rejects_secrets_of_another_length() -> None:
    with pytest.raises(KeyFileError, match="32 bytes, got 31"):
        ChannelKey(bytes(31))
    with pytest.raises(KeyFileError, match="32 bytes, got 33"):
        SigningKey.from_seed(bytes(33))
    with pytest.raises(KeyFileError, match="32 bytes, got 0"):
        PublicKey(b"")
