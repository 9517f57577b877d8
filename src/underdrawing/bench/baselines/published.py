"""What others published, as data with its source; nothing of it was measured here."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

__all__ = ["Figure", "published"]


@dataclass(frozen=True)
class Figure:
    """One published figure.

    Attributes:
        method: Whose.
        what: What it says, with its unit.
        value: As published.
        setting: Under what circumstances.
        arxiv: Number of the paper it stands in.
        place: Where in it, or beside it.
        seen: ``source`` where it was read there, ``notes`` where it was taken from notes on the paper.
    """

    method: str
    what: str
    value: str
    setting: str
    arxiv: str
    place: str
    seen: Literal["source", "notes"]


def published() -> tuple[Figure, ...]:
    """Every figure of ``published.toml``, in its order."""
    text = (files("underdrawing.bench.baselines") / "published.toml").read_text(encoding="utf-8")
    return tuple(Figure(**figure) for figure in tomllib.loads(text)["figure"])
