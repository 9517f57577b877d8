"""Keys of confidential messages against the vector of RFC 7748 and against standard file formats."""

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import x25519

from underdrawing.errors import KeyFileError, OutputExistsError
from underdrawing.payload import ChannelKey, OpeningKey, Recipient, SharedKey, SigningKey, load_opener, load_recipients

SCALAR = bytes.fromhex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4")
POINT = bytes.fromhex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")
AGREED = bytes.fromhex("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")


def test_reference_rfc_7748_section_5_2() -> None:
    assert OpeningKey.from_seed(SCALAR).agree(POINT) == AGREED


def test_both_sides_agree() -> None:
    one, other = OpeningKey.new(), OpeningKey.new()
    assert one.agree(other.public().data) == other.agree(one.public().data)
    assert one.agree(bytes(32)) is None


@pytest.mark.parametrize("password", [None, "", "größer als 8"])
def test_round_trip_of_an_opening_key(tmp_path: Path, password: str | None) -> None:
    key = OpeningKey.new()
    key.save(tmp_path / "my.key", password=password)
    read = load_opener(tmp_path / "my.key", password=password)
    assert isinstance(read, OpeningKey)
    assert read.public() == key.public()


def test_round_trip_of_a_shared_key(tmp_path: Path) -> None:
    key = SharedKey.new()
    key.save(tmp_path / "our.key")
    assert load_opener(tmp_path / "our.key") == SharedKey.load(tmp_path / "our.key") == key


def test_an_opening_key_is_standard_pem(tmp_path: Path) -> None:
    OpeningKey.from_seed(SCALAR).save(tmp_path / "my.key")
    read = serialization.load_pem_private_key((tmp_path / "my.key").read_bytes(), None)
    assert isinstance(read, x25519.X25519PrivateKey)
    assert read.private_bytes_raw() == SCALAR


def test_a_password_really_locks(tmp_path: Path) -> None:
    OpeningKey.from_seed(SCALAR).save(tmp_path / "my.key", password="open sesame")
    assert SCALAR not in (tmp_path / "my.key").read_bytes()
    for password, why in ((None, "give its password"), ("open barley", "wrong password")):
        with pytest.raises(KeyFileError, match=why):
            load_opener(tmp_path / "my.key", password=password)


@pytest.mark.parametrize("key", [OpeningKey.from_seed(SCALAR), SharedKey(SCALAR)], ids=["opening", "shared"])
def test_secrets_are_for_their_owner_never_overwritten_and_not_shown(
    tmp_path: Path, key: OpeningKey | SharedKey
) -> None:
    key.save(tmp_path / "my.key")
    assert stat.S_IMODE((tmp_path / "my.key").stat().st_mode) == 0o600
    with pytest.raises(OutputExistsError):
        key.save(tmp_path / "my.key")
    assert SCALAR.hex() not in repr(key)
    assert repr(SCALAR) not in repr(key)


def test_public_keys_are_lines_of_text(tmp_path: Path) -> None:
    ann, bob = OpeningKey.new().public(name="Ann at the desk"), OpeningKey.new().public()
    assert Recipient.parse(str(ann)) == ann
    assert Recipient.parse(str(ann)).name == "Ann at the desk"
    (tmp_path / "desk.pub").write_text(f"# the desk\n{ann}\n\n{bob}\n")
    assert load_recipients(tmp_path / "desk.pub") == (ann, bob)
    assert ann.fingerprint.startswith("SHA256:")
    assert len(ann.fingerprint) == 7 + 43


@pytest.mark.parametrize("text", ["", "# nobody\n", "underdrawing-x25519 AAAA short", "ssh-ed25519 AAAA x", "\xff\xfe"])
def test_rejects_files_of_recipients(tmp_path: Path, text: str) -> None:
    (tmp_path / "desk.pub").write_text(text)
    with pytest.raises(KeyFileError, match=r"desk\.pub"):
        load_recipients(tmp_path / "desk.pub")


def test_kinds_of_keys_are_not_mixed_up(tmp_path: Path) -> None:
    SigningKey.new().save(tmp_path / "signing")
    ChannelKey.new().save(tmp_path / "channel")
    OpeningKey.new().save(tmp_path / "opening")
    for name, why in (
        ("signing", "expected an X25519 key"),
        ("channel", "not an opening key"),
        ("none", "cannot read"),
    ):
        with pytest.raises(KeyFileError, match=why):
            load_opener(tmp_path / name)
    with pytest.raises(KeyFileError, match="expected an Ed25519 key"):
        SigningKey.load(tmp_path / "opening")
    with pytest.raises(KeyFileError, match="not a shared key"):
        SharedKey.load(tmp_path / "channel")
    with pytest.raises(KeyFileError, match="underdrawing-x25519"):
        Recipient.parse(str(SigningKey.new().public()))
    for wrong in (SharedKey, OpeningKey.from_seed, Recipient):
        with pytest.raises(KeyFileError, match="32 bytes, got 31"):
            wrong(bytes(31))
