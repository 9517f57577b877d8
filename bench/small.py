"""`make bench`: a small version of everything that is measured, in a quarter of an hour on two cores.

    python bench/small.py                     # the photographs inside scikit-image; nothing is loaded from elsewhere
    python bench/small.py --processes 8

First the main job on a few attacks; then the contest on a small ImageNet-S of the same photographs, which are the
gallery, too. Everything goes to `out/bench`; the documentation is left as it is. An interrupted run goes on where it
stopped. The whole of it is what bench/README.md says.
"""

from pathlib import Path
from typing import Annotated

import typer

import main_job
from underdrawing.bench.contest.conducting import Contest, conduct
from underdrawing.bench.contest.entrants import default_systems
from underdrawing.bench.contest.reporting import write_report
from underdrawing.bench.corpus import Corpus
from underdrawing.bench.edits.tampering import Kind
from underdrawing.bench.imagenet_s import build_dataset
from underdrawing.images import write_atomically

ATTACKS = ("png", "jpeg75", "jpeg70", "jpeg50", "resize0.5+jpeg75", "copyreal")
KINDS = (Kind.SPLICE, Kind.REMOVAL)
"""Two of them, so that six pictures meet several sizes of edit."""

SIZE_PX = 512


def main(
    processes: Annotated[int, typer.Option(help="Workers, each on one thread.")] = 2,
    seed: Annotated[int, typer.Option(help="Everything random comes from it.")] = 0,
    output: Annotated[Path, typer.Option(help="Folder for rows and results.")] = Path("out/bench"),
) -> None:
    """Measure a little of everything."""
    main_job.main(quick=True, processes=processes, seed=seed, output=output / "main-job", document=False)
    photographs = written_out(output / "photographs")
    dataset = output / "imagenet-s"
    build_dataset(photographs, dataset, size=SIZE_PX, seed=seed, kinds=KINDS, processes=processes)
    contest = Contest(
        dataset=dataset,
        output=output / "contest",
        systems=default_systems(),
        attacks=ATTACKS,
        gallery=photographs,
        seed=seed,
        processes=processes,
    )
    conduct(contest)
    for path in write_report(contest.output):
        print(path)


def written_out(folder: Path) -> Path:
    """The photographs inside scikit-image as files, each in a folder that says what it shows."""
    corpus = Corpus.of(None)
    for name in corpus.protected:
        stem = name.removeprefix("skimage/")
        path = folder / stem.partition("_")[0] / f"{stem}.png"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, corpus.read(name))
    return folder


if __name__ == "__main__":
    typer.run(main)
