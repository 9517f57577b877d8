"""ImageNet-S: from any labelled image folder, originals with one doctored copy each, the mask and the label."""

from underdrawing.bench.imagenet_s.building import Built, build_dataset
from underdrawing.bench.imagenet_s.forging import Forged, forge_folder
from underdrawing.bench.imagenet_s.manifest import Item
from underdrawing.bench.imagenet_s.opening import Dataset, open_dataset

__all__ = ["Built", "Dataset", "Forged", "Item", "build_dataset", "forge_folder", "open_dataset"]
