"""What the program answers to copied, averaged, overwritten and forged marks, and to pictures written anew.

    python bench/forgeries.py                           # the photographs inside scikit-image
    python bench/forgeries.py --data DIR --pictures 8   # some of those in DIR/fullres

Photographs are reduced to a short side of 1024 pixels. The target of a forgery is the next photograph, brought to the
same size. Interrupted runs go on where they stopped, as long as the commit, the photographs and the seed are the same.
"""

import sys
from functools import lru_cache, partial
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from underdrawing.bench.attacks import suite
from underdrawing.bench.attacks.answers import Answer, ask, make_scene, table
from underdrawing.bench.attacks.forgery import Scene
from underdrawing.bench.corpus import Corpus
from underdrawing.bench.document import environment, facts_table, replace_section
from underdrawing.bench.row_log import RowLog
from underdrawing.bench.running import run_all

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "attacks.md"
GROUPS = ("tokenizer regeneration", "autoencoder regeneration", "print and scan")
"""What is measured here beside forgeries and removal."""
_SHORT_SIDE_PX = 1024


def main(
    data: Annotated[Path | None, typer.Option(help="Folder with fullres/.")] = None,
    pictures: Annotated[int, typer.Option(min=2, help="How many photographs, spread evenly.")] = 6,
    processes: Annotated[int, typer.Option(help="Workers, each on one thread.")] = 2,
    seed: Annotated[int, typer.Option(help="Everything random comes from it.")] = 0,
    output: Annotated[Path, typer.Option(help="Folder for rows.")] = Path("out/bench"),
    document: Annotated[bool, typer.Option(help="Write docs/attacks.md.")] = True,
) -> None:
    """Measure, print the table, and write it into the documentation."""
    corpus = Corpus.of(data, unmarked_limit=1)
    names = _spread(corpus, pictures)
    facts = {**environment(), "seed": seed, "data": corpus.fingerprint(), "photographs": len(names)}
    header: dict[str, object] = {name: facts[name] for name in ("commit", "data", "seed")}
    log = RowLog(output / f"forgeries-{str(header['commit'])[:12]}-{seed}.jsonl", header=header, kinds=(Answer,))
    done = {(row.picture, row.attack) for row in log.of(Answer)}
    units = [(name, attack) for name in names for attack in _attacks() if (name, attack) not in done]
    run = partial(_answer, corpus, tuple(names), seed)
    run_all(units, run, add=lambda row: log.add([row]), total=len(units) + len(done), processes=processes)
    asked = [row for row in log.of(Answer) if row.picture in names]
    section = f"{facts_table(facts)}\n\n{table(asked)}"
    Console().print(section, markup=False)
    if document:
        replace_section(DOCUMENT, section, name="answers", writer="bench/forgeries.py")


def _attacks() -> list[str]:
    return [entry.name for entry in suite.SUITE if entry.aim != "survive" or entry.group in GROUPS]


def _spread(corpus: Corpus, count: int) -> list[str]:
    """Photographs of the folder where there is one, those inside scikit-image where there is none."""
    outside = [name for name in corpus.protected if not name.startswith("skimage/")] or list(corpus.protected)
    return [outside[index * len(outside) // min(count, len(outside))] for index in range(min(count, len(outside)))]


def _answer(corpus: Corpus, names: tuple[str, ...], seed: int, unit: tuple[str, str]) -> Answer:
    """One attack on one picture."""
    cv2.setNumThreads(1)
    name, attack = unit
    index = names.index(name)
    scene = _scene(corpus, name, names[(index + 1) % len(names)])
    return ask(attack, scene, picture=name, seed=seed + index)


@lru_cache(maxsize=2)
def _scene(corpus: Corpus, name: str, other: str) -> Scene:
    """The last scenes are kept: the attacks on one picture follow one another."""
    sys.path.insert(0, str(ROOT / "attacks"))
    from moved_marks import rewritten

    original = _reduced(np.asarray(corpus.load(name).pixels, dtype=np.uint8))
    height, width = original.shape[:2]
    target = cv2.resize(
        np.asarray(corpus.load(other).pixels, dtype=np.uint8), (width, height), interpolation=cv2.INTER_AREA
    )
    return make_scene(original, np.asarray(target, dtype=np.uint8), rewrite=rewritten)


def _reduced(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    factor = _SHORT_SIDE_PX / min(pixels.shape[:2])
    if factor >= 1:
        return pixels
    return np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), dtype=np.uint8)


if __name__ == "__main__":
    typer.run(main)
