"""Draws a sheet of an ImageNet-S: for each kind of edit an original, its doctored copy, and the mask.

python bench/imagenet_s_sheet.py                     # made of photographs inside scikit-image
python bench/imagenet_s_sheet.py DATASET -o FILE     # of a dataset of yours
python bench/imagenet_s_sheet.py --contest FILE      # and of what three systems make of six pictures of it
"""

import tempfile
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from numpy.typing import NDArray
from PIL import Image

from underdrawing.bench.contest.plan import Setting
from underdrawing.bench.contest.sheets import write_sheet
from underdrawing.bench.corpus import Corpus
from underdrawing.bench.edits.tampering import Kind
from underdrawing.bench.imagenet_s import Dataset, Item, build_dataset, open_dataset

_SEED = 3
_TILE_PX, _GAP_PX, _HEAD_PX = 150, 4, 20
_LIKED = 0.15
"""Of the items of a kind, the one whose share of the area is nearest to this is shown."""
_WHITE = 255
_PHOTOGRAPHS = ("skimage/astronaut", "skimage/chelsea", "skimage/coffee", "skimage/rocket")
"""Those that anybody may publish."""

_CONTEST_KINDS, _CONTEST_ROWS = (Kind.SPLICE, Kind.REMOVAL), 6
_PAINTERS = ("underdrawing", "fragile self-embedding", "Telea")
Picture = NDArray[np.uint8]


def main(
    dataset: Annotated[Path | None, typer.Argument(help="A dataset made by bench imagenet-s.")] = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="A JPEG file.")] = Path("docs/pictures/imagenet-s.jpg"),
    contest: Annotated[Path | None, typer.Option(help="Also what three systems make of six pictures, here.")] = None,
) -> None:
    """Draw the sheets and write them."""
    with tempfile.TemporaryDirectory() as folder:
        sheet = drawn(of_scikit_image(Path(folder)) if dataset is None else open_dataset(dataset))
        output.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(output), sheet[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
        if contest is not None:
            place = contest_of_scikit_image(Path(folder)) if dataset is None else dataset
            items = [item.name for item in open_dataset(place).items]
            spread = items[:: max(1, len(items) // _CONTEST_ROWS)][:_CONTEST_ROWS]
            write_sheet(contest, Setting(place.resolve()), items=spread, systems=_PAINTERS)


def of_scikit_image(folder: Path) -> Dataset:
    """A dataset of parts of photographs that come with scikit-image, at their own size, every kind of edit."""
    kinds = [kind for kind in Kind if kind not in (Kind.FACE_SWAP, Kind.GENERATIVE_REMOVAL)]
    build_dataset(parts_of_photographs(folder), folder / "dataset", seed=_SEED, kinds=kinds, processes=2)
    return open_dataset(folder / "dataset")


def contest_of_scikit_image(folder: Path) -> Path:
    """The folder of another one of these parts, enlarged to 512 pixels, with few kinds of edits."""
    place = folder / "contest"
    build_dataset(parts_of_photographs(folder), place, seed=_SEED, kinds=_CONTEST_KINDS, processes=2)
    return place


def parts_of_photographs(folder: Path) -> Path:
    """Three squares of each photograph as files."""
    corpus, pictures = Corpus.of(None), folder / "pictures"
    for name in _PHOTOGRAPHS:
        pixels = np.asarray(corpus.load(name).pixels, dtype=np.uint8)
        side = min(pixels.shape[:2])
        for number, part in enumerate(
            (pixels[:side, :side], pixels[:side, -side:], pixels[-side * 3 // 4 :, : side * 3 // 4])
        ):
            path = pictures / name.rpartition("/")[2] / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(part).save(path)
    return pictures


def drawn(dataset: Dataset) -> Picture:
    """Every kind of a dataset, two to a row."""
    tiles = [entry(dataset, item) for item in one_of_each_kind(dataset)]
    if len(tiles) % 2:
        tiles.append(np.full_like(tiles[0], _WHITE))
    rows = [np.concatenate(pair, axis=1) for pair in zip(tiles[::2], tiles[1::2], strict=True)]
    return np.concatenate(rows)


def one_of_each_kind(dataset: Dataset) -> list[Item]:
    """Of every kind the item whose size is easiest to look at."""
    by_kind: dict[str, list[Item]] = {}
    for item in dataset.items:
        by_kind.setdefault(item.kind, []).append(item)
    return [min(by_kind[kind], key=lambda item: abs(item.fraction - _LIKED)) for kind in Kind if kind in by_kind]


def entry(dataset: Dataset, item: Item) -> Picture:
    """Original, doctored copy and mask side by side, under their name."""
    mask = np.where(dataset.mask(item), np.uint8(_WHITE), np.uint8(0))
    pictures = (dataset.original(item), dataset.tampered(item), np.repeat(mask[..., None], 3, axis=2))
    small = [cv2.resize(picture, (_TILE_PX, _TILE_PX), interpolation=cv2.INTER_AREA) for picture in pictures]
    joined = np.concatenate(
        [np.pad(tile, ((0, 0), (0, _GAP_PX), (0, 0)), constant_values=_WHITE) for tile in small], axis=1
    )
    head = np.full((_HEAD_PX, joined.shape[1], 3), _WHITE, dtype=np.uint8)
    words = f"{item.kind}, {item.outline}, {item.fraction:.1%}"
    cv2.putText(head, words, (2, _HEAD_PX - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (40, 40, 40), 1, cv2.LINE_AA)
    return np.asarray(
        np.pad(np.concatenate([head, joined]), ((0, 0), (0, 2 * _GAP_PX), (0, 0)), constant_values=_WHITE),
        dtype=np.uint8,
    )


if __name__ == "__main__":
    typer.run(main)
