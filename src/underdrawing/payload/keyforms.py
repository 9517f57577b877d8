"""The three written forms of keys: PEM for private keys, a line for public ones, a small armour for shared secrets."""

import base64
import binascii
import hashlib
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from underdrawing.errors import KeyFileError
from underdrawing.payload.keyfile import read_key_file, write_key_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

__all__ = [
    "KEY_BYTES",
    "PublicHalf",
    "check_owner",
    "fingerprint",
    "is_locked",
    "load_armour",
    "load_pem",
    "parse_line",
    "save_armour",
    "save_pem",
    "write_line",
]

KEY_BYTES = 32
"""Length of every key and secret here."""

_LOCKED = b"ENCRYPTED PRIVATE KEY"
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


def fingerprint(data: bytes) -> str:
    """``SHA256:`` and 43 characters: what two people compare to know that they have the same key."""
    return f"SHA256:{base64.b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')}"


def parse_line(line: str, *, scheme: str) -> tuple[bytes, str]:
    """The bytes and the name in a line ``SCHEME BASE64 NAME``; the name may be missing.

    Raises:
        KeyFileError: The line is something else.
    """
    found, _, rest = line.strip().partition(" ")
    encoded, _, name = rest.strip().partition(" ")
    if found != scheme:
        raise KeyFileError(f"not a public key: expected '{scheme} BASE64 NAME', got {line[:60]!a}")
    try:
        return base64.b64decode(encoded, validate=True), name.strip()
    except (binascii.Error, ValueError) as error:
        raise KeyFileError(f"not a public key: {encoded[:60]!a} is not base64") from error


def write_line(data: bytes, name: str, *, scheme: str) -> str:
    """The line that ``parse_line`` reads."""
    return f"{scheme} {base64.b64encode(data).decode()} {name}".rstrip()


@dataclass(frozen=True)
class PublicHalf:
    """The public half of a key pair, written as a line ``SCHEME BASE64 NAME``.

    Attributes:
        data: The 32 bytes of the public key.
        name: Whose it is said to be; one line, may be empty. Two keys of the same bytes are equal whatever their names.
    """

    scheme: ClassVar[str]
    data: bytes
    name: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if len(self.data) != KEY_BYTES:
            raise KeyFileError(f"a public key has {KEY_BYTES} bytes, got {len(self.data)}")
        check_owner(self.name)

    @classmethod
    def parse(cls, line: str) -> Self:
        """The key in a line of its scheme; the name may be missing.

        Raises:
            KeyFileError: The line is something else.
        """
        return cls(*parse_line(line, scheme=cls.scheme))

    def __str__(self) -> str:
        """The line that ``parse`` reads."""
        return write_line(self.data, self.name, scheme=self.scheme)

    @property
    def fingerprint(self) -> str:
        """``SHA256:`` and 43 characters: what two people compare to know that they have the same key."""
        return fingerprint(self.data)


def is_locked(path: Path) -> bool:
    """Whether a key file needs a password.

    Raises:
        KeyFileError: The file cannot be read.
    """
    return _LOCKED in read_key_file(path)


def load_pem(path: Path, *, password: str | None, what: str, make: str) -> object:
    """The private key in a PEM file (PKCS #8), of whatever kind.

    Args:
        path: The file.
        password: Of an encrypted file.
        what: What to call the key in a message: ``a signing key``.
        make: The command that makes one.

    Raises:
        KeyFileError: The file is missing, holds no private key, or needs a password or another one.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    data = read_key_file(path)
    encrypted = _LOCKED in data
    if encrypted and not password:
        raise KeyFileError(f"{path}: the key is protected; give its password")
    try:
        return load_pem_private_key(data, password.encode() if encrypted and password else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        problem = "wrong password, or a damaged file" if encrypted else f"not {what} in PEM form"
        raise KeyFileError(f"{path}: {problem}; make a key with `{make}`") from error


def save_pem(path: Path, private: "Ed25519PrivateKey | X25519PrivateKey", *, password: str | None) -> None:
    """Write a private key to a PEM file that only its owner may read; a file that is there is never overwritten.

    Raises:
        OutputExistsError: The file is there.
        KeyFileError: It cannot be written, or not be locked with this password.
    """
    from cryptography.hazmat.primitives import serialization as pem

    try:
        lock = pem.BestAvailableEncryption(password.encode()) if password else pem.NoEncryption()
        data = private.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, lock)
    except ValueError as error:
        raise KeyFileError(f"{path}: this password locks no key; expected UTF-8 text of at most 1023 bytes") from error
    write_key_file(path, data, secret=True)


def load_armour(path: Path, *, label: str, make: str) -> bytes:
    """The secret in a file of three lines: ``-----BEGIN LABEL-----``, base64, ``-----END LABEL-----``.

    Raises:
        KeyFileError: The file is missing or is something else.
    """
    what = label.lower().removeprefix("underdrawing ")
    lines = read_key_file(path).decode("ascii", errors="replace").split("\n")
    if len(lines) < 3 or [lines[0].strip(), lines[2].strip()] != [f"-----{end} {label}-----" for end in _ENDS]:
        raise KeyFileError(f"{path}: not a {what}; make one with `{make}`")
    try:
        return base64.b64decode(lines[1].strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise KeyFileError(f"{path}: a damaged {what}; take it from a copy") from error


def save_armour(path: Path, secret: bytes, *, label: str) -> None:
    """Write a secret to a file that only its owner may read; a file that is there is never overwritten.

    Raises:
        OutputExistsError: The file is there.
        KeyFileError: It cannot be written.
    """
    begin, end = (f"-----{end} {label}-----" for end in _ENDS)
    write_key_file(path, f"{begin}\n{base64.b64encode(secret).decode()}\n{end}\n".encode(), secret=True)


_ENDS = ("BEGIN", "END")
