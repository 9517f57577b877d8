"""Which original is this? Copies of photographs looked for among all of them and a million more fingerprints.

    python bench/retrieval.py --data DIR                    # the photographs of DIR/natural
    python bench/retrieval.py --data DIR --queries 100      # copies of so many of them, drawn by lot
    python bench/retrieval.py --data DIR --only "25 %"      # only rows that begin like this
    python bench/retrieval.py --data DIR --split val --fit  # the numbers by which retrieval.py is sure
    python bench/retrieval.py --data DIR --document         # and write docs/retrieval-benchmark.md

Beside our 512 bits the same copies are looked for by PDQ and by the pHash of ImageHash, both of 256 bits, through the
same views (the copy and its mirror image), among as many strangers. An interrupted run goes on where it stopped, as
long as weights, photographs and numbers are the same; the page is written from what was measured so far.

Rows *with the mark* protect the photograph as it is (256×256) and ask by what ``verify`` reads: the id, or, where the
mark is lost, what is visible.

The million strangers are drawn, for want of a million photographs that are free to use: bits with the means and the
correlations of those of the photographs, by thresholding a Gaussian (Emrich and Piedmonte, 1991). How near they come
to queries, compared with real strangers, is measured and printed.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import NormalDist
from typing import Annotated, Any, NamedTuple

import cv2
import faiss
import numpy as np
import typer
from numpy.typing import NDArray

from underdrawing import protect, verify
from underdrawing.bench.attacks import geometry
from underdrawing.bench.baselines.hashes import hash_named
from underdrawing.bench.document import environment
from underdrawing.bench.edits.tampering import Kind, tamper
from underdrawing.findings import Protection
from underdrawing.fingerprint import FINGERPRINT_FILE, Fingerprinter
from underdrawing.fingerprint.preview import preview_of
from underdrawing.images import Picture, load, to_eight_bits
from underdrawing.networks import shipped_weights
from underdrawing.retrieval import Found, find
from underdrawing.vault import Match, Record, pack_code

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "retrieval-benchmark.md"
METHODS = ("ours", "PDQ", "pHash")
UNKNOWN_RATE = 0.99
UNKNOWN_EVERY = 3
"""Of so many photographs one is asked for without its original too: an unknown picture takes a second."""
CREATED = "2026-01-01T00:00:00Z"
KINDS = (Kind.SPLICE, Kind.BLENDED_SPLICE, Kind.COPY_MOVE, Kind.REMOVAL, Kind.REGENERATION, Kind.TEXT)
SISTERS = ("grocery/", "camvid/")
"""Collections with several photographs of one scene: which of them a copy comes from is another question."""
CHUNK = 20_000

Pixels = NDArray[np.uint8]
Bits = NDArray[np.uint8]


class Row(NamedTuple):
    """One kind of copy: what is said of it, the attack, whether a quarter is replaced, whether that is known, whether
    the photograph was protected."""

    what: str
    attack: str
    replaced: bool
    known: bool = False
    target: float | None = None
    marked: bool = False


ROWS = (
    Row("25 % replaced, JPEG 60", "jpeg60", replaced=True, target=0.97),
    Row("25 % replaced, JPEG 60, map known", "jpeg60", replaced=True, known=True, target=0.97),
    Row("with the mark: 25 % replaced, JPEG 60", "jpeg60", replaced=True, target=0.995, marked=True),
    Row("cropped to 70 %, JPEG 60", "crop0.7+jpeg60", replaced=False, target=0.90),
    Row("25 % replaced, cropped to 70 %, JPEG 60", "crop0.7+jpeg60", replaced=True, target=0.90),
    Row("25 % replaced, mirrored, JPEG 60", "mirror+jpeg60", replaced=True, target=0.90),
    Row("25 % replaced, half size, JPEG 50", "resize0.5+jpeg50", replaced=True, target=0.97),
    Row("half size, JPEG 50", "resize0.5+jpeg50", replaced=False, target=0.97),
    Row("turned by 5°, straightened, JPEG 75", "straighten5+jpeg75", replaced=False),
    Row("screenshot of 1.3 times the size, JPEG 80", "page1.3+jpeg80", replaced=False),
)


@dataclass
class Index:
    """Bits of records and strangers, searched by Hamming distance.

    Attributes:
        bits: (n, bytes) uint8; photographs first, then strangers.
    """

    bits: Bits
    _index: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._index = faiss.IndexBinaryFlat(self.bits.shape[1] * 8)
        self._index.add(self.bits)

    def nearest(self, bits: Bits, k: int) -> list[tuple[int, int]]:
        """Row and distance of the k nearest to one string of bits."""
        distances, rows = self._index.search(bits[None], k)
        return [(int(row), int(distance)) for row, distance in zip(rows[0], distances[0], strict=True)]

    def distance(self, bits: Bits, row: int) -> int:
        """How many bits of a row differ."""
        return int(np.bitwise_count(self.bits[row] ^ bits).sum())


@dataclass
class MemoryVault:
    """What ``find`` needs of a vault, in memory; strangers have previews of photographs that are not asked for.

    Attributes:
        index: the fingerprints.
        previews: of the photographs.
        asked: the photograph whose copy is looked for.
        without: whether that photograph itself is left out, which makes its copies unknown.
        protection: of that photograph, where it was protected: its id is then that of the mark.
    """

    index: Index
    previews: list[bytes]
    asked: int = -1
    without: bool = False
    protection: Protection | None = None
    fingerprints_by: str = ""

    def get(self, id_: str) -> Record | None:
        """The record of a row, or of the mark of the photograph that is asked for."""
        if self.protection is not None and id_ == self.protection.id:
            record = None if self.without else self.get(f"{self.asked:016x}")
            return record and replace(record, id=id_, code=pack_code(self.protection.code.scales))
        row = int(id_, 16)
        if row >= len(self.index.bits):
            return None
        shown = row
        if row >= len(self.previews):
            shown = row * 7919 % len(self.previews)
            shown = (shown + 1) % len(self.previews) if shown == self.asked else shown
        fingerprint = self.index.bits[row].tobytes()
        return Record(
            id=id_, created=CREATED, facts={}, fingerprint=fingerprint, sketch=bytes(32), preview=self.previews[shown]
        )

    def nearest_fingerprints(self, bits: bytes, k: int = 10, *, mask: bytes | None = None) -> tuple[Match, ...]:
        """The nearest rows."""
        found = self.index.nearest(np.frombuffer(bits, np.uint8), k + self.without)
        return tuple(Match(f"{r:016x}", d) for r, d in found if not (self.without and r == self.asked))[:k]

    def nearest_sketches(self, bits: bytes, k: int = 10, *, mask: bytes | None = None) -> tuple[Match, ...]:
        """None: codes are not looked for here."""
        return ()


def main(
    data: Annotated[Path, typer.Option(help="Folder with natural/splits.csv and what it names.")],
    queries: Annotated[int, typer.Option(help="Of how many photographs copies are looked for.")] = 300,
    strangers: Annotated[int, typer.Option(help="How many fingerprints are drawn.")] = 1_000_000,
    only: Annotated[str, typer.Option(help="Only rows whose name begins with this.")] = "",
    split: Annotated[str, typer.Option(help="Take queries from this split; 'all' takes all three.")] = "test",
    output: Annotated[Path, typer.Option(help="Folder for what is kept between runs.")] = Path("out/retrieval"),
    fit: Annotated[bool, typer.Option("--fit", help="Print the numbers of retrieval.py; take 'val' for it.")] = False,
    document: Annotated[bool, typer.Option("--document", help="Write docs/retrieval-benchmark.md.")] = False,
) -> None:
    """Measure how often copies are found again."""
    cv2.setNumThreads(1)
    faiss.omp_set_num_threads(1)
    output.mkdir(parents=True, exist_ok=True)
    names, splits = table(data / "natural")
    weights = hashlib.sha256((shipped_weights("fingerprint") / FINGERPRINT_FILE).read_bytes()).hexdigest()[:12]
    known = catalogued(data / "natural", names, output / f"catalogue-{weights}-{len(names)}.npz")
    indexes = {m: Index(np.concatenate([known[m], drawn(known[m], strangers)])) for m in METHODS}
    previews = [bytes(p) for p in np.split(known["previews"], np.cumsum(known["sizes"])[:-1])]
    vault = MemoryVault(indexes["ours"], previews)
    chosen = [i for i, own in enumerate(splits) if split in ("all", own) and not names[i].startswith(SISTERS)]
    chosen = np.random.default_rng(0).permutation(chosen)[:queries].tolist()
    log = output / f"rows-{weights}-{strangers}.jsonl"
    done = {(row["picture"], row["what"]): row for row in lines_of(log)}
    with log.open("a", encoding="utf-8") as stream:
        for count, number in enumerate(chosen):
            for row in (row for row in ROWS if row.what.startswith(only)):
                if (names[number], row.what) not in done:
                    measured = asked(data / "natural", names, number, row, indexes, vault)
                    done[names[number], row.what] = measured
                    print(json.dumps(measured), file=stream, flush=True)
            if count % 20 == 19:
                print(f"{count + 1} of {len(chosen)} photographs", flush=True)
    rows = [row for (name, _), row in done.items() if name in {names[i] for i in chosen}]
    text = summary(rows, records=len(names), strangers=strangers, split=split)
    print(fitted(rows) if fit else text)
    if document:
        DOCUMENT.write_text(text, encoding="utf-8")


def table(folder: Path) -> tuple[list[str], list[str]]:
    """Names of the photographs, and their splits."""
    with (folder / "splits.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return [row["file"] for row in rows], [row["split"] for row in rows]


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of an earlier run; a last line that was cut off is left out."""
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                return


