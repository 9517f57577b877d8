"""What the main job has to show: every attack, the blocks that must be read after it, and how often.

This is the table of promises as data; the benchmark measures each line and the documentation prints it.
"""

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "GEOMETRY_ATTACKS",
    "MAIN_JOB_ATTACKS",
    "BlockName",
    "Requirement",
    "attack_names",
    "geometry_attack_names",
]

BlockName = Literal["anchor", "core", "detail", "fine"]
ProfileName = Literal["standard", "discreet"]


@dataclass(frozen=True)
class Requirement:
    """After each of ``attacks``, ``blocks`` must be read in at least ``rate`` of the pictures.

    Attributes:
        blocks: All of these must be read for a picture to count.
        rate: Share of the pictures, 0 to 1, for each attack alone.
        attacks: Names for ``pixelwise.get``, or, where pictures are moved, for ``geometry.get``.
        profile: The strength the pictures were protected with.
        minimum_short_side_px: Smaller pictures were not promised these blocks and do not count.
        replaced: Share of the area replaced before the attack.
        promised_only: Smaller pictures do not count even if they have the blocks: they were promised less of them.
    """

    blocks: tuple[BlockName, ...]
    rate: float
    attacks: tuple[str, ...]
    profile: ProfileName = "standard"
    minimum_short_side_px: int = 512
    replaced: float = 0.25
    promised_only: bool = False


_UP_TO_DETAIL: tuple[BlockName, ...] = ("anchor", "core", "detail")
_WEB_COPY = ("png", "jpeg95", "jpeg85", "jpeg75")
_HARD_COPY = ("jpeg50", "resize0.5+jpeg80", "resize0.7+jpeg80", "resize0.9+jpeg80")
_FINE_COPY = ("png", "jpeg95", "jpeg85", "jpeg75", "resize0.7+jpeg85")
_FAINT_COPY = ("png", "jpeg95", "jpeg90")
_ROUGH = (
    "jpeg40",
    "webp75",
    "resize0.5+jpeg75",
    "noise6",
    "brightness0.85",
    "brightness1.15",
    "contrast0.85",
    "contrast1.15",
    "gamma0.85",
    "gamma1.2",
    "jpeg80+jpeg70",
)
_ROUGHEST = ("jpeg25", "webp50", "resize0.4+jpeg70", "noise10", "blur1.2")

MAIN_JOB_ATTACKS: tuple[Requirement, ...] = (
    Requirement(_UP_TO_DETAIL, 1.0, _WEB_COPY),
    Requirement(_UP_TO_DETAIL, 0.98, _HARD_COPY),
    Requirement(("fine",), 0.98, _FINE_COPY, minimum_short_side_px=1024, promised_only=True),
    Requirement(("fine",), 0.98, _FAINT_COPY),
    Requirement(("core",), 0.98, _ROUGH),
    Requirement(
        ("anchor",), 0.995, (*_WEB_COPY, "jpeg90", *_HARD_COPY, "resize0.7+jpeg85", *_ROUGH), minimum_short_side_px=256
    ),
    Requirement(("anchor",), 0.99, _ROUGHEST, minimum_short_side_px=256),
    Requirement(_UP_TO_DETAIL, 0.99, ("png", "jpeg95", "jpeg90", "jpeg80"), profile="discreet"),
    Requirement(("anchor",), 0.99, ("jpeg70", "jpeg60", "jpeg50"), profile="discreet", minimum_short_side_px=256),
)

_CROPS = ("crop0.7", "crop0.5", "crop0.35", "crop0.2")
_CROPPED_COPY = "crop0.7+resize0.6..1.6+jpeg75"
_SCREENSHOT = "resize0.6..1.5+page1.1..2+jpeg80"
_CHAT = ("fit1600+jpeg70", "fit1280+jpeg70")
_TAMPERED_CROP = "crop0.8+jpeg75"


def _moved(blocks: tuple[BlockName, ...], rate: float, *attacks: str, replaced: float = 0.0) -> Requirement:
    return Requirement(blocks, rate, attacks, replaced=replaced)


GEOMETRY_ATTACKS: tuple[Requirement, ...] = (
    *(_moved(("anchor",), rate, crop) for crop, rate in zip(_CROPS, (0.995, 0.99, 0.97, 0.85), strict=True)),
    *(_moved(("core",), rate, crop) for crop, rate in zip(_CROPS, (0.98, 0.95, 0.8), strict=False)),
    _moved(("detail",), 0.95, _CROPS[0]),
    _moved(("anchor",), 0.99, _CROPPED_COPY, _SCREENSHOT),
    _moved(("core",), 0.95, _CROPPED_COPY, _SCREENSHOT),
    _moved(("anchor",), 0.995, *_CHAT),
    _moved(("core",), 0.99, *_CHAT),
    _moved(("detail",), 0.95, *_CHAT),
    _moved(("anchor",), 0.995, "mirror", "flip", "turn90", "turn180", "turn270"),
    _moved(("anchor",), 0.97, "rotate-10..10", "straighten-10..10"),
    _moved(("anchor",), 0.98, "aspect0.9..1.1"),
    _moved(("anchor",), 0.88, "perspective0..0.02"),
    _moved(("anchor",), 0.98, _TAMPERED_CROP, replaced=0.25),
    _moved(("core",), 0.93, _TAMPERED_CROP, replaced=0.25),
)
"""What must be read after a picture was moved: cropped, shown on a page, sent through a chat, turned, bent."""


def geometry_attack_names() -> tuple[str, ...]:
    """Every attack that moves pictures, each once, in the order of the table."""
    return tuple(dict.fromkeys(name for line in GEOMETRY_ATTACKS for name in line.attacks))


def attack_names(profile: ProfileName = "standard") -> tuple[str, ...]:
    """Every attack some requirement of this profile names, each once, in the order of the table."""
    return tuple(dict.fromkeys(name for line in MAIN_JOB_ATTACKS if line.profile == profile for name in line.attacks))
