"""Rows of measurements in a file of JSON lines that survives an interruption."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeVar

__all__ = ["RowLog", "failure", "read_log"]

_AnyRow = TypeVar("_AnyRow")


class RowLog:
    """Rows of a few kinds, each a frozen dataclass of plain values.

    The first line is a header; a log whose header differs from the run at hand is started afresh. A line that an
    interruption cut off is removed.

    Args:
        path: The file; folders above it are made.
        header: What makes this run the one it is, plain values.
        kinds: The classes of the rows; each line says which it is by the name of its class.
    """

    def __init__(self, path: Path, *, header: dict[str, object], kinds: Sequence[type]) -> None:
        self._path = path
        self._header = json.loads(json.dumps(header))
        self._kinds = tuple(kinds)
        if not self._continues():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(self._header) + "\n", encoding="utf-8")

    def add(self, rows: Iterable[Any]) -> None:
        """Append rows, flushed before returning."""
        with self._path.open("a", encoding="utf-8") as file:
            for row in rows:
                file.write(json.dumps({"type": type(row).__name__, **asdict(row)}) + "\n")

    def of(self, kind: type[_AnyRow]) -> list[_AnyRow]:
        """All rows of one kind, in the order they were added; lists come back as tuples."""
        return [row for row in self._read() if isinstance(row, kind)]

    def _continues(self) -> bool:
        """Whether the file belongs to this run."""
        if not self._path.exists():
            return False
        whole, _, cut_off = self._path.read_bytes().rpartition(b"\n")
        if not whole or json.loads(whole.split(b"\n", 1)[0]) != self._header:
            return False
        if cut_off:
            self._path.write_bytes(whole + b"\n")
        return True

    def _read(self) -> list[Any]:
        return read_log(self._path, self._kinds)[1]


def read_log(path: Path, kinds: Iterable[type]) -> tuple[dict[str, Any], list[Any]]:
    """The header and the rows of a log, which is left as it is; a line that an interruption cut off is passed over."""
    by_name = {kind.__name__: kind for kind in kinds}
    whole, _, _ = path.read_bytes().rpartition(b"\n")
    header, *lines = (json.loads(line) for line in whole.split(b"\n"))
    return header, [_restored(by_name[line.pop("type")], line) for line in lines]


def failure(error: Exception) -> str:
    """What a row says of an error: its kind and its message, in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def _restored(kind: type, line: dict[str, Any]) -> Any:
    names = {item.name for item in fields(kind)}
    return kind(**{name: _tuples(value) for name, value in line.items() if name in names})


def _tuples(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_tuples(item) for item in value)
    return {name: _tuples(item) for name, item in value.items()} if isinstance(value, dict) else value
