"""``underdrawing vault``: records of pictures, kept, looked up, moved and checked."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from underdrawing.cli import options
from underdrawing.cli.facts import parse_facts
from underdrawing.cli.guard import printable
from underdrawing.cli.inputs import STANDARD_STREAM
from underdrawing.cli.progress import progress
from underdrawing.cli.run import NEGATIVE
from underdrawing.cli.streams import standard_input, standard_output
from underdrawing.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from underdrawing.vault import Added, Record

__all__ = ["VAULT_VARIABLE", "Where", "vault"]

VAULT_VARIABLE = "UNDERDRAWING_VAULT"

vault = typer.Typer(
    no_args_is_help=True, help="Keep records of pictures, so that copies without a mark are known again."
)

Where = Annotated[
    str,
    typer.Option(
        "--vault",
        metavar="URI",
        envvar=VAULT_VARIABLE,
        show_envvar=False,
        help=f"The vault: a folder, or milvus://host:port/collection. May be given by {VAULT_VARIABLE}.",
    ),
]
Id = Annotated[str, typer.Argument(metavar="ID", help="16 hexadecimal digits.")]
Replace = Annotated[bool, typer.Option("--replace", help="Replace a different record of the same id.")]
Json = Annotated[bool, typer.Option("--json", help="Print a JSON object.")]


@vault.command()
def add(
    context: typer.Context,
    given: options.Input,
    where: Where,
    facts: Annotated[
        list[str] | None,
        typer.Option("--facts", metavar="FILE|KEY=VALUE", help="What to keep beside the metadata. May be given again."),
    ] = None,
    no_metadata_facts: options.NoMetadataFacts = False,
    position: Annotated[bool, typer.Option("--position", help="Also take the GPS position from the metadata.")] = False,
    as_original: Annotated[
        bool, typer.Option("--as-original", help="Note the picture's own path as where the original is.")
    ] = False,
    no_mark: Annotated[
        bool, typer.Option("--no-mark", help="Do not look for a mark, but keep the picture as one that has none.")
    ] = False,
    channel_key: options.ChannelKeyToRead = None,
    create: options.Create = False,
    replace: Replace = False,
    jobs: options.Jobs = None,
    json: Json = False,
) -> None:
    """Keep records of pictures, protected or not. What is there already is left as it is.

    A protected picture is kept under the id of its mark.
    """
    from underdrawing.cli.keeping import keep_one, plan_keeping
    from underdrawing.cli.run import run_command
    from underdrawing.cli.secrets import channel_key as read_channel_key
    from underdrawing.cli.tasks import KeepTask
    from underdrawing.vault import open_vault

    template = KeepTask(
        source=None,
        vault=where,
        facts=parse_facts(facts or []),
        metadata_facts=not no_metadata_facts,
        position=position,
        as_original=as_original,
        look_for_mark=not no_mark,
        channel_key=channel_key,
        replace=replace,
    )
    if channel_key:
        read_channel_key(channel_key)
    tasks = plan_keeping(given, template)
    open_vault(where, create=create).close()
    run_command(context, tasks, [], keep_one, jobs=jobs, json=json, verb="keeping")


@vault.command()
def get(
    id_: Id,
    where: Where,
    preview: Annotated[
        Path | None, typer.Option("--preview", metavar="FILE", help="Write the small picture of the record here.")
    ] = None,
    original: Annotated[
        Path | None, typer.Option("--original", metavar="FILE", help="Fetch the original, and write it here.")
    ] = None,
    originals: options.Originals = None,
    force: options.Force = False,
    json: Json = False,
) -> None:
    """Show the record of an id. Exits with 1 when there is none.

    An original is fetched only from where --originals allows, whatever the record says.
    """
    from underdrawing import images
    from underdrawing.vault import fetch_original, open_vault, to_object

    if original and not originals:
        raise UsageError("--original needs --originals: the folder or prefix that originals may be fetched from")
    with open_vault(where, read_only=True) as opened:
        record = opened.get(id_)
    if record is None:
        typer.echo(json_format.dumps({"id": id_, "found": False}) if json else f"{id_}  not in the vault")
        raise typer.Exit(NEGATIVE)
    if preview:
        if not record.preview:
            raise UsageError(f"record {id_} has no preview; leave out --preview")
        images.write_atomically(preview, record.preview, overwrite=force)
    if original:
        images.write_atomically(original, fetch_original(record, allowed=originals or []), overwrite=force)
    typer.echo(json_format.dumps({"found": True, **to_object(record)}) if json else "\n".join(_card(record)))


def _card(record: Record) -> Iterator[str]:
    """Describe a record: what strangers wrote is shown as text and as nothing else."""
    from underdrawing.report import fact_rows, readable

    rows = [
        ("Id", record.id),
        ("Kept since", record.created),
        ("Carrier", f"{record.carrier} {record.profile}".strip()),
    ]
    rows += [("Key", record.key_id.hex())] if record.key_id else []
    rows += [("Original", record.original)] if record.original else []
    rows += [("Hidden code", "kept" if record.code else "not kept")]
    rows += fact_rows(dict(record.facts))
    wide = max(len(label) for label, _ in rows)
    yield from (f"{readable(label):<{wide}}  {readable(text)}" for label, text in rows if text)


@vault.command()
def update(
    id_: Id,
    where: Where,
    facts: Annotated[
        list[str],
        typer.Option(
            "--facts", metavar="FILE|KEY=VALUE", help="A fact to set; without a value: to forget. May be given again."
        ),
    ],
    json: Json = False,
) -> None:
    """Change facts of a record; those not named stay as they are. What a mark says is not changed by this."""
    from underdrawing.vault import open_vault, to_object

    with open_vault(where) as opened:
        if (record := opened.get(id_)) is None:
            raise UsageError(f"no record {printable(id_)} in the vault, so its facts cannot be changed; add it first")
        merged = {name: text for name, text in (dict(record.facts) | parse_facts(facts)).items() if text}
        record = opened.update_facts(id_, merged)
    typer.echo(json_format.dumps(to_object(record)) if json else "\n".join(_card(record)))


@vault.command()
def delete(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="16 hexadecimal digits each.")],
    where: Where,
    json: Json = False,
) -> None:
    """Forget records, for good. Exits with 1 when one was not there."""
    from underdrawing.vault import check_id, open_vault

    for id_ in ids:
        check_id(id_)
    with open_vault(where) as opened:
        gone = {id_: opened.delete(id_) for id_ in dict.fromkeys(ids)}
    for id_, deleted in gone.items():
        said = f"{id_}  {'deleted' if deleted else 'not in the vault'}"
        typer.echo(json_format.dumps({"id": id_, "deleted": deleted}) if json else said)
    if not all(gone.values()):
        raise typer.Exit(NEGATIVE)


@vault.command("export")
def export(
    output: Annotated[
        str, typer.Argument(metavar="OUT", help="A .jsonl or .parquet file, or - for lines on standard output.")
    ],
    where: Where,
    force: options.Force = False,
    json: Json = False,
) -> None:
    """Write every record to a file: JSON Lines, or Parquet, which needs pyarrow."""
    from underdrawing.vault import export_records, open_vault, write_lines

    with open_vault(where, read_only=True) as opened:
        if output == STANDARD_STREAM:
            write_lines(opened.records(), standard_output())
            standard_output().flush()
            return
        with progress(len(opened), "exporting") as advance:
            count = export_records(opened, Path(output), overwrite=force, on_record=advance)
    typer.echo(
        json_format.dumps({"output": output, "records": count})
        if json
        else f"{count} records written to {printable(output)}"
    )


@vault.command("import")
def import_(
    source: Annotated[
        str, typer.Argument(metavar="IN", help="A .jsonl or .parquet file, or - for lines from standard input.")
    ],
    where: Where,
    create: options.Create = False,
    replace: Replace = False,
    json: Json = False,
) -> None:
    """Add every record of a file, as `export` writes it. Run again after an interruption, it goes on."""
    from underdrawing.vault import Added, import_records, open_vault, read_lines

    with open_vault(where, create=create) as opened, progress(None, "importing") as advance:
        done = Added()

        def count(sums: Added) -> None:
            nonlocal done
            advance(sums.total - done.total)
            done = sums

        if source == STANDARD_STREAM:
            added = opened.add_many(read_lines(standard_input()), replace=replace, on_commit=count)
        else:
            added = import_records(opened, Path(source), replace=replace, on_commit=count)
    _print_added(added, json=json)


def _print_added(added: Added, *, json: bool) -> None:
    words = f"{added.added} added, {added.skipped} there already, {added.replaced} replaced"
    typer.echo(json_format.dumps(vars(added)) if json else words)


@vault.command()
def stats(where: Where, json: Json = False) -> None:
    """Say how large the vault is."""
    from underdrawing.vault import open_vault

    with open_vault(where, read_only=True) as opened:
        found = opened.stats().to_dict()
    if json:
        typer.echo(json_format.dumps(found))
        return
    for name, value in found.items():
        typer.echo(f"{name:<15}  {'unknown' if value in (None, '') else printable(str(value))}")


@vault.command()
def recatalogue(where: Where, json: Json = False) -> None:
    """Make fingerprints anew that another version of the network made, from the previews that the vault keeps.

    A search by what is visible needs fingerprints that were all made with the weights of this program; it says so where
    they were not. Records without a preview keep what they have: add those pictures again with --replace.
    """
    from underdrawing.retrieval import recatalogue as make_anew
    from underdrawing.vault import open_vault

    with open_vault(where) as opened, progress(len(opened), "recataloguing") as advance:
        done = make_anew(opened, on_record=advance)
    words = f"{done.made} fingerprints made anew with the weights {done.now}"
    words += f"; {done.left} records have no preview to make them from" if done.left else ""
    typer.echo(json_format.dumps(done.to_dict()) if json else words)


@vault.command()
def check(
    where: Where,
    repair: Annotated[
        bool, typer.Option("--repair", help="Put right what can be, without deleting anything that was kept.")
    ] = False,
    json: Json = False,
) -> None:
    """Read everything and compare it with its checksums. Exits with 1 when something is wrong."""
    from underdrawing.vault import open_vault, repair_vault

    if repair:
        health = repair_vault(where)
    else:
        with open_vault(where, read_only=True) as opened, progress(len(opened), "checking") as advance:
            health = opened.check(on_record=advance)
    if json:
        found: dict[str, Any] = {"records": health.records, "problems": health.problems, "repaired": health.repaired}
        typer.echo(json_format.dumps({"sound": health.sound, **found}))
    else:
        for line in (*health.repaired, *health.problems):
            typer.echo(printable(line))
        typer.echo(f"{health.records} records are as they were kept{'' if health.sound else '; something is wrong'}")
    if not health.sound:
        raise typer.Exit(NEGATIVE)
