"""How quick and how sure the vault is at a million records; rewrites the table of ``docs/vault.md``.

    OMP_NUM_THREADS=1 python bench/vault.py --folder DIR             # 1,000,000 records, about 10 GB, half an hour
    OMP_NUM_THREADS=1 python bench/vault.py --folder DIR --records 50000 --seconds 5 --kills 3 --no-document

Each line stands beside what the machine can do at all: the same bytes into a bare table, the same scan over an array
in memory. A run that finds the records there already measures the rest without building them again. Records have the
sizes of real ones: a code of 2048 bytes, a preview of 6,700 (the mean of ten previews of photographs), 300 bytes of
facts; their bits are random, which no search can take advantage of.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import faiss
import numpy as np

from underdrawing.vault import open_vault
from vault_worker import SPAN, id_of, numbered, use_segments_of

PAGE = Path(__file__).parent.parent / "docs" / "vault.md"
PART = re.compile(r"(<!-- measured -->\n).*?(<!-- end -->)", re.DOTALL)
WORKER = Path(__file__).parent / "vault_worker.py"
PREVIEW_BYTES = 6700
ROUNDS = 301
SMALL_SLOTS = 3000
"""Size of a segment where processes are killed or work at once, so that segments are written all the time."""


@dataclass(frozen=True)
class Line:
    """One row of the table: what, promised, measured, beside which limit of the machine, and whether it holds."""

    what: str
    promised: str
    measured: str
    limit: str
    holds: bool


def median_ms(call: Callable[[], object], rounds: int = ROUNDS) -> tuple[float, float]:
    """Median and 95th percentile of the time a call takes, after one that does not count."""
    call()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        times.append((time.perf_counter() - began) * 1e3)
    return float(np.median(times)), float(np.percentile(times, 95))


def build(folder: Path, count: int) -> Line | None:
    """Fill the vault; None where it was full already. Making the records is not counted."""
    with open_vault(folder, create=True) as vault:
        have = len(vault)
        if have >= count:
            return None
        spent = busy = 0.0
        for start in range(have, count, 10_000):
            ready = list(numbered(start, min(10_000, count - start), preview_bytes=PREVIEW_BYTES, code=True))
            began, busy_before = time.perf_counter(), time.process_time()
            vault.add_many(ready)
            took = time.perf_counter() - began
            spent, busy = spent + took, busy + time.process_time() - busy_before
            print(f"{start + len(ready):>9} {len(ready) / took:8.0f}/s", file=sys.stderr, flush=True)
    rate = (count - have) / spent
    bare = bare_rate(folder.with_name(f"{folder.name}-bare"))
    return Line(
        "bulk add, records ready",
        "≥ 5,000/s",
        f"{rate:,.0f}/s; {(count - have) / busy:,.0f} for each second of processor time",
        f"bare table, one BLOB a row, no second index: {bare:,.0f}/s",
        rate >= 5000,
    )


def bare_rate(folder: Path, count: int = 50_000) -> float:
    """Rows a second into a table with nothing but one blob, committed as safely."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    table = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    table.execute("PRAGMA journal_mode = WAL")
    table.execute("PRAGMA synchronous = FULL")
    table.execute("CREATE TABLE bare (slot INTEGER PRIMARY KEY, data BLOB)")
    data = [os.urandom(PREVIEW_BYTES + 2048 + 96 + 300) for _ in range(500)]
    began = time.perf_counter()
    for _ in range(count // 500):
        table.execute("BEGIN IMMEDIATE")
        table.executemany("INSERT INTO bare (data) VALUES (?)", ((one,) for one in data))
        table.execute("COMMIT")
    took = time.perf_counter() - began
    table.close()
    shutil.rmtree(folder)
    return count / took


def bare_commit_ms(folder: Path) -> float:
    """One row into an empty table, committed as safely."""
    table = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    table.execute("PRAGMA journal_mode = WAL")
    table.execute("PRAGMA synchronous = FULL")
    table.execute("CREATE TABLE IF NOT EXISTS bare (slot INTEGER PRIMARY KEY, data BLOB)")
    data = os.urandom(PREVIEW_BYTES + 2048 + 96 + 300)
    median, _ = median_ms(lambda: table.execute("INSERT INTO bare (data) VALUES (?)", (data,)))
    table.close()
    for path in folder.glob("bare.sqlite*"):
        path.unlink()
    return median


def add_one(folder: Path) -> Line:
    """Add single records, and take them out again."""
    new = numbered(9 * SPAN, ROUNDS + 1, preview_bytes=PREVIEW_BYTES, code=True)
    with open_vault(folder) as vault:
        median, high = median_ms(lambda: vault.add(next(new)))
        for number in range(ROUNDS + 1):
            vault.delete(id_of(9 * SPAN + number))
    limit = bare_commit_ms(folder)
    return Line(
        "add one",
        "≤ 10 ms",
        f"{median:.1f} ms (95 %: {high:.1f})",
        f"one row into an empty bare table: {limit:.1f} ms",
        median <= 10,
    )


def look_up(folder: Path, count: int) -> list[Line]:
    """Ids and likeness, in a vault that is open."""
    rng = random.Random(0)
    with open_vault(folder, read_only=True) as vault:
        median, high = median_ms(lambda: vault.get(id_of(rng.randrange(count))), 2001)
        table = sqlite3.connect(f"file:{folder}/records.sqlite?mode=ro", uri=True)
        whole = "SELECT * FROM records JOIN bits USING (slot) WHERE slot = ?"
        bare, _ = median_ms(lambda: table.execute(whole, (rng.randrange(1, count),)).fetchone(), 2001)
        table.close()
        lines = [
            Line(
                "id lookup, the whole record, its checksum compared",
                "≤ 1 ms",
                f"{median:.2f} ms (95 %: {high:.2f})",
                f"bare SELECT by row number: {bare:.2f} ms",
                median <= 1,
            )
        ]
        for name, size in (("fingerprint", 64), ("sketch", 32)):
            search = vault.nearest_fingerprints if name == "fingerprint" else vault.nearest_sketches
            plain, high = median_ms(lambda search=search, size=size: search(os.urandom(size), 10))
            masked, _ = median_ms(lambda search=search, size=size: search(os.urandom(size), 10, mask=os.urandom(size)))
            lines.append(
                Line(
                    f"nearest 10 by {name}, {8 * size} bits, one thread",
                    "≤ 15 ms",
                    f"{plain:.1f} ms (95 %: {high:.1f}); with a mask {masked:.1f} ms",
                    scan_limits(count, size),
                    plain <= 15,
                )
            )
    return lines


def scan_limits(count: int, size: int) -> str:
    """What NumPy and faiss need for the same scan over one array in memory, and how long only reading it takes."""
    rows = np.random.default_rng(0).integers(0, 256, (count, size), dtype=np.uint8)
    words = rows.view(np.uint64)

    def numpy_scan() -> None:
        query = np.frombuffer(os.urandom(size), np.uint64)
        far = np.concatenate(
            [np.bitwise_count(words[a : a + 8192] ^ query).sum(1, dtype=np.uint16) for a in range(0, count, 8192)]
        )
        np.argpartition(far, 10)[:10]

    counted, _ = median_ms(numpy_scan, 15)
    scanned, _ = median_ms(lambda: faiss.knn_hamming(rows[:1], rows, 10), 51)
    summed, _ = median_ms(lambda: words.max(), 15)
    return (
        f"faiss on one array {scanned:.1f} ms, NumPy popcount {counted:.1f} ms, only reading it (max) {summed:.1f} ms"
    )


OPENING = """
import time
def memory():
    kinds = dict(line.split(":") for line in open("/proc/self/smaps_rollup").read().splitlines()[1:])
    private = sum(int(kinds[name].split()[0]) for name in ("Private_Clean", "Private_Dirty"))
    return int(kinds["Rss"].split()[0]), private, int(kinds["Anonymous"].split()[0])
import sys, os
bare = memory()
began = time.perf_counter()
from underdrawing.vault import open_vault
import numpy, faiss
libraries, imported = memory(), time.perf_counter() - began
began = time.perf_counter()
vault = open_vault(sys.argv[1], read_only=True)
opened = time.perf_counter() - began
vault.nearest_fingerprints(os.urandom(64), 10)
ready = time.perf_counter() - began
for number in range(200):
    vault.nearest_fingerprints(os.urandom(64), 10)
    vault.nearest_sketches(os.urandom(32), 10)
    assert vault.get(f"{number * 4999 % int(sys.argv[2]) * 0x9E3779B97F4A7C15 % 2**64:016x}")
import json
found = {"bare": bare, "libraries": libraries, "used": memory(), "import": imported, "open": opened, "ready": ready}
print(json.dumps(found))
"""


def opening(folder: Path, count: int) -> list[Line]:
    """Time to open and memory in use, in processes of their own; the best of five for the time."""
    runs = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", OPENING, str(folder), str(count)], capture_output=True, text=True, check=True
            ).stdout
        )
        for _ in range(5)
    ]
    ready = float(np.median([run["ready"] for run in runs]))
    opened = float(np.median([run["open"] for run in runs]))
    run = runs[-1]
    rss, private, anonymous = ((run["used"][n] - run["bare"][n]) / 1024 for n in range(3))
    index = sum(path.stat().st_size for path in folder.glob("segment-*.bin")) / 2**20
    libraries = (run["libraries"][0] - run["bare"][0]) / 1024
    return [
        Line(
            "open, and search for the first time",
            "≤ 1 s",
            f"{ready * 1e3:.0f} ms (open alone {opened * 1e3:.1f}; libraries before that {run['import'] * 1e3:.0f})",
            "reads and checks every byte of the index once",
            ready <= 1,
        ),
        Line(
            "memory above the bare interpreter: resident set, mapped index included",
            "≤ 150 MB",
            f"{rss:.0f} MB; private {private:.0f} MB, of that anonymous {anonymous:.0f} MB",
            f"index {index:.0f} MB, NumPy, faiss and SQLite {libraries:.0f} MB",
            rss <= 150,
        ),
    ]


