"""``underdrawing protect``: where the results go, and what happens to one picture."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from underdrawing.cli.guard import printable
from underdrawing.cli.inputs import EXTENSIONS, STANDARD_STREAM, Item, find_items, mirrored, refuse_existing
from underdrawing.cli.secrets import channel_key, confidants, signing_key
from underdrawing.cli.tasks import Coding, Done, ProtectTask, called, read_picture
from underdrawing.errors import UsageError

if TYPE_CHECKING:
    from underdrawing.images import ImageFormat, Picture

__all__ = ["plan_protect", "protect_one"]


def plan_protect(
    given: str, output: str, *, template: ProtectTask, resume: bool
) -> tuple[list[ProtectTask], list[Done]]:
    """Return a task for every picture, and what an earlier run has done already.

    Raises:
        UsageError: the output cannot be what was asked for.
        OutputExistsError: outputs exist, and neither ``resume`` nor the template's ``overwrite`` is set.
    """
    items, many = find_items(given, leave_out=Path(output))
    if output == STANDARD_STREAM:
        return [replace(template, source=_only_to_stream(items, many), output=None)], []
    outputs = _outputs(items, many, Path(output), output.endswith(("/", "\\")), template.coding)
    if not (resume or template.overwrite):
        refuse_existing(outputs)
    tasks, done = [], []
    for item, path in zip(items, outputs, strict=True):
        if resume and path.exists():
            done.append(_done_before(item, path))
        else:
            tasks.append(replace(template, source=item.source, output=path))
    return tasks, done


def _only_to_stream(items: list[Item], many: bool) -> Path | None:
    if many:
        raise UsageError("a folder cannot be written to standard output; give a folder with -o")
    if sys.stdout.isatty():
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


def _done_before(item: Item, output: Path) -> Done:
    """Report a picture that an earlier run finished: outputs are written in one step, so one that exists is whole."""
    record = {"input": item.name, "output": str(output), "skipped": True}
    return Done(record=record, lines=(f"{printable(item.name)} → {printable(str(output))}  done before",))


def protect_one(task: ProtectTask) -> Done:
    """Protect one picture and write it; for standard output the bytes are handed back."""
    import underdrawing
    from underdrawing import images

    began = time.perf_counter()
    picture = read_picture(task.source)
    loaded = time.perf_counter()
    facts = _facts(picture, task)
    protection = underdrawing.protect(
        picture,
        facts={name: text for name, text in facts.items() if text},
        key=signing_key(task.key) if task.key else None,
        profile=task.profile,
        channel_key=channel_key(task.channel_key) if task.channel_key else None,
        confidential=confidants(task.confidants) if task.confidants else None,
        with_code=task.with_code,
    )
    protected = time.perf_counter()
    stream = _write(protection.picture, task)
    lost = images.losses(protection.picture, format=_written_format(protection.picture, task))
    times = {"load": loaded - began, **protection.timings_s, "save": time.perf_counter() - protected}
    record = {
        "input": called(task.source),
        **replace(protection, timings_s=times).to_dict(),
        "output": called(task.output),
        "lost": list(lost),
        "damaged": list(picture.metadata.damaged),
    }
    return Done(record=record, lines=(_line(record),), stream=stream)


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
    blocks = " ".join(record["blocks"])
    head = f"{printable(record['input'])} → {printable(record['output'])}"
    return f"{head}  id {record['id']}, {record['psnr_db']:.1f} dB, {blocks}{left_out}{lost}{damaged}"
