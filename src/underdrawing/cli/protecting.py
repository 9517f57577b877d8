"""``underdrawing protect``: where the results go, and what happens to one picture."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from underdrawing.cli.guard import printable
from underdrawing.cli.inputs import EXTENSIONS, STANDARD_STREAM, Item, find_items, mirrored, path_of, refuse_existing
from underdrawing.cli.secrets import channel_key, confidants, signing_key
from underdrawing.cli.shelves import carrier_named
from underdrawing.cli.streams import standard_output
from underdrawing.cli.tasks import Coding, Done, ProtectTask, called, read_picture
from underdrawing.errors import RecordConflictError, UsageError

if TYPE_CHECKING:
    from underdrawing.findings import Protection
    from underdrawing.images import ImageFormat, Picture

__all__ = ["plan_protect", "protect_one"]


_KEPT = {
    "added": "kept in the vault",
    "replaced": "kept in the vault in place of an earlier record",
    "skipped": "in the vault already",
}


def plan_protect(
    given: str, output: str, *, template: ProtectTask, resume: bool
) -> tuple[list[ProtectTask], list[Done]]:
    """Return a task for every picture, and what an earlier run has done already.

    Raises:
        UsageError: a key or carrier is not what was asked for, or the output cannot be what was asked for.
        OutputExistsError: outputs exist, and neither ``resume`` nor the template's ``overwrite`` is set.
    """
    _asked(template)
    items, many = find_items(given, leave_out=[path_of(output)])
    originals = _originals(items, many, template)
    if output == STANDARD_STREAM:
        source = _only_to_stream(items, many)
        return [replace(template, source=source, output=None, original=originals[0])], []
    outputs = _outputs(items, many, path_of(output), output.endswith(("/", "\\")), template.coding)
    if not (resume or template.overwrite):
        refuse_existing(outputs)
    tasks, done = [], []
    for item, path, original in zip(items, outputs, originals, strict=True):
        written = resume and path.is_file()
        if written and template.vault is None:
            done.append(_done_before(item.name, path))
        else:
            tasks.append(replace(template, source=item.source, output=path, original=original, written=written))
    return tasks, done


def _asked(task: ProtectTask) -> dict[str, Any]:
    """Return what ``underdrawing.protect`` is asked for besides the facts: keys and carrier, read once a process."""
    return {
        "key": signing_key(task.key) if task.key else None,
        "profile": task.profile,
        "channel_key": channel_key(task.channel_key) if task.channel_key else None,
        "confidential": confidants(task.confidants) if task.confidants else None,
        "with_code": task.with_code,
        "carrier": None if task.carrier is None else carrier_named(task.carrier, task.weights),
    }


def _originals(items: list[Item], many: bool, template: ProtectTask) -> list[str | None]:
    """Return what the record of each picture says about where its original is.

    Raises:
        UsageError: there is no record to say it, or it cannot be said.
    """
    if template.vault is None:
        if template.original or template.keep_original or template.reveal:
            raise UsageError(
                "--original, --keep-original and --reveal say what a record holds; name the vault with --vault"
            )
        return [None] * len(items)
    if template.keep_original:
        if template.original or items[0].source is None:
            raise UsageError("--keep-original notes the path of a file: give the picture as one, and no --original")
        return [os.path.realpath(item.source) for item in items if item.source]
    if template.original and template.original.endswith("/"):
        return [f"{template.original}{item.relative.as_posix()}" for item in items]
    if template.original and many:
        raise UsageError("a folder of pictures needs an --original that ends with /, to which each path is added")
    return [template.original] * len(items)


def _only_to_stream(items: list[Item], many: bool) -> Path | None:
    if many:
        raise UsageError("a folder cannot be written to standard output; give a folder with -o")
    if standard_output().isatty():
        raise UsageError("not writing a picture to the terminal; redirect the output, or give a file with -o")
    return items[0].source


def _outputs(items: list[Item], many: bool, output: Path, is_folder: bool, coding: Coding) -> list[Path]:
    """Say where each result goes: into a folder under its own name, or to the one name that was given."""
    extension = coding.format.extension if coding.format else None
    if many and output.exists() and not output.is_dir():
        raise UsageError(f"{output} is a file; a folder of pictures needs a folder to go to")
    if many or is_folder or output.is_dir():
        return mirrored(items, output, extension=extension)
    asked = EXTENSIONS.get(output.suffix.lower())
    if asked is None and coding.format is None:
        raise UsageError(
            f"cannot tell the format of {output} from its name: "
            f"expected {', '.join(EXTENSIONS)}; or say it with --format"
        )
    if items[0].source is not None and output.exists() and output.samefile(items[0].source):
        raise UsageError(f"{output} is the picture itself; give another output with -o")
    return [output]


def _done_before(name: str, output: Path) -> Done:
    """Report a picture that an earlier run finished: outputs are written in one step, so one that exists is whole."""
    record = {"input": name, "output": str(output), "skipped": True}
    return Done(record=record, lines=(f"{printable(name)} → {printable(str(output))}  done before",))


def protect_one(task: ProtectTask) -> Done:
    """Protect one picture, write it, and keep its record; for standard output the bytes are handed back."""
    from underdrawing import images

    began = time.perf_counter()
    picture = read_picture(task.source)
    loaded = time.perf_counter()
    protection = _protection(picture, task)
    protected = time.perf_counter()
    if task.written:
        return _keep_missing(protection, task)
    stream = _write(protection.picture, task)
    lost = images.losses(protection.picture, format=_written_format(protection.picture, task))
    written = time.perf_counter()
    kept = _keep(protection, task)
    times = {"load": loaded - began, **protection.timings_s, "save": written - protected}
    times |= {"vault": time.perf_counter() - written} if kept else {}
    record = {
        "input": called(task.source),
        **replace(protection, timings_s=times).to_dict(),
        "output": called(task.output),
        "vault": kept,
        "lost": list(lost),
        "damaged": list(picture.metadata.damaged),
    }
    return Done(record=record, lines=(_line(record),), stream=stream)


def _protection(picture: Picture, task: ProtectTask) -> Protection:
    import underdrawing

    facts = {name: text for name, text in _facts(picture, task).items() if text}
    return underdrawing.protect(picture, facts=facts, **_asked(task))


def _keep(protection: Protection, task: ProtectTask) -> dict[str, Any] | None:
    """Keep the record of a picture; one that is there already stays, unless outputs may be overwritten."""
    from underdrawing.retrieval import catalogue
    from underdrawing.vault import open_vault

    if task.vault is None:
        return None
    record = catalogue(
        protection.picture, protection=protection, original=task.original, reveal=True if task.reveal else None
    )
    with open_vault(task.vault) as vault:
        try:
            added = vault.add(record, replace=task.overwrite)
        except RecordConflictError:
            return {"done": "skipped", "revealed": None}
    done = "added" if added.added else "replaced" if added.replaced else "skipped"
    return {"done": done, "revealed": record.code is not None}


def _keep_missing(protection: Protection, task: ProtectTask) -> Done:
    """Keep the record of a picture that an earlier run wrote, if it is not there: under the id in the file."""
    from underdrawing.vault import open_vault

    assert task.output is not None
    assert task.vault is not None
    if task.confidants or not task.with_code:  # such an id is another one each time
        protection = replace(protection, id=_written_id(task), signature=None)
    with open_vault(task.vault, read_only=True) as vault:
        there = protection.id in vault
    done = _done_before(called(task.source), task.output)
    if there:
        return done
    kept = _keep(protection, task)
    line = f"{done.lines[0]}, its record added now"
    return Done(record={**done.record, "id": protection.id, "vault": kept}, lines=(line,))


def _written_id(task: ProtectTask) -> str:
    """Return the id in a file that was written before.

    Raises:
        UsageError: its mark cannot be read.
    """
    import underdrawing

    secret = channel_key(task.channel_key) if task.channel_key else None
    found = underdrawing.verify(read_picture(task.output), channel_key=secret)
    if found.id is None:
        raise UsageError(f"{task.output}: no mark can be read in it, so no record of it can be kept; use --force")
    return found.id


def _facts(picture: Picture, task: ProtectTask) -> dict[str, str]:
    """Return what the picture's own metadata says, under what the user says; an empty text leaves a fact out later."""
    from underdrawing import images

    told = images.facts_from_metadata(picture.metadata, position=task.position) if task.metadata_facts else {}
    return told | task.facts


