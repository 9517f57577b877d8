"""The whole attack suite as one table: what is done, how hard, and what it needs.

A new attack is one name in ``_TABLE``. Names that need a picture are those of :mod:`.geometry`, those that need a
marked pair, or an open channel besides, are those of :mod:`.forgery`.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from underdrawing.bench.attacks import forgery, geometry, pixelwise
from underdrawing.bench.attacks.pixelwise import Pixels
from underdrawing.errors import UsageError

__all__ = ["SUITE", "Aim", "Entry", "Need", "apply", "entry", "groups"]

Need = Literal["picture", "marked pair", "open channel"]
Aim = Literal["survive", "remove", "forge"]


@dataclass(frozen=True)
class Entry:
    """One attack of the suite.

    Attributes:
        name: What ``apply`` takes, or ``forgery.get`` where it needs a marked pair.
        group: What kind of attack it is, in words; the heading of its rows in tables.
        severity: Its place among those of its group, 1 for the mildest; no more than an order where all are alike, as
            flips are.
        needs: ``"picture"``: the pixels of the suspect alone; ``"marked pair"``: a ``forgery.Scene``;
            ``"open channel"``: a scene that can ``rewrite`` marks.
        aim: What the mark is to do, or the attacker wants: the mark is to ``survive``; he wants to ``remove`` it, or to
            ``forge`` it onto a picture it was not made for.
    """

    name: str
    group: str
    severity: int
    needs: Need = "picture"
    aim: Aim = "survive"

    @property
    def parameters(self) -> tuple[tuple[str, float, float], ...]:
        """Of each step its kind and the range its number is drawn from: ``(("crop", 0.7, 0.7), ("jpeg", 75, 75))``."""
        made = geometry.get(self.name) if self.needs == "picture" else forgery.get(self.name)
        return made.parameters

    @property
    def keeps_place(self) -> bool:
        """Whether every point stays where it is, apart from uniform resizing."""
        return self.needs != "picture" or not geometry.is_geometric(self.name)


_SCAN = "halftone3+blur1.5+gamma1.1+light0.15+noise4+resize0.5"
_TABLE: dict[str, tuple[str, ...]] = {
    "none": ("png",),
    "JPEG": tuple(f"jpeg{quality}" for quality in (95, 90, 85, 80, 75, 70, 60, 50, 40, 30)),
    "double JPEG": ("jpeg90+jpeg80", "jpeg80+jpeg70", "jpeg70+jpeg50"),
    "WebP": ("webp90", "webp75", "webp50"),
    "AVIF": ("avif80", "avif60", "avif40"),
    "smaller": ("resize0.9", "resize0.7", "resize0.5", "resize0.4"),
    "larger": ("resize1.5", "resize2"),
    "blur": ("blur0.5", "blur0.8", "blur1.2", "blur2"),
    "sharpening": ("sharpen0.5", "sharpen1", "sharpen2"),
    "noise": ("noise2", "noise4", "noise6", "noise10"),
    "median": ("median3", "median5"),
    "denoising": ("wiener3", "wiener5", "wiener7"),
    "darker": ("brightness0.85", "brightness0.7", "brightness0.5"),
    "brighter": ("brightness1.15", "brightness1.3", "brightness1.5"),
    "less contrast": ("contrast0.85", "contrast0.7", "contrast0.5"),
    "more contrast": ("contrast1.15", "contrast1.3", "contrast1.5"),
    "gamma below 1": ("gamma0.85", "gamma0.7"),
    "gamma above 1": ("gamma1.2", "gamma1.5"),
    "hue": ("hue5", "hue10", "hue20"),
    "less saturation": ("saturation0.7", "saturation0.3", "saturation0"),
    "more saturation": ("saturation1.3", "saturation1.7"),
    "crop": ("crop0.9", "crop0.7", "crop0.5", "crop0.35", "crop0.2"),
    "rotation": ("rotate-2..2", "rotate-5..5", "rotate-10..10"),
    "rotation, straightened": ("straighten-2..2", "straighten-5..5", "straighten-10..10"),
    "flip": ("mirror", "flip"),
    "quarter turns": ("turn90", "turn180", "turn270"),
    "stretching": ("aspect0.95..1.05", "aspect0.9..1.1"),
    "perspective": ("perspective0..0.01", "perspective0..0.02"),
    "screenshot": ("page1.1..2+jpeg80", "resize0.6..1.5+page1.1..2+jpeg80"),
    "chat app": ("fit1600+jpeg70", "fit1280+jpeg70", "fit1080+jpeg60"),
    "rescaling and JPEG": ("resize0.9+jpeg80", "resize0.7+jpeg80", "resize0.5+jpeg75", "resize0.4+jpeg70"),
    "crop and JPEG": ("crop0.8+jpeg75", "crop0.7+resize0.6..1.6+jpeg75", "crop0.5+jpeg60"),
    "crop between two JPEGs": ("jpeg90+crop0.95+jpeg80", "jpeg80+crop0.95+jpeg70"),
    "edited and posted": ("contrast1.15+saturation1.3+sharpen0.5+jpeg80", "crop0.9+gamma0.85+fit1080+sharpen1+jpeg70"),
    "tokenizer regeneration": ("tokens16380", "tokens4092"),
    "autoencoder regeneration": ("autoencoder", "autoencoder+jpeg75", "autoencoder+autoencoder"),
    "print and scan": (
        f"resize2+{_SCAN}+jpeg90",
        f"resize2+{_SCAN}+straighten-1..1+jpeg85",
        f"resize2+perspective0..0.01+{_SCAN}+straighten-2..2+resize0.8..1.2+jpeg80",
    ),
}
_REMOVING: dict[str, tuple[str, ...]] = {
    "averaging of copies": ("average2", "average3", "average5", "average5+jpeg75"),
    "marked again": ("remark1", "remark2", "remark1+jpeg75"),
}
_FORGING: dict[str, tuple[str, ...]] = {
    "copied residual": ("copyestimate3", "copyestimate5", "copyreal", "copyreal+jpeg75"),
    "collage of marked pictures": ("collage0.1", "collage0.25", "collage0.5"),
}
_REWRITING: dict[str, tuple[str, ...]] = {
    "copied bits": ("transplant", "transplant+jpeg75"),
    "doctored, the mark rewritten": ("launder0.5", "launder0.25", "launder0.1", "launder0.05"),
}


def _entries(table: dict[str, tuple[str, ...]], needs: Need, aim: Aim) -> tuple[Entry, ...]:
    return tuple(
        Entry(name, group, severity, needs, aim)
        for group, names in table.items()
        for severity, name in enumerate(names, start=1)
    )


SUITE: tuple[Entry, ...] = (
    *_entries(_TABLE, "picture", "survive"),
    *_entries(_REMOVING, "marked pair", "remove"),
    *_entries(_FORGING, "marked pair", "forge"),
    *_entries(_REWRITING, "open channel", "forge"),
)
"""Every attack, group by group, the mildest of a group first."""


def groups() -> tuple[str, ...]:
    """The groups of the suite, each once, in order."""
    return tuple(dict.fromkeys(entry.group for entry in SUITE))


def entry(name: str) -> Entry:
    """The entry of the suite with this name.

    Raises:
        UsageError: The suite has none.
    """
    for found in SUITE:
        if found.name == name:
            return found
    raise UsageError(f"unknown attack: got {name!r}, expected one that is in the suite")


def apply(name: str, pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """A picture after an attack; any name that :mod:`.geometry` takes will do, be it in the suite or not.

    Args:
        name: Steps joined by ``+``.
        pixels: H×W×3 uint8 RGB; left untouched.
        rng: Everything random comes from it.

    Returns:
        H'×W'×3 uint8 RGB.

    Raises:
        UsageError: A step is unknown, or needs a marked pair.
    """
    if geometry.is_geometric(name):
        return geometry.get(name).apply(pixels, rng).pixels
    return pixelwise.get(name).apply(pixels, rng)
