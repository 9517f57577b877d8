"""The keys: one to sign with, the public half to check with, and a secret for the channel.

A signing key is kept in a PEM file (PKCS #8, with a password if wished), a channel key in a PEM-like file of its own;
both are readable by their owner only, written once and never overwritten. A public key is one line of text:
``underdrawing-ed25519 BASE64 NAME``.

Source: Ed25519 is RFC 8032, PKCS #8 is RFC 5958.
"""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from underdrawing.payload.keyforms import PublicHalf
from underdrawing.payload.keyhalves import PrivateHalf, Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["KEY_ID_BYTES", "SIGNATURE_BYTES", "ChannelKey", "PublicKey", "SigningKey"]

KEY_ID_BYTES = 4
SIGNATURE_BYTES = 64


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


class SigningKey(PrivateHalf["Ed25519PrivateKey"]):
    """What a payload is signed with. Make one with ``new``, ``load`` or ``from_seed``."""

    what, algorithm, make = "a signing key", "an Ed25519 key", "underdrawing keys new"

    @classmethod
    def _kind(cls) -> "type[Ed25519PrivateKey]":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey

    def public(self, *, name: str = "") -> PublicKey:
        """The public half, with the name of its owner."""
        return PublicKey(self._public_bytes(), name)

    def sign(self, message: bytes) -> bytes:
        """The signature over these bytes, 64 bytes; the same every time."""
        return self._private.sign(message)

    def __repr__(self) -> str:
        return f"SigningKey({self.public().id.hex()})"


class ChannelKey(Secret):
    """A secret that decides where in the pixels a payload lies: without it the mark can be neither read nor found.

    Attributes:
        secret: 32 bytes.
    """

    what, label, make = "a channel key", "UNDERDRAWING CHANNEL KEY", "underdrawing keys new --channel"
