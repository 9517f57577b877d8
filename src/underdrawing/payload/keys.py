"""The keys: one to sign with, the public half to check with, and a secret for the channel.

A signing key is kept in a PEM file (PKCS #8, with a password if wished), a channel key in a PEM-like file of its own;
both are readable by their owner only, written once and never overwritten. A public key is one line of text:
``underdrawing-ed25519 BASE64 NAME``.

Source: Ed25519 is RFC 8032, PKCS #8 is RFC 5958.
"""

import base64
import binascii
import hashlib
import secrets
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from underdrawing.errors import KeyFileError
from underdrawing.payload.keyfile import read_key_file, write_key_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["KEY_ID_BYTES", "SIGNATURE_BYTES", "ChannelKey", "PublicKey", "SigningKey", "check_owner"]

KEY_ID_BYTES = 4
SIGNATURE_BYTES = 64

_SECRET_BYTES = 32
_SCHEME = "underdrawing-ed25519"
_MAX_OWNER_CHARACTERS = 200
_HARMFUL = ("Cc", "Cf", "Cs", "Zl", "Zp")


def check_owner(name: str) -> None:
    """Refuse the name of a key owner that could deceive in a terminal or a report.

    Raises:
        KeyFileError: It has more than 200 characters, or one that is not for showing: a control or format character,
            a line end, a lone surrogate.
    """
    if len(name) > _MAX_OWNER_CHARACTERS or any(unicodedata.category(c) in _HARMFUL for c in name):
        raise KeyFileError(
            f"{name[:60]!a} is not a name; expected one line of at most {_MAX_OWNER_CHARACTERS} characters"
        )


@dataclass(frozen=True)
class PublicKey:
    """What a signature is checked with.

    Attributes:
        data: The 32 bytes of the Ed25519 public key.
        name: Whose it is said to be; one line, may be empty. Two keys of the same bytes are equal whatever their names.
    """

    data: bytes
    name: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if len(self.data) != _SECRET_BYTES:
            raise KeyFileError(f"a public key has {_SECRET_BYTES} bytes, got {len(self.data)}")
        check_owner(self.name)

    @classmethod
    def parse(cls, line: str) -> "PublicKey":
        """The key in a line ``underdrawing-ed25519 BASE64 NAME``; the name may be missing.

        Raises:
            KeyFileError: The line is something else.
        """
        scheme, _, rest = line.strip().partition(" ")
        encoded, _, name = rest.strip().partition(" ")
        if scheme != _SCHEME:
            raise KeyFileError(f"not a public key: expected '{_SCHEME} BASE64 NAME', got {line[:60]!a}")
        try:
            data = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError) as error:
            raise KeyFileError(f"not a public key: {encoded[:60]!a} is not base64") from error
        return cls(data, name.strip())

    def __str__(self) -> str:
        """The line that ``parse`` reads."""
        return f"{_SCHEME} {base64.b64encode(self.data).decode()} {self.name}".rstrip()

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
        return cls.from_seed(secrets.token_bytes(_SECRET_BYTES))

    @classmethod
    def from_seed(cls, seed: bytes) -> "SigningKey":
        """The key that belongs to 32 secret bytes."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        if len(seed) != _SECRET_BYTES:
            raise KeyFileError(f"the seed of a signing key has {_SECRET_BYTES} bytes, got {len(seed)}")
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def load(cls, path: Path, *, password: str | None = None) -> "SigningKey":
        """The key in a PEM file.

        Raises:
            KeyFileError: The file is missing, is not an Ed25519 key, or needs a password or another one.
        """
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        data = read_key_file(path)
        encrypted = b"ENCRYPTED PRIVATE KEY" in data
        if encrypted and not password:
            raise KeyFileError(f"{path}: the key is protected; give its password")
        try:
            private = load_pem_private_key(data, password.encode() if encrypted and password else None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            problem = "wrong password, or a damaged file" if encrypted else "not a signing key in PEM form"
            raise KeyFileError(f"{path}: {problem}; make a key with `underdrawing keys new`") from error
        if not isinstance(private, Ed25519PrivateKey):
            raise KeyFileError(
                f"{path}: expected an Ed25519 key, got another kind; make one with `underdrawing keys new`"
            )
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
        from cryptography.hazmat.primitives import serialization as pem

        lock = pem.BestAvailableEncryption(password.encode()) if password else pem.NoEncryption()
        data = self._private.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, lock)
        write_key_file(path, data, secret=True)

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
        if len(self.secret) != _SECRET_BYTES:
            raise KeyFileError(f"a channel key has {_SECRET_BYTES} bytes, got {len(self.secret)}")

    @classmethod
    def new(cls) -> "ChannelKey":
        """A key from the randomness of the operating system."""
        return cls(secrets.token_bytes(_SECRET_BYTES))

    @classmethod
    def load(cls, path: Path) -> "ChannelKey":
        """The key in a file that ``save`` wrote.

        Raises:
            KeyFileError: The file is missing or is something else.
        """
        lines = read_key_file(path).decode("ascii", errors="replace").split("\n")
        if len(lines) < 3 or (lines[0].strip(), lines[2].strip()) != (_CHANNEL_BEGIN, _CHANNEL_END):
            raise KeyFileError(f"{path}: not a channel key; make one with `underdrawing keys new --channel`")
        try:
            return cls(base64.b64decode(lines[1].strip(), validate=True))
        except (binascii.Error, ValueError) as error:
            raise KeyFileError(f"{path}: a damaged channel key; take it from a copy") from error

    def save(self, path: Path) -> None:
        """Write the key to a file that only its owner may read; a file that is there is never overwritten.

        Raises:
            OutputExistsError: The file is there.
            KeyFileError: It cannot be written.
        """
        text = f"{_CHANNEL_BEGIN}\n{base64.b64encode(self.secret).decode()}\n{_CHANNEL_END}\n"
        write_key_file(path, text.encode(), secret=True)


_CHANNEL_BEGIN = "-----BEGIN UNDERDRAWING CHANNEL KEY-----"
_CHANNEL_END = "-----END UNDERDRAWING CHANNEL KEY-----"
