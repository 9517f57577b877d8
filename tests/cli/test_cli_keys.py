"""Keys on the command line."""

from typer.testing import CliRunner

from underdrawing.cli import app
from underdrawing.cli.secrets import signing_key


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_keys_are_made_exported_trusted_and_revoked(tmp_path):
    key, store = tmp_path / "key.pem", tmp_path / "trust.json"
    assert run("keys", "new", key).exit_code == 0
    assert key.stat().st_mode & 0o077 == 0
    assert run("keys", "new", key).exit_code == 2
    assert run("keys", "export", key, "--name", "Ann Desk", "-o", tmp_path / "ann.pub").exit_code == 0
    line = run("keys", "export", key, "--name", "Ann Desk").stdout
    assert (tmp_path / "ann.pub").read_text() == line
    listed = run("keys", "trust", store, tmp_path / "ann.pub", "--until", "2031-05-04")
    assert "Ann Desk" in listed.stdout
    assert "until 2031-05-04" in listed.stdout
    assert run("keys", "trust", store).stdout == listed.stdout
    assert "revoked" in run("keys", "trust", store, "--revoke", "Ann Desk").stdout
    assert run("keys", "trust", store, "--revoke", "Nobody").exit_code == 2


def test_a_locked_key_needs_its_password(tmp_path, monkeypatch):
    key = tmp_path / "key.pem"
    monkeypatch.setenv("UNDERDRAWING_KEY_PASSWORD", "correct horse")
    assert run("keys", "new", key, "--lock").exit_code == 0
    assert run("keys", "export", key).exit_code == 0
    monkeypatch.delenv("UNDERDRAWING_KEY_PASSWORD")
    signing_key.cache_clear()
    assert "password" in run("keys", "export", key).stderr


def test_an_empty_trust_file_is_not_made(tmp_path):
    assert run("keys", "trust", tmp_path / "trust.json").exit_code == 2
    assert not (tmp_path / "trust.json").exists()
