"""Keys of confidential messages: a key file that many share, or key pairs whose public halves name the recipients.

A shared key is a small file like a channel key, a private one is PEM (PKCS #8, with a password if wished), a public one
is a line of text: ``underdrawing-x25519 BASE64 NAME``.

Source: X25519 is RFC 7748.
"""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from underdrawing.errors import KeyFileError
from underdrawing.payload.keyfile import read_key_file
from underdrawing.payload.keyforms import (
    KEY_BYTES,
    PublicHalf,
    fingerprint,
    load_armour,
    load_pem,
    save_armour,
    save_pem,
)
from underdrawing.payload.keys import SigningKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

__all__ = ["OpeningKey", "Recipient", "SharedKey", "is_shared", "load_opener", "load_private", "load_recipients"]

_LABEL = "UNDERDRAWING SHARED KEY"
_MAKE_SHARED, _MAKE_OPENING = "underdrawing keys new --shared", "underdrawing keys new --opening"


@dataclass(frozen=True)
class SharedKey:
    """A secret that seals confidential messages, and opens them again, for everybody who has the file.

    Attributes:
        secret: 32 bytes.
    """

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise KeyFileError(f"a shared key has {KEY_BYTES} bytes, got {len(self.secret)}")

    @property
    def fingerprint(self) -> str:
        """``SHA256:`` and 43 characters that tell two keys apart and nothing of the secret."""
        return fingerprint(b"underdrawing secret\0" + self.secret)

    @classmethod
    def new(cls) -> "SharedKey":
        """A key from the randomness of the operating system."""
        return cls(secrets.token_bytes(KEY_BYTES))

    @classmethod
    def load(cls, path: Path) -> "SharedKey":
        """The key in a file that ``save`` wrote.

        Raises:
            KeyFileError: The file is missing or is something else.
        """
        return cls(load_armour(path, label=_LABEL, make=_MAKE_SHARED))

    def save(self, path: Path) -> None:
        """Write the key to a file that only its owner may read; a file that is there is never overwritten.

        Raises:
            OutputExistsError: The file is there.
            KeyFileError: It cannot be written.
        """
        save_armour(path, self.secret, label=_LABEL)


@dataclass(frozen=True)
class Recipient(PublicHalf):
    """Somebody who shall be able to open a confidential message: an X25519 key, written ``underdrawing-x25519 …``."""

    scheme = "underdrawing-x25519"


class OpeningKey:
    """The private half: opens what was sealed for its public half. Make one with ``new``, ``load`` or ``from_seed``."""

    def __init__(self, private: "X25519PrivateKey") -> None:
        self._private = private

    @classmethod
    def new(cls) -> "OpeningKey":
        """A key from the randomness of the operating system."""
        return cls.from_seed(secrets.token_bytes(KEY_BYTES))

    @classmethod
    def from_seed(cls, seed: bytes) -> "OpeningKey":
        """The key that belongs to 32 secret bytes."""
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

        if len(seed) != KEY_BYTES:
            raise KeyFileError(f"the seed of an opening key has {KEY_BYTES} bytes, got {len(seed)}")
        return cls(X25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def load(cls, path: Path, *, password: str | None = None) -> "OpeningKey":
        """The key in a PEM file.

        Raises:
            KeyFileError: The file is missing, is not an X25519 key, or needs a password or another one.
        """
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

        private = load_pem(path, password=password, what="an opening key", make=_MAKE_OPENING)
        if not isinstance(private, X25519PrivateKey):
            raise KeyFileError(f"{path}: expected an X25519 key, got another kind; make one with `{_MAKE_OPENING}`")
        return cls(private)

    def save(self, path: Path, *, password: str | None = None) -> None:
        """Write the key to a PEM file that only its owner may read.

        Args:
            path: Where to; a file that is there is never overwritten.
            password: Encrypts the file; None or an empty one leaves it readable to whoever gets it.

        Raises:
            OutputExistsError: The file is there.
            KeyFileError: It cannot be written.
        """
        save_pem(path, self._private, password=password)

    def public(self, *, name: str = "") -> Recipient:
        """The public half, with the name of its owner."""
        return Recipient(self._private.public_key().public_bytes_raw(), name)

    def agree(self, other: bytes) -> bytes | None:
        """The 32 bytes that both sides of two key pairs come to; None for a public key that has no secret to it."""
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

        try:
            return self._private.exchange(X25519PublicKey.from_public_bytes(other))
        except ValueError:
            return None

    def __repr__(self) -> str:
        return f"OpeningKey({self.public().fingerprint})"


def is_shared(path: Path) -> bool:
    """Whether a file holds a shared key.

    Raises:
        KeyFileError: It cannot be read.
    """
    return _LABEL.encode() in read_key_file(path)


def load_opener(path: Path, *, password: str | None = None) -> SharedKey | OpeningKey:
    """What opens confidential messages: a shared key, or a private one.

    Raises:
        KeyFileError: The file is missing, is neither, or needs a password or another one.
    """
    return SharedKey.load(path) if is_shared(path) else OpeningKey.load(path, password=password)


def load_private(path: Path, *, password: str | None = None) -> SigningKey | OpeningKey:
    """The private key in a PEM file, of either kind.

    Raises:
        KeyFileError: The file is missing, is neither, or needs a password or another one.
    """
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    make = "underdrawing keys new"
    private = load_pem(path, password=password, what="a private key", make=make)
    if isinstance(private, X25519PrivateKey):
        return OpeningKey(private)
    return SigningKey.load(path, password=password)


def load_recipients(path: Path) -> tuple[Recipient, ...]:
    """The public keys in a text file, one a line; lines that begin with ``#`` say nothing.

    Raises:
        KeyFileError: The file is missing, empty, or holds something else.
    """
    lines = (line.strip() for line in read_key_file(path).decode("utf-8", errors="replace").splitlines())
    try:
        recipients = tuple(Recipient.parse(line) for line in lines if line and not line.startswith("#"))
    except KeyFileError as error:
        raise KeyFileError(f"{path}: {error}") from error
    if not recipients:
        raise KeyFileError(f"{path}: no public key in it; get one with `underdrawing keys export`")
    return recipients
