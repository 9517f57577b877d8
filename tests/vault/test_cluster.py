"""The vault in a cluster answers as the one in a folder does. Runs against Milvus Lite 2.5, where that is installed."""

import importlib.metadata
import sys

import numpy as np
import pytest
from vault_records import distances, make_record, many

from underdrawing.errors import RecordConflictError, RecordError, UsageError, VaultDamagedError, VaultError
from underdrawing.vault import Added, Match, collection, export_records, import_records, open_vault, repair_vault
from underdrawing.vault.collection import Cluster, from_entity, to_entity


def has_lite():
    try:
        return importlib.metadata.version("milvus-lite").startswith("2.5")
    except importlib.metadata.PackageNotFoundError:
        return False


lite = pytest.mark.skipif(not has_lite(), reason="needs milvus-lite 2.5; later ones keep no binary vectors")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("milvus") / "lite.db"


@pytest.fixture
def vault(place, request):
    name = "".join(letter if letter.isalnum() else "_" for letter in request.node.name)
    with open_vault(f"milvus-lite://{place}/{name}", create=True) as opened:
        yield opened


@pytest.mark.parametrize(
    "uri, expected",
    [
        ("milvus://host:19530/press", Cluster("http://host:19530", "press")),
        ("milvus+tls://host:19530/press", Cluster("https://host:19530", "press")),
        ("milvus-lite:///folder/a.db/press", Cluster("/folder/a.db", "press")),
        (
            "milvus://host/press?shards=4&replicas=2&nlist=65536&nprobe=128",
            Cluster("http://host", "press", shards=4, replicas=2, nlist=65536, nprobe=128),
        ),
    ],
)
def test_addresses(uri, expected):
    assert Cluster.parse(uri) == expected


@pytest.mark.parametrize(
    "uri",
    [
        "milvus://host:19530",
        "milvus://[::1/press",
        "milvus:///press",
        "milvus://host/folder/press",
        "milvus://host/press;drop",
        "milvus://user:secret@host/press",
        "milvus://host/press?shards=many",
        "milvus://host/press?shards=-1",
        "milvus://host/press?unknown=1",
        "milvus://host/press?shards",
        "milvus-lite://host/a.db/press",
        "milvus-lite:///press",
    ],
)
def test_rejects_addresses(uri):
    with pytest.raises(UsageError, match="names no collection"):
        open_vault(uri)


def test_without_its_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(UsageError, match=r"underdrawing\[cluster\]"):
        open_vault("milvus://host/press")


BARE = {"code": None, "preview": b"", "signature": None, "key_id": None, "original": None}


@pytest.mark.parametrize("changes", [{}, BARE], ids=["full", "bare"])
def test_entities_round_trip(changes):
    record = make_record(1, **changes)
    assert from_entity(to_entity(record)) == record


def test_entities_of_the_largest_record_fit():
    facts = {"a": "\U0001f600" * 16_300}
    record = make_record(
        1,
        facts=facts,
        carrier="\U0001f600" * 64,
        profile="\U0001f600" * 64,
        preview=bytes(49_000),
        signature=bytes(256),
        key_id=bytes(32),
        original="\U0001f600" * 2048,
    )
    entity = to_entity(record)
    for name, length in collection._TEXTS.items():
        assert len(entity[name].encode()) <= length, name


@pytest.mark.parametrize(
    "poison", [{"facts": "{"}, {"facts": '{"a":"b"}'}, {"code": "!"}, {"signature": "xy"}, {"fingerprint": b"short"}]
)
def test_changed_entities_are_refused(poison):
    with pytest.raises(VaultDamagedError):
        from_entity(to_entity(make_record(1)) | poison)


@lite
def test_round_trip(vault):
    record, bare = make_record(1), make_record(2, **BARE)
    assert vault.add(record) == Added(added=1)
    vault.add(bare)
    assert vault.get(record.id) == record
    assert vault.get(bare.id) == bare
    assert vault.get("0" * 16) is None
    assert record.id in vault
    assert len(vault) == 2
    assert sorted(vault.ids()) == sorted([record.id, bare.id])
    assert sorted(vault.records(), key=lambda r: r.id) == sorted([record, bare], key=lambda r: r.id)
    assert vault.stats().records == 2
    assert vault.check().sound


