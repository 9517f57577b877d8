"""``underdrawing bench``: the promises measured, and the benchmarks that others can run too."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from underdrawing.cli import options

__all__ = ["bench"]

bench = typer.Typer(
    invoke_without_command=True,
    help=(
        "Measure what the package promises, and say which promises hold.\n\n"
        "Exits with 1 when one does not. The commands below make and run benchmarks that other systems can be put "
        "through as well."
    ),
)


@bench.callback()
def promises(
    context: typer.Context,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Photographs to add, in DIR/fullres and DIR/natural.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A few pictures and attacks: minutes, not hours.")] = False,
    seed: options.Seed = 0,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Where the rows go; a second run continues there.")
    ] = Path("out/bench"),
    jobs: options.Jobs = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per promise, one per line.")] = False,
) -> None:
    """Measure the promises; a command below this one is run in their place."""
    if context.invoked_subcommand is not None:
        return
    from underdrawing.cli.measuring import measure, print_measured
    from underdrawing.cli.run import NEGATIVE, cores

    lines = measure(data, quick=quick, seed=seed, jobs=jobs or cores(), output=output)
    print_measured(lines, json=json)
    if any(line.passed is False for line in lines):
        raise typer.Exit(NEGATIVE)


@bench.command("imagenet-s")
def imagenet_s(
    images: Annotated[Path, typer.Argument(metavar="IMAGES", help="A folder of labelled pictures, searched in depth.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Where the dataset goes; a second run finishes it.")
    ],
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            metavar="FILE",
            help="CSV with the columns file, label and perhaps split. Default: the folder a picture lies in.",
        ),
    ] = None,
    split: Annotated[
        str | None, typer.Option("--split", metavar="NAME", help="Only pictures of this split of the table.")
    ] = None,
    size: Annotated[
        str, typer.Option("--size", metavar="N|native", help="Side of the square to squeeze pictures to, or native.")
    ] = "512",
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=2, help="At most so many pictures, drawn by the seed.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Everything random comes from it.")] = 0,
    kinds: Annotated[
        str | None,
        typer.Option(
            "--kinds",
            metavar="KIND,…",
            help="What is done to pictures, by the names of the datasheet. Default: everything that can be.",
        ),
    ] = None,
    diffusers: Annotated[
        Path | None,
        typer.Option("--diffusers", metavar="DIR", help="A local inpainting pipeline, for removals made by it."),
    ] = None,
    processes: options.Processes = None,
) -> None:
    """Make ImageNet-S: originals, one doctored copy of each, the mask, the label, and a datasheet.

    The same pictures, labels and options give the same dataset. A picture that cannot be read is reported and left out.
    An interrupted run is finished by the same command.

    Exits with 3 when a picture was left out that could not be read.
    """
    from underdrawing.cli.datasets import kinds_named, make_dataset, size_named
    from underdrawing.cli.run import cores

    make_dataset(
        images,
        output,
        labels=labels,
        split=split,
        size=size_named(size),
        limit=limit,
        seed=seed,
        kinds=kinds_named(kinds),
        diffusers=diffusers,
        processes=processes or cores(),
    )


@bench.command()
def forge(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="A dataset made by `bench imagenet-s`.")],
    marked: Annotated[
        Path, typer.Argument(metavar="MARKED", help="A folder of marked originals, each called as its item.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where the doctored copies go.")],
    processes: options.Processes = None,
) -> None:
    """Doctor marked copies as a dataset doctors its originals, whatever program marked them.

    Mark DATASET/originals/NAME.png, keep it as MARKED/NAME.png (or another format), and find the doctored copy in DIR.
    Copies that are there already are left as they are.

    Exits with 3 when a copy could not be doctored.
    """
    from underdrawing.cli.datasets import forge_copies
    from underdrawing.cli.run import cores

    forge_copies(dataset, marked, output, processes=processes or cores())
