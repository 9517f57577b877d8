"""``verify --resume``: what an earlier run found, where it was asked the same about the same file."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from underdrawing import __version__
from underdrawing.cli.guard import printable
from underdrawing.cli.inputs import STANDARD_STREAM
from underdrawing.cli.secrets import channel_key, opener, trust_store
from underdrawing.cli.tasks import Done, VerifyTask, called
from underdrawing.findings import RecoverySetting, Verdict

if TYPE_CHECKING:
    from underdrawing.payload import Opener

__all__ = ["ASKED", "RESULT", "asked", "found_before", "is_of_another"]

RESULT = "result.json"
"""Written last: a folder that has it is whole, and a second run reads the answer from it."""
ASKED = "asked"


def asked(task: VerifyTask) -> dict[str, str]:
    """Return which file this is and what the answer hangs on, as 64 hexadecimal digits, no secret among them.

    The picture counts by the size and the time of its file, a vault by its name: what was added to it later does not
    count. Nor does the recovery setting, which matters only where something was painted back.
    """
    if task.source is None:
        return {"of": STANDARD_STREAM}
    file = task.source.stat()
    told = [
        *(__version__, file.st_size, file.st_mtime_ns),
        repr(trust_store(task.trust)) if task.trust else None,
        None if task.channel_key is None else hashlib.sha256(channel_key(task.channel_key)).hexdigest(),
        [_fingerprint(opener(path)) for path in task.openers],
        *(task.vault, task.originals, task.carrier, str(task.weights), str(task.restored)),
    ]
    return {"of": os.path.realpath(task.source), "how": hashlib.sha256(json.dumps(told).encode()).hexdigest()}


def _fingerprint(key: Opener) -> str:
    from underdrawing.payload import OpeningKey

    return key.public().fingerprint if isinstance(key, OpeningKey) else key.fingerprint


def found_before(task: VerifyTask) -> Done | None:
    """Read what an earlier run found; None if it did not get to its end, was asked something else, painted back in
    another setting, or lost its copy since."""
    record = _result(task)
    try:
        verdict = Verdict(record["verdict"])
        same = record["input"] == called(task.source) and record.pop(ASKED) == asked(task)
        copy = record["restored"]["output"] if record["restored"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    setting = RecoverySetting.LOOK if task.look else RecoverySetting.FIDELITY
    if not same or record.get("recovery_setting") not in (None, str(setting)) or not (copy is None or _there(copy)):
        return None
    line = f"{printable(called(task.source))}  {verdict}, found before"
    return Done(record=record, lines=(line,), negative=verdict.is_negative)


def is_of_another(task: VerifyTask) -> bool:
    """Whether the folder of a task holds what was found about another file."""
    before = _result(task).get(ASKED)
    return isinstance(before, dict) and before.get("of") != (os.path.realpath(task.source) if task.source else None)


def _result(task: VerifyTask) -> dict[str, Any]:
    """What is in the folder of a task; empty where there is nothing that can be read."""
    assert task.folder is not None
    try:
        record = json.loads((task.folder / RESULT).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _there(path: Any) -> bool:
    return isinstance(path, str) and Path(path).is_file()
