"""What print and scan do to a picture beyond blur and noise: dots of ink, and light that falls unevenly."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["halftoned", "unevenly_lit"]

_ANGLES_DEGREES = (15.0, 75.0, 45.0)
"""How the screens of cyan, magenta and yellow are turned, so that their dots do not beat."""
_TONES = 256
_Pixels = NDArray[np.uint8]
_Plane = NDArray[np.float32]


def halftoned(pixels: _Pixels, cell_px: float) -> _Pixels:
    """A picture printed in round dots: every channel is ink or paper at every pixel.

    The mean brightness of larger areas stays, since as many thresholds lie below a grey level as its share of white.

    Args:
        pixels: H×W×3 uint8 RGB; enlarge it first where dots should be finer than its pixels.
        cell_px: Distance of neighbouring dots.

    Returns:
        H×W×3 uint8, 0 or 255.

    Source: clustered-dot ordered dithering; Ulichney, "Digital Halftoning", 1987.
    """
    height, width = pixels.shape[:2]
    planes = [
        pixels[..., channel] > _TONES * _screen(height, width, cell_px, degrees)
        for channel, degrees in enumerate(_ANGLES_DEGREES)
    ]
    return np.where(np.stack(planes, axis=-1), np.uint8(255), np.uint8(0))


def unevenly_lit(pixels: _Pixels, share: float, rng: np.random.Generator) -> _Pixels:
    """A picture under a lamp that stands aside: full light at one end, ``share`` less at the other, 0 to 1."""
    height, width = pixels.shape[:2]
    angle = rng.uniform(0, 2 * np.pi)
    rows, columns = np.linspace(-1, 1, height, dtype=np.float32), np.linspace(-1, 1, width, dtype=np.float32)
    slope = np.sin(angle) * rows[:, None] + np.cos(angle) * columns[None]
    shade = (slope - slope.min()) / max(float(np.ptp(slope)), 1e-6)
    lit = pixels * (1 - np.float32(share) * shade)[..., None]
    return np.asarray(np.rint(lit), dtype=np.uint8)


def _screen(height: int, width: int, cell_px: float, degrees: float) -> _Plane:
    """Thresholds, H×W, 0 to 1, all equally frequent: hills and valleys of two crossed waves, by their rank."""
    across, down = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    frequency = 2 * np.pi / cell_px
    waves = np.cos(frequency * (cosine * across + sine * down)) + np.cos(frequency * (cosine * down - sine * across))
    return np.asarray(np.interp(waves, *_ranks()), dtype=np.float32)


def _ranks() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values of the sum of two waves, and the share of places where it is smaller."""
    phases = np.cos(2 * np.pi * (np.arange(512) + 0.5) / 512)
    values = np.sort((phases[:, None] + phases[None]).ravel())[:: len(phases)]
    return values, (np.arange(len(values)) + 0.5) / len(values)
