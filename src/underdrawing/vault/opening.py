"""One door for all vaults: a folder here, or a collection in a cluster, told apart by how the URI begins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from underdrawing.errors import UsageError, VaultDamagedError
from underdrawing.vault.checking import set_aside, sound_records
from underdrawing.vault.embedded import EmbeddedVault
from underdrawing.vault.interface import Health

if TYPE_CHECKING:
    from underdrawing.vault.interface import Vault

__all__ = ["open_vault", "repair_vault"]

_CLUSTER = ("milvus", "milvus+tls", "milvus-lite")


def open_vault(uri: str | Path, *, create: bool = False, read_only: bool = False) -> Vault:
    """Open a vault.

    Args:
        uri: a folder (a path, or ``file:///…``), or ``milvus://host:port/collection`` (``milvus+tls://`` with
            encryption, ``milvus-lite:///folder/file.db/collection`` for a file; needs the extra ``[cluster]``).
        create: make it where there is none.
        read_only: refuse to change it. Others may go on writing.

    Raises:
        UsageError: There is no such vault, or the URI is of no kind that is known.
        VaultError: It cannot be opened, is damaged, or has a newer format.
    """
    scheme, _, rest = str(uri).partition(":")
    if scheme in _CLUSTER and rest.startswith("//"):
        from underdrawing.vault.cluster import MilvusVault

        return MilvusVault.open(str(uri), create=create, read_only=read_only)
    return EmbeddedVault(folder_of(uri), create=create, read_only=read_only)


def folder_of(uri: str | Path) -> Path:
    """The folder that a path or a ``file:`` URI names.

    Raises:
        UsageError: It names something else.
    """
    text = str(uri)
    if not text or "\0" in text:
        raise UsageError("the name of the vault is empty or not a path; give a folder or milvus://host:port/collection")
    if isinstance(uri, Path) or "://" not in text:
        return Path(text)
    parts = urlsplit(text) if text.lower().startswith("file:") else None
    if parts is None or parts.netloc not in ("", "localhost") or parts.query or parts.fragment:
        raise UsageError(f"{text!a} is no vault this program opens; give a folder or milvus://host:port/collection")
    return Path(unquote(parts.path))


def repair_vault(uri: str | Path) -> Health:
    """Make a vault whole again as far as that is possible, also one that cannot be opened any more.

    A table that SQLite cannot read is set aside as ``damaged-N.sqlite`` in the same folder, and every record that is
    still readable and is what was kept goes into a new one. Nothing is ever deleted.

    Raises:
        UsageError: There is no vault.
        VaultError: It cannot be written.
    """
    try:
        with open_vault(uri) as vault:
            health = vault.check(repair=True)
            if not any(problem.startswith("table:") for problem in health.problems):
                return health
    except VaultDamagedError:
        pass
    folder = folder_of(uri)
    broken = set_aside(folder)
    with EmbeddedVault(folder, create=True) as vault:
        count = vault.add_many(sound_records(broken), replace=True).total
        after = vault.check(repair=True)
    saved = f"table: broken; {count} records were saved into a new one, the old one is {broken.name}"
    lost = f"table: what {count} saved records do not cover is only in {broken.name}, or in an export of yours"
    return Health(after.records, (*after.problems, lost), (saved, *after.repaired))
