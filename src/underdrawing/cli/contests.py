"""``underdrawing bench run``, ``report`` and ``leaderboard``: the contest and what is told of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from underdrawing.cli import options
from underdrawing.cli.guard import printable
from underdrawing.errors import UsageError

__all__ = ["leaderboard", "report", "run"]


Dataset = Annotated[Path, typer.Argument(metavar="DATASET", help="A dataset made by `underdrawing bench imagenet-s`.")]
Results = Annotated[
    Path, typer.Option("-o", "--output", metavar="DIR", help="Where rows and results go; a second run continues.")
]
Gallery = Annotated[
    Path | None,
    typer.Option("--gallery", metavar="DIR", help="Labelled photographs in which suspects are looked for."),
]
Labels = Annotated[
    Path | None,
    typer.Option("--labels", metavar="FILE", help="CSV with file and label of the gallery. Default: folder names."),
]
Systems = Annotated[
    str | None, typer.Option("--systems", metavar="NAME,…", help="Who takes part. Default: everybody who is here.")
]
Attacks = Annotated[
    str, typer.Option("--attacks", metavar="NAME,…", help="Names of attacks, or `quick`, `targets` or `all`.")
]
Limit = Annotated[
    int | None, typer.Option("--limit", metavar="N", min=1, help="Only the first so many pictures of the dataset.")
]
NoDoctored = Annotated[
    bool, typer.Option("--no-doctored", help="Leave out copies with the edit; false alarms and forgeries are left.")
]
NoUntouched = Annotated[
    bool, typer.Option("--no-untouched", help="Leave out copies without the edit, and with them false alarms.")
]
Weights = Annotated[
    Path | None, typer.Option("--weights", metavar="DIR", help="Folder with weights of carriers that need some.")
]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster", metavar="ADDRESS", help="Run on the workers of this Dask scheduler (needs the extra `dask`)."
    ),
]


def run(
    dataset: Dataset,
    output: Results,
    gallery: Gallery = None,
    labels: Labels = None,
    systems: Systems = None,
    attacks: Attacks = "targets",
    limit: Limit = None,
    no_doctored: NoDoctored = False,
    no_untouched: NoUntouched = False,
    seed: options.Seed = 0,
    weights: Weights = None,
    processes: options.Processes = None,
    cluster: Cluster = None,
) -> None:
    """Run the contest: every system, every picture of a dataset, every attack.

    Rows, gallery and results go into one folder. An interrupted run goes on where it stopped, and later ones add to it,
    as long as program, dataset, gallery and seed are the same. A case that fails does not end the run: it counts in
    no table, and the report lists it.
    """
    from rich.console import Console

    from underdrawing.bench.contest.conducting import Contest, conduct
    from underdrawing.bench.contest.entrants import default_systems
    from underdrawing.bench.contest.plan import chosen_attacks
    from underdrawing.bench.document import print_lines
    from underdrawing.bench.lines import Line
    from underdrawing.cli.run import cores

    contest = Contest(
        dataset=dataset,
        output=output,
        systems=tuple(_names(systems)) if systems else default_systems(),
        attacks=chosen_attacks(_names(attacks)),
        gallery=gallery,
        labels=labels,
        limit=limit,
        doctored=not no_doctored,
        untouched=not no_untouched,
        seed=seed,
        weights=weights,
        processes=processes or cores(),
        cluster=cluster,
    )
    results = conduct(contest)
    print_lines([Line(**line) for line in results["targets"]], console=Console())
    for error in results["errors"][:20]:
        typer.echo(printable(error))


def report(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="The folder of `underdrawing bench run`.")],
    document: Annotated[
        Path | None,
        typer.Option("--document", metavar="FILE", help="Put the report into this Markdown file, between its marks."),
    ] = None,
    pictures: Annotated[
        Path | None, typer.Option("--pictures", metavar="DIR", help="Where plots go. Default: RESULTS/pictures.")
    ] = None,
    no_sheet: Annotated[
        bool, typer.Option("--no-sheet", help="Leave out the photographs, where they may not be published.")
    ] = False,
    contact: Annotated[
        str, typer.Option("--contact", metavar="TEXT", help="Who stands behind the numbers, for the leaderboard.")
    ] = "not given",
) -> None:
    """Write report, plots and leaderboard files of a run."""
    from underdrawing.bench.contest.reporting import write_report

    for path in write_report(results, document=document, pictures=pictures, sheet=not no_sheet, contact=contact):
        typer.echo(path)


def leaderboard(
    files: Annotated[list[Path], typer.Argument(metavar="FILES…", help="Files of the format, one for each system.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write the table there instead of printing it."),
    ] = None,
    force: options.Force = False,
) -> None:
    """Check files that were sent in and make one table of them.

    Exits with 2 where a file is not in order, and says which field.
    """
    from underdrawing.bench.contest.leaderboard import leaderboard as board
    from underdrawing.bench.contest.leaderboard import read_entry

    table = board([read_entry(path) for path in files])
    if output is None:
        typer.echo(table, nl=False)
    else:
        from underdrawing.images import write_atomically

        if output.exists() and any(output.samefile(path) for path in files):
            raise UsageError(f"{output} is one of the files that were sent in; give another output with -o")
        write_atomically(output, table.encode(), overwrite=force)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
