"""Facts from the command line: ``KEY=VALUE``, or a file that holds a JSON object or lines of ``KEY=VALUE``."""

from __future__ import annotations

import json
import re
from pathlib import Path

from underdrawing.errors import PayloadError, UsageError

__all__ = ["parse_facts"]

_NAME = r"[A-Za-z][A-Za-z0-9_.:-]*"
_PAIR = re.compile(rf"\s*({_NAME})\s*=(.*)", re.DOTALL)
_FILE_LIMIT_BYTES = 65_536


def parse_facts(options: list[str]) -> dict[str, str]:
    """Return the facts of all ``--facts`` options; a later one replaces an earlier one of the same name.

    A value may be empty: that fact is then left out, whatever the picture's own metadata says.

    Raises:
        UsageError: an option is neither ``KEY=VALUE`` nor a readable file of facts, or a fact is none that can be kept
            as it is: control characters, say, or a name of more than 64 letters.
    """
    from underdrawing.payload import check_facts

    facts: dict[str, str] = {}
    for option in options:
        pair = _PAIR.fullmatch(option)
        facts |= {pair[1]: pair[2]} if pair else _from_file(Path(option))
    facts = {name: text.replace("\r\n", "\n").replace("\r", "\n").strip() for name, text in facts.items()}
    try:
        check_facts(facts)
    except PayloadError as error:
        raise UsageError(str(error)) from None
    return facts


def _from_file(path: Path) -> dict[str, str]:
    """Read one file of facts, telling JSON from lines by its first character."""
    text = _read(path).lstrip("\ufeff")
    return _from_json(text, path) if text.lstrip().startswith("{") else _from_lines(text, path)


def _read(path: Path) -> str:
    if not path.is_file():
        raise UsageError(
            f"cannot read facts from {path}: no such file; give KEY=VALUE, or a file with a JSON object or such lines"
        )
    if path.stat().st_size > _FILE_LIMIT_BYTES:
        raise UsageError(f"cannot read facts from {path}: got {path.stat().st_size} bytes, expected at most 65536")
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"cannot read facts from {path}: expected UTF-8 text") from None


def _from_json(text: str, path: Path) -> dict[str, str]:
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is a plain ValueError
        raise UsageError(f"cannot read facts from {path}: not valid JSON ({error})") from None
    return {_name(name, path): _value(name, value, path) for name, value in entries.items()}


def _name(name: str, path: Path) -> str:
    if not re.fullmatch(_NAME, name):
        raise UsageError(f"cannot read facts from {path}: got the name {name!r}, expected one like headline or creator")
    return name


def _value(name: str, value: object, path: Path) -> str:
    """Return a JSON value as text: a string, a number, or a list of strings joined by commas."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ", ".join(value)
    raise UsageError(f"cannot read facts from {path}: {name} is {value!r}, expected text, a number or a list of texts")


def _from_lines(text: str, path: Path) -> dict[str, str]:
    facts = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        pair = _PAIR.fullmatch(line)
        if pair is None:
            raise UsageError(f"cannot read facts from {path}: line {number} is {line[:60]!r}, expected KEY=VALUE")
        facts[pair[1]] = pair[2]
    return facts
