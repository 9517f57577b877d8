"""A photograph and its metadata; the makers of both are in ``image_samples``."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms
from skimage import data

from underdrawing.images import Metadata

sys.path.insert(0, str(Path(__file__).parent))

from image_samples import IPTC, XMP, exif_block


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    cv2.setNumThreads(1)


@pytest.fixture(scope="session")
def photo() -> np.ndarray:
    return np.ascontiguousarray(data.coffee()[100:253, 150:371])


@pytest.fixture(scope="session")
def image(photo) -> Image.Image:
    return Image.fromarray(photo)


@pytest.fixture(scope="session")
def icc() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture(scope="session")
def metadata(icc) -> Metadata:
    """Metadata as ``load`` would give it: upright."""
    return Metadata(
        icc=icc,
        exif=exif_block(orientation=1),
        iptc=IPTC,
        xmp=XMP.replace(b'Orientation="6"', b'Orientation="1"'),
        dpi=(300.0, 300.0),
    )
