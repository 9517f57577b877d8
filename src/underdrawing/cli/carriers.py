"""``underdrawing carriers``: what can carry a mark here, how much of it, and what is missing."""

from __future__ import annotations

import json as json_format
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from underdrawing.channel import CARRIERS, load_carrier
from underdrawing.cli.options import Weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from underdrawing.channel import CarrierEntry

__all__ = ["CarrierLine", "carrier_lines", "carriers"]


@dataclass(frozen=True)
class CarrierLine:
    """One carrier as it is found here.

    Attributes:
        name: The word it is chosen by.
        about: What it is.
        ready: Whether it can be used.
        missing: What there is still to get.
        capacity_bits: How many bits it takes from the picture; None without a picture or where it is not ready.
        id_bits: How many of the 64 bits of the id a small message in it holds; None likewise or where none fits.
        code_scales: How many of the six scales of the code.
        code_bits: The same in bits.
    """

    name: str
    about: str
    ready: bool
    missing: tuple[str, ...]
    capacity_bits: int | None = None
    id_bits: int | None = None
    code_scales: int | None = None
    code_bits: int | None = None


def carriers(
    given: Annotated[
        Path | None,
        typer.Argument(metavar="[IN]", help="A picture; then it is said how much of the mark it would hold."),
    ] = None,
    weights: Weights = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per carrier, one per line.")] = False,
) -> None:
    """List what can carry a mark: ours, and other people's watermarks.

    A small carrier holds the id and the beginning of the code; a vault keeps the rest. Nothing is downloaded: what is
    missing is listed with where to get it.
    """
    lines = carrier_lines(given, weights=weights)
    if json:
        typer.echo("\n".join(json_format.dumps(asdict(line)) for line in lines))
        return
    _print(lines, with_picture=given is not None)


def carrier_lines(picture: Path | None = None, *, weights: Path | None = None) -> list[CarrierLine]:
    """Every carrier as it is found here; with a picture, how much of a mark it would hold.

    Raises:
        UsageError: The picture cannot be opened.
        WeightsError: A file in the folder is not the network it should be.
    """
    pixels = None if picture is None else _canvas(picture)
    return [_line(entry, pixels, weights) for entry in CARRIERS]


def _canvas(picture: Path) -> NDArray[np.uint8]:
    """Empty pixels of the size of a picture: the size is all that capacity depends on."""
    import numpy as np

    from underdrawing.images import load

    opened = load(picture)
    return np.zeros((opened.height, opened.width, 3), dtype=np.uint8)


def _line(entry: CarrierEntry, pixels: NDArray[np.uint8] | None, weights: Path | None) -> CarrierLine:
    missing = entry.missing(weights)
    line = CarrierLine(entry.name, entry.about, ready=not missing, missing=missing)
    if missing or pixels is None:
        return line
    from underdrawing.messages import layout_in

    carrier = load_carrier(entry.name, weights=weights)
    capacity, layout = carrier.capacity_bits(pixels), layout_in(carrier, pixels)
    sizes = (None, None, None) if layout is None else (layout.id_bits, layout.scales, layout.code_bits)
    return CarrierLine(entry.name, entry.about, True, (), capacity, *sizes)


def _print(lines: list[CarrierLine], *, with_picture: bool) -> None:
    """A table, and below it what is missing."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    headings = ["carrier", "ready", *(["takes, bits", "holds"] if with_picture else []), "what it is"]
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for line in lines:
        held = [_number(line.capacity_bits), _held(line)] if with_picture else []
        table.add_row(line.name, "yes" if line.ready else "no", *held, line.about)
    console = Console(highlight=False)
    console.print(table)
    for line in lines:
        for lacking in line.missing:
            console.print(f"{line.name} needs {lacking}", markup=False, soft_wrap=True)


def _number(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _held(line: CarrierLine) -> str:
    """What a message in this carrier says, in words."""
    if line.id_bits is None:
        return "–" if line.capacity_bits is None else "nothing: too small"
    scales = f", {line.code_scales} of 6 scales ({line.code_bits:,} bits)" if line.code_scales else ""
    return f"{line.id_bits} bits of the id{scales}"
