"""A dataset made from a folder of pictures: deterministic by seed, and finished by a second run if one was interrupted.

::

    pictures, labels ─► originals/ ─► plan: kind, size, outline, donor ─► tampered/, masks/ ─► manifest ─► dataset.json
                            └───────────────► building.jsonl ◄─────────────────────┘

What a run has done is in the log, line by line, until the dataset is complete.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from underdrawing.bench.edits.generation import check_inpainter
from underdrawing.bench.edits.tampering import Kind
from underdrawing.bench.imagenet_s.datasheet import DATASHEET_FILE, datasheet
from underdrawing.bench.imagenet_s.description import (
    DESCRIPTION_FILE,
    Description,
    Settings,
    read_description,
    write_description,
)
from underdrawing.bench.imagenet_s.making import MASKS, TAMPERED, Made, Order, make
from underdrawing.bench.imagenet_s.manifest import Item, write_manifest
from underdrawing.bench.imagenet_s.plan import KINDS, Subject, assign
from underdrawing.bench.imagenet_s.preparing import ORIGINALS, LeftOut, Prepared, prepare
from underdrawing.bench.imagenet_s.sources import Source, find_sources, plain_text, sources_fingerprint
from underdrawing.bench.row_log import RowLog
from underdrawing.bench.running import run_all
from underdrawing.errors import OutputError, UsageError
from underdrawing.images import write_atomically

__all__ = ["Built", "build_dataset"]

LOG_FILE = "building.jsonl"
LARGEST_SEED = 2**63 - 1
_LEAST_SIZE_PX, _MOST_SIZE_PX = 64, 4096
_PACKAGES = ("underdrawing", "numpy", "opencv-python-headless", "pillow", "onnxruntime")


@dataclass(frozen=True)
class Built:
    """A dataset that is complete.

    Attributes:
        items: How many pictures it holds.
        fingerprint: What names its content.
        left_out: Pictures that are not in it.
    """

    items: int
    fingerprint: str
    left_out: tuple[LeftOut, ...]


def build_dataset(
    images: Path,
    output: Path,
    *,
    labels: Path | None = None,
    split: str | None = None,
    size: int | None = 512,
    seed: int = 0,
    limit: int | None = None,
    processes: int = 2,
    kinds: Sequence[Kind] | None = None,
    diffusers: Path | None = None,
) -> Built:
    """Make a dataset, or finish one that an interrupted run with the same settings began.

    Args:
        images: Folder of pictures; the label of each is the name of the folder it lies in.
        output: Folder of the dataset, made if it is not there.
        labels: CSV with columns ``file``, ``label`` and perhaps ``split``, in place of folder names.
        split: Only pictures of this split.
        size: Side of the square that pictures are brought to, 64 to 4096 px; None keeps their size.
        seed: Decides everything random, 0 to 2^63 − 1.
        limit: At most so many pictures.
        processes: Workers, each on one thread; 0 does everything in this process.
        kinds: What is done to pictures; None: everything, generative removal where ``diffusers`` is given.
        diffusers: Folder of a local inpainting pipeline, as ``save_pretrained`` writes it.

    Raises:
        UsageError: No pictures, labels or weights there; a setting out of range; another dataset in the folder.
        OutputError: The folder cannot be written.
    """
    chosen = _checked_kinds(kinds, diffusers)
    _check_numbers(size, seed, limit)
    sources = find_sources(images, labels=labels, split=split, limit=limit, seed=seed)
    weights = None if diffusers is None or Kind.GENERATIVE_REMOVAL not in chosen else _weights_fingerprint(diffusers)
    settings = Settings(seed, size, tuple(chosen), split, limit, sources_fingerprint(sources), weights)
    finished = _finished(output, settings)
    if finished is not None:
        return finished
    _make_folders(output)
    log = RowLog(output / LOG_FILE, header=settings.plain(), kinds=(Prepared, Made, LeftOut))
    look = partial(prepare, images=images, output=output, size=size, faces=Kind.FACE_SWAP in chosen)
    _run(log, sources, look, processes=processes, what="originals")
    kept = _kept(sources, log)
    orders = _orders(kept, chosen)
    forge = partial(make, output=output, seed=seed, weights=diffusers)
    _run(log, orders, forge, processes=processes, what="tampered")
    return _concluded(output, kept, log, settings)


def _checked_kinds(kinds: Sequence[Kind] | None, diffusers: Path | None) -> tuple[Kind, ...]:
    """The kinds in the order of their turns."""
    wanted = set(KINDS if kinds is None else kinds)
    if diffusers is None and kinds is None:
        wanted.discard(Kind.GENERATIVE_REMOVAL)
    if diffusers is None and Kind.GENERATIVE_REMOVAL in wanted:
        raise UsageError("generative-removal needs the weights of an inpainting pipeline: give their folder")
    if not wanted:
        raise UsageError(f"no kinds of edits were given: expected some of {', '.join(KINDS)}")
    return tuple(kind for kind in KINDS if kind in wanted)


def _check_numbers(size: int | None, seed: int, limit: int | None) -> None:
    for name, value, low, high in (
        ("size", size, _LEAST_SIZE_PX, _MOST_SIZE_PX),
        ("seed", seed, 0, LARGEST_SEED),
        ("limit", limit, 2, LARGEST_SEED),
    ):
        if value is not None and not low <= value <= high:
            raise UsageError(f"cannot make a dataset with {name} {value}: expected {low} to {high}")


def _weights_fingerprint(folder: Path) -> str:
    """16 hexadecimal digits of SHA-256 over the files of a pipeline."""
    check_inpainter(folder)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            digest.update(path.relative_to(folder).as_posix().encode() + hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def _finished(output: Path, settings: Settings) -> Built | None:
    """What an earlier run made of the same settings; None where there is no finished dataset.

    Raises:
        UsageError: The folder holds another dataset, or something else.
    """
    if (output / DESCRIPTION_FILE).exists():
        found = read_description(output)
        if found.settings != settings:
            raise UsageError(
                f"{output} holds another dataset (other pictures or settings); give another folder with -o"
            )
        return Built(found.items, found.fingerprint, found.left_out)
    log = output / LOG_FILE
    if log.exists():
        with log.open(encoding="utf-8") as file:
            if file.readline().strip() != json.dumps(settings.plain()):
                raise UsageError(f"{output} holds the beginning of another dataset; give another folder with -o")
    elif output.is_dir() and any(output.iterdir()):
        raise UsageError(f"{output} is not empty and holds no dataset; give another folder with -o")
    return None


def _make_folders(output: Path) -> None:
    try:
        for folder in (ORIGINALS, TAMPERED, MASKS):
            (output / folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make {output}: {error.strerror}; choose another folder") from error


def _run(log: RowLog, units: Sequence[Any], work: Callable[[Any], Any], *, processes: int, what: str) -> None:
    """Do what the log does not have yet; units and rows say by their key which is which."""
    rows: list[Prepared | LeftOut | Made] = [*log.of(Prepared), *log.of(LeftOut), *log.of(Made)]
    done = {row.key for row in rows}
    waiting = [unit for unit in units if unit.key not in done]
    run_all(waiting, work, add=lambda row: log.add([row]), total=len(units), processes=processes, what=what)


def _kept(sources: Sequence[Source], log: RowLog) -> dict[Source, Prepared]:
    """The pictures that are in the dataset, in the order drawn; a file that came before under another name is not."""
    prepared = {row.source: row for row in log.of(Prepared)}
    first: dict[str, Source] = {}
    for source in sources:
        if source.path in prepared:
            first.setdefault(prepared[source.path].source_sha256, source)
    chosen = set(first.values())
    return {source: prepared[source.path] for source in sources if source in chosen}


def _orders(kept: dict[Source, Prepared], kinds: Sequence[Kind]) -> list[Order]:
    subjects = [Subject(source.name, source.label, row.face) for source, row in kept.items()]
    rows = {source.name: row for source, row in kept.items()}
    return [
        Order(plan, rows[plan.name], None if plan.donor is None else rows[plan.donor].original_sha256)
        for plan in assign(subjects, kinds)
    ]


def _concluded(output: Path, kept: dict[Source, Prepared], log: RowLog, settings: Settings) -> Built:
    """Write what makes a dataset complete: manifest, datasheet, and last of all its description."""
    made = {row.name: row for row in log.of(Made)}
    items = sorted((_item(source, row, made[source.name]) for source, row in kept.items()), key=lambda item: item.name)
    found = (*log.of(LeftOut), *_removed_duplicates(output, kept, log))
    left_out = [replace(one, source=plain_text(one.source), reason=plain_text(one.reason)) for one in found]
    fingerprint = write_manifest(output, tuple(items))
    made_with = {name: version(name) for name in _PACKAGES}
    description = Description(
        settings, fingerprint, len(items), tuple(sorted(left_out, key=lambda row: row.source)), made_with
    )
    write_atomically(output / DATASHEET_FILE, datasheet(description, items).encode(), overwrite=True)
    write_description(output, description)
    (output / LOG_FILE).unlink()
    return Built(len(items), fingerprint, description.left_out)


def _removed_duplicates(output: Path, kept: dict[Source, Prepared], log: RowLog) -> list[LeftOut]:
    """Pictures whose file is in the dataset under another name; what was kept of them goes."""
    first = {row.source_sha256: row.source for row in kept.values()}
    found = []
    for row in log.of(Prepared):
        if first[row.source_sha256] != row.source:
            (output / ORIGINALS / f"{Source(row.source, '').name}.png").unlink(missing_ok=True)
            found.append(LeftOut(row.source, f"the same file as {first[row.source_sha256]}", failed=False))
    return found


def _item(source: Source, row: Prepared, made: Made) -> Item:
    return Item(
        name=source.name,
        label=source.label,
        split=source.split,
        kind=made.kind,
        size_class=made.size_class,
        fraction=made.fraction,
        outline=made.outline,
        height=row.height,
        width=row.width,
        seed=made.seed,
        donor=made.donor,
        change=made.change,
        source=plain_text(source.path),
        source_sha256=row.source_sha256,
        original=f"{ORIGINALS}/{source.name}.png",
        tampered=f"{TAMPERED}/{source.name}.png",
        mask=f"{MASKS}/{source.name}.png",
        original_sha256=row.original_sha256,
        tampered_sha256=made.tampered_sha256,
        mask_sha256=made.mask_sha256,
    )
