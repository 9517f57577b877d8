"""The edits of a dataset on a folder of marked copies: the way for systems in any language."""

from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from underdrawing.bench.imagenet_s.files import write_pixels
from underdrawing.bench.imagenet_s.manifest import Item
from underdrawing.bench.imagenet_s.opening import Dataset, open_dataset
from underdrawing.bench.imagenet_s.sources import SUFFIXES
from underdrawing.bench.running import run_all
from underdrawing.errors import OutputError, UnderdrawingError, UsageError
from underdrawing.images import load, to_eight_bits

__all__ = ["Forged", "forge_folder"]


@dataclass(frozen=True)
class Forged:
    """What became of one marked copy.

    Attributes:
        name: Of the item.
        error: Why it was not doctored, in one line; None where it was.
    """

    name: str
    error: str | None = None


def forge_folder(dataset: Path, marked: Path, output: Path, *, processes: int = 2) -> list[Forged]:
    """Doctor every marked copy in a folder as the dataset doctors its original; see ``Dataset.forge``.

    Args:
        dataset: A finished dataset.
        marked: Folder of marked originals, each called as its item, with any ending of a picture.
        output: Where ``NAME.png`` go, made if it is not there; files that exist are left as they are.
        processes: Workers, each on one thread; 0 does everything in this process.

    Returns:
        What became of each, in the order of the manifest; items without a marked copy are not among them.

    Raises:
        UsageError: There is no dataset, or no marked copy of any of its items.
        OutputError: The folder cannot be written.
    """
    copies = _copies(open_dataset(dataset), marked)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make {output}: {error.strerror}; choose another folder") from error
    waiting = {item.name: path for item, path in copies.items() if not (output / f"{item.name}.png").exists()}
    done: dict[str, Forged] = {}
    run_all(
        list(waiting.items()),
        partial(_forge_one, dataset=dataset, output=output),
        add=lambda one: done.update({one.name: one}),
        total=len(copies),
        processes=processes,
        what="forging",
    )
    return [done.get(item.name, Forged(item.name)) for item in copies]


def _copies(dataset: Dataset, marked: Path) -> dict[Item, Path]:
    """The marked copy of each item that has one."""
    try:
        files = {path.stem: path for path in sorted(marked.iterdir()) if path.suffix.lower() in SUFFIXES}
    except OSError as error:
        raise UsageError(f"cannot read {marked}: {error.strerror}; expected a folder of marked copies") from error
    found = {item: files[item.name] for item in dataset.items if item.name in files}
    if not found:
        raise UsageError(
            f"no marked copy in {marked}: expected files called as the items, {dataset.items[0].name}.png …"
        )
    return found


def _forge_one(task: tuple[str, Path], *, dataset: Path, output: Path) -> Forged:
    name, path = task
    opened = _opened(dataset)
    try:
        pixels = opened.forge(opened.named(name), to_eight_bits(load(path).pixels))
    except UnderdrawingError as error:
        return Forged(name, " ".join(str(error).split()))
    write_pixels(output / f"{name}.png", pixels)
    return Forged(name)


@cache
def _opened(folder: Path) -> Dataset:
    """A dataset, opened once a process."""
    return open_dataset(folder)
