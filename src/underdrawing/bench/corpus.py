"""The photographs a benchmark runs on: those inside scikit-image, and a folder of others when one is given.

A photograph is named by a short text that means the same on every machine, and travels between processes as that name.
"""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from underdrawing.errors import UsageError
from underdrawing.images import Picture, load

__all__ = ["Corpus", "quick_corpus"]

_SCIKIT_IMAGE = ("astronaut", "coffee", "chelsea", "rocket", "motorcycle_left", "motorcycle_right")
_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff"})


@dataclass(frozen=True)
class Corpus:
    """Names of photographs, and where to find them.

    Attributes:
        folder: Folder with ``fullres/`` and ``natural/``, or None for the photographs inside scikit-image only.
        protected: Names of the photographs to protect, tamper with and verify.
        unmarked: Names of photographs that are verified without ever having been protected.
    """

    folder: Path | None
    protected: tuple[str, ...]
    unmarked: tuple[str, ...]

    @classmethod
    def of(cls, folder: Path | None, *, unmarked_limit: int = 2000) -> "Corpus":
        """Everything a folder offers; unmarked photographs are spread evenly over ``natural/``.

        Raises:
            UsageError: The folder has no ``fullres/`` with photographs in it.
        """
        names = [f"skimage/{name}" for name in _SCIKIT_IMAGE]
        if folder is None:
            return cls(None, tuple(names), ())
        full = _names_under(folder, "fullres")
        if not full:
            raise UsageError(f"no photographs to measure: got {folder}, expected a folder with photographs in fullres/")
        natural = _names_under(folder, "natural")
        step = max(1.0, len(natural) / max(1, unmarked_limit))
        chosen = [natural[int(index * step)] for index in range(min(unmarked_limit, len(natural)))]
        return cls(folder, (*names, *full), tuple(chosen))

    def read(self, name: str) -> bytes:
        """The file of a photograph; those of scikit-image as PNG."""
        if name.startswith("skimage/"):
            return _scikit_image_png(name.removeprefix("skimage/"))
        if self.folder is None:
            raise UsageError(f"cannot read {name}: got no data folder, expected one; say --data DIR")
        return (self.folder / name).read_bytes()

    def load(self, name: str) -> Picture:
        """A photograph as the package sees it."""
        return load(self.read(name))

    def _identity(self, name: str) -> bytes:
        """What makes a photograph the same one: its file, or its pixels where the file is written here."""
        return _scikit_image_pixels(name[8:]).tobytes() if name.startswith("skimage/") else self.read(name)

    def fingerprint(self) -> str:
        """16 hexadecimal digits of SHA-256 over the name and the bytes of every photograph, in order."""
        digest = hashlib.sha256()
        for name in (*self.protected, *self.unmarked):
            content = self._identity(name)
            digest.update(f"{name}\0{len(content)}\0".encode() + hashlib.sha256(content).digest())
        return digest.hexdigest()[:16]


def quick_corpus(corpus: Corpus, *, protected: int = 6, unmarked: int = 40) -> Corpus:
    """A few photographs of every kind, for a look within minutes."""

    def spread(names: Sequence[str], count: int) -> tuple[str, ...]:
        step = max(1.0, len(names) / max(1, count))
        return tuple(names[int(index * step)] for index in range(min(count, len(names))))

    return Corpus(corpus.folder, spread(corpus.protected, protected), spread(corpus.unmarked, unmarked))


def _names_under(folder: Path, part: str) -> list[str]:
    files = (folder / part).rglob("*")
    return sorted(path.relative_to(folder).as_posix() for path in files if path.suffix.lower() in _SUFFIXES)


def _scikit_image_pixels(name: str) -> NDArray[np.uint8]:
    from skimage import data

    stereo = name.startswith("motorcycle_")
    photograph: Any = getattr(data, "stereo_motorcycle" if stereo else name)()
    if stereo:
        photograph = photograph[0 if name == "motorcycle_left" else 1]
    return np.asarray(photograph, dtype=np.uint8)


def _scikit_image_png(name: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(_scikit_image_pixels(name)).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
