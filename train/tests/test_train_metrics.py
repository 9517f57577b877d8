"""The benchmark's measures against torchmetrics, which needs PyTorch."""

import numpy as np
import pytest
import skimage.data
import torch
from scipy import ndimage
from torchmetrics.classification import BinaryAUROC, BinaryF1Score, BinaryJaccardIndex
from torchmetrics.functional.image import (
    multiscale_structural_similarity_index_measure,
    peak_signal_noise_ratio,
    structural_similarity_index_measure,
)

from underdrawing.bench.metrics import decisions, likeness

DAMAGES = {
    "blur": lambda picture: ndimage.gaussian_filter(picture.astype(float), (1.5, 1.5, 0)),
    "noise": lambda picture: picture + np.random.default_rng(0).normal(0, 15, picture.shape),
    "darker": lambda picture: 0.7 * picture,
}


@pytest.fixture(params=DAMAGES)
def pair(request):
    """A photograph of 256×320 and a damaged copy; every one of five scales has even sides."""
    original = skimage.data.astronaut()[:256, :320]
    return original, np.clip(np.rint(DAMAGES[request.param](original)), 0, 255).astype(np.uint8)


def tensors(pair):
    return [torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None].double() for picture in pair]


def test_psnr_reference(pair):
    expected = float(peak_signal_noise_ratio(*tensors(pair), data_range=255.0))
    assert likeness.psnr_db(*pair, data_range=255) == pytest.approx(expected, abs=1e-4)


def test_ssim_reference(pair):
    """torchmetrics averages over places where the window does not fit, too; there it sees a mirror."""
    _, everywhere = structural_similarity_index_measure(*tensors(pair), data_range=255.0, return_full_image=True)
    expected = float(everywhere[..., 5:-5, 5:-5].mean())
    assert likeness.ssim(*pair, data_range=255) == pytest.approx(expected, abs=1e-4)


def test_ms_ssim_reference(pair):
    """torchmetrics multiplies the scales of all channels together; channel by channel it is the same number."""
    planes = [[tensor[:, c : c + 1] for tensor in tensors(pair)] for c in range(3)]
    each = [float(multiscale_structural_similarity_index_measure(*plane, data_range=255.0)) for plane in planes]
    assert likeness.ms_ssim(*pair, data_range=255) == pytest.approx(np.mean(each), abs=1e-4)


def test_map_scores_reference():
    rng = np.random.default_rng(0)
    truth = rng.random((40, 50)) < 0.3
    probability = np.clip(0.4 * truth + rng.random((40, 50)) * 0.7, 0, 1).astype(np.float32)
    found = probability > 0.5
    measured = decisions.score_map(found, truth)
    given = torch.from_numpy(probability).ravel(), torch.from_numpy(truth).ravel().int()
    assert measured.f1 == pytest.approx(float(BinaryF1Score()(*given)), abs=1e-6)
    assert measured.iou == pytest.approx(float(BinaryJaccardIndex()(*given)), abs=1e-6)
    assert decisions.area_under_curve(probability, truth) == pytest.approx(float(BinaryAUROC()(*given)), abs=1e-6)
