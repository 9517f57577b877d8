"""Facts from options and files."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from underdrawing.cli.facts import parse_facts
from underdrawing.errors import UsageError
from underdrawing.payload import clean_facts


def test_facts_file_of_lines_allows_comments(tmp_path):
    path = tmp_path / "facts.txt"
    path.write_text("\ufeff# about it\n\nheadline = A = B\ncreator=Ann\n", "utf-8")
    assert parse_facts([str(path)]) == {"headline": "A = B", "creator": "Ann"}


@pytest.mark.parametrize(
    "content",
    ["no pair here", '{"a": true}', '{"a": {"b": 1}}', '{"1bad": "x"}', '{"a": ', "\xff", "[" * 9000, "x" * 70000],
)
def test_facts_files_that_are_none_are_refused(tmp_path, content):
    path = tmp_path / "facts"
    path.write_text(content, "latin-1")
    with pytest.raises(UsageError, match=re.escape(str(path))):
        parse_facts([str(path)])


@given(st.from_regex(r"[A-Za-z][A-Za-z0-9_.:-]{0,20}", fullmatch=True), st.text(max_size=50))
def test_a_pair_gives_back_what_was_written_or_is_refused(name, value):
    harmless = clean_facts({name: value}).get(name, "")
    if len(harmless) == len(value.replace("\r\n", "\n").strip()):
        assert parse_facts([f"{name}={value}"]) == {name: harmless}
    else:
        with pytest.raises(UsageError, match=re.escape(name)):
            parse_facts([f"{name}={value}"])


@pytest.mark.parametrize(
    "pair", ["creator=An\0n", "creator=\udcff", "creator=a\u202eb", f"{'x' * 65}=y", "a=" + "b" * 70_000]
)
def test_what_cannot_be_kept_as_it_is_is_refused_rather_than_altered(pair):
    with pytest.raises(UsageError, match="facts"):
        parse_facts([pair])


def test_a_number_of_thousands_of_digits_is_refused_in_a_line(tmp_path):
    (tmp_path / "facts").write_text('{"a": ' + "9" * 5000 + "}")
    with pytest.raises(UsageError, match="not valid JSON"):
        parse_facts([str(tmp_path / "facts")])
