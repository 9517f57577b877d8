"""Carriers side by side: payload, likeness and what comes through, for every carrier that runs here.

    python bench/carriers.py                                  # the photographs inside scikit-image
    python bench/carriers.py --data DIR --pictures 8          # some of those and of DIR/fullres
    python bench/carriers.py --weights DIR                    # with networks of other people

An interrupted run goes on where it stopped, as long as the commit, the photographs and the seed are the same.
"""

from pathlib import Path
from typing import Annotated

import cv2
import typer
from rich.console import Console
from rich.progress import track

from underdrawing.bench.carriers.side_by_side import add_result, contenders, load_results, measure
from underdrawing.bench.carriers.tables import tables
from underdrawing.bench.corpus import Corpus, quick_corpus
from underdrawing.bench.document import environment, facts_table, replace_section

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "carriers.md"


def main(
    data: Annotated[Path | None, typer.Option(help="Folder with fullres/.")] = None,
    pictures: Annotated[int, typer.Option(help="How many photographs, of every kind.")] = 6,
    only: Annotated[list[str] | None, typer.Option(help="Only these rows of the table. May be given again.")] = None,
    weights: Annotated[Path | None, typer.Option(help="Folder with other people's networks.")] = None,
    seed: Annotated[int, typer.Option(help="Everything random comes from it.")] = 0,
    output: Annotated[Path, typer.Option(help="Folder for results.")] = Path("out/bench"),
    document: Annotated[bool, typer.Option(help="Write docs/carriers.md.")] = True,
) -> None:
    """Measure, print the tables, and write them into the documentation."""
    cv2.setNumThreads(1)
    corpus = quick_corpus(Corpus.of(data, unmarked_limit=1), protected=pictures)
    facts = {**environment(), "seed": seed, "data": corpus.fingerprint(), "photographs": len(corpus.protected)}
    header = {name: facts[name] for name in ("commit", "data", "seed")}
    path = output / f"carriers-{'-'.join(str(value)[:12] for value in header.values())}.jsonl"
    results = load_results(path, header=header)
    done = {(result.contender, result.picture) for result in results}
    every = [contender for contender in contenders(weights=weights) if not only or contender.name in only]
    waiting = [(c, name) for name in corpus.protected for c in every if (c.name, name) not in done]
    for contender, name in track(waiting, description="carriers"):
        results.append(measure(contender, name, corpus, seed=seed))
        add_result(path, results[-1])
    section = f"{facts_table(facts)}\n\n{tables(results)}"
    Console().print(section, markup=False)
    if document:
        replace_section(DOCUMENT, section, name="carriers", writer="bench/carriers.py")


if __name__ == "__main__":
    typer.run(main)
