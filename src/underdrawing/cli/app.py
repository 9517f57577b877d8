"""The commands and their options. What they do is in the modules beside this one, imported when a command runs."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from underdrawing import __version__
from underdrawing.cli import options
from underdrawing.cli.benchmarking import bench
from underdrawing.cli.carriers import carriers
from underdrawing.cli.contests import leaderboard, report, run
from underdrawing.cli.guard import FAILURE, Guarded, one_line, say
from underdrawing.cli.keys import keys
from underdrawing.cli.searching import search
from underdrawing.cli.streams import prepare_streams
from underdrawing.cli.tasks import Coding, ProtectTask, VerifyTask
from underdrawing.cli.vault import vault
from underdrawing.findings import Profile

__all__ = ["app", "main"]

app = typer.Typer(
    cls=Guarded,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Images that remember themselves: protect a picture, find what was changed, see what was there.",
    epilog=(
        "Exit codes: 0 done, 1 a negative finding (verify, search, vault, bench), 2 wrong usage, 3 something failed."
    ),
)
app.add_typer(keys, name="keys")
for command in (run, report, leaderboard):
    bench.command()(command)
app.add_typer(bench, name="bench")
app.command()(carriers)
app.add_typer(vault, name="vault")


def main() -> None:
    """Run the command line."""
    prepare_streams()
    try:
        app(prog_name="underdrawing")
    except OSError as error:  # the help itself cannot be printed
        say(one_line(error))
        sys.exit(FAILURE)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"underdrawing {__version__}")
        raise typer.Exit


@app.callback()
def begin(
    debug: Annotated[bool, typer.Option("--debug", help="Show where in the program an error came from.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Take the options that belong to every command; ``debug`` is looked up where errors are reported."""


@app.command()
def protect(
    context: typer.Context,
    given: options.Input,
    output: options.Output,
    facts: options.Facts = None,
    no_metadata_facts: options.NoMetadataFacts = False,
    position: options.Position = False,
    key: options.Key = None,
    channel_key: options.ChannelKey = None,
    confidential: options.Confidential = None,
    no_code: options.NoCode = False,
    profile: options.ProfileOf = Profile.STANDARD,
    vault: options.VaultToFill = None,
    create: options.Create = False,
    original: options.Original = None,
    keep_original: options.KeepOriginal = False,
    reveal: options.Reveal = False,
    carrier: options.Carrier = None,
    weights: options.Weights = None,
    format_: options.Format_ = None,
    quality: options.Quality = None,
    subsampling: options.SubsamplingOf = None,
    force: options.Force = False,
    resume: options.Resume = False,
    jobs: options.Jobs = None,
    json: options.Json = False,
) -> None:
    """Put a hidden code, facts and a signature into pictures.

    A folder is searched in depth and mirrored at OUT. Nothing is overwritten without --force. Facts come from the
    picture's metadata too, but never its GPS position unless --position asks for it.

    Redact first, then protect: the code can show again what is blurred or cropped away later. With --confidential only
    key holders can read it, and the facts; everybody can still see that and where a picture was changed.

    With --vault a record of each picture is kept once it is written: copies are then known again without their mark.
    What a confidential mark hides, its record does not tell, unless you say --reveal. A small --carrier holds an id
    and the beginning of the code: it needs a vault for the rest.
    """
    from underdrawing.cli.facts import parse_facts
    from underdrawing.cli.protecting import plan_protect, protect_one
    from underdrawing.cli.run import run_command
    from underdrawing.cli.shelves import ready_vault

    template = ProtectTask(
        source=None,
        output=None,
        facts=parse_facts(facts or []),
        metadata_facts=not no_metadata_facts,
        position=position,
        key=key,
        channel_key=channel_key,
        confidants=tuple(confidential or ()),
        with_code=not no_code,
        profile=profile,
        vault=vault,
        original=original,
        keep_original=keep_original,
        reveal=reveal,
        carrier=carrier,
        weights=weights,
        coding=Coding(format=format_, quality=quality, subsampling=subsampling),
        overwrite=force,
    )
    tasks, done = plan_protect(given, output, template=template, resume=resume)
    if vault is not None:
        ready_vault(vault, create=create)
    run_command(context, tasks, done, protect_one, jobs=jobs, json=json, verb="protecting")


@app.command()
def verify(
    context: typer.Context,
    given: options.Input,
    output: options.OutputFolder = None,
    trust: options.Trust = None,
    channel_key: options.ChannelKeyOrKey = None,
    open_: options.Open = None,
    vault: options.VaultToAsk = None,
    originals: options.Originals = None,
    carrier: options.Carrier = None,
    weights: options.Weights = None,
    restore_metadata: options.RestoreMetadata = None,
    look: options.Look = False,
    force: options.Force = False,
    resume: options.Resume = False,
    jobs: options.Jobs = None,
    json: options.Json = False,
) -> None:
    """Say what was changed in pictures, what was there, and what the facts are.

    With --vault, what is known of a picture is told even where its mark is gone. The verdict stays what the pixels say.

    Exits with 1 when any picture is anything but authentic.
    """
    from underdrawing.cli.run import run_command
    from underdrawing.cli.verifying import plan_verify, verify_one

    template = VerifyTask(
        source=None,
        folder=None,
        trust=tuple(trust or ()),
        channel_key=channel_key,
        openers=tuple(open_ or ()),
        vault=vault,
        originals=tuple(originals or ()),
        carrier=carrier,
        weights=weights,
        look=look,
        overwrite=force,
    )
    tasks, done = plan_verify(given, output, template=template, resume=resume, restored=restore_metadata)
    run_command(context, tasks, done, verify_one, jobs=jobs, json=json, verb="verifying")


app.command()(search)
vault.command()(search)
