"""``underdrawing search``: which record of a vault a picture comes from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from underdrawing.cli import options
from underdrawing.cli.guard import printable
from underdrawing.cli.inputs import find_items
from underdrawing.cli.secrets import channel_key as read_channel_key
from underdrawing.cli.shelves import vault_to_ask
from underdrawing.cli.tasks import Done, SearchTask, called, read_picture
from underdrawing.cli.vault import Where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from underdrawing.retrieval import Found

__all__ = ["search", "search_one"]

_COMPARED = 20


def search(
    context: typer.Context,
    given: options.Input,
    where: Where,
    count: Annotated[int, typer.Option("-k", min=1, max=1000, metavar="N", help="How many candidates to list.")] = 5,
    no_mark: Annotated[
        bool, typer.Option("--no-mark", help="Go by what is visible only, and do not look for a mark.")
    ] = False,
    channel_key: options.ChannelKeyToRead = None,
    json: options.Json = False,
) -> None:
    """Say which original of the vault a picture comes from: by its mark, else by what is visible.

    Exits with 1 when any picture is not in the vault.
    """
    from underdrawing.cli.run import run_command

    items, _ = find_items(given)
    if channel_key:
        read_channel_key(channel_key)
    vault_to_ask(where)
    template = SearchTask(source=None, vault=where, count=count, look_for_mark=not no_mark, channel_key=channel_key)
    tasks = [replace(template, source=item.source) for item in items]
    run_command(context, tasks, [], search_one, jobs=1, json=json, verb="searching")


def search_one(task: SearchTask) -> Done:
    """Look for the original of one picture."""
    found = _searched(task)
    name = called(task.source)
    record = {"input": name, **found.to_dict()}
    record["candidates"] = record["candidates"][: task.count]
    return Done(record=record, lines=(_line(name, found), *_card(found, task.count)), negative=found.record is None)


def _searched(task: SearchTask) -> Found:
    """Read what mark there is, then search by it and by the pixels."""
    import underdrawing
    from underdrawing.images import to_eight_bits
    from underdrawing.retrieval import find

    picture = read_picture(task.source)
    id_, mask = None, None
    if task.look_for_mark:
        secret = read_channel_key(task.channel_key) if task.channel_key else None
        verification = underdrawing.verify(picture, channel_key=secret)
        id_, mask = verification.id, verification.mask
    pixels = to_eight_bits(picture.pixels)
    return find(vault_to_ask(task.vault), id=id_, pixels=pixels, mask=mask, k=max(task.count, _COMPARED))


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
