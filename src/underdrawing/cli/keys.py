"""``underdrawing keys``: make keys, give away public halves, say whom to believe."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from underdrawing.cli.guard import printable
from underdrawing.cli.secrets import PASSWORD_VARIABLE, refuse_to_ask
from underdrawing.errors import UsageError

if TYPE_CHECKING:
    from underdrawing.payload import Publisher

__all__ = ["keys"]

keys = typer.Typer(no_args_is_help=True, help="Make keys, give away their public halves, say whose you trust.")

_DAY = ["%Y-%m-%d"]


@keys.command()
def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write the key. Never overwritten.")],
    channel: Annotated[
        bool, typer.Option("--channel", help="Make a secret that hides the mark, not a key that signs it.")
    ] = False,
    shared: Annotated[
        bool, typer.Option("--shared", help="Make a key file that seals confidential marks and opens them.")
    ] = False,
    opening: Annotated[
        bool, typer.Option("--opening", help="Make a key that opens what others seal for its public half.")
    ] = False,
    lock: Annotated[
        bool, typer.Option("--lock", help=f"Encrypt the key with a password, asked for or from {PASSWORD_VARIABLE}.")
    ] = False,
) -> None:
    """Make a private key that only its owner can read: one to sign with, unless an option says otherwise."""
    from underdrawing.payload import ChannelKey, OpeningKey, SharedKey, SigningKey

    if channel + shared + opening > 1:
        raise UsageError("--channel, --shared and --opening are different kinds of keys; choose one")
    if lock and (channel or shared):
        raise UsageError("--lock is for signing and opening keys; keep a shared secret safe by where you put it")
    if channel or shared:
        (ChannelKey if channel else SharedKey).new().save(file)
        who = "reads or checks the mark" if channel else "shall read the code and the facts"
        typer.echo(
            f"{'channel' if channel else 'shared'} key written to {file}; who {who} needs it too, "
            "so hand it over in private"
        )
        return
    (OpeningKey if opening else SigningKey).new().save(file, password=_password(file) if lock else None)
    typer.echo(f"private key written to {file}; keep it secret, and give away what `underdrawing keys export` prints")


def _password(file: Path) -> str:
    """Return the password to lock a key with: from the environment, else from whoever sits at the terminal."""
    password = os.environ.get(PASSWORD_VARIABLE)
    if password is None:
        refuse_to_ask(file)
        password = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    if not password:
        raise UsageError("an empty password locks nothing; give one, or leave out --lock")
    return password


@keys.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The private key.")],
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="Whose key it is, for those who come to trust it.")
    ] = "",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="OUT", help="Write it here, not to the terminal.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite OUT if it exists.")] = False,
) -> None:
    """Print the public half of a private key, to check signatures or to seal for: one line to give to everybody."""
    from underdrawing import images
    from underdrawing.cli.secrets import private_key

    line = str(private_key(file).public(name=name))
    if output is None:
        typer.echo(line)
    else:
        if output.exists() and output.samefile(file):
            raise UsageError(f"{output} is the private key itself; give another output with -o")
        images.write_atomically(output, f"{line}\n".encode(), overwrite=force)
        typer.echo(f"public key written to {output}")


@keys.command()
def show(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Files of keys, private or public.")],
) -> None:
    """Say what keys are in files, with the fingerprints that two people compare. No secret is shown."""
    from underdrawing.cli.secrets import described

    for file in files:
        for line in described(file):
            typer.echo(f"{printable(str(file))}  {printable(line)}")


@keys.command()
def trust(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="The trust file. Made if it is not there.")],
    public: Annotated[
        list[Path] | None, typer.Argument(metavar="PUBLIC", help="Files with the public keys to believe.")
    ] = None,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="Call the key this, whatever its file says.")
    ] = "",
    valid_from: Annotated[
        datetime | None, typer.Option("--from", formats=_DAY, metavar="DAY", help="Believe it from this day on.")
    ] = None,
    valid_until: Annotated[
        datetime | None, typer.Option("--until", formats=_DAY, metavar="DAY", help="Believe it up to this day.")
    ] = None,
    revoke: Annotated[
        str | None,
        typer.Option("--revoke", metavar="NAME", help="Stop believing every key of this name, id or fingerprint."),
    ] = None,
    forget: Annotated[
        str | None,
        typer.Option("--forget", metavar="NAME", help="Take every key of this name, id or fingerprint out again."),
    ] = None,
) -> None:
    """Say whose signatures to believe, for `verify --trust STORE`. Without a key, --revoke or --forget, list them.

    A key that was made public by mistake or stolen is to be revoked: then its signatures are named as such. One that
    is forgotten is a stranger's.
    """
    from underdrawing.payload import Publisher, TrustStore

    if not public and (name or valid_from or valid_until):
        raise UsageError("--name, --from and --until say something of public keys; name the files they are in")
    trusted = TrustStore.load(store) if store.exists() else TrustStore()
    before = trusted
    for publisher in (publisher for path in public or [] for publisher in TrustStore.load(path)):
        days = (valid_from.date() if valid_from else None, valid_until.date() if valid_until else None)
        trusted = trusted.add(Publisher(name or publisher.name, publisher.key, *days))
    if revoke is not None:
        trusted = trusted.revoke(revoke)
    if forget is not None:
        trusted = trusted.forget(forget)
    if trusted != before:
        if store.exists() and not store.read_bytes().lstrip().startswith(b"{"):
            raise UsageError(f"{store} holds public keys and is no trust file; name the trust file first")
        trusted.save(store)
    elif not store.exists():
        raise UsageError(f"{store}: no such trust file; name the public keys to put into it")
    for publisher in trusted:
        typer.echo(_row(publisher))


def _row(publisher: Publisher) -> str:
    """Describe one publisher on a line."""
    days = [f"from {publisher.valid_from}"] * bool(publisher.valid_from)
    days += [f"until {publisher.valid_until}"] * bool(publisher.valid_until)
    state = ["revoked"] if publisher.revoked else days
    parts = [f"key {publisher.key.id.hex()} {publisher.key.fingerprint}", *state]
    return f"{printable(publisher.name)}  {', '.join(parts)}"