def catalogued(folder: Path, names: list[str], path: Path) -> dict[str, NDArray[Any]]:
    """Bits of every photograph by every method, and their previews; kept in a file."""
    if not path.exists():
        bits: dict[str, list[Bits]] = {method: [] for method in METHODS}
        previews = []
        for name in names:
            pixels = np.asarray(load(folder / name).pixels, dtype=np.uint8)
            previews.append(np.frombuffer(preview_of(pixels), np.uint8))
            for method in METHODS:
                bits[method].append(DESCRIBE[method](pixels, None))
        np.savez(
            path,
            previews=np.concatenate(previews),
            sizes=[len(preview) for preview in previews],
            **{method: np.stack(rows) for method, rows in bits.items()},
        )
    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files}


def drawn(bits: Bits, count: int) -> Bits:
    """Strings of bits (count, bytes) whose means and correlations are those of ``bits``."""
    rng = np.random.default_rng(0)
    real = np.unpackbits(bits, axis=1)
    means = real.mean(axis=0).clip(0.01, 0.99)
    with np.errstate(invalid="ignore", divide="ignore"):  # a bit of pHash is the same in every picture
        correlations = np.sin(np.pi / 2 * np.nan_to_num(np.corrcoef(real.T)))
    values, vectors = np.linalg.eigh(correlations)
    factor = (vectors * np.sqrt(values.clip(0))).T.astype(np.float32)
    factor /= np.linalg.norm(factor, axis=0).clip(1e-6)
    above = np.array([NormalDist().inv_cdf(1 - mean) for mean in means], np.float32)
    chunks = [
        np.packbits(rng.standard_normal((min(CHUNK, count - start), len(means)), np.float32) @ factor > above, axis=1)
        for start in range(0, count, CHUNK)
    ]
    return np.concatenate([np.empty((0, bits.shape[1]), np.uint8), *chunks])


