"""Prints what piq says of two pictures, for the numbers kept in ``test_bench_likeness.py``: ``python record_piq.py``.

Needs ``pip install piq``, which brings another PyTorch than the one that trains here; use an environment of its own.
"""

import numpy as np
import piq
import torch
from scipy import ndimage
from skimage import data

original = data.astronaut()[:256, :256]


def tensor(picture: np.ndarray) -> torch.Tensor:
    """1×3×H×W float32, 0 to 255."""
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None].float()


for sigma in (0.5, 2.0):
    damaged = np.rint(ndimage.gaussian_filter(original.astype(float), (sigma, sigma, 0))).astype(np.uint8)
    pair = tensor(original), tensor(damaged)
    gmsd = piq.gmsd(*pair, data_range=255.0).item()
    ms_ssim = piq.multi_scale_ssim(*pair, data_range=255.0).item()
    print(f"sigma {sigma}: gmsd {gmsd:.6f}, ms_ssim {ms_ssim:.6f}")
