"""The format page says what the table says."""

import hashlib
from importlib import resources
from pathlib import Path

import pytest

from underdrawing.payload.describe import block_table, confidential_table, names_table, regenerate, sizes_table
from underdrawing.payload.facts import NAMES
from underdrawing.payload.fields import FIELDS, Block

PAGE = Path(__file__).parents[2] / "docs" / "payload.md"


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert regenerate(page) == page, "run: make docs"
    assert page.count("<!-- generated:") == 7


def test_the_page_pins_the_priming_text() -> None:
    lines = resources.files("underdrawing.payload").joinpath("priming-1.txt").read_bytes().splitlines()
    assert hashlib.sha256(b"\n".join(lines)).hexdigest() in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("block", Block)
def test_every_field_has_a_row(block: Block) -> None:
    rows = block_table(block).splitlines()[2:]
    fields = [field for field in FIELDS if field.block is block]
    assert len(rows) == len(fields)
    for row, field in zip(rows, fields, strict=True):
        assert f"| `{field.name}` |" in row
        assert row.count("|") == 6


def test_every_name_has_a_row() -> None:
    assert len(names_table().splitlines()) == 2 + len(NAMES) + 1


def test_sizes() -> None:
    assert "| core | 1056 | 1600 | 4064 |" in sizes_table()
    assert "| anchor | 192 | 192 | 192 |" in sizes_table()
    assert "| a key file | 1152 | 1632 | 192 | 672 |" in confidential_table()
    assert "| one public key | 1408 | 1888 | 448 | 928 |" in confidential_table()


def test_regenerate_twice_is_regenerate_once() -> None:
    page = "a\n<!-- generated: names -->\nold\n<!-- end -->\nb\n"
    assert regenerate(regenerate(page)) == regenerate(page)
    assert "old" not in regenerate(page)
