"""Keys and trust by path, each read once in every process."""

from __future__ import annotations

import os
import sys
from functools import cache, reduce
from getpass import getpass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from underdrawing.payload import Opener, OpeningKey, Recipient, SharedKey, SigningKey, TrustStore

__all__ = [
    "PASSWORD_VARIABLE",
    "channel_key",
    "confidants",
    "described",
    "opener",
    "private_key",
    "refuse_to_ask",
    "signing_key",
    "trust_store",
]

PASSWORD_VARIABLE = "UNDERDRAWING_KEY_PASSWORD"


@cache
def signing_key(path: Path) -> SigningKey:
    """Read a private key that signs; its password, if it has one, never comes from the command line."""
    from underdrawing.payload import SigningKey

    return SigningKey.load(path, password=_password(path))


@cache
def opener(path: Path) -> Opener:
    """Read a key that opens confidential marks: a shared one, or a private one."""
    from underdrawing.payload import load_opener

    return load_opener(path, password=_password(path))


@cache
def confidants(paths: tuple[Path, ...]) -> SharedKey | tuple[Recipient, ...]:
    """Read who shall be able to open a confidential mark: one shared key, or public keys, each once.

    Raises:
        UsageError: a shared key is given beside other keys.
        KeyFileError: a file is neither.
    """
    from underdrawing.errors import UsageError
    from underdrawing.payload import SharedKey, is_shared, load_recipients

    if not any(map(is_shared, paths)):
        return tuple(dict.fromkeys(one for path in paths for one in load_recipients(path)))
    if len(paths) > 1:
        raise UsageError("--confidential takes one shared key, or public keys; got a shared key among others")
    return SharedKey.load(paths[0])


def private_key(path: Path) -> SigningKey | OpeningKey:
    """Read a private key of either kind."""
    from underdrawing.payload import load_private

    return load_private(path, password=_password(path))


def described(path: Path) -> list[str]:
    """Say what keys a file holds, one line each, none of it secret.

    Raises:
        KeyFileError: it holds none.
    """
    from underdrawing.errors import KeyFileError
    from underdrawing.payload import ChannelKey, SharedKey, SigningKey, TrustStore, load_recipients

    readers: tuple[Callable[[], list[str]], ...] = (
        lambda: [f"channel key {ChannelKey.load(path).fingerprint}"],
        lambda: [f"shared key {SharedKey.load(path).fingerprint}"],
        lambda: [f"public key to check signatures  {p.key.fingerprint}  {p.name}" for p in TrustStore.load(path)],
        lambda: [f"public key to seal for  {r.fingerprint}  {r.name}".rstrip() for r in load_recipients(path)],
    )
    for read in readers:
        try:
            return read()
        except KeyFileError:
            continue
    key = private_key(path)
    kind = "signs" if isinstance(key, SigningKey) else "opens"
    return [f"private key that {kind}, public half {key.public().fingerprint}"]


def _password(path: Path) -> str | None:
    """Return the password of a locked key: from the environment, else from whoever sits at the terminal.

    It is asked for once; processes that are started later find it in their environment.

    Raises:
        UsageError: there is nobody to ask.
    """
    from underdrawing.payload import is_locked

    if PASSWORD_VARIABLE not in os.environ and is_locked(path):
        refuse_to_ask(path)
        os.environ[PASSWORD_VARIABLE] = getpass(f"Password of {path}: ")
    return os.environ.get(PASSWORD_VARIABLE)


def refuse_to_ask(path: Path) -> None:
    """Stop where a password is needed and nobody sits at a terminal to type it.

    Raises:
        UsageError: so it is.
    """
    from underdrawing.errors import UsageError

    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(f"{path}: no terminal to ask for the password of this key; give it in {PASSWORD_VARIABLE}")


@cache
def trust_store(paths: tuple[Path, ...]) -> TrustStore:
    """Read the files that say whom to believe, as one store."""
    from underdrawing.payload import TrustStore

    return reduce(TrustStore.merge, map(TrustStore.load, paths))


@cache
def channel_key(path: Path) -> bytes:
    """Read the secret that decides where in the pixels a mark lies: 32 bytes."""
    from underdrawing.payload import ChannelKey

    return ChannelKey.load(path).secret
