"""Keys and trust by path, each read once in every process."""

from __future__ import annotations

import os
from functools import cache, reduce
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from underdrawing.payload import SigningKey, TrustStore

__all__ = ["PASSWORD_VARIABLE", "channel_key", "signing_key", "trust_store"]

PASSWORD_VARIABLE = "UNDERDRAWING_KEY_PASSWORD"


@cache
def signing_key(path: Path) -> SigningKey:
    """Read a private key; the password of a locked one comes from the environment, never from the command line."""
    from underdrawing.payload import SigningKey

    return SigningKey.load(path, password=os.environ.get(PASSWORD_VARIABLE))


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
