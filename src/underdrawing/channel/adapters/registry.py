"""All carriers by name: what each is, what it needs, and how to come by that. Importing this module is cheap."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from underdrawing.errors import UsageError, WeightsError

if TYPE_CHECKING:
    from underdrawing.channel.carrier import Carrier

__all__ = ["CARRIERS", "CarrierEntry", "carrier_entry", "load_carrier"]

_Loader = Callable[[Path], "Carrier"]
_TRUSTMARK = "https://cai-watermark.adobe.net/watermarking/trustmark-models/"
_SEALS = "https://github.com/facebookresearch/videoseal"
_EXPORT = "exported to TorchScript as docs/carriers.md says"


@dataclass(frozen=True)
class CarrierEntry:
    """One carrier as it is known before anything of it is loaded.

    Attributes:
        name: The word it is chosen by.
        about: What it is, in a line.
        module: The Python package it needs, None for none beside ours.
        install: What installs that package.
        files: Weights it needs in the folder of weights.
        source: Where they are published.
        load: Makes the carrier from that folder.
    """

    name: str
    about: str
    load: _Loader
    module: str | None = None
    install: str = ""
    files: tuple[str, ...] = ()
    source: str = ""

    def missing(self, weights: Path | None) -> tuple[str, ...]:
        """What there is still to get, in words; nothing where the carrier can be used."""
        lacking = []
        if self.module and importlib.util.find_spec(self.module) is None:
            lacking.append(f"package {self.module}: {self.install}")
        absent = [name for name in self.files if weights is None or not (weights / name).is_file()]
        if absent:
            lacking.append(f"{' and '.join(absent)} in the folder of weights, from {self.source}")
        return tuple(lacking)


def carrier_entry(name: str) -> CarrierEntry:
    """The entry of a carrier.

    Raises:
        UsageError: There is none of this name.
    """
    for entry in CARRIERS:
        if entry.name == name:
            return entry
    known = ", ".join(entry.name for entry in CARRIERS)
    raise UsageError(f"unknown carrier: got {name!r}, expected one of {known}")


def load_carrier(name: str, *, weights: Path | None = None) -> Carrier:
    """A carrier, ready to use.

    Args:
        name: One of the names in ``CARRIERS``.
        weights: Folder with the weights that people have to get for themselves.

    Raises:
        UsageError: There is no such carrier, or its package is not installed.
        WeightsError: Its weights are not in the folder, or are not what they should be.
    """
    entry = carrier_entry(name)
    if entry.files and weights is None:
        raise WeightsError(
            f"{name}: it needs {' and '.join(entry.files)}, from {entry.source}; say where they are with --weights DIR"
        )
    return entry.load(weights or Path())


def _lattice(weights: Path) -> Carrier:
    from underdrawing.channel.adapters.lattice_carrier import LatticeCarrier

    return LatticeCarrier()


def _dwt_dct_svd(weights: Path) -> Carrier:
    from underdrawing.channel.adapters.invisible import DwtDctSvd

    return DwtDctSvd.load()


def _riva_gan(weights: Path) -> Carrier:
    from underdrawing.channel.adapters.invisible import RivaGan

    return RivaGan.load()


def _blind_watermark(weights: Path) -> Carrier:
    from underdrawing.channel.adapters.blind import BlindWatermark

    return BlindWatermark.load()


def _trustmark(weights: Path) -> Carrier:
    from underdrawing.channel.adapters.trustmark import TrustMark

    return TrustMark.load(weights)


def _torchscript(name: str, about: str, file: str, source: str) -> CarrierEntry:
    def load(weights: Path) -> Carrier:
        from underdrawing.channel.adapters.torchscript import TorchScriptCarrier

        return TorchScriptCarrier.load(weights / file, name=name)

    return CarrierEntry(name, about, load, "torch", "pip install torch", (file,), source)


_INVISIBLE = "pip install invisible-watermark==0.2.0 (with --no-deps it does without PyTorch)"

CARRIERS: tuple[CarrierEntry, ...] = (
    CarrierEntry("lattice", "ours: thousands of bits, at any size, with evidence block by block", _lattice),
    CarrierEntry(
        "dwtDctSvd", "invisible-watermark: bits in blocks of chrominance", _dwt_dct_svd, "imwatermark", _INVISIBLE
    ),
    CarrierEntry("rivaGan", "invisible-watermark: 32 bits by a network", _riva_gan, "imwatermark", _INVISIBLE),
    CarrierEntry(
        "blind-watermark",
        "bits in blocks of all three colour planes",
        _blind_watermark,
        "blind_watermark",
        "pip install blind-watermark==0.4.4",
    ),
    CarrierEntry(
        "trustmark",
        "100 bits by networks (variant Q)",
        _trustmark,
        files=("encoder_Q.onnx", "decoder_Q.onnx"),
        source=_TRUSTMARK,
    ),
    _torchscript("videoseal", "256 bits by a network", "y_256b_img.jit", _SEALS),
    _torchscript("pixelseal", "256 bits by a network", "pixelseal.jit", f"{_SEALS}, {_EXPORT}"),
    _torchscript("chunkyseal", "1024 bits by a network", "chunkyseal.jit", f"{_SEALS}, {_EXPORT}"),
    _torchscript(
        "wam",
        "Watermark Anything: 32 bits by a network that says where they are",
        "wam.jit",
        f"https://github.com/facebookresearch/watermark-anything, {_EXPORT}",
    ),
)
"""Every carrier, ours first."""
