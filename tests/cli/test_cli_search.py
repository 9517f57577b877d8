"""``underdrawing search``."""

import json

import pytest
import skimage.data
from typer.testing import CliRunner

from underdrawing import images
from underdrawing.cli import app
from underdrawing.images import Picture
from underdrawing.retrieval import catalogue
from underdrawing.vault import open_vault

FACTS = {"creator": "Ada \x1b[31mLens", "title": "A cat"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A vault with two records, and pictures to look for."""
    folder = tmp_path_factory.mktemp("search")
    with open_vault(folder / "vault", create=True) as opened:
        opened.add(catalogue(Picture(skimage.data.chelsea()), facts=FACTS, original="/archive/cat.png"))
        opened.add(catalogue(Picture(skimage.data.coffee())))
    (folder / "in").mkdir()
    images.save(Picture(skimage.data.chelsea()[20:290, 30:430]), folder / "in" / "cat.jpg", quality=70)
    images.save(Picture(skimage.data.retina()[:700, :700]), folder / "in" / "eye.jpg")
    return folder


def test_vault_search_is_the_same(folder):
    arguments = [str(folder / "in" / "cat.jpg"), "--no-mark", "--json", "--vault", str(folder / "vault")]
    one, other = (CliRunner().invoke(app, [*words, *arguments]) for words in (["search"], ["vault", "search"]))
    assert one.exit_code == other.exit_code == 0
    assert one.stdout == other.stdout


def search(folder, *arguments):
    return CliRunner().invoke(app, ["search", *arguments, "--vault", str(folder / "vault")])


def test_a_copy_is_found_and_its_facts_are_told(folder):
    result = search(folder, str(folder / "in" / "cat.jpg"), "--no-mark")
    assert result.exit_code == 0, result.output
    assert "by its fingerprint" in result.output
    assert "A cat" in result.output
    assert "/archive/cat.png" in result.output
    assert "\x1b" not in result.output


def test_an_unknown_picture_is_not_in_the_vault(folder):
    result = search(folder, str(folder / "in" / "eye.jpg"), "--no-mark")
    assert result.exit_code == 1
    assert "not in the vault" in result.output


def test_the_mark_is_looked_for_first(folder):
    result = search(folder, str(folder / "in" / "cat.jpg"), "--json")
    assert result.exit_code == 0, result.output
    record = json.loads(result.output)
    assert record["found"] is True
    assert record["source"] == "fingerprint"


def test_json_of_a_folder_is_one_object_per_picture(folder):
    result = search(folder, str(folder / "in"), "--json", "--no-mark", "-k", "1")
    assert result.exit_code == 1
    cat, eye = (json.loads(line) for line in result.output.splitlines())
    assert cat["found"] is True
    assert cat["facts"]["title"] == "A cat"
    assert len(cat["candidates"]) == 1
    assert eye["found"] is False
    assert eye["id"] is None


def test_a_bad_file_of_a_folder_leaves_the_others_alone(folder, tmp_path):
    (tmp_path / "a-note.png").write_text("not a picture")
    (tmp_path / "cat.jpg").symlink_to(folder / "in" / "cat.jpg")
    result = search(folder, str(tmp_path), "--no-mark", "--json")
    assert result.exit_code == 3
    note, cat = (json.loads(line) for line in result.stdout.splitlines())
    assert "no image" in note["error"]
    assert cat["found"] is True


def test_a_vault_that_is_not_there_is_a_wrong_request(folder):
    arguments = ["search", str(folder / "in" / "cat.jpg"), "--vault", str(folder / "nowhere")]
    assert CliRunner().invoke(app, arguments).exit_code == 2
