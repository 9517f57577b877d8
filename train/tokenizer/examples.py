"""Pictures with their tokens."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train.pictures import Split, load_split
from train.tokenizer.linear import encode_pictures
from underdrawing.tokenizer.weights import LinearWeights

__all__ = ["Examples", "load_examples"]


@dataclass(frozen=True)
class Examples:
    """Pictures (n, 256, 256, 3) uint8 and their six token maps (n, side, side) uint16."""

    pictures: NDArray[np.uint8]
    maps: tuple[NDArray[np.uint16], ...]

    def __len__(self) -> int:
        return len(self.pictures)

    def drawn(self, count: int, rng: np.random.Generator) -> Examples:
        """So many of them at random, none twice."""
        chosen = rng.choice(len(self), size=min(count, len(self)), replace=False)
        return Examples(self.pictures[chosen], tuple(tokens[chosen] for tokens in self.maps))


def load_examples(
    data: Path, split: Split, linear: LinearWeights, *, cache: Path, limit: int | None, mirrored: bool
) -> Examples:
    """One split with its tokens, which are kept in the folder ``cache``; with mirror images too, when asked."""
    pictures = load_split(data, split, limit=limit)
    if mirrored:
        pictures = np.concatenate([pictures, pictures[:, :, ::-1]])
    shown = hashlib.sha256(pictures.tobytes()).hexdigest()
    path = cache / f"tokens-{split}-{linear.digest()[:12]}-{shown[:12]}.npz"
    if path.exists():
        with np.load(path) as archive:
            return Examples(pictures, tuple(archive[name] for name in archive.files))
    maps = encode_pictures(pictures, linear)
    np.savez(path, *maps)
    return Examples(pictures, maps)
