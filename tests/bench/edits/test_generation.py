"""The inpainting pipeline: called as pipelines of diffusers are, and one clear line where it cannot be loaded."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from skimage import data

from underdrawing.bench.edits import generation
from underdrawing.bench.edits.generation import DiffusersInpainter, check_inpainter, load_inpainter
from underdrawing.errors import UsageError


class Pipeline:
    """Answers as ``StableDiffusionInpaintPipeline`` does, with the mask in red and the seed in green."""

    def __init__(self):
        self.seen = {}

    def __call__(self, **given):
        self.seen = given
        made = np.zeros((given["height"], given["width"], 3), np.uint8)
        made[..., 0] = np.asarray(given["mask_image"])
        made[..., 1] = given["generator"]
        return SimpleNamespace(images=[Image.fromarray(made)])


@pytest.fixture
def torch(monkeypatch):
    """As much of PyTorch as is asked for."""

    class Generator:
        def __init__(self, device):
            assert device == "cpu"

        def manual_seed(self, seed):
            return seed

    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(Generator=Generator))


def test_the_region_is_filled_at_the_size_of_the_pipeline_and_nothing_else_changes(torch):
    picture = data.astronaut()[:200, :300]
    mask = np.zeros(picture.shape[:2], bool)
    mask[50:120, 60:200] = True
    pipeline = Pipeline()
    filled = DiffusersInpainter(pipeline, side_px=64).fill(picture, mask, seed=77)
    np.testing.assert_array_equal(filled[~mask], picture[~mask])
    assert (filled[mask][:, 0] > 100).all(), "every pixel of the region was inside the mask that the pipeline saw"
    assert (filled[mask][:, 1] == 77).all()
    assert pipeline.seen["image"].size == pipeline.seen["mask_image"].size == (64, 64)
    assert pipeline.seen["image"].mode == "RGB"
    assert pipeline.seen["mask_image"].mode == "L"


def test_rejects_weights_where_the_extra_is_missing(monkeypatch, tmp_path):
    monkeypatch.setattr(generation, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"needs diffusers and torch and transformers.*underdrawing\[generation\]"):
        load_inpainter(tmp_path)


def test_rejects_a_folder_without_a_pipeline(monkeypatch, tmp_path):
    monkeypatch.setattr(generation, "find_spec", lambda name: True)
    with pytest.raises(UsageError, match=r"no pipeline in .*model_index\.json"):
        check_inpainter(tmp_path)
    (tmp_path / "model_index.json").write_text("{}")
    check_inpainter(tmp_path)
