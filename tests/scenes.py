"""What tests do to photographs, and the messages they hide in them."""

import io

import cv2
import numpy as np
from PIL import Image
from skimage import data

FIRST_TIER_BITS = 192


def message(*sizes_bits, seed=0):
    """Random tiers of these sizes; None for 0."""
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 2, size).astype(np.uint8) if size else None for size in sizes_bits]


def jpeg(pixels, quality):
    """The pixels after a JPEG file of this quality, chroma halved."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file).convert("RGB"))


def resized(pixels, factor):
    """The pixels scaled by a factor, by Pillow's Lanczos filter."""
    height, width = pixels.shape[:2]
    size = (round(width * factor), round(height * factor))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


def gained(pixels, factor):
    """The pixels brightened by a factor."""
    return np.clip(np.rint(pixels * factor), 0, 255).astype(np.uint8)


def bent(pixels, gamma):
    """The pixels after a gamma curve."""
    return np.rint(255 * (pixels / 255) ** gamma).astype(np.uint8)


def blurred(pixels, deviation_px):
    """The pixels after a Gaussian blur."""
    return cv2.GaussianBlur(pixels, (0, 0), deviation_px)


def quarter_replaced(pixels):
    """The pixels with a quarter of the picture replaced by the picture upside down, and where (H×W bool)."""
    height, width = pixels.shape[:2]
    mask = np.zeros((height, width), dtype=bool)
    mask[height // 4 : 3 * height // 4, width // 4 : 3 * width // 4] = True
    return np.where(mask[..., None], np.roll(pixels[::-1, ::-1], (37, 53), (0, 1)), pixels), mask


def read(reception, tiers):
    """Numbers of the tiers that arrive, each helping with the next, and the reception that knows them."""
    arrived = []
    reception = reception.with_tiers(tuple(tier is not None for tier in tiers))
    for number, tier in enumerate(tiers):
        if tier is not None and np.array_equal(reception.decode(number, tier.size).bits, tier):
            arrived.append(number)
            reception = reception.learn(number, tier)
    return arrived, reception


def mosaic():
    """A detailed photograph of 1024×1024 pixels, made of four."""
    parts = [data.coffee(), data.chelsea(), data.rocket(), data.astronaut()]
    square = [cv2.resize(part, (512, 512), interpolation=cv2.INTER_AREA) for part in parts]
    return np.vstack([np.hstack(square[:2]), np.hstack(square[2:])])
