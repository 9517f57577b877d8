"""Pictures that were cropped, turned, bent or shown on a page: how often the blocks of the mark are still read.

    python bench/moved.py                     # the photographs inside scikit-image
    python bench/moved.py --data DIR          # and those in DIR/fullres
    python bench/moved.py --data DIR --unmarked 5000    # and DIR/natural, where nothing is to be found
    python bench/moved.py --data DIR --searched out/bench/moved-….jsonl    # with those searched in an earlier run
    python bench/moved.py --pictures 8        # a look within minutes

An interrupted run goes on where it stopped, as long as the commit, the photographs and the seed are the same.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from underdrawing.bench.corpus import Corpus, quick_corpus
from underdrawing.bench.document import environment, moved_markdown, print_lines, replace_section
from underdrawing.bench.main_job.plan import geometry_cases
from underdrawing.bench.main_job.reading import attack_lines
from underdrawing.bench.main_job.rows import RowLog, earlier_rows
from underdrawing.bench.main_job.runner import run_cases
from underdrawing.bench.main_job.tables import geometry_lines
from underdrawing.bench.main_job.targets import GEOMETRY_ATTACKS
from underdrawing.bench.main_job.trial import Setting

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "benchmark.md"


def main(
    data: Annotated[Path | None, typer.Option(help="Folder with fullres/ and natural/.")] = None,
    pictures: Annotated[
        int | None, typer.Option(help="How many photographs, of every kind; all of them if left out.")
    ] = None,
    unmarked: Annotated[int, typer.Option(help="Pictures without a mark to search: a second each.")] = 0,
    searched: Annotated[
        Path | None,
        typer.Option(help="Rows of an earlier run: its unmarked pictures count, and the page names its commit."),
    ] = None,
    processes: Annotated[int, typer.Option(help="Workers, each on one thread.")] = 2,
    seed: Annotated[int, typer.Option(help="Everything random comes from it.")] = 0,
    output: Annotated[Path, typer.Option(help="Folder for rows.")] = Path("out/bench"),
    document: Annotated[bool, typer.Option(help="Write docs/benchmark.md (never with --pictures).")] = True,
) -> None:
    """Measure every way of moving a picture and print target, measurement and verdict of each."""
    whole = Corpus.of(data, unmarked_limit=unmarked)
    corpus = whole if pictures is None else quick_corpus(whole, protected=pictures, unmarked=unmarked)
    facts = {**environment(), "seed": seed, "data": corpus.fingerprint()}
    header = {**{name: facts[name] for name in ("commit", "data", "seed")}, "moved": True}
    name = "-".join(str(value)[:12] for value in header.values())
    log = RowLog(output / f"moved-{name}.jsonl", header=header)
    earlier = None if searched is None else earlier_rows(searched)
    run_cases(list(geometry_cases(corpus)), setting=Setting(corpus, seed), log=log, processes=processes)
    rows = log.rows()
    if earlier is not None:
        facts["unmarked pictures searched at"], others = earlier
        rows += [row for row in others if row.profile is None]
    lines = geometry_lines(rows)
    print_lines(lines, console=Console())
    if document and pictures is None:
        section = moved_markdown(lines, attacks=attack_lines(rows, GEOMETRY_ATTACKS), facts=facts)
        replace_section(DOCUMENT, section, name="moved pictures", writer="bench/moved.py")


if __name__ == "__main__":
    typer.run(main)
