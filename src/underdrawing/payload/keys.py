"""The keys: one to sign with, the public half to check with, and a secret for the channel.

A signing key is kept in a PEM file (PKCS #8, with a password if wished), a channel key in a PEM-like file of its own;
both are readable by their owner only, written once and never overwritten. A public key is one line of text:
``underdrawing-ed25519 BASE64 NAME``.

Source: Ed25519 is RFC 8032, PKCS #8 is RFC 5958.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from underdrawing.errors import KeyFileError
from underdrawing.payload.keyforms import (
    KEY_BYTES,
    PublicHalf,
    fingerprint,
    load_armour,
    load_pem,
    save_armour,
    save_pem,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["KEY_ID_BYTES", "SIGNATURE_BYTES", "ChannelKey", "PublicKey", "SigningKey"]

KEY_ID_BYTES = 4
SIGNATURE_BYTES = 64

_MAKE = "underdrawing keys new"
_CHANNEL_LABEL = "UNDERDRAWING CHANNEL KEY"


@dataclass(frozen=True)
class PublicKey(PublicHalf):
    """What a signature is checked with: an Ed25519 key, written ``underdrawing-ed25519 …``."""

    scheme = "underdrawing-ed25519"

    @property
    def id(self) -> bytes:
        """The first 4 bytes of the SHA-256 of the key: what a payload names its key by. Two keys may share it."""
        return hashlib.sha256(self.data).digest()[:KEY_ID_BYTES]

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature of 64 bytes was made over these bytes with this key."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.data).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


class SigningKey:
    """What a payload is signed with. Make one with ``new``, ``load`` or ``from_seed``."""

    def __init__(self, private: "Ed25519PrivateKey") -> None:
        self._private = private

    @classmethod
    def new(cls) -> "SigningKey":
        """A key from the randomness of the operating system."""
        return cls.from_seed(secrets.token_bytes(KEY_BYTES))

    @classmethod
    def from_seed(cls, seed: bytes) -> "SigningKey":
        """The key that belongs to 32 secret bytes."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        if len(seed) != KEY_BYTES:
            raise KeyFileError(f"the seed of a signing key has {KEY_BYTES} bytes, got {len(seed)}")
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def load(cls, path: Path, *, password: str | None = None) -> "SigningKey":
        """The key in a PEM file.

        Raises:
            KeyFileError: The file is missing, is not an Ed25519 key, or needs a password or another one.
        """
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        private = load_pem(path, password=password, what="a signing key", make=_MAKE)
        if not isinstance(private, Ed25519PrivateKey):
            raise KeyFileError(f"{path}: expected an Ed25519 key, got another kind; make one with `{_MAKE}`")
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

    def public(self, *, name: str = "") -> PublicKey:
        """The public half, with the name of its owner."""
        return PublicKey(self._private.public_key().public_bytes_raw(), name)

    def sign(self, message: bytes) -> bytes:
        """The signature over these bytes, 64 bytes; the same every time."""
        return self._private.sign(message)

    def __repr__(self) -> str:
        return f"SigningKey({self.public().id.hex()})"


@dataclass(frozen=True)
class ChannelKey:
    """A secret that decides where in the pixels a payload lies: without it the mark can be neither read nor found.

    Attributes:
        secret: 32 bytes.
    """

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise KeyFileError(f"a channel key has {KEY_BYTES} bytes, got {len(self.secret)}")

    @property
    def fingerprint(self) -> str:
        """``SHA256:`` and 43 characters that tell two keys apart and nothing of the secret."""
        return fingerprint(b"underdrawing secret\0" + self.secret)

    @classmethod
    def new(cls) -> "ChannelKey":
        """A key from the randomness of the operating system."""
        return cls(secrets.token_bytes(KEY_BYTES))

    @classmethod
    def load(cls, path: Path) -> "ChannelKey":
        """The key in a file that ``save`` wrote.

        Raises:
            KeyFileError: The file is missing or is something else.
        """
        return cls(load_armour(path, label=_CHANNEL_LABEL, make="underdrawing keys new --channel"))

    def save(self, path: Path) -> None:
        """Write the key to a file that only its owner may read; a file that is there is never overwritten.

        Raises:
            OutputExistsError: The file is there.
            KeyFileError: It cannot be written.
        """
        save_armour(path, self.secret, label=_CHANNEL_LABEL)
