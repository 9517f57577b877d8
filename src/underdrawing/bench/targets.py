"""What the main job has to show: every attack, the blocks that must be read after it, and how often.

This is the table of promises as data; the benchmark measures each line and the documentation prints it.
"""

from dataclasses import dataclass
from typing import Literal

__all__ = ["MAIN_JOB_ATTACKS", "BlockName", "Requirement", "attack_names"]

BlockName = Literal["anchor", "core", "detail", "fine"]
ProfileName = Literal["standard", "discreet"]


@dataclass(frozen=True)
class Requirement:
    """After each of ``attacks``, ``blocks`` must be read in at least ``rate`` of the pictures.

    Attributes:
        blocks: All of these must be read for a picture to count.
        rate: Share of the pictures, 0 to 1, for each attack alone.
        attacks: Names for ``attacks.get``.
        profile: The strength the pictures were protected with.
        minimum_short_side_px: Smaller pictures were not promised these blocks and do not count.
        replaced: Share of the area replaced before the attack.
    """

    blocks: tuple[BlockName, ...]
    rate: float
    attacks: tuple[str, ...]
    profile: ProfileName = "standard"
    minimum_short_side_px: int = 512
    replaced: float = 0.25


_UP_TO_DETAIL: tuple[BlockName, ...] = ("anchor", "core", "detail")
_WEB_COPY = ("png", "jpeg95", "jpeg85", "jpeg75")
_HARD_COPY = ("jpeg50", "resize0.5+jpeg80", "resize0.7+jpeg80", "resize0.9+jpeg80")
_FINE_COPY = ("png", "jpeg95", "jpeg85", "jpeg75", "resize0.7+jpeg85")
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
    Requirement(("fine",), 0.98, _FINE_COPY, minimum_short_side_px=1024),
    Requirement(("core",), 0.98, _ROUGH),
    Requirement(("anchor",), 0.995, (*_WEB_COPY, *_HARD_COPY, "resize0.7+jpeg85", *_ROUGH), minimum_short_side_px=256),
    Requirement(("anchor",), 0.99, _ROUGHEST, minimum_short_side_px=256),
    Requirement(_UP_TO_DETAIL, 0.99, ("png", "jpeg95", "jpeg90", "jpeg80"), profile="discreet"),
    Requirement(("anchor",), 0.99, ("jpeg70", "jpeg60", "jpeg50"), profile="discreet", minimum_short_side_px=256),
)


def attack_names(profile: ProfileName = "standard") -> tuple[str, ...]:
    """Every attack some requirement of this profile names, each once, in the order of the table."""
    return tuple(dict.fromkeys(name for line in MAIN_JOB_ATTACKS if line.profile == profile for name in line.attacks))
