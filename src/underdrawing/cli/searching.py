"""``underdrawing search``: which record of a vault a picture comes from."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from underdrawing.cli.guard import printable
from underdrawing.cli.inputs import find_items
from underdrawing.cli.run import NEGATIVE
from underdrawing.cli.tasks import called, read_picture
from underdrawing.cli.vault import Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from underdrawing.retrieval import Found
    from underdrawing.vault import Vault

__all__ = ["search"]

_COMPARED = 20


def search(
    given: Annotated[
        str, typer.Argument(metavar="IN", help="A picture, a folder of pictures, or - for standard input.")
    ],
    where: Where,
    count: Annotated[int, typer.Option("-k", min=1, max=1000, metavar="N", help="How many candidates to list.")] = 5,
    no_mark: Annotated[
        bool, typer.Option("--no-mark", help="Go by what is visible only, and do not look for a mark.")
    ] = False,
    channel_key: Annotated[
        Path | None, typer.Option("--channel-key", metavar="FILE", help="The secret the mark was hidden with, if any.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per picture, one per line.")] = False,
) -> None:
    """Say which original of the vault a picture comes from: by its mark, else by what is visible.

    Exits with 1 when any picture is not in the vault.
    """
    from underdrawing.vault import open_vault

    items, many = find_items(given)
    missing = False
    with open_vault(where, read_only=True) as opened:
        for item in items:
            found = _searched(opened, item.source, count, channel_key=channel_key, marked=not no_mark)
            missing = missing or found.record is None
            name = called(item.source)
            lines = [_line(name, found)] if many else [_line(name, found), *_card(found, count)]
            record = {"input": name, **found.to_dict()}
            record["candidates"] = record["candidates"][:count]
            typer.echo(json_format.dumps(record) if json else "\n".join(lines))
    if missing:
        raise typer.Exit(NEGATIVE)


def _searched(vault: Vault, source: Path | None, count: int, *, channel_key: Path | None, marked: bool) -> Found:
    """Read what mark there is, then search by it and by the pixels."""
    import underdrawing
    from underdrawing.cli.secrets import channel_key as read_channel_key
    from underdrawing.images import to_eight_bits
    from underdrawing.retrieval import find

    picture = read_picture(source)
    id_, mask = None, None
    if marked:
        secret = read_channel_key(channel_key) if channel_key else None
        verification = underdrawing.verify(picture, channel_key=secret)
        id_, mask = verification.id, verification.mask
    return find(vault, id=id_, pixels=to_eight_bits(picture.pixels), mask=mask, k=max(count, _COMPARED))


def _line(name: str, found: Found) -> str:
    """Return the answer on one line."""
    if found.record is None:
        return f"{printable(name)}  not in the vault ({found.confidence:.1%} sure)"
    return f"{printable(name)}  {found.record.id}  by its {found.source} ({found.confidence:.1%} sure)"


def _card(found: Found, count: int) -> Iterator[str]:
    """Describe the record and the candidates; what strangers wrote is shown as text and as nothing else."""
    from underdrawing.report import fact_rows, readable

    if found.note:
        yield f"  Note: {readable(found.note)}"
    if found.record is not None:
        rows = fact_rows(dict(found.record.facts))
        rows += [("Original", found.record.original)] if found.record.original else []
        wide = max((len(label) for label, _ in rows), default=0)
        yield from (f"  {readable(label):<{wide}}  {readable(text)}" for label, text in rows)
    for candidate in found.candidates[:count]:
        words = [f"{candidate.confidence:.1%}"]
        if candidate.distance_bits is not None:
            words.append(f"{candidate.distance_bits} bits differ")
        if candidate.equal is not None:
            words.append(f"{candidate.equal:.0%} of the tokens are the same")
        if candidate.registration is not None:
            words.append(f"{candidate.registration.points} points agree")
        yield f"  {candidate.id}  {', '.join(words)}"
