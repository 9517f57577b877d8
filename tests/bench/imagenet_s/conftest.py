"""A folder of labelled pictures made from the photographs inside scikit-image, and a dataset of it."""

import csv

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from underdrawing.bench.imagenet_s import build_dataset, open_dataset

SIZE = 128


def write(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.fixture(scope="session")
def images(tmp_path_factory):
    """Fourteen pictures in three folders, one file that is none, and one that is there twice."""
    folder = tmp_path_factory.mktemp("images")
    faces = data.astronaut()
    write(folder / "person/astronaut.png", faces)
    write(folder / "person/mirrored.png", np.ascontiguousarray(faces[:, ::-1]))
    for label, name in (("cat", "chelsea"), ("thing", "coffee"), ("thing", "rocket")):
        whole = cv2.resize(getattr(data, name)(), (400, 300), interpolation=cv2.INTER_AREA)
        for part in range(4):
            top, left = 75 * (part // 2), 100 * (part % 2)
            write(
                folder / f"{label}/{name} {part}.png", np.ascontiguousarray(whole[top : top + 225, left : left + 300])
            )
    (folder / "thing/letter.jpg").write_text("not a picture")
    (folder / "cat/again.png").write_bytes((folder / "cat/chelsea 0.png").read_bytes())
    (folder / "cat/.hidden.png").write_bytes(b"")
    return folder


@pytest.fixture(scope="session")
def labels(images, tmp_path_factory):
    """The same pictures by a table, half of them of a split."""
    path = tmp_path_factory.mktemp("labels") / "labels.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "split", "label"))
        for number, picture in enumerate(sorted(images.rglob("* ?.png"))):
            writer.writerow((picture.relative_to(images), ("test", "train")[number % 2], f"label {number % 3}"))
    return path


@pytest.fixture(scope="session")
def built(images, tmp_path_factory):
    """A dataset with one item of most kinds; its folder and what was said of it."""
    folder = tmp_path_factory.mktemp("dataset") / "made"
    return folder, build_dataset(images, folder, size=SIZE, processes=0)


@pytest.fixture
def dataset(built):
    return open_dataset(built[0])