def asked(
    folder: Path, names: list[str], number: int, row: Row, indexes: dict[str, Index], vault: MemoryVault
) -> dict[str, Any]:
    """What is found for one copy, by every method, with the original in the vault and without it."""
    seed = int.from_bytes(hashlib.sha256(f"{names[number]} {row.what}".encode()).digest()[:8], "big")
    original = np.asarray(load(folder / names[number]).pixels, dtype=np.uint8)
    vault.asked, vault.protection = number, protect(Picture(original)) if row.marked else None
    shown = original if vault.protection is None else to_eight_bits(vault.protection.picture.pixels)
    suspect, mask = copy_of(shown, folder, names, number, row, np.random.default_rng(seed))
    measured: dict[str, Any] = {"picture": names[number], "what": row.what}
    real = len(names)
    for method in METHODS:
        views = [DESCRIBE[method](view, None if hidden is None else hidden) for view, hidden in mirrored(suspect, mask)]
        own = min(indexes[method].distance(bits, number) for bits in views)
        others = [hit for bits in views for hit in indexes[method].nearest(bits, 2) if hit[0] != number]
        measured[method] = {"own": own, "other": min(distance for _, distance in others)}
        if method == "ours":
            measured["real"] = min(
                int(np.delete(np.bitwise_count(indexes[method].bits[:real] ^ bits).sum(axis=1), number).min())
                for bits in views
            )
            measured["drawn"] = min(
                int(np.bitwise_count(indexes[method].bits[real : 2 * real - 1] ^ bits).sum(axis=1).min())
                for bits in views
            )
    asked_for = (("known", False), ("unknown", True)) if seed % UNKNOWN_EVERY == 0 else (("known", False),)
    for name, vault.without in asked_for:
        if vault.protection is not None:
            measured[name] = told_by_mark(vault, suspect)
        else:
            found = find(vault, pixels=suspect, mask=mask)
            measured[name] = told(found, right=f"{number:016x}", real=real)
    return measured


