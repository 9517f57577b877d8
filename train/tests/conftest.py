"""Synthetic pictures, a linear tokenizer fitted to them in seconds, and one thread."""

import cv2
import numpy as np
import pytest
import torch
from train.tokenizer.examples import Examples
from train.tokenizer.linear import encode_pictures, fit_linear


def synthesize(count: int, seed: int) -> np.ndarray:
    """Pictures of soft coloured discs on gradients, with a little texture."""
    rng = np.random.default_rng(seed)
    pictures = np.empty((count, 256, 256, 3), np.uint8)
    ramp = np.linspace(0, 1, 256)[:, None, None] * np.ones((1, 256, 1))
    for picture in pictures:
        canvas = ramp * rng.uniform(0, 255, 3) + (1 - ramp) * rng.uniform(0, 255, 3)
        for _ in range(12):
            x, y, radius = (int(v) for v in rng.integers(8, 248, 3))
            cv2.circle(canvas, (x, y), radius // 4 + 4, rng.uniform(0, 255, 3).tolist(), -1)
        picture[:] = np.clip(cv2.GaussianBlur(canvas, (0, 0), 1) + rng.normal(0, 4, canvas.shape), 0, 255)
    return pictures


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def linear():
    with torch.no_grad():
        return fit_linear(synthesize(24, 0), epochs=1, seed=0, device=torch.device("cpu"), log=lambda line: None)


@pytest.fixture(scope="session")
def examples(linear):
    pictures = synthesize(12, 1)
    return Examples(pictures, encode_pictures(pictures, linear))


@pytest.fixture
def photographs(tmp_path):
    """A folder of pictures with the table that the training commands read."""
    rows = ["file,split,label"]
    for i, picture in enumerate(synthesize(20, 2)):
        cv2.imwrite(str(tmp_path / f"{i}.png"), picture)
        rows.append(f"{i}.png,{'train' if i < 16 else 'val' if i < 18 else 'test'},none")
    (tmp_path / "splits.csv").write_text("\n".join(rows) + "\n")
    return tmp_path
