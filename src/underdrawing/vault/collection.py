"""A collection of a Milvus cluster: where it is, how it is laid out, and records as its entities and back."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from underdrawing.errors import RecordError, UsageError, VaultDamagedError
from underdrawing.vault.record import FINGERPRINT_BYTES, SKETCH_BYTES, Record, facts_from_json, facts_to_json

__all__ = [
    "DESCRIPTION",
    "FIELDS",
    "TOKEN_VARIABLE",
    "VERSION",
    "Cluster",
    "bits_of",
    "from_entity",
    "make_collection",
    "to_entity",
]

TOKEN_VARIABLE = "UNDERDRAWING_MILVUS_TOKEN"
"""Environment variable with ``user:password`` or the token of the cluster."""

VERSION = 1
DESCRIPTION = f"underdrawing vault {VERSION}"
_NAME = re.compile(r"[A-Za-z_]\w{0,254}", re.ASCII)
_BITS = {"fingerprint": 8 * FINGERPRINT_BYTES, "sketch": 8 * SKETCH_BYTES}
_TEXTS = {
    "digest": 32,
    "created": 20,
    "carrier": 512,
    "profile": 512,
    "signature": 512,
    "key_id": 64,
    "original": 16_384,
    "facts": 65_535,
    "code": 4096,
    "preview": 65_535,
}
"""Text fields and the most bytes each may have; bytes are kept as hexadecimal or base64 text, None as no text."""

FIELDS = ["id", *_BITS, *_TEXTS]
"""Everything an entity has."""


@dataclass(frozen=True)
class Cluster:
    """Where a collection is, and how it is laid out.

    Attributes:
        address: what the client connects to.
        collection: its name.
        shards: over how many shards writes are spread; fixed when the collection is made.
        replicas: how many copies of the collection are searched in parallel.
        nlist: clusters of the inverted index; 0: no clusters, every search looks at everything and is exact. Fixed when
            the collection is made.
        nprobe: how many of these clusters a search looks at.
    """

    address: str
    collection: str
    shards: int = 1
    replicas: int = 1
    nlist: int = 0
    nprobe: int = 64

    @classmethod
    def parse(cls, uri: str) -> Cluster:
        """Read ``milvus://host:port/collection?shards=2&replicas=2&nlist=65536&nprobe=128``.

        Raises:
            UsageError: It is not of that form.
        """
        try:
            parts = urlsplit(uri)
        except ValueError as error:
            raise _wrong_uri(uri, "expected milvus://host:port/collection") from error
        place, _, collection = parts.path.rpartition("/")
        try:
            options = {name: int(value) for name, value in parse_qsl(parts.query, strict_parsing=bool(parts.query))}
        except ValueError as error:
            raise _wrong_uri(uri, "options are whole numbers, like ?shards=2&replicas=2") from error
        if set(options) - {"shards", "replicas", "nlist", "nprobe"} or min(options.values(), default=1) < 0:
            raise _wrong_uri(uri, "the options are shards, replicas, nlist and nprobe")
        if not _NAME.fullmatch(collection):
            raise _wrong_uri(uri, "the collection is a name of letters, digits and _")
        if "@" in parts.netloc:
            raise _wrong_uri(uri, f"put user and password into the environment variable {TOKEN_VARIABLE}")
        if parts.scheme == "milvus-lite":
            if parts.netloc or not place:
                raise _wrong_uri(uri, "expected milvus-lite:///folder/file.db/collection")
            return cls(unquote(place), collection, **options)
        if not parts.netloc or place:
            raise _wrong_uri(uri, "expected milvus://host:port/collection")
        return cls(f"{'https' if parts.scheme == 'milvus+tls' else 'http'}://{parts.netloc}", collection, **options)


def _wrong_uri(uri: str, expected: str) -> UsageError:
    return UsageError(f"{uri!a} names no collection: {expected}")


def make_collection(client: Any, cluster: Cluster) -> None:
    """Make the collection and its indexes."""
    from pymilvus import DataType

    schema = client.create_schema(auto_id=False, enable_dynamic_field=False, description=DESCRIPTION)
    schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=16)
    index = client.prepare_index_params()
    kind = {"index_type": "BIN_IVF_FLAT", "params": {"nlist": cluster.nlist}} if cluster.nlist else {}
    for name, bits in _BITS.items():
        schema.add_field(name, DataType.BINARY_VECTOR, dim=bits)
        index.add_index(name, **{"index_type": "BIN_FLAT", "metric_type": "HAMMING", **kind})
    for name, length in _TEXTS.items():
        # Read only for the records that are shown: from a disk, not held in memory.
        schema.add_field(name, DataType.VARCHAR, max_length=length, mmap_enabled=True)
    client.create_collection(
        cluster.collection,
        schema=schema,
        index_params=index,
        num_shards=cluster.shards,
        consistency_level="Strong",
    )


def to_entity(record: Record) -> dict[str, Any]:
    """The fields of a record."""
    return {
        "id": record.id,
        "fingerprint": record.fingerprint,
        "sketch": record.sketch,
        "digest": record.digest().hex(),
        "created": record.created,
        "carrier": record.carrier,
        "profile": record.profile,
        "signature": (record.signature or b"").hex(),
        "key_id": (record.key_id or b"").hex(),
        "original": record.original or "",
        "facts": facts_to_json(record.facts),
        "code": b64encode(record.code or b"").decode(),
        "preview": b64encode(record.preview).decode(),
    }


def from_entity(row: dict[str, Any]) -> Record:
    """The inverse of ``to_entity``.

    Raises:
        VaultDamagedError: It is not what was written.
    """
    try:
        record = Record(
            id=row["id"],
            created=row["created"],
            facts=facts_from_json(row["facts"]),
            fingerprint=bits_of(row["fingerprint"]),
            sketch=bits_of(row["sketch"]),
            carrier=row["carrier"],
            profile=row["profile"],
            code=b64decode(row["code"], validate=True) or None,
            preview=b64decode(row["preview"], validate=True),
            signature=bytes.fromhex(row["signature"]) or None,
            key_id=bytes.fromhex(row["key_id"]) or None,
            original=row["original"] or None,
        )
    except (RecordError, KeyError, ValueError, TypeError, RecursionError) as error:
        raise VaultDamagedError(f"a record of the vault cannot be read: {error}; restore it from an export") from error
    if record.digest().hex() != row["digest"]:
        raise VaultDamagedError(f"record {record.id} is not what was kept; restore it from an export")
    return record


def bits_of(value: Any) -> bytes:
    """Binary vectors come back as bytes, or as a list with bytes in it."""
    return bytes(value[0] if isinstance(value, list) else value)
