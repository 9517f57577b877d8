"""A dataset as those who measure on it see it: its items, their pictures, and the same edits on protected copies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from underdrawing.bench.attacks.pixelwise import Pixels
from underdrawing.bench.edits.masks import Mask
from underdrawing.bench.edits.tampering import Kind
from underdrawing.bench.imagenet_s.description import Settings, read_description
from underdrawing.bench.imagenet_s.files import read_mask, read_pixels
from underdrawing.bench.imagenet_s.making import edit
from underdrawing.bench.imagenet_s.manifest import CSV_FILE, Item, read_manifest
from underdrawing.errors import UsageError

__all__ = ["EXTERNAL", "Dataset", "open_dataset"]

EXTERNAL = frozenset({Kind.GENERATIVE_REMOVAL})
"""Kinds made by something outside this package: their pixels are pasted, not made again."""


@dataclass(frozen=True)
class Dataset:
    """A finished dataset.

    Attributes:
        folder: Where it is.
        items: Its rows, in the order of the manifest.
        settings: What decided it.
        fingerprint: 16 hexadecimal digits that name its content, for results measured on it.
    """

    folder: Path
    items: tuple[Item, ...]
    settings: Settings
    fingerprint: str
    _by_name: Mapping[str, Item] = field(repr=False, default_factory=dict)

    def named(self, name: str) -> Item:
        """The item of a name.

        Raises:
            UsageError: There is none.
        """
        try:
            return self._by_name[name]
        except KeyError as error:
            raise UsageError(
                f"no item {name!r} in {self.folder}: names are in the first column of {CSV_FILE}"
            ) from error

    def original(self, item: Item) -> Pixels:
        """The untouched picture: H×W×3 uint8 RGB.

        Raises:
            ImageFormatError: The file is missing or holds other pixels than the manifest says.
        """
        return read_pixels(self.folder / item.original, item.original_sha256)

    def tampered(self, item: Item) -> Pixels:
        """Its doctored copy, unprotected: H×W×3 uint8 RGB; raises as ``original`` does."""
        return read_pixels(self.folder / item.tampered, item.tampered_sha256)

    def mask(self, item: Item) -> Mask:
        """Where it was doctored: H×W bool, True inside; raises as ``original`` does."""
        return read_mask(self.folder / item.mask, item.mask_sha256)

    def forge(self, item: Item, protected: Pixels) -> Pixels:
        """The same edit on a protected copy of the original.

        What the edit takes from the picture itself (a copied region, colours around) it takes from the protected copy;
        what it decides from the picture it decides from the original. Content of other pictures comes from their
        originals. What was made by something outside this package is pasted as it is.

        Args:
            item: Whose edit.
            protected: H×W×3 uint8 RGB, of the original's size.

        Returns:
            H×W×3 uint8 RGB, equal to the protected copy outside the mask. For the original itself this is ``tampered``.

        Raises:
            UsageError: The copy has another size or type.
            ImageFormatError: As ``original`` does.
        """
        if protected.shape != (item.height, item.width, 3) or protected.dtype != np.uint8:
            raise UsageError(
                f"cannot forge {item.name}: got a protected copy of shape {protected.shape} and {protected.dtype}, "
                f"expected {(item.height, item.width, 3)} and uint8 like the original"
            )
        protected = np.ascontiguousarray(protected)
        mask, kind = self.mask(item), Kind(item.kind)
        if kind in EXTERNAL:
            return np.where(mask[..., None], self.tampered(item), protected).astype(np.uint8)
        original = self.original(item)
        donor = original if item.donor is None else self.original(self.named(item.donor))
        return edit(protected, kind, seed=item.seed, donor=donor, mask=mask, guide=original).pixels


def open_dataset(folder: Path | str) -> Dataset:
    """A finished dataset in a folder. Pictures are read, and held against the manifest, when they are asked for.

    Raises:
        UsageError: There is no finished dataset, or its manifest is not the one it was made with.
    """
    folder = Path(folder)
    description = read_description(folder)
    items, fingerprint = read_manifest(folder)
    if fingerprint != description.fingerprint:
        raise UsageError(f"{folder / CSV_FILE} was changed after the dataset was made; make it again in another folder")
    return Dataset(folder, items, description.settings, fingerprint, {item.name: item for item in items})
