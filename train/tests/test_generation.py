"""Generative removal with a real pipeline of ``diffusers``: tiny, untrained, and loaded from its folder as any other.

Runs where the extra ``[generation]`` is installed; the calls it makes are tested without it beside the package.
"""

import json

import numpy as np
import pytest

pytest.importorskip("diffusers")
pytest.importorskip("transformers")
torch = pytest.importorskip("torch")

from diffusers import (  # noqa: E402
    AutoencoderKL,
    DDIMScheduler,
    StableDiffusionInpaintPipeline,
    UNet2DConditionModel,
)
from skimage import data  # noqa: E402
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer  # noqa: E402

from underdrawing.bench.edits.generation import load_inpainter  # noqa: E402
from underdrawing.bench.edits.tampering import Kind  # noqa: E402
from underdrawing.bench.imagenet_s import build_dataset, open_dataset  # noqa: E402
from underdrawing.errors import UsageError  # noqa: E402

WORDS = 100


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """The folder of an inpainting pipeline with random weights that works on 64×64 pixels."""
    folder = tmp_path_factory.mktemp("pipeline")
    torch.manual_seed(0)
    pipeline = StableDiffusionInpaintPipeline(
        vae=AutoencoderKL(
            block_out_channels=[32, 32, 32, 64],
            down_block_types=["DownEncoderBlock2D"] * 4,
            up_block_types=["UpDecoderBlock2D"] * 4,
            latent_channels=4,
            sample_size=64,
        ),
        text_encoder=CLIPTextModel(
            CLIPTextConfig(
                vocab_size=WORDS,
                bos_token_id=WORDS - 6,
                eos_token_id=WORDS - 5,
                hidden_size=32,
                intermediate_size=37,
                num_attention_heads=4,
                num_hidden_layers=1,
            )
        ),
        tokenizer=_tokenizer(tmp_path_factory.mktemp("words")),
        unet=UNet2DConditionModel(
            block_out_channels=(32, 64),
            layers_per_block=1,
            sample_size=8,
            in_channels=9,
            out_channels=4,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=32,
            attention_head_dim=8,
        ),
        scheduler=DDIMScheduler(steps_offset=1, clip_sample=False),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder)
    return folder


def _tokenizer(folder):
    """A tokenizer that knows single letters."""
    letters = [chr(code) for code in range(33, 33 + 47)]
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: place for place, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77)


def test_a_pipeline_fills_the_region_and_nothing_else_the_same_by_seed(weights):
    inpainter = load_inpainter(weights)
    picture = np.ascontiguousarray(data.astronaut()[:90, :120])
    mask = np.zeros(picture.shape[:2], bool)
    mask[20:60, 30:90] = True
    filled = inpainter.fill(picture, mask, seed=5)
    np.testing.assert_array_equal(filled[~mask], picture[~mask])
    assert (filled[mask] != picture[mask]).any(axis=1).mean() > 0.9
    np.testing.assert_array_equal(filled, inpainter.fill(picture, mask, seed=5))
    assert (filled != inpainter.fill(picture, mask, seed=6)).any()


def test_items_made_by_a_pipeline_are_pasted_onto_marked_copies(weights, tmp_path):
    from PIL import Image

    (tmp_path / "in/label").mkdir(parents=True)
    for number in range(2):
        Image.fromarray(data.coffee()[40 * number :, 40 * number :]).save(tmp_path / f"in/label/{number}.png")
    kinds = [Kind.GENERATIVE_REMOVAL]
    build_dataset(tmp_path / "in", tmp_path / "out", size=64, kinds=kinds, diffusers=weights, processes=0)
    dataset = open_dataset(tmp_path / "out")
    assert dataset.settings.inpainter
    for item in dataset.items:
        protected = dataset.original(item) ^ np.uint8(1)
        forged, mask = dataset.forge(item, protected), dataset.mask(item)
        np.testing.assert_array_equal(forged[mask], dataset.tampered(item)[mask])
        np.testing.assert_array_equal(forged[~mask], protected[~mask])


def test_rejects_a_folder_that_holds_no_inpainting_pipeline(tmp_path):
    (tmp_path / "model_index.json").write_text('{"_class_name": "Nothing"}')
    with pytest.raises(UsageError, match="no inpainting pipeline"):
        load_inpainter(tmp_path)
