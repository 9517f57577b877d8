"""What was acknowledged is there after a kill, and after many at once."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from underdrawing.vault import open_vault, segments

WORKER = Path(__file__).parents[2] / "bench" / "vault_worker.py"
SLOTS = 300
id_of = runpy.run_path(str(WORKER))["id_of"]


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, str(WORKER), *map(str, arguments), str(SLOTS)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(autouse=True)
def small_segments(monkeypatch):
    for module in ("segments", "index", "embedded", "checking"):
        monkeypatch.setattr(f"underdrawing.vault.{module}.SEGMENT_SLOTS", SLOTS)


@pytest.fixture
def folder(tmp_path):
    open_vault(tmp_path / "vault", create=True).close()
    return tmp_path / "vault"


def test_what_was_acknowledged_survives_being_killed(folder):
    known = 0
    for commits in (1, 4, 9):
        with start("write", folder, known, 60) as worker:
            for _ in range(commits):
                acknowledged = known + int(worker.stdout.readline())
            worker.kill()
            worker.communicate()
        with open_vault(folder) as vault:
            there = set(vault.ids())
            assert {id_of(number) for number in range(acknowledged)} <= there
            known = len(there)
            assert there == {id_of(number) for number in range(known)}
            last = vault.get(id_of(known - 1))
            assert vault.nearest_fingerprints(last.fingerprint, 1)[0].id == last.id
            assert not [line for line in vault.check().problems if "not written" not in line]
    with open_vault(folder) as vault:
        vault.check(repair=True)
        assert vault.check().sound


def test_two_writers_and_four_readers_at_once(folder):
    writers = [start("mix", folder, number * 10_000_000, 4) for number in range(2)]
    readers = [start("read", folder, 0, 4) for _ in range(4)]
    ends = [(process.communicate(), process.returncode) for process in (*writers, *readers)]
    assert [(code, errors) for (_, errors), code in ends] == [(0, "")] * 6
    counts = [int(said) for (said, _), _ in ends]
    assert min(counts) > 0
    with open_vault(folder) as vault:
        assert len(vault) == sum(counts[:2]) == len(list(vault.ids()))
        assert vault.check(repair=True).sound
        assert vault.check().sound


def test_a_crash_between_a_segment_and_its_note_costs_nothing(folder, monkeypatch):
    with start("write", folder, 0, 60) as worker:
        while int(worker.stdout.readline()) < 2 * SLOTS:
            pass
        worker.kill()
        worker.communicate()
    with open_vault(folder) as vault:
        vault._database.path.parent.joinpath(segments.segment_name(0, 1)).touch()
        with vault._database.transaction() as connection:
            connection.execute("DELETE FROM segments")
        first = vault.get(id_of(0))
        assert vault.nearest_fingerprints(first.fingerprint, 1)[0].id == first.id
        assert vault.check(repair=True).sound
        assert vault.check().repaired == ()
