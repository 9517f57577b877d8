"""Whom to believe: the publishers a reader trusts, and what a signature is worth to this reader."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from underdrawing.errors import KeyFileError
from underdrawing.payload.keyfile import read_key_file, write_key_file
from underdrawing.payload.keyforms import check_owner
from underdrawing.payload.keys import PublicKey

__all__ = ["Publisher", "SignatureStatus", "TrustStore"]


class SignatureStatus(StrEnum):
    """What the reader can say about the signature in a payload."""

    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN_KEY = "unknown-key"
    ABSENT = "absent"


@dataclass(frozen=True)
class Publisher:
    """Somebody whose signatures a reader believes.

    Attributes:
        name: Who it is, in the words of the reader.
        key: Their public key.
        valid_from: The first day the key is believed; None: always was.
        valid_until: The last day; None: no end.
        revoked: The key is not believed any more, whatever the day.
    """

    name: str
    key: PublicKey
    valid_from: date | None = None
    valid_until: date | None = None
    revoked: bool = False

    def __post_init__(self) -> None:
        check_owner(self.name)
        if not self.name.strip():
            raise KeyFileError("a trusted key needs the name of its publisher; give one")

    @property
    def terms(self) -> str | None:
        """For which days the key is believed, in words; None where there is no limit."""
        days = [f"from {self.valid_from}"] * bool(self.valid_from) + [f"until {self.valid_until}"] * bool(
            self.valid_until
        )
        return " ".join(days) or None

    def is_called(self, name: str) -> bool:
        """Whether somebody means this key: by the name of the publisher, its id, or its fingerprint."""
        return name in (self.name, self.key.id.hex(), self.key.fingerprint)

    def distrust(self, on: date) -> str | None:
        """Why the key is not believed on that day, in words; None where it is."""
        if self.revoked:
            return f"the key of {self.name} is revoked"
        if self.valid_from and on < self.valid_from:
            return f"the key of {self.name} is valid only from {self.valid_from}"
        if self.valid_until and on > self.valid_until:
            return f"the key of {self.name} was valid only until {self.valid_until}"
        return None


@dataclass(frozen=True)
class TrustStore:
    """The publishers a reader believes. It does not change: ``add``, ``revoke``, ``forget`` and ``merge`` return
    another one.

    Attributes:
        publishers: In the order they were added.
    """

    publishers: tuple[Publisher, ...] = ()

    def __iter__(self) -> Iterator[Publisher]:
        return iter(self.publishers)

    def __len__(self) -> int:
        return len(self.publishers)

    def with_key_id(self, key_id: bytes) -> tuple[Publisher, ...]:
        """Everybody whose key goes by this id; an id is short, so there may be several."""
        return tuple(p for p in self.publishers if p.key.id == key_id)

    def add(self, publisher: Publisher) -> "TrustStore":
        """The store with one publisher more.

        Raises:
            KeyFileError: The key is there already.
        """
        for known in self.publishers:
            if known.key == publisher.key:
                raise KeyFileError(f"the key of {publisher.name} is there already, as that of {known.name}")
        return TrustStore((*self.publishers, publisher))

    def merge(self, other: "TrustStore") -> "TrustStore":
        """Both stores in one. Where both know a key, the entry of this one counts, revoked if either says so."""
        revoked = {p.key.data for p in (*self, *other) if p.revoked}
        own = {p.key.data for p in self}
        both = (*self, *(p for p in other if p.key.data not in own))
        return TrustStore(tuple(replace(p, revoked=p.key.data in revoked) for p in both))

    def revoke(self, name: str) -> "TrustStore":
        """The store with every key of that publisher, id or fingerprint revoked.

        Raises:
            KeyFileError: There is no such key.
        """
        self._expect(name, "revoked")
        return TrustStore(tuple(replace(p, revoked=p.revoked or p.is_called(name)) for p in self))

    def forget(self, name: str) -> "TrustStore":
        """The store without every key of that publisher, id or fingerprint: they are strangers again.

        Raises:
            KeyFileError: There is no such key.
        """
        self._expect(name, "forgotten")
        return TrustStore(tuple(p for p in self if not p.is_called(name)))

    def _expect(self, name: str, what: str) -> None:
        if not any(p.is_called(name) for p in self):
            raise KeyFileError(f"no publisher named {name!a} is trusted, so none can be {what}")

    @classmethod
    def load(cls, path: Path) -> "TrustStore":
        """The publishers in a trust file, or in a text file with a public key in each line (from ``keys export``).

        Raises:
            KeyFileError: The file is missing or is neither.
        """
        try:
            text = read_key_file(path).decode("utf-8")
            return cls._from_json(text) if text.lstrip().startswith("{") else cls._from_lines(text)
        except UnicodeDecodeError as error:
            raise KeyFileError(f"{path}: not a trust file; expected text in UTF-8") from error
        except KeyFileError as error:
            raise KeyFileError(f"{path}: {error}" if not str(error).startswith(str(path)) else str(error)) from error

    def save(self, path: Path) -> None:
        """Write the trust file in one step, in place of an older one.

        Raises:
            KeyFileError: It cannot be written.
        """
        rows = [_to_row(p) for p in self]
        text = json.dumps({_FORMAT: _VERSION, "publishers": rows}, indent=2, ensure_ascii=False)
        write_key_file(path, f"{text}\n".encode(), secret=False, overwrite=True)

    @classmethod
    def _from_json(cls, text: str) -> "TrustStore":
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise KeyFileError(f"not a trust file: {error}") from error
        if content.get(_FORMAT) != _VERSION or not isinstance(content.get("publishers"), list):
            raise KeyFileError(
                f"not a trust file of version {_VERSION}: expected the keys '{_FORMAT}' and 'publishers'"
            )
        return _collect(_from_row(row) for row in content["publishers"])

    @classmethod
    def _from_lines(cls, text: str) -> "TrustStore":
        lines = (line.strip() for line in text.splitlines())
        keys = [PublicKey.parse(line) for line in lines if line and not line.startswith("#")]
        if not keys:
            raise KeyFileError("neither a trust file nor a public key; it is empty")
        return _collect(Publisher(key.name or f"key {key.id.hex()}", key) for key in keys)


_FORMAT = "underdrawing-trust"
_VERSION = 1


def _collect(publishers: Iterator[Publisher]) -> TrustStore:
    store = TrustStore()
    for publisher in publishers:
        store = store.add(publisher)
    return store


def _to_row(publisher: Publisher) -> dict[str, Any]:
    row: dict[str, Any] = {"name": publisher.name, "key": str(publisher.key)}
    if publisher.valid_from:
        row["valid_from"] = publisher.valid_from.isoformat()
    if publisher.valid_until:
        row["valid_until"] = publisher.valid_until.isoformat()
    if publisher.revoked:
        row["revoked"] = True
    return row


def _from_row(row: Any) -> Publisher:
    if not isinstance(row, dict) or not isinstance(row.get("name"), str) or not isinstance(row.get("key"), str):
        raise KeyFileError("a publisher in the trust file needs the texts 'name' and 'key'")
    if unknown := set(row) - {"name", "key", "valid_from", "valid_until", "revoked"}:
        raise KeyFileError(f"publisher {row['name']!a}: unknown entry {min(unknown)!a}")
    revoked = row.get("revoked", False)
    if not isinstance(revoked, bool):
        raise KeyFileError(f"publisher {row['name']!a}: 'revoked' is true or false")
    days = (_day(row, "valid_from"), _day(row, "valid_until"))
    return Publisher(row["name"], PublicKey.parse(row["key"]), *days, revoked)


def _day(row: dict[str, Any], name: str) -> date | None:
    if (text := row.get(name)) is None:
        return None
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise KeyFileError(f"publisher {row['name']!a}: '{name}' is a day like 2026-12-31") from error
