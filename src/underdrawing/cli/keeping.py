"""The work of ``vault add``: a picture becomes a record."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from underdrawing.cli.guard import printable
from underdrawing.cli.inputs import find_items
from underdrawing.cli.secrets import channel_key
from underdrawing.cli.tasks import Done, KeepTask, called, read_picture
from underdrawing.errors import UsageError

if TYPE_CHECKING:
    from underdrawing.images import Picture

__all__ = ["keep_one", "plan_keeping"]

_CARRIER = "lattice"


def plan_keeping(given: str, template: KeepTask) -> list[KeepTask]:
    """Return one task for each picture behind an argument.

    Raises:
        UsageError: there is no picture, or standard input is to be its own original.
    """
    items, _ = find_items(given)
    if template.as_original and items[0].source is None:
        raise UsageError("standard input has no path to note as the original; leave out --as-original")
    return [replace(template, source=item.source) for item in items]


def keep_one(task: KeepTask) -> Done:
    """Make the record of one picture and add it; what the vault has already is left as it is."""
    from underdrawing import images
    from underdrawing.retrieval import catalogue
    from underdrawing.vault import open_vault

    picture = read_picture(task.source)
    told = images.facts_from_metadata(picture.metadata, position=task.position) if task.metadata_facts else {}
    facts = {name: text for name, text in (told | task.facts).items() if text}
    original = os.path.realpath(task.source) if task.as_original and task.source else None
    record = catalogue(picture, facts=facts, original=original)
    if task.look_for_mark and (id_ := _marked(picture, task)):
        record = replace(record, id=id_, carrier=_CARRIER)
    with open_vault(task.vault) as vault:
        skipped = record.id in vault and not task.replace
        added = None if skipped else vault.add(record, replace=task.replace)
    done = "replaced" if added and added.replaced else "skipped" if skipped or not added or added.skipped else "added"
    words = {"added": "added", "replaced": "replaced the one there", "skipped": "there already"}[done]
    name = called(task.source)
    result = {"input": name, "id": record.id, "marked": bool(record.carrier), "done": done}
    return Done(record=result, lines=(f"{printable(name)}  {record.id}  {words}",))


def _marked(picture: Picture, task: KeepTask) -> str | None:
    """Return the id in the picture's own mark; None where there is no mark.

    Raises:
        UsageError: the mark says that this is not the picture that was protected.
    """
    import underdrawing

    secret = channel_key(task.channel_key) if task.channel_key else None
    found = underdrawing.verify(picture, channel_key=secret)
    if found.verdict in (
        underdrawing.Verdict.TAMPERED,
        underdrawing.Verdict.TRANSPLANTED,
        underdrawing.Verdict.FORGED,
    ):
        raise UsageError(
            f"{called(task.source)}: its mark says {found.verdict}, so it is not kept under the id of that mark; "
            "keep the picture as it was, or give --no-mark"
        )
    return found.id
