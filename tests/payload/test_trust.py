"""A trust file says what it said, takes what people have, and refuses what it does not understand."""

import base64
import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from underdrawing.errors import KeyFileError
from underdrawing.payload import PublicKey, Publisher, SigningKey, TrustStore

ZOO = SigningKey.from_seed(bytes([1] * 32)).public(name="The Zoo")
PRESS = SigningKey.from_seed(bytes([2] * 32)).public()


def two() -> TrustStore:
    zoo = Publisher("The Zoo", ZOO, valid_from=date(2026, 1, 1), valid_until=date(2027, 12, 31))
    return TrustStore().add(zoo).add(Publisher("Présse", PRESS, revoked=True))


def test_round_trip(tmp_path: Path) -> None:
    two().save(tmp_path / "trust.json")
    assert TrustStore.load(tmp_path / "trust.json") == two()
    assert [file.name for file in tmp_path.iterdir()] == ["trust.json"]


def test_saving_again_replaces(tmp_path: Path) -> None:
    two().save(tmp_path / "trust.json")
    two().revoke("The Zoo").save(tmp_path / "trust.json")
    assert all(p.revoked for p in TrustStore.load(tmp_path / "trust.json"))


def test_a_store_does_not_change() -> None:
    store = two()
    store.revoke("The Zoo")
    assert [p.revoked for p in store] == [False, True]
    assert len(store) == 2


def test_exported_keys_are_a_trust_file(tmp_path: Path) -> None:
    path = tmp_path / "keys.txt"
    path.write_text(f"# from the web page\n\n{ZOO}\n{PRESS}\n")
    assert [p.name for p in TrustStore.load(path)] == ["The Zoo", f"key {PRESS.id.hex()}"]


@pytest.mark.parametrize(
    "publisher, on, believed",
    [
        (Publisher("x", ZOO), date(1, 1, 1), True),
        (Publisher("x", ZOO, valid_from=date(2026, 5, 1)), date(2026, 5, 1), True),
        (Publisher("x", ZOO, valid_from=date(2026, 5, 1)), date(2026, 4, 30), False),
        (Publisher("x", ZOO, valid_until=date(2026, 5, 1)), date(2026, 5, 1), True),
        (Publisher("x", ZOO, valid_until=date(2026, 5, 1)), date(2026, 5, 2), False),
        (Publisher("x", ZOO, revoked=True), date(2026, 5, 1), False),
    ],
)
def test_days_and_revocation(publisher: Publisher, on: date, believed: bool) -> None:
    assert (publisher.distrust(on) is None) == believed


def test_found_by_key_id() -> None:
    assert [p.name for p in two().with_key_id(PRESS.id)] == ["Présse"]
    assert two().with_key_id(b"\0\0\0\0") == ()


def test_merge_keeps_both_and_every_revocation() -> None:
    mine = TrustStore().add(Publisher("My press", PRESS))
    merged = mine.merge(two())
    assert [(p.name, p.revoked) for p in merged] == [("My press", True), ("The Zoo", False)]


def test_rejects_a_key_twice_and_nameless_or_unknown_publishers() -> None:
    with pytest.raises(KeyFileError, match="is there already, as that of The Zoo"):
        two().add(Publisher("Another Zoo", PublicKey(ZOO.data)))
    with pytest.raises(KeyFileError, match="needs the name"):
        Publisher("  ", ZOO)
    with pytest.raises(KeyFileError, match="is not a name"):
        Publisher("evil\u202e", ZOO)
    with pytest.raises(KeyFileError, match="no publisher named 'Nobody'"):
        two().revoke("Nobody")


def trust_file(**changes: Any) -> str:
    row = {"name": "Zoo", "key": str(ZOO)} | changes
    return json.dumps({"underdrawing-trust": 1, "publishers": [row]})


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "it is empty"),
        ("{", "not a trust file"),
        ("{" * 100_000, "not a trust file"),
        ('{"a": ' * 100_000, "not a trust file"),
        ("{}", "version 1"),
        ('{"underdrawing-trust": 2, "publishers": []}', "version 1"),
        ('{"underdrawing-trust": 1, "publishers": {}}', "version 1"),
        ('{"underdrawing-trust": 1, "publishers": [3]}', "needs the texts"),
        (trust_file(key=7), "needs the texts"),
        (trust_file(key="ssh-rsa AAAA"), "not a public key"),
        (trust_file(valid_until="tomorrow"), "'valid_until' is a day like"),
        (trust_file(valid_from=20260101), "'valid_from' is a day like"),
        (trust_file(revoked="no"), "'revoked' is true or false"),
        (trust_file(revokd=True), "unknown entry 'revokd'"),
        (trust_file(name=""), "needs the name"),
        (trust_file(name="a\x1b[0m"), "is not a name"),
        ("ssh-ed25519 AAAA me", "not a public key"),
    ],
)
def test_rejects(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "trust.json"
    path.write_text(text)
    with pytest.raises(KeyFileError, match=message) as caught:
        TrustStore.load(path)
    assert str(caught.value).startswith(str(path))


def test_rejects_what_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "trust.json").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(KeyFileError, match="expected text in UTF-8"):
        TrustStore.load(tmp_path / "trust.json")


def test_revoked_and_forgotten_by_name_id_or_fingerprint() -> None:
    one, two = (Publisher("Zoo", SigningKey.from_seed(bytes([n]) * 32).public()) for n in (1, 2))
    store = TrustStore((one, two))
    assert [p.revoked for p in store.revoke("Zoo")] == [True, True]
    for name in (two.key.id.hex(), two.key.fingerprint):
        assert [p.revoked for p in store.revoke(name)] == [False, True]
        assert tuple(store.forget(name)) == (one,)
    assert len(store.forget("Zoo")) == 0
    with pytest.raises(KeyFileError, match="none can be forgotten"):
        store.forget("Nobody")


def test_terms_are_the_days_in_words() -> None:
    key = SigningKey.from_seed(bytes(32)).public()
    days = (date(2026, 1, 1), date(2027, 1, 1))
    assert Publisher("Zoo", key).terms is None
    assert Publisher("Zoo", key, *days).terms == "from 2026-01-01 until 2027-01-01"
    assert Publisher("Zoo", key, valid_until=days[1]).terms == "until 2027-01-01"


def test_a_fingerprint_is_the_sha_256_of_the_key() -> None:
    key = PublicKey(bytes(range(32)))
    digest = base64.b64decode(key.fingerprint.removeprefix("SHA256:") + "=")
    assert digest == hashlib.sha256(bytes(range(32))).digest()
    assert digest[:4] == key.id