@lite
def test_adding_again_skips_refuses_or_replaces(vault):
    record, other = make_record(1), make_record(2, id=make_record(1).id)
    assert vault.add_many([record, record]) == Added(added=1, skipped=1)
    with pytest.raises(RecordConflictError):
        vault.add(other)
    with pytest.raises(RecordConflictError):
        vault.add_many([make_record(3), make_record(4), make_record(5, id=make_record(3).id)])
    assert vault.get(record.id) == record
    assert len(vault) == 1
    assert vault.add(other, replace=True) == Added(replaced=1)
    assert vault.get(record.id) == other
    assert len(vault) == 1


@lite
def test_facts_and_deleting(vault):
    record = make_record(1)
    vault.add(record)
    assert vault.update_facts(record.id, {"title": 'x\' or "y" \\'}).facts == {"title": 'x\' or "y" \\'}
    assert vault.get(record.id).facts == {"title": 'x\' or "y" \\'}
    assert vault.delete(record.id)
    assert not vault.delete(record.id)
    assert vault.get(record.id) is None
    with pytest.raises(UsageError):
        vault.update_facts(record.id, {})


@lite
@pytest.mark.parametrize("kind", ["fingerprint", "sketch"])
def test_the_nearest_are_those_that_counting_every_bit_finds(vault, kind):
    records = list(many(400))
    vault.add_many(records, batch=150)
    rows = [getattr(record, kind) for record in records]
    query = np.random.default_rng(7).bytes(len(rows[0]))
    search = getattr(vault, f"nearest_{kind}{'es' if kind == 'sketch' else 's'}")
    truth = distances(query, rows)
    assert [match.distance for match in search(query, 20)] == sorted(truth.tolist())[:20]
    assert all(truth[int(match.id, 16)] == match.distance for match in search(query, 20))
    mask = b"\xff" * (len(query) - 8) + bytes(8)
    masked = distances(query, rows, mask)
    assert search(rows[3], 1, mask=mask) == (Match(records[3].id, 0),)
    assert [match.distance for match in search(query, 25, mask=mask)] == sorted(masked.tolist())[:25]
    with pytest.raises(RecordError):
        search(query[1:])
    with pytest.raises(RecordError):
        search(query, 0)


@lite
def test_records_move_between_kinds_of_vaults(vault, tmp_path):
    records = list(many(50))
    vault.add_many(records)
    export_records(vault, tmp_path / "all.jsonl")
    with open_vault(tmp_path / "folder", create=True) as folder:
        assert import_records(folder, tmp_path / "all.jsonl") == Added(added=50)
        assert sorted(folder.records(), key=lambda r: r.id) == records


@lite
def test_what_is_read_only_closed_or_missing_says_so(vault, place):
    name = vault.uri.rpartition("/")[2]
    with open_vault(f"milvus-lite://{place}/{name}", read_only=True) as reader:
        for change in (lambda: reader.add(make_record(1)), lambda: reader.delete("0" * 16)):
            with pytest.raises(VaultError, match="reading only"):
                change()
    reader.close()
    with pytest.raises(VaultError, match="closed"):
        len(reader)
    with pytest.raises(UsageError, match="no such collection"):
        open_vault(f"milvus-lite://{place}/nothing")
    with pytest.raises(UsageError, match="does not exist"):
        open_vault(f"milvus-lite://{place.parent}/none/a.db/x", create=True)


@lite
def test_repairing_reads_everything(vault, place):
    vault.add(make_record(1))
    assert repair_vault(f"milvus-lite://{place}/{vault.uri.rpartition('/')[2]}").records == 1


@lite
def test_other_collections_are_left_alone(place):
    from pymilvus import MilvusClient

    client = MilvusClient(str(place))
    client.create_collection("theirs", dimension=4)
    client.close()
    with pytest.raises(VaultError, match="no vault of format 1"):
        open_vault(f"milvus-lite://{place}/theirs", create=True)