def _write(picture: Picture, task: ProtectTask) -> bytes | None:
    from underdrawing import images

    if task.output is None:
        return images.encode(picture, **task.coding.arguments())
    task.output.parent.mkdir(parents=True, exist_ok=True)
    images.save(picture, task.output, overwrite=task.overwrite, **task.coding.arguments())
    return None


def _written_format(picture: Picture, task: ProtectTask) -> ImageFormat:
    """Return the format that ``_write`` writes: the one asked for, else that of the name, else the picture's own."""
    named = EXTENSIONS.get(task.output.suffix.lower()) if task.output else picture.format
    return task.coding.image_format or named or "PNG"


def _line(record: dict[str, Any]) -> str:
    left_out = f"; left out {', '.join(record['left_out'])}" if record["left_out"] else ""
    lost = f"; this format keeps no {', '.join(record['lost'])}" if record["lost"] else ""
    damaged = f"; unreadable in the file and left out: {', '.join(record['damaged'])}" if record["damaged"] else ""
    blocks = (", " if record["carrier"] != "lattice" else " ").join(record["blocks"])
    kept = f"; {_KEPT[record['vault']['done']]}" if record["vault"] else ""
    head = f"{printable(record['input'])} → {printable(record['output'])}"
    return f"{head}  id {record['id']}, {record['psnr_db']:.1f} dB, {blocks}{left_out}{kept}{lost}{damaged}"