def kills(folder: Path, count: int) -> Line:
    """Kill bulk runs at random moments; compare what they had acknowledged with what is there."""
    use_segments_of(SMALL_SLOTS)
    shutil.rmtree(folder, ignore_errors=True)
    open_vault(folder, create=True).close()
    rng, known, lost, disagree = random.Random(1), 0, 0, 0
    for _ in range(count):
        worker = subprocess.Popen(
            [sys.executable, str(WORKER), "write", str(folder), str(known), "600", str(SMALL_SLOTS)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert worker.stdout
        worker.stdout.readline()
        time.sleep(rng.uniform(0, 1.5))
        worker.kill()
        said = worker.communicate()[0].split()
        acknowledged = known + (int(said[-1]) if said else 100)
        with open_vault(folder) as vault:
            there = set(vault.ids())
            lost += sum(id_of(number) not in there for number in range(acknowledged))
            known = len(there)
            (last,) = numbered(known - 1, 1)
            disagree += vault.nearest_fingerprints(last.fingerprint, 1)[0].id != last.id
            disagree += len(vault.check().problems)
    shutil.rmtree(folder)
    return Line(
        f"kill -9 during bulk add, {count} times",
        "nothing lost",
        f"{known:,} records kept, {lost} acknowledged ones lost, {disagree} disagreements of index and table",
        "",
        not lost and not disagree,
    )


def together(folder: Path, seconds: float) -> Line:
    """Two writers and four readers at once."""
    use_segments_of(SMALL_SLOTS)
    shutil.rmtree(folder, ignore_errors=True)
    open_vault(folder, create=True).close()
    workers = [
        subprocess.Popen(
            [sys.executable, str(WORKER), verb, str(folder), str(start), str(seconds), str(SMALL_SLOTS)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for verb, start in (("mix", 0), ("mix", SPAN), *(("read", 0),) * 4)
    ]
    ends = [(worker.communicate(), worker.returncode) for worker in workers]
    errors = sum(code != 0 for _, code in ends)
    counts = [int(said) if said.strip() else 0 for (said, _), _ in ends]
    with open_vault(folder) as vault:
        lost = sum(counts[:2]) - len(vault)
        sound = vault.check(repair=True).sound
    shutil.rmtree(folder)
    return Line(
        f"two writers and four readers at once, {seconds:.0f} s",
        "no error, no loss",
        f"{errors} errors, {lost} lost; {counts[0]:,} and {counts[1]:,} records written, {sum(counts[2:]):,} reads",
        "",
        not errors and not lost and sound,
    )


def document(lines: list[Line], count: int) -> None:
    """Put the table into the documentation."""
    rows = ["| what | promised | measured | limit of the machine | |", "|---|---|---|---|---|"]
    rows += [
        f"| {x.what} | {x.promised} | {x.measured} | {x.limit} | {'holds' if x.holds else '**missed**'} |"
        for x in lines
    ]
    cores = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"
    where = f"{count:,} records. {cores}, {machine()}.{busy()}"
    text = PAGE.read_text("utf-8")
    PAGE.write_text(PART.sub(lambda part: "\n".join([f"{part[1]}{where}", "", *rows, part[2]]), text), "utf-8")


def busy() -> str:
    """Say so where others worked on the machine too."""
    load = os.getloadavg()[0]
    if load <= (os.cpu_count() or 1):
        return ""
    return f" Other work kept the machine busy (load {load:.0f}); times are those of the clock."


def machine() -> str:
    """The versions that matter."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, faiss {faiss.__version__}"
    return f"{versions}, NumPy {np.__version__}, commit {commit or 'unknown'}"


def main() -> int:
    """Measure everything; 1 where a promise does not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--folder", type=Path, required=True, help="where to put the vault: an empty folder, or one of an earlier run"
    )
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=60, help="how long writers and readers work at once")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument(
        "--only", default="", help="only steps whose name begins so: build, opening, look_up, add_one, ..."
    )
    parser.add_argument("--no-document", action="store_true", help="leave docs/vault.md as it is")
    given = parser.parse_args()
    faiss.omp_set_num_threads(1)
    given.folder.mkdir(parents=True, exist_ok=True)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", file=sys.stderr)
    rows = given.folder / "lines.jsonl"
    big, small = given.folder / "vault", given.folder / "small"
    steps: dict[str, Callable[[], list[Line]]] = {
        "build": lambda: [line for line in (build(big, given.records),) if line],
        "opening": lambda: opening(big, given.records),
        "look_up": lambda: look_up(big, given.records),
        "add_one": lambda: [add_one(big)],
        "kills": lambda: [kills(small, given.kills)],
        "together": lambda: [together(small, given.seconds)],
    }
    lines = []
    for step in (step for name, step in steps.items() if name.startswith(given.only)):
        for line in step():
            print(f"{'holds ' if line.holds else 'MISSED'} {line.what}: {line.measured}   [{line.limit}]", flush=True)
            lines.append(line)
    kept = {row["what"]: row for row in map(json.loads, rows.read_text().splitlines())} if rows.exists() else {}
    kept |= {line.what: asdict(line) for line in lines}
    rows.write_text("".join(f"{json.dumps(row)}\n" for row in kept.values()))
    if not given.no_document:
        document([Line(**row) for row in kept.values()], given.records)
    return int(not all(line.holds for line in lines))


if __name__ == "__main__":
    sys.exit(main())
