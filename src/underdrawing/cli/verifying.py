"""``underdrawing verify``: where the findings go, and what happens to one picture."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from underdrawing.cli.inputs import STANDARD_STREAM, Item, find_items, mirrored, path_of, refuse_existing
from underdrawing.cli.resuming import ASKED, RESULT, asked, found_before, is_of_another
from underdrawing.cli.secrets import channel_key, opener, trust_store
from underdrawing.cli.shelves import carrier_named, vault_to_ask
from underdrawing.cli.tasks import Done, VerifyTask, called, read_picture
from underdrawing.errors import OutputExistsError, UsageError
from underdrawing.findings import RecoverySetting, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from underdrawing.findings import Verification
    from underdrawing.images import Picture

__all__ = ["plan_verify", "verify_one"]

FILES = {"mask": "mask.png", "recovered": "recovered.png", "whole": "whole.png", "report": "report.html"}


def plan_verify(
    given: str, output: str | None, *, template: VerifyTask, resume: bool, restored: Path | None = None
) -> tuple[list[VerifyTask], list[Done]]:
    """Return a task for every picture, and what an earlier run has found already.

    Args:
        given: a picture, a folder, or ``-``.
        output: the folder for the findings; None writes none.
        template: what holds for all of them.
        resume: take the findings of an earlier run where they are whole.
        restored: where a copy with the facts in its metadata goes: a file for one picture, a folder for many.

    Raises:
        UsageError: a key, carrier or vault is not what was asked for, or the output cannot be what was asked for.
        OutputExistsError: findings exist, and neither ``resume`` nor the template's ``overwrite`` is set.
    """
    _asked(template)
    if output is None and resume:
        raise UsageError("--resume goes on with an output folder; name it with -o")
    if resume and given == STANDARD_STREAM:
        raise UsageError("--resume knows a picture by its file: give it as a file, not as -")
    into = None if output is None else path_of(output)
    if output == STANDARD_STREAM or (into is not None and into.exists() and not into.is_dir()):
        raise UsageError(f"verify writes several files: got -o {output}, expected a folder")
    items, many = find_items(given, leave_out=[into, restored])
    copies = _copies(items, restored, many=many)
    if into is None:
        _refuse(copies, overwrite=template.overwrite)
        return [replace(template, source=i.source, restored=c) for i, c in zip(items, copies, strict=True)], []
    folders = mirrored(items, into) if many else [into]
    tasks = [
        replace(template, source=item.source, folder=folder, restored=copy)
        for item, folder, copy in zip(items, folders, copies, strict=True)
    ]
    if resume and not template.overwrite:
        _refuse_others(tasks)
    elif not template.overwrite:
        refuse_existing([folder / name for folder in folders for name in [*FILES.values(), RESULT]])
        _refuse(copies, overwrite=False)
    done = {task: found for task in tasks if resume and (found := found_before(task)) is not None}
    return [replace(task, overwrite=template.overwrite or resume) for task in tasks if task not in done], list(
        done.values()
    )


def _asked(task: VerifyTask) -> dict[str, Any]:
    """Return what ``underdrawing.verify`` is asked with: trust, keys, carrier and vault, read once a process."""
    if task.vault is None and task.originals:
        raise UsageError("--originals says where a vault's originals may be fetched from; name the vault with --vault")
    return {
        "trust": trust_store(task.trust) if task.trust else None,
        "channel_key": channel_key(task.channel_key) if task.channel_key else None,
        "keys": tuple(map(opener, task.openers)),
        "carrier": None if task.carrier is None else carrier_named(task.carrier, task.weights),
        "vault": None if task.vault is None else vault_to_ask(task.vault),
        "originals": task.originals,
        "setting": _setting(task),
    }


def _setting(task: VerifyTask) -> RecoverySetting:
    return RecoverySetting.LOOK if task.look else RecoverySetting.FIDELITY


def _refuse(copies: Sequence[Path | None], *, overwrite: bool) -> None:
    if not overwrite:
        refuse_existing([copy for copy in copies if copy is not None])


def _refuse_others(tasks: list[VerifyTask]) -> None:
    """Stop before ``--resume`` overwrites what no earlier run over these pictures wrote.

    Raises:
        OutputExistsError: a folder holds findings about another picture, or a copy is there before any findings.
    """
    for task in tasks:
        assert task.folder is not None
        if is_of_another(task):
            raise OutputExistsError(
                f"{task.folder} holds what was found about another picture than {called(task.source)}; "
                "give another output with -o, or --force to overwrite"
            )
    begun = [task.folder is not None and (task.folder / FILES["report"]).exists() for task in tasks]
    _refuse([task.restored for task, known in zip(tasks, begun, strict=True) if not known], overwrite=False)


def _copies(items: list[Item], restored: Path | None, *, many: bool) -> list[Path | None]:
    """Return where the copy of each picture with restored metadata goes."""
    if restored is None:
        return [None] * len(items)
    if items[0].source is None:
        raise UsageError("--restore-metadata copies a file byte for byte: give the picture as a file, not as -")
    copies = mirrored(items, restored) if many or restored.is_dir() else [restored]
    if not many and restored.exists() and items[0].source.exists() and restored.samefile(items[0].source):
        raise UsageError(f"{restored} is the picture itself; give the copy another name")
    return list(copies)


def verify_one(task: VerifyTask) -> Done:
    """Verify one picture and, with an output folder, write mask, recovered and whole picture and the report there."""
    import underdrawing
    from underdrawing.cli.words import card, line
    from underdrawing.report import metadata_check

    began = time.perf_counter()
    picture = read_picture(task.source)
    loaded = time.perf_counter()
    verification = underdrawing.verify(picture, **_asked(task))
    verified = time.perf_counter()
    written = {} if task.folder is None else _write_findings(picture, verification, task, task.folder)
    times = {"load": loaded - began, **verification.timings_s, "write": time.perf_counter() - verified}
    record = {"input": called(task.source), **replace(verification, timings_s=times).to_dict()}
    record |= {kind: written.get(kind) for kind in FILES} | {"damaged": list(picture.metadata.damaged)}
    check = metadata_check(picture, verification)
    record |= {"metadata": check.to_dict() if check else None, "restored": _restore(verification, task)}
    if task.folder is not None:
        _write_result({**record, ASKED: asked(task)}, task.folder, overwrite=task.overwrite)
    lines = (line(record, verification), *card(record, verification))
    return Done(record=record, lines=lines, negative=verification.verdict.is_negative)


def _restore(verification: Verification, task: VerifyTask) -> dict[str, Any] | None:
    """Write a copy of the picture with its facts in its metadata; nothing where no facts of its own were read."""
    from underdrawing import images

    if task.restored is None or task.source is None or not verification.facts:
        return None
    if verification.verdict in (Verdict.FORGED, Verdict.TRANSPLANTED):
        return None
    task.restored.parent.mkdir(parents=True, exist_ok=True)
    made = images.save_restated(task.source, task.restored, verification.facts, overwrite=task.overwrite)
    return {
        "output": str(task.restored),
        "exact": made.exact,
        "written": list(made.written),
        "no_place": list(made.no_place),
        "lost": list(made.lost),
    }


def _write_findings(picture: Picture, verification: Verification, task: VerifyTask, folder: Path) -> dict[str, str]:
    """Write what there is to write, and take away what an earlier run left under the same names."""
    from underdrawing import images
    from underdrawing.report import mask_png, write_report

    folder.mkdir(parents=True, exist_ok=True)
    paths = {kind: folder / name for kind, name in FILES.items()}
    if task.overwrite:
        for stale in [folder / RESULT, *paths.values()]:
            stale.unlink(missing_ok=True)
    if verification.mask is None or verification.verdict is Verdict.UNDECIDED:  # an empty map would look like a finding
        del paths["mask"]
    else:
        images.write_atomically(paths["mask"], mask_png(verification.mask))
    for kind, picture_ in (("recovered", verification.recovered), ("whole", verification.whole)):
        if picture_ is None:
            del paths[kind]
        else:
            images.save(picture_, paths[kind], format="PNG")
    write_report(picture, verification, paths["report"], name=task.source.name if task.source else "")
    return {kind: str(path) for kind, path in paths.items()}


def _write_result(record: dict[str, Any], folder: Path, *, overwrite: bool) -> None:
    from underdrawing import images

    images.write_atomically(folder / RESULT, (json.dumps(record, indent=2) + "\n").encode(), overwrite=overwrite)
