"""The vault on the command line."""

import json
from dataclasses import replace

import pytest
from skimage import data
from skimage.transform import resize
from typer.testing import CliRunner

import underdrawing
from underdrawing.cli import app
from underdrawing.retrieval import catalogue
from underdrawing.vault import Record, open_vault

FIRST, SECOND = f"{1:016x}", f"{2:016x}"


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "vault"
    original = tmp_path / "original.jpg"
    original.write_bytes(b"as it was")
    with open_vault(path, create=True) as vault:
        for id_ in (FIRST, SECOND):
            vault.add(
                Record(
                    id=id_,
                    created="2026-01-31T12:00:00Z",
                    facts={"creator": "Ann\u202edesk\x1b[2J", "title": "T"},
                    fingerprint=bytes(64),
                    sketch=bytes(32),
                    preview=b"small",
                    original=str(original),
                )
            )
    return path


def run(*arguments, vault=None, given=None):
    where = ["--vault", str(vault)] if vault else []
    return CliRunner().invoke(app, ["vault", *(str(argument) for argument in arguments), *where], input=given)


@pytest.fixture
def pictures(tmp_path):
    """A folder with one protected picture and one that never was."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    seen = underdrawing.Picture(
        resize(data.astronaut(), (512, 512), anti_aliasing=True, preserve_range=True).astype("u1")
    )
    protection = underdrawing.protect(seen, facts={"creator": "Ann"})
    underdrawing.save(protection.picture, folder / "a.png")
    underdrawing.save(underdrawing.Picture(data.chelsea()), folder / "b.png")
    return folder, protection


def test_add_keeps_pictures_under_the_ids_of_their_marks(pictures, tmp_path):
    folder, protection = pictures
    where = tmp_path / "kept"
    assert run("add", folder, vault=where).exit_code == 2
    done = run("add", folder, "--create", "--as-original", "--facts", "credit=Press", "-j", 1, "--json", vault=where)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["done"], row["marked"]) for row in rows] == [("added", True), ("added", False)]
    assert rows[0]["id"] == protection.id
    with open_vault(where) as vault:
        record = vault.get(protection.id)
        assert record.facts["credit"] == "Press"
        assert record.original == str((folder / "a.png").resolve())
        assert vault.nearest_fingerprints(record.fingerprint, 1)[0].id == protection.id
    assert "there already" in run("add", folder / "a.png", vault=where).stdout
    assert "replaced" in run("add", folder / "a.png", "--replace", vault=where).stdout
    unmarked = json.loads(run("add", folder / "a.png", "--no-mark", "--json", vault=where).stdout)
    assert (unmarked["done"], unmarked["marked"]) == ("added", False)
    assert unmarked["id"] != protection.id


def test_add_refuses_what_its_mark_contradicts(pictures, tmp_path):
    folder, protection = pictures
    pixels = protection.picture.pixels.copy()
    pixels[100:300, 100:300] = pixels[300:500, 200:400]
    underdrawing.save(underdrawing.Picture(pixels), folder / "c.png")
    done = run("add", folder / "c.png", "--create", vault=tmp_path / "kept")
    assert done.exit_code == 2
    assert "tampered" in done.stderr


def test_a_link_to_itself_fails_alone(pictures, tmp_path):
    folder, _ = pictures
    (folder / "a.png").unlink()
    (folder / "loop.png").symlink_to("loop.png")
    where = ["--vault", str(tmp_path / "kept"), "--create", "--keep-original"]
    done = CliRunner().invoke(app, ["protect", str(folder), "-o", str(tmp_path / "out"), "-j1", *where])
    assert done.exit_code == 3
    (line,) = done.stderr.splitlines()
    assert "loop.png" in line
    with open_vault(tmp_path / "kept") as vault:
        assert [record.original for record in vault.records()] == [str((folder / "b.png").resolve())]


def test_get_shows_strangers_words_as_text_only(folder):
    done = run("get", FIRST, vault=folder)
    assert done.exit_code == 0
    assert "Ann\\u202edesk\\u001b[2J" in done.stdout
    assert "\x1b" not in done.stdout
    assert json.loads(run("get", FIRST, "--json", vault=folder).stdout)["facts"]["title"] == "T"


def test_get_says_when_there_is_none(folder):
    assert run("get", "f" * 16, vault=folder).exit_code == 1
    assert json.loads(run("get", "f" * 16, "--json", vault=folder).stdout) == {"id": "f" * 16, "found": False}
    assert run("get", "'; DROP TABLE records", vault=folder).exit_code == 2


def test_get_writes_preview_and_original(folder, tmp_path):
    out = tmp_path / "out"
    assert run("get", FIRST, "--preview", out, vault=folder).exit_code == 0
    assert out.read_bytes() == b"small"
    assert run("get", FIRST, "--original", out, "--originals", tmp_path, vault=folder).exit_code == 2
    assert run("get", FIRST, "--original", out, "--originals", tmp_path, "--force", vault=folder).exit_code == 0
    assert out.read_bytes() == b"as it was"
    assert "needs --originals" in run("get", FIRST, "--original", out, vault=folder).stderr
    done = run("get", FIRST, "--original", out, "--originals", folder, "--force", vault=folder)
    assert done.exit_code == 2
    assert "none of the allowed folders" in done.stderr


def test_the_vault_may_come_from_the_environment(folder, monkeypatch):
    monkeypatch.setenv("UNDERDRAWING_VAULT", str(folder))
    assert json.loads(run("stats", "--json").stdout)["records"] == 2
    assert "records" in run("stats").stdout
    monkeypatch.delenv("UNDERDRAWING_VAULT")
    assert run("stats").exit_code == 2


def test_other_weights_are_named_and_their_fingerprints_made_anew(pictures, tmp_path):
    pictures, _ = pictures
    where = tmp_path / "kept"
    record = catalogue(underdrawing.load(pictures / "b.png"))
    with open_vault(where, create=True) as vault:
        vault.add(replace(record, fingerprint=bytes(64), fingerprint_by="another"))
    refused = run("add", pictures / "a.png", vault=where)
    assert refused.exit_code != 0
    assert "made with the weights another" in refused.stdout + refused.stderr
    assert "another" in run("stats", vault=where).stdout
    done = json.loads(run("recatalogue", "--json", vault=where).stdout)
    assert (done["before"], done["made"], done["left"]) == ("another", 1, 0)
    assert "0 fingerprints made anew" in run("recatalogue", vault=where).stdout
    assert run("add", pictures / "a.png", vault=where).exit_code == 0


def test_export_and_import(folder, tmp_path):
    assert run("export", tmp_path / "all.jsonl", vault=folder).exit_code == 0
    assert run("export", tmp_path / "all.jsonl", vault=folder).exit_code == 2
    assert run("import", tmp_path / "all.jsonl", vault=tmp_path / "new").exit_code == 2
    done = run("import", tmp_path / "all.jsonl", "--create", "--json", vault=tmp_path / "new")
    assert json.loads(done.stdout) == {"added": 2, "skipped": 0, "replaced": 0}
    assert "2 there already" in run("import", tmp_path / "all.jsonl", vault=tmp_path / "new").stdout
    lines = run("export", "-", vault=folder).stdout
    assert "2 added" in run("import", "-", "--create", vault=tmp_path / "third", given=lines).stdout


def test_update_sets_and_forgets(folder):
    done = run("update", FIRST, "--facts", "creator=Ann", "--facts", "title=", "--json", vault=folder)
    assert json.loads(done.stdout)["facts"] == {"creator": "Ann"}
    assert run("update", "f" * 16, "--facts", "creator=Ann", vault=folder).exit_code == 2


def test_delete(folder):
    done = run("delete", FIRST, FIRST, vault=folder)
    assert (done.exit_code, done.stdout) == (0, f"{FIRST}  deleted\n")
    assert run("delete", FIRST, vault=folder).exit_code == 1
    assert run("delete", SECOND, "no id", vault=folder).exit_code == 2
    assert run("get", SECOND, vault=folder).exit_code == 0


def test_check_finds_and_repairs(folder):
    assert run("check", vault=folder).exit_code == 0
    table = folder / "records.sqlite"
    table.write_bytes(table.read_bytes()[:9000])
    done = run("check", vault=folder)
    assert (done.exit_code, done.stdout) == (3, "")
    assert "vault check --repair" in done.stderr
    done = run("check", "--repair", "--json", vault=folder)
    assert done.exit_code == 1
    assert json.loads(done.stdout)["problems"]
    assert (folder / "damaged-1.sqlite").exists()
    assert run("check", vault=folder).exit_code == 0