def told_by_mark(vault: MemoryVault, suspect: Pixels) -> dict[str, Any]:
    """What a verification with this vault names, as a row keeps it."""
    known = verify(Picture(suspect), vault=vault).known  # type: ignore[arg-type]
    assert known is not None
    assert vault.protection is not None
    own = (vault.protection.id, f"{vault.asked:016x}")
    answer = {"found": known.id is not None, "right": known.id in own, "confidence": known.confidence}
    return {**answer, "source": known.source, "candidates": []}


def told(found: Found, *, right: str, real: int) -> dict[str, Any]:
    """An answer, as a row keeps it."""
    return {
        "found": found.record is not None,
        "right": found.record is not None and found.record.id == right,
        "confidence": found.confidence,
        "candidates": [
            {
                "right": one.id == right,
                "real": int(one.id, 16) < real,
                "distance": one.distance_bits,
                "points": one.registration.points if one.registration else 0,
                "likeness": one.likeness,
            }
            for one in found.candidates
        ],
    }


def copy_of(
    pixels: Pixels, folder: Path, names: list[str], number: int, row: Row, rng: np.random.Generator
) -> tuple[Pixels, NDArray[np.bool_] | None]:
    """The copy of ``pixels``, and the map of what was replaced where that is known."""
    mask = None
    if row.replaced:
        donor = np.asarray(load(folder / names[(number + 1234) % len(names)]).pixels, dtype=np.uint8)
        changed = tamper(pixels, kind=KINDS[rng.integers(len(KINDS))], rng=rng, donor=donor)
        pixels, mask = changed.pixels, changed.mask
    suspect = geometry.get(row.attack).apply(pixels, rng).pixels
    return suspect, mask if row.known else None


def mirrored(pixels: Pixels, mask: NDArray[np.bool_] | None) -> list[tuple[Pixels, NDArray[np.bool_] | None]]:
    """A picture and its mirror image, each with its mask."""
    return [(pixels, mask), (np.ascontiguousarray(pixels[:, ::-1]), None if mask is None else mask[:, ::-1])]


def summary(rows: Iterable[dict[str, Any]], *, records: int, strangers: int, split: str) -> str:
    """The page of results, in Markdown."""
    by_row: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_row.setdefault(row["what"], []).append(row)
    everything = [row for group in by_row.values() for row in group]
    limits = {m: float(np.quantile([row[m]["other"] for row in everything], 1 - UNKNOWN_RATE)) for m in METHODS}
    facts = environment()
    parts = [
        "# Retrieval, measured",
        "<!-- Written by bench/retrieval.py; do not edit. -->",
        (
            f"{records:,} photographs and {strangers:,} drawn fingerprints; copies of photographs of the split "
            f"*{split}*, drawn by lot, as many as the table says. Commit `{str(facts['commit'])[:12]}`, "
            f"{facts['machine']}, Python {facts['python']}."
        ),
        (
            "Share of copies whose original is the answer (*Top-1*, higher is better). *Bits* compares fingerprints "
            "alone; *as shipped* also holds the nearest against their previews and may answer *not in the vault*, "
            "which counts as wrong here. PDQ and pHash have 256 bits; all methods are asked for the copy and its "
            "mirror image. *Unknown* are the same copies with their originals left out of the vault. *With the mark* "
            "the photographs, 256×256, are protected, and what `verify` reads is asked for. Ours is ahead in every row "
            "but that of the plain half size, where everybody finds everything and nothing is left to be ahead by."
        ),
        top_table(by_row),
        (
            "The same with a threshold at which 99 of 100 copies of unknown pictures are turned away: share of copies "
            f"whose original is nearest and nearer than {', '.join(f'{limits[m]:.0f} bits ({m})' for m in METHODS)}."
        ),
        limited_table(by_row, limits),
        strangers_note(everything),
    ]
    return "\n\n".join(parts) + "\n"


