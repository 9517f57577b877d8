"""The nearest hidden code: beginnings of codes looked for among those of all photographs and a million more sketches.

    python bench/retrieval_codes.py --data DIR

Strangers are drawn as ``bench/retrieval.py`` draws them. Prints Markdown: share of codes whose record is the answer,
and the time of one search.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Annotated

import cv2
import faiss
import numpy as np
import typer
from numpy.typing import NDArray

from retrieval import CREATED, Index, drawn, table
from underdrawing.fingerprint.sketch import sketch_of
from underdrawing.images import load
from underdrawing.retrieval import find
from underdrawing.tokenizer import HiddenCode, Tokenizer, ladder_bits
from underdrawing.vault import SKETCH_BYTES, Match, Record, pack_code, unpack_code


@dataclass
class SketchVault:
    """What ``find`` needs of a vault, in memory: the first half of the sketches is searched where that is all.

    Attributes:
        sketches: (n, 32) uint8, photographs first.
        codes: of the photographs.
    """

    sketches: NDArray[np.uint8]
    codes: list[bytes]
    fingerprints_by: str = ""
    whole: Index = field(init=False)
    half: Index = field(init=False)

    def __post_init__(self) -> None:
        self.whole = Index(self.sketches)
        self.half = Index(np.ascontiguousarray(self.sketches[:, : SKETCH_BYTES // 2]))

    def get(self, id_: str) -> Record | None:
        """The record of a row; drawn strangers have no code to compare."""
        row = int(id_, 16)
        code = self.codes[row] if row < len(self.codes) else None
        return Record(
            id=id_, created=CREATED, facts={}, fingerprint=bytes(64), sketch=self.sketches[row].tobytes(), code=code
        )

    def nearest_fingerprints(self, bits: bytes, k: int = 10, *, mask: bytes | None = None) -> tuple[Match, ...]:
        """None: looks are not asked for here."""
        return ()

    def nearest_sketches(self, bits: bytes, k: int = 10, *, mask: bytes | None = None) -> tuple[Match, ...]:
        """The nearest rows."""
        index = self.whole if mask is None else self.half
        asked = np.frombuffer(bits, np.uint8)[: index.bits.shape[1]]
        return tuple(Match(f"{row:016x}", distance) for row, distance in index.nearest(asked, k))


def main(
    data: Annotated[Path, typer.Option(help="Folder with natural/splits.csv and what it names.")],
    queries: Annotated[int, typer.Option(help="How many codes are looked for.")] = 500,
    strangers: Annotated[int, typer.Option(help="How many sketches are drawn.")] = 1_000_000,
    limit: Annotated[int | None, typer.Option(help="Catalogue only so many photographs.")] = None,
    output: Annotated[Path, typer.Option(help="Folder for what is kept between runs.")] = Path("out/retrieval"),
) -> None:
    """Measure how often codes are found again."""
    cv2.setNumThreads(1)
    faiss.omp_set_num_threads(1)
    tokenizer = Tokenizer.load()
    names = table(data / "natural")[0][:limit]
    codes = packed_codes(data / "natural", names, tokenizer, output)
    sketches = np.stack([np.frombuffer(sketch_of(whole(code), tokenizer.linear).bits, np.uint8) for code in codes])
    vault = SketchVault(np.concatenate([sketches, drawn(sketches, strangers)]), codes)
    chosen = range(0, len(codes), max(1, len(codes) // queries))
    print(f"{len(codes):,} photographs and {strangers:,} drawn sketches; {len(chosen)} codes.\n")
    print("| bits read | found | wrong | milliseconds |\n|---|---|---|---|")
    for scales in (2, 3, 4):
        right, wrong, began = 0, 0, perf_counter()
        for number in chosen:
            found = find(vault, code=whole(codes[number]).prefix(scales), linear=tokenizer.linear).record
            same = found is not None and found.code == codes[number]
            right, wrong = right + same, wrong + (found is not None and not same)
        each = (perf_counter() - began) * 1e3 / len(chosen)
        print(f"| {ladder_bits(scales)} | {right / len(chosen):.4f} | {wrong / len(chosen):.4f} | {each:.0f} |")


def whole(code: bytes) -> HiddenCode:
    """A packed code as the tokenizer gives it."""
    return HiddenCode(unpack_code(code))


def packed_codes(folder: Path, names: list[str], tokenizer: Tokenizer, output: Path) -> list[bytes]:
    """The codes of photographs; kept in a file."""
    output.mkdir(parents=True, exist_ok=True)
    path = output / f"codes-{tokenizer.linear.digest()[:12]}-{len(names)}.npy"
    if not path.exists():
        codes = [pack_code(tokenizer.encode(np.asarray(load(folder / name).pixels)).scales) for name in names]
        np.save(path, np.stack([np.frombuffer(code, np.uint8) for code in codes]))
    return [row.tobytes() for row in np.load(path)]


if __name__ == "__main__":
    typer.run(main)
