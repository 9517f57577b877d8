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
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Everything random comes from it.")] = 0,
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