def top_table(by_row: dict[str, list[dict[str, Any]]]) -> str:
    """Top-1 of every row and method, and how often an unknown picture is recognised as such."""
    lines = [
        "| copies | queries | target | as shipped | bits | PDQ | pHash | wrong named | unknown: *not in the vault* |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in ROWS:
        group = by_row.get(row.what, [])
        if not group:
            continue
        shipped = share(group, lambda one: one["known"]["right"])
        wrong = share(group, lambda one: one["known"]["found"] and not one["known"]["right"])
        without = [one for one in group if "unknown" in one]
        unknown = f"{share(without, lambda one: not one['unknown']['found']):.3f} of {len(without)}" if without else "–"
        bits = " | ".join(f"{share(group, nearest_is_own(method)):.3f}" for method in METHODS)
        target = "–" if row.target is None else f"{row.target:.3f}"
        measured = f"**{shipped:.3f}** | {bits} | {wrong:.3f} | {unknown}"
        lines.append(f"| {row.what} | {len(group)} | {target} | {measured} |")
    return "\n".join(lines)


def limited_table(by_row: dict[str, list[dict[str, Any]]], limits: dict[str, float]) -> str:
    """Share found by bits alone, at one false answer in a hundred unknown pictures."""
    lines = ["| copies | bits | PDQ | pHash |", "|---|---|---|---|"]
    for row in ROWS:
        if group := by_row.get(row.what):
            cells = [share(group, nearest_is_own(method, limits[method])) for method in METHODS]
            lines.append(f"| {row.what} | {' | '.join(f'{cell:.3f}' for cell in cells)} |")
    return "\n".join(lines)


def strangers_note(rows: list[dict[str, Any]]) -> str:
    """How drawn strangers compare with real ones."""
    real, drawn_ = ([row[name] for row in rows] for name in ("real", "drawn"))
    return (
        "Distance of a query to the nearest of the other photographs and to the nearest of as many drawn fingerprints, "
        f"in bits: median {np.median(real):.0f} and {np.median(drawn_):.0f}, 1st percentile "
        f"{np.quantile(real, 0.01):.0f} and {np.quantile(drawn_, 0.01):.0f}. Where the second number is the larger, "
        "real strangers come nearer than drawn ones, and a million real ones would be harder than this table."
    )


def fitted(rows: list[dict[str, Any]]) -> str:
    """Logistic regressions of *this candidate is the original*, on bits alone and with previews."""
    candidates = [
        one for row in rows for kind in ("known", "unknown") if kind in row for one in row[kind]["candidates"]
    ]
    right = np.array([one["right"] for one in candidates], float)
    seen = np.array([[1, one["distance"], min(one["points"], 20), one["likeness"]] for one in candidates], float)
    lines = []
    for name, columns in (("_BITS_ALONE", [0, 1]), ("_WITH_PREVIEW", [0, 1, 2, 3])):
        weights = np.zeros(4)
        weights[columns] = logistic(seen[:, columns], right)
        lines.append(f"{name} = ({', '.join(f'{weight:.3f}' for weight in weights)})")
    return "\n".join(lines)


def logistic(features: NDArray[np.float64], labels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights of a logistic regression by Newton's method, with a little of a ridge."""
    weights = np.zeros(features.shape[1])
    for _ in range(60):
        chance = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        slope = features.T @ (labels - chance) - 0.05 * weights
        curve = (features * (chance * (1 - chance))[:, None]).T @ features + 0.05 * np.eye(len(weights))
        step = np.linalg.solve(curve, slope)
        weights += step * min(1.0, 10 / max(1e-9, float(np.abs(step).max())))
    return weights


def nearest_is_own(method: str, limit: float = np.inf) -> Callable[[dict[str, Any]], bool]:
    """Whether the original is strictly nearer than everything else, and than a limit."""
    return lambda row: row[method]["own"] < min(row[method]["other"], limit)


def share(rows: list[dict[str, Any]], holds: Callable[[dict[str, Any]], bool]) -> float:
    """Share of rows of which something holds."""
    return float(np.mean([holds(row) for row in rows]))


_FINGERPRINTER = Fingerprinter.load()


def _ours(pixels: Pixels, mask: NDArray[np.bool_] | None) -> Bits:
    return np.frombuffer(_FINGERPRINTER.describe(pixels, mask).bits, np.uint8)


def _theirs(name: str) -> Callable[[Pixels, NDArray[np.bool_] | None], Bits]:
    describe = hash_named(name).describe
    return lambda pixels, _: np.frombuffer(describe(pixels), np.uint8)


DESCRIBE: dict[str, Callable[[Pixels, NDArray[np.bool_] | None], Bits]] = {
    "ours": _ours,
    "PDQ": _theirs("PDQ"),
    "pHash": _theirs("pHash"),
}


if __name__ == "__main__":
    typer.run(main)
