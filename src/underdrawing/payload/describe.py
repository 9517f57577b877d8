"""The tables of ``docs/payload.md``, made from the table that packs and unpacks."""

import re
from collections.abc import Callable
from itertools import product

from underdrawing.payload.facts import NAMES, OTHER
from underdrawing.payload.fields import (
    FIELDS,
    TOKEN_BITS,
    WRAP_BITS,
    Block,
    Field,
    Kind,
    Presence,
    Shape,
    block_fields,
    fixed_bits,
)

__all__ = ["block_table", "confidential_table", "names_table", "regenerate", "sizes_table"]


def regenerate(page: str) -> str:
    """The page with every generated part made anew.

    A generated part lies between ``<!-- generated: NAME -->`` and ``<!-- end -->``; NAME is that of a block, ``sizes``,
    ``confidential`` or ``names``.
    """
    return _PART.sub(lambda part: f"{part[1]}\n{_TABLES[part[2]]()}\n{part[3]}", page)


def block_table(block: Block) -> str:
    """The fields of a block as a Markdown table, in the order they are written."""
    rows = ["| bits | field | kind | range | meaning |", "|---|---|---|---|---|"]
    for field in (field for field in FIELDS if field.block is block):
        rows.append(f"| {_width(field)} | `{field.name}` | {field.kind} | {_range(field)} | {_meaning(field)} |")
    return "\n".join(rows)


def sizes_table() -> str:
    """What each block takes without facts, as a Markdown table."""
    rows = ["| block | bits without facts | signed | longest |", "|---|---|---|---|"]
    most = {f.name.removesuffix("_words"): f.high * 32 for f in block_fields(Block.ANCHOR) if f.name.endswith("_words")}
    for block in Block:
        extra = f" + {TOKEN_BITS} × token_count" if block is Block.FINE else ""
        size, signed = fixed_bits(block), fixed_bits(block, Shape(signed=True))
        rows.append(f"| {block} | {size}{extra} | {signed}{extra} | {most.get(block, size)} |")
    return "\n".join(rows)


def confidential_table() -> str:
    """What the core of a confidential message takes without facts, as a Markdown table."""
    rows = ["| sealed with | core, with code | signed | codeless | codeless, signed |", "|---|---|---|---|---|"]
    for recipients in (0, 1, 2, 3):
        who = {0: "a key file", 1: "one public key"}.get(recipients, f"{recipients} public keys")
        kinds = product([True, False], [False, True])
        shapes = [Shape(signed, True, coded, recipients, has_fine=False) for coded, signed in kinds]
        cells = [fixed_bits(Block.CORE, shape) for shape in shapes]
        rows.append(f"| {who} | {' | '.join(map(str, cells))} |")
    return "\n".join(rows)


def names_table() -> str:
    """The codes of fact names as a Markdown table, the most important name first."""
    rows = ["| code | name |", "|---|---|"]
    rows += [f"| {code} | `{name}` |" for code, name in enumerate(NAMES, start=1)]
    return "\n".join([*rows, f"| {OTHER} | any other: the name follows |"])


def _width(field: Field) -> str:
    if field.bits is not None:
        return str(field.bits)
    if field.name == "wraps":
        return f"{WRAP_BITS} × (recipients − 1)"
    return f"{TOKEN_BITS} × token_count" if field.kind is Kind.TOKENS else "the rest"


def _range(field: Field) -> str:
    if field.kind not in (Kind.NUMBER, Kind.TOKENS):
        return ""
    high = f"2^{field.bits} − 1" if field.high > _LONGEST_WRITTEN_OUT else str(field.high)
    return str(field.low) if field.low == field.high else f"{field.low}–{high}"


def _meaning(field: Field) -> str:
    return field.meaning if field.presence is Presence.ALWAYS else f"{field.meaning} ({field.presence})"


def _of(block: Block) -> Callable[[], str]:
    return lambda: block_table(block)


_TABLES: dict[str, Callable[[], str]] = {
    "sizes": sizes_table,
    "confidential": confidential_table,
    "names": names_table,
    **{block.value: _of(block) for block in Block},
}
_LONGEST_WRITTEN_OUT = 99_999
_PART = re.compile(r"(<!-- generated: (\w+) -->)\n.*?(<!-- end -->)", re.DOTALL)
