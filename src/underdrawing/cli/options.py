"""The options that commands share or have many of, each with its words for ``--help``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from underdrawing.cli.tasks import Format, Subsampling
from underdrawing.findings import Profile

__all__ = [
    "WEIGHTS_VARIABLE",
    "Carrier",
    "ChannelKey",
    "ChannelKeyOrKey",
    "ChannelKeyToRead",
    "Confidential",
    "Create",
    "Facts",
    "Force",
    "Format_",
    "Input",
    "Jobs",
    "Json",
    "KeepOriginal",
    "Key",
    "Look",
    "NoCode",
    "NoMetadataFacts",
    "Open",
    "Original",
    "Originals",
    "Output",
    "OutputFolder",
    "Position",
    "Processes",
    "ProfileOf",
    "Quality",
    "RestoreMetadata",
    "Resume",
    "Reveal",
    "Seed",
    "SubsamplingOf",
    "Trust",
    "VaultToAsk",
    "VaultToFill",
    "Weights",
]

WEIGHTS_VARIABLE = "UNDERDRAWING_WEIGHTS"

Input = Annotated[str, typer.Argument(metavar="IN", help="A picture, a folder of pictures, or - for standard input.")]
Jobs = Annotated[
    int | None, typer.Option("--jobs", "-j", min=1, metavar="N", help="Processes to work with. Default: one per core.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object per picture, one per line.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite outputs that exist.")]
Resume = Annotated[
    bool, typer.Option("--resume", "--skip-existing", help="Do only what an earlier, interrupted run left undone.")
]

Output = Annotated[
    str, typer.Option("-o", "--output", metavar="OUT", help="Where to: a file, a folder, or - for standard output.")
]
Facts = Annotated[
    list[str] | None,
    typer.Option(
        "--facts",
        metavar="FILE|KEY=VALUE",
        help="What to remember about the picture, beside its own metadata. May be given again.",
    ),
]
NoMetadataFacts = Annotated[
    bool, typer.Option("--no-metadata-facts", help="Take no facts from the picture's own EXIF, IPTC and XMP.")
]
Position = Annotated[
    bool, typer.Option("--position", help="Also take the GPS position from the metadata. Everybody can then read it.")
]
Key = Annotated[Path | None, typer.Option("--key", metavar="FILE", help="Sign with this private key.")]
ChannelKey = Annotated[
    Path | None, typer.Option("--channel-key", metavar="FILE", help="The secret that hides the mark.")
]
Confidential = Annotated[
    list[Path] | None,
    typer.Option(
        "--confidential",
        metavar="FILE",
        help="Encipher code and facts for holders of a shared key, or of these public keys. May be given again.",
    ),
]
NoCode = Annotated[
    bool, typer.Option("--no-code", help="Hide id, facts and signature only; nothing can then be painted back.")
]
_PROFILES = (
    "How strong the mark is. discreet changes the picture less and survives less; detailed, from 512 to "
    "1,023 pixels, changes it less and remembers more, for copies at JPEG 70 and better; lasting adds an undertone "
    "that mostly tells the identity even where a network painted the whole picture anew (where that kept very "
    "little, with the vault alone), and changes the picture most."
)
ProfileOf = Annotated[Profile, typer.Option("--profile", metavar="|".join(Profile), help=_PROFILES)]
Format_ = Annotated[
    Format | None,
    typer.Option("--format", metavar="|".join(Format), help="Save in this format, not the picture's own."),
]
Quality = Annotated[
    int | None, typer.Option("--quality", min=1, max=100, metavar="N", help="Quality of a lossy format, 1 to 100.")
]
SubsamplingOf = Annotated[
    Subsampling | None,
    typer.Option("--subsampling", metavar="|".join(Subsampling), help="How finely a JPEG keeps colour."),
]
VaultToFill = Annotated[
    str | None,
    typer.Option(
        "--vault",
        metavar="URI",
        help="Keep a record of each picture in this vault: a folder, or milvus://host:port/collection.",
    ),
]
Create = Annotated[bool, typer.Option("--create", help="Make the vault if it is not there.")]
Original = Annotated[
    str | None,
    typer.Option(
        "--original",
        metavar="URI",
        help="Note in the record where the original is. For a folder end it with /: each picture's path is added.",
    ),
]
KeepOriginal = Annotated[
    bool, typer.Option("--keep-original", help="Note the picture's own path in the record as where the original is.")
]
Reveal = Annotated[
    bool,
    typer.Option(
        "--reveal",
        help="Keep in the record also what a confidential mark, or one without code, hides: code, preview, facts.",
    ),
]
Carrier = Annotated[
    str | None,
    typer.Option("--carrier", metavar="NAME", help="Another carrier than ours; `underdrawing carriers` lists them."),
]
Weights = Annotated[
    Path | None,
    typer.Option(
        "--weights",
        metavar="DIR",
        envvar=WEIGHTS_VARIABLE,
        show_envvar=False,
        help=f"Folder with the networks of other people's carriers. Default: what {WEIGHTS_VARIABLE} says.",
    ),
]

OutputFolder = Annotated[
    str | None,
    typer.Option(
        "-o", "--output", metavar="DIR", help="Write mask.png, recovered.png, whole.png and report.html here."
    ),
]
Trust = Annotated[
    list[Path] | None,
    typer.Option("--trust", metavar="FILE", help="Whose signatures to believe. May be given again."),
]
ChannelKeyOrKey = Annotated[
    Path | None,
    typer.Option("--channel-key", "--key", metavar="FILE", help="The secret the mark was hidden with, if any."),
]
ChannelKeyToRead = Annotated[
    Path | None, typer.Option("--channel-key", metavar="FILE", help="The secret the mark was hidden with, if any.")
]
Open = Annotated[
    list[Path] | None,
    typer.Option(
        "--open",
        metavar="FILE",
        help="A shared key, or your own opening key, to read confidential marks with. May be given again.",
    ),
]
VaultToAsk = Annotated[
    str | None,
    typer.Option(
        "--vault",
        metavar="URI",
        help="Ask this vault what it knows of each picture: a folder, or milvus://host:port/collection.",
    ),
]
Originals = Annotated[
    list[str] | None,
    typer.Option(
        "--originals",
        metavar="DIR|PREFIX",
        help="Where originals may be fetched from: a folder, or a prefix like s3://archive/. May be given again.",
    ),
]
Look = Annotated[
    bool,
    typer.Option(
        "--look", help="Make up texture in what is painted back: more like a photograph, less like the one that was."
    ),
]
RestoreMetadata = Annotated[
    Path | None,
    typer.Option(
        "--restore-metadata",
        metavar="OUT",
        help="Copy the picture to OUT with the recovered facts in its EXIF, IPTC and XMP. Pixels stay as they are.",
    ),
]

Processes = Annotated[
    int | None,
    typer.Option(
        "--processes", "--jobs", "-j", metavar="N", min=1, help="Processes to work with. Default: one per core."
    ),
]
Seed = Annotated[int, typer.Option("--seed", metavar="N", help="Everything random comes from it.")]
