"""Keys of confidential messages: a key file that many share, or key pairs whose public halves name the recipients.

A shared key is a small file like a channel key, a private one is PEM (PKCS #8, with a password if wished), a public one
is a line of text: ``underdrawing-x25519 BASE64 NAME``.

Source: X25519 is RFC 7748.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from underdrawing.errors import KeyFileError
from underdrawing.payload.keyfile import read_key_file
from underdrawing.payload.keyforms import PublicHalf, load_pem
from underdrawing.payload.keyhalves import PrivateHalf, Secret
from underdrawing.payload.keys import SigningKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

__all__ = ["OpeningKey", "Recipient", "SharedKey", "is_shared", "load_opener", "load_private", "load_recipients"]


class SharedKey(Secret):
    """A secret that seals confidential messages, and opens them again, for everybody who has the file.

    Attributes:
        secret: 32 bytes.
    """

    what, label, make = "a shared key", "UNDERDRAWING SHARED KEY", "underdrawing keys new --shared"


@dataclass(frozen=True)
class Recipient(PublicHalf):
    """Somebody who shall be able to open a confidential message: an X25519 key, written ``underdrawing-x25519 …``."""

    scheme = "underdrawing-x25519"


class OpeningKey(PrivateHalf["X25519PrivateKey"]):
    """The private half: opens what was sealed for its public half. Make one with ``new``, ``load`` or ``from_seed``."""

    what, algorithm, make = "an opening key", "an X25519 key", "underdrawing keys new --opening"

    @classmethod
    def _kind(cls) -> "type[X25519PrivateKey]":
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

        return X25519PrivateKey

    def public(self, *, name: str = "") -> Recipient:
        """The public half, with the name of its owner."""
        return Recipient(self._public_bytes(), name)

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
    return SharedKey.label.encode() in read_key_file(path)


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
