"""The commands and their options. What they do is in the modules beside this one, imported when a command runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from underdrawing import __version__
from underdrawing.cli.carriers import carriers
from underdrawing.cli.guard import Guarded
from underdrawing.cli.keys import keys
from underdrawing.cli.searching import search
from underdrawing.cli.tasks import Coding, Format, ProtectTask, Subsampling, VerifyTask
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
    epilog="Exit codes: 0 done, 1 a negative finding (verify, bench), 2 wrong usage, 3 something failed.",
)
app.add_typer(keys, name="keys")
app.command()(carriers)
app.add_typer(vault, name="vault")

Input = Annotated[str, typer.Argument(metavar="IN", help="A picture, a folder of pictures, or - for standard input.")]
Jobs = Annotated[
    int | None, typer.Option("--jobs", "-j", min=1, metavar="N", help="Processes to work with. Default: one per core.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object per picture, one per line.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite outputs that exist.")]
Resume = Annotated[
    bool, typer.Option("--resume", "--skip-existing", help="Do only what an earlier, interrupted run left undone.")
]
ChannelKeyFile = Annotated[
    Path | None, typer.Option("--channel-key", metavar="FILE", help="The secret that hides the mark.")
]


def main() -> None:
    """Run the command line; what a terminal cannot show is written in escapes rather than failing."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    app(prog_name="underdrawing")


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


def _debug(context: typer.Context) -> bool:
    return bool(context.find_root().params["debug"])


@app.command()
def protect(
    context: typer.Context,
    given: Input,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="OUT", help="Where to: a file, a folder, or - for standard output.")
    ],
    facts: Annotated[
        list[str] | None,
        typer.Option(
            "--facts",
            metavar="FILE|KEY=VALUE",
            help="What to remember about the picture, beside its own metadata. May be given again.",
        ),
    ] = None,
    no_metadata_facts: Annotated[
        bool, typer.Option("--no-metadata-facts", help="Take no facts from the picture's own EXIF, IPTC and XMP.")
    ] = False,
    position: Annotated[
        bool,
        typer.Option("--position", help="Also take the GPS position from the metadata. Everybody can then read it."),
    ] = False,
    key: Annotated[Path | None, typer.Option("--key", metavar="FILE", help="Sign with this private key.")] = None,
    channel_key: ChannelKeyFile = None,
    confidential: Annotated[
        list[Path] | None,
        typer.Option(
            "--confidential",
            metavar="FILE",
            help="Encipher code and facts for holders of a shared key, or of these public keys. May be given again.",
        ),
    ] = None,
    no_code: Annotated[
        bool,
        typer.Option("--no-code", help="Hide id, facts and signature only; nothing can then be painted back."),
    ] = False,
    profile: Annotated[
        Profile, typer.Option("--profile", metavar="|".join(Profile), help="How strong the mark is.")
    ] = Profile.STANDARD,
    format_: Annotated[
        Format | None,
        typer.Option("--format", metavar="|".join(Format), help="Save in this format, not the picture's own."),
    ] = None,
    quality: Annotated[
        int | None, typer.Option("--quality", min=1, max=100, metavar="N", help="Quality of a lossy format, 1 to 100.")
    ] = None,
    subsampling: Annotated[
        Subsampling | None,
        typer.Option("--subsampling", metavar="|".join(Subsampling), help="How finely a JPEG keeps colour."),
    ] = None,
    force: Force = False,
    resume: Resume = False,
    jobs: Jobs = None,
    json: Json = False,
) -> None:
    """Put a hidden code, facts and a signature into pictures.

    A folder is searched in depth and mirrored at OUT. Nothing is overwritten without --force. Facts come from the
    picture's metadata too, but never its GPS position unless --position asks for it.

    Redact first, then protect: the code can show again what is blurred or cropped away later. With --confidential only
    key holders can read it, and the facts; everybody can still see that and where a picture was changed.
    """
    from underdrawing.cli.facts import parse_facts
    from underdrawing.cli.protecting import plan_protect, protect_one
    from underdrawing.cli.run import run_command
    from underdrawing.cli.secrets import channel_key as read_channel_key
    from underdrawing.cli.secrets import confidants, signing_key

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
        coding=Coding(format=format_, quality=quality, subsampling=subsampling),
        overwrite=force,
    )
    if key:
        signing_key(key)
    if channel_key:
        read_channel_key(channel_key)
    if confidential:
        confidants(template.confidants)
    tasks, done = plan_protect(given, output, template=template, resume=resume)
    run_command(tasks, done, protect_one, jobs=jobs, json=json, debug=_debug(context), verb="protecting")


@app.command()
def verify(
    context: typer.Context,
    given: Input,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="DIR", help="Write mask.png, recovered.png and report.html here."),
    ] = None,
    trust: Annotated[
        list[Path] | None,
        typer.Option("--trust", metavar="FILE", help="Whose signatures to believe. May be given again."),
    ] = None,
    channel_key: Annotated[
        Path | None,
        typer.Option("--channel-key", "--key", metavar="FILE", help="The secret the mark was hidden with, if any."),
    ] = None,
    open_: Annotated[
        list[Path] | None,
        typer.Option(
            "--open",
            metavar="FILE",
            help="A shared key, or your own opening key, to read confidential marks with. May be given again.",
        ),
    ] = None,
    restore_metadata: Annotated[
        Path | None,
        typer.Option(
            "--restore-metadata",
            metavar="OUT",
            help="Copy the picture to OUT with the recovered facts in its EXIF, IPTC and XMP. Pixels stay as they are.",
        ),
    ] = None,
    force: Force = False,
    resume: Resume = False,
    jobs: Jobs = None,
    json: Json = False,
) -> None:
    """Say what was changed in pictures, what was there, and what the facts are.

    Exits with 1 when any picture is anything but authentic.
    """
    from underdrawing.cli.run import run_command
    from underdrawing.cli.secrets import channel_key as read_channel_key
    from underdrawing.cli.secrets import opener, trust_store
    from underdrawing.cli.verifying import plan_verify, verify_one

    template = VerifyTask(
        source=None,
        folder=None,
        trust=tuple(trust or ()),
        channel_key=channel_key,
        openers=tuple(open_ or ()),
        overwrite=force,
    )
    if trust:
        trust_store(template.trust)
    if channel_key:
        read_channel_key(channel_key)
    for path in template.openers:
        opener(path)
    tasks, done = plan_verify(given, output, template=template, resume=resume, restored=restore_metadata)
    run_command(tasks, done, verify_one, jobs=jobs, json=json, debug=_debug(context), verb="verifying")


app.command()(search)


@app.command()
def bench(
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Photographs to add, in DIR/fullres and DIR/natural.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A few pictures and attacks: minutes, not hours.")] = False,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Everything random comes from it.")] = 0,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="Where the rows go; a second run continues there.")
    ] = Path("out/bench"),
    jobs: Jobs = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per promise, one per line.")] = False,
) -> None:
    """Measure what the package promises, and say which promises hold.

    Exits with 1 when one does not.
    """
    from underdrawing.cli.measuring import measure, print_measured
    from underdrawing.cli.run import NEGATIVE, cores

    lines = measure(data, quick=quick, seed=seed, jobs=jobs or cores(), output=output)
    print_measured(lines, json=json)
    if any(line.passed is False for line in lines):
        raise typer.Exit(NEGATIVE)
