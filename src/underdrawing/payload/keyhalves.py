"""What keys of one form have in common, whatever they are for: secrets that are shared, and private halves of pairs."""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Generic, Self, TypeVar, cast

from underdrawing.errors import KeyFileError
from underdrawing.payload.keyforms import KEY_BYTES, fingerprint, load_armour, load_pem, save_armour, save_pem

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

__all__ = ["PrivateHalf", "Secret"]

_Private = TypeVar("_Private", bound="Ed25519PrivateKey | X25519PrivateKey")


@dataclass(frozen=True)
class Secret:
    """A secret in a file that only its owner may read.

    Attributes:
        what: what to call it in a message: ``a channel key``.
        label: what its file begins with.
        make: the command that makes one.
        secret: 32 bytes.
    """

    what: ClassVar[str]
    label: ClassVar[str]
    make: ClassVar[str]
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise KeyFileError(f"{self.what} has {KEY_BYTES} bytes, got {len(self.secret)}")

    @property
    def fingerprint(self) -> str:
        """``SHA256:`` and 43 characters that tell two keys apart and nothing of the secret."""
        return fingerprint(b"underdrawing secret\0" + self.secret)

    @classmethod
    def new(cls) -> Self:
        """A key from the randomness of the operating system."""
        return cls(secrets.token_bytes(KEY_BYTES))

    @classmethod
    def load(cls, path: Path) -> Self:
        """The key in a file that ``save`` wrote.

        Raises:
            KeyFileError: The file is missing or is something else.
        """
        return cls(load_armour(path, label=cls.label, make=cls.make))

    def save(self, path: Path) -> None:
        """Write the key to a file that only its owner may read; a file that is there is never overwritten.

        Raises:
            OutputExistsError: The file is there.
            KeyFileError: It cannot be written.
        """
        save_armour(path, self.secret, label=self.label)


class PrivateHalf(ABC, Generic[_Private]):
    """The private half of a pair, in a PEM file. Make one with ``new``, ``load`` or ``from_seed``.

    Attributes:
        what: what to call it in a message: ``a signing key``.
        algorithm: the same for the kind of key: ``an Ed25519 key``.
        make: the command that makes one.
    """

    what: ClassVar[str]
    algorithm: ClassVar[str]
    make: ClassVar[str]

    def __init__(self, private: _Private) -> None:
        self._private = private

    @classmethod
    @abstractmethod
    def _kind(cls) -> type[_Private]:
        """The class of what is wrapped; it is imported only when a key is."""

    @classmethod
    def new(cls) -> Self:
        """A key from the randomness of the operating system."""
        return cls.from_seed(secrets.token_bytes(KEY_BYTES))

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """The key that belongs to 32 secret bytes.

        Raises:
            KeyFileError: They are not 32.
        """
        if len(seed) != KEY_BYTES:
            raise KeyFileError(f"the seed of {cls.what} has {KEY_BYTES} bytes, got {len(seed)}")
        return cls(cast(_Private, cls._kind().from_private_bytes(seed)))

    @classmethod
    def load(cls, path: Path, *, password: str | None = None) -> Self:
        """The key in a PEM file.

        Raises:
            KeyFileError: The file is missing, is a key of another kind, or needs a password or another one.
        """
        private = load_pem(path, password=password, what=cls.what, make=cls.make)
        if not isinstance(private, cls._kind()):
            raise KeyFileError(f"{path}: expected {cls.algorithm}, got another kind; make one with `{cls.make}`")
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

    def _public_bytes(self) -> bytes:
        """The 32 bytes of the public half."""
        return self._private.public_key().public_bytes_raw()
