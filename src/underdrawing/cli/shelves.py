"""Vaults and carriers by name, each opened once in every process."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from underdrawing.channel import Carrier
    from underdrawing.vault import Vault

__all__ = ["carrier_named", "ready_vault", "vault_to_ask"]


@cache
def vault_to_ask(uri: str) -> Vault:
    """Open a vault to look things up in it; it stays open as long as the process."""
    from underdrawing.vault import open_vault

    return open_vault(uri, read_only=True)


def ready_vault(uri: str, *, create: bool) -> None:
    """See that a vault can be written before any work begins.

    Raises:
        UsageError: there is none, and ``create`` is not set.
    """
    from underdrawing.vault import open_vault

    open_vault(uri, create=create).close()


@cache
def carrier_named(name: str, weights: Path | None) -> Carrier:
    """Load a carrier.

    Raises:
        UsageError: there is none of this name, or its package is not installed.
        WeightsError: its networks are not in the folder of weights.
    """
    from underdrawing.channel import load_carrier

    return load_carrier(name, weights=weights)
