"""Keys on the command line."""

import pytest
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
    unasked = run("keys", "export", key)
    assert unasked.exit_code == 2
    assert "UNDERDRAWING_KEY_PASSWORD" in unasked.stderr


def test_a_key_is_not_locked_where_nobody_can_be_asked(tmp_path):
    result = run("keys", "new", tmp_path / "key.pem", "--lock")
    assert result.exit_code == 2
    assert "UNDERDRAWING_KEY_PASSWORD" in result.stderr
    assert not (tmp_path / "key.pem").exists()


def test_leaving_the_question_for_a_password_is_no_finding(tmp_path, monkeypatch):
    monkeypatch.setattr("underdrawing.cli.keys.refuse_to_ask", lambda _: None)
    result = run("keys", "new", tmp_path / "key.pem", "--lock")
    assert result.exit_code == 3
    assert "interrupted" in result.stderr
    assert not (tmp_path / "key.pem").exists()


def test_an_empty_trust_file_is_not_made(tmp_path):
    assert run("keys", "trust", tmp_path / "trust.json").exit_code == 2
    assert not (tmp_path / "trust.json").exists()


def test_keys_of_confidential_marks_are_made_shown_and_exported(tmp_path):
    opening, shared = tmp_path / "ann.key", tmp_path / "desk.key"
    assert run("keys", "new", opening, "--opening").exit_code == 0
    assert "hand it over in private" in run("keys", "new", shared, "--shared").stdout
    assert shared.stat().st_mode & 0o077 == 0
    assert run("keys", "export", opening, "--name", "Ann", "-o", tmp_path / "ann.pub").exit_code == 0
    assert (tmp_path / "ann.pub").read_text().startswith("underdrawing-x25519 ")
    assert run("keys", "export", shared).exit_code == 2
    shown = run("keys", "show", opening, shared, tmp_path / "ann.pub").stdout.splitlines()
    assert [line.split("  ")[1].split(" SHA256")[0] for line in shown] == [
        "private key that opens, public half",
        "shared key",
        "public key to seal for",
    ]
    fingerprint = next(word for word in shown[0].split() if word.startswith("SHA256:"))
    assert fingerprint in shown[2]
    assert shown[2].endswith("Ann")


def test_every_kind_of_key_is_shown_and_no_secret(tmp_path):
    kinds = {"signs": [], "channel key": ["--channel"], "shared key": ["--shared"], "opens": ["--opening"]}
    for number, (words, options) in enumerate(kinds.items()):
        file = tmp_path / f"{number}.key"
        assert run("keys", "new", file, *options).exit_code == 0
        shown = run("keys", "show", file).stdout
        assert words in shown
        secret = [line for line in file.read_text().splitlines() if not line.startswith("-----")]
        assert not any(line in shown for line in secret)
    (tmp_path / "none").write_text("hello")
    assert run("keys", "show", tmp_path / "none").exit_code == 2


def test_kinds_of_keys_exclude_each_other(tmp_path):
    assert run("keys", "new", tmp_path / "a", "--channel", "--shared").exit_code == 2
    assert run("keys", "new", tmp_path / "a", "--shared", "--lock").exit_code == 2
    assert not (tmp_path / "a").exists()


def test_a_key_is_revoked_or_forgotten_by_its_fingerprint(tmp_path):
    for name in ("ann", "bob"):
        run("keys", "new", tmp_path / f"{name}.key")
        run("keys", "export", tmp_path / f"{name}.key", "--name", "The Desk", "-o", tmp_path / f"{name}.pub")
        run("keys", "trust", tmp_path / "trust.json", tmp_path / f"{name}.pub")
    listed = run("keys", "trust", tmp_path / "trust.json").stdout.splitlines()
    fingerprint = next(word.strip(",") for word in listed[1].split() if word.startswith("SHA256:"))
    revoked = run("keys", "trust", tmp_path / "trust.json", "--revoke", fingerprint).stdout.splitlines()
    assert ["revoked" in line for line in revoked] == [False, True]
    left = run("keys", "trust", tmp_path / "trust.json", "--forget", fingerprint).stdout.splitlines()
    assert left == listed[:1]


def test_a_password_is_asked_for_at_a_terminal_and_once(tmp_path, monkeypatch):
    from underdrawing.cli import secrets

    monkeypatch.setenv(secrets.PASSWORD_VARIABLE, "correct horse")
    assert run("keys", "new", tmp_path / "a.key", "--lock").exit_code == 0
    monkeypatch.delenv(secrets.PASSWORD_VARIABLE)
    asked = []
    monkeypatch.setattr(secrets, "getpass", lambda prompt: asked.append(prompt) or "correct horse")
    monkeypatch.setattr(secrets.sys.stdin, "isatty", lambda: True, raising=False)
    for _ in range(2):
        signing_key.cache_clear()
        signing_key(tmp_path / "a.key")
    assert len(asked) == 1
    assert "a.key" in asked[0]
    monkeypatch.delenv(secrets.PASSWORD_VARIABLE)


def test_a_file_of_public_keys_is_not_turned_into_a_trust_file(tmp_path):
    for name in ("ann", "bob"):
        run("keys", "new", tmp_path / f"{name}.pem")
        run("keys", "export", tmp_path / f"{name}.pem", "--name", name, "-o", tmp_path / f"{name}.pub")
    before = (tmp_path / "ann.pub").read_bytes()
    refused = run("keys", "trust", tmp_path / "ann.pub", tmp_path / "bob.pub")
    assert refused.exit_code == 2
    assert "trust file" in refused.stderr
    assert (tmp_path / "ann.pub").read_bytes() == before
    assert "ann" in run("keys", "trust", tmp_path / "ann.pub").stdout


def test_a_private_key_is_never_overwritten_by_its_public_half(tmp_path):
    key = tmp_path / "key.pem"
    run("keys", "new", key)
    before = key.read_bytes()
    (tmp_path / "link.pem").symlink_to(key)
    for output in (key, tmp_path / "link.pem"):
        assert run("keys", "export", key, "-o", output, "--force").exit_code == 2
    assert key.read_bytes() == before


@pytest.mark.parametrize("password", ["p" * 5000, "\udcff"])
def test_a_password_that_locks_nothing_is_refused_in_a_line(tmp_path, monkeypatch, password):
    monkeypatch.setenv("UNDERDRAWING_KEY_PASSWORD", password)
    refused = run("keys", "new", tmp_path / "key.pem", "--lock")
    assert refused.exit_code == 2
    assert "1023 bytes" in refused.stderr
    assert not (tmp_path / "key.pem").exists()


def test_days_without_a_key_are_refused(tmp_path):
    run("keys", "new", tmp_path / "key.pem")
    run("keys", "export", tmp_path / "key.pem", "--name", "Ann", "-o", tmp_path / "ann.pub")
    run("keys", "trust", tmp_path / "trust.json", tmp_path / "ann.pub")
    for option in (["--until", "2031-05-04"], ["--name", "Bob"]):
        assert run("keys", "trust", tmp_path / "trust.json", *option).exit_code == 2
