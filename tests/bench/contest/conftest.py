"""A dataset of four photographs with their labels, and a gallery that they are in."""

import numpy as np
import pytest
from PIL import Image
from skimage import data

from underdrawing.bench.contest.gallery import build_gallery
from underdrawing.bench.imagenet_s import build_dataset, open_dataset

SHOWN = {"cat/chelsea.png": "chelsea", "person/astronaut.png": "astronaut", "rocket/rocket.png": "rocket"}


@pytest.fixture(scope="session")
def photographs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photographs")
    for path, name in SHOWN.items():
        (folder / path).parent.mkdir(exist_ok=True)
        Image.fromarray(getattr(data, name)()).save(folder / path)
    left, right, _ = data.stereo_motorcycle()
    for name, pixels in (("left", left), ("right", right), ("mirror", np.ascontiguousarray(left[:, ::-1]))):
        (folder / "motorcycle").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(folder / "motorcycle" / f"{name}.png")
    return folder


@pytest.fixture(scope="session")
def dataset_folder(photographs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sets") / "dataset"
    build_dataset(photographs, folder, size=512, seed=3, limit=4, processes=0)
    return folder


@pytest.fixture(scope="session")
def dataset(dataset_folder):
    return open_dataset(dataset_folder)


@pytest.fixture(scope="session")
def gallery_folder(photographs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("galleries") / "gallery"
    build_gallery(photographs, folder, processes=0)
    return folder
