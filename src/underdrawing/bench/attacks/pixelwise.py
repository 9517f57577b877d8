"""What a picture goes through on its way through the world, as data.

An attack turns one 8-bit RGB picture into another, in memory. Attacks are written as short names, and names chain with
``+``: ``"jpeg75"``, ``"resize0.5+jpeg75"``, ``"jpeg80+jpeg70"``. The steps are those of :mod:`.damage`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from underdrawing.bench.attacks.damage import KINDS, Family, Kind, Pixels, through_file
from underdrawing.errors import UsageError

__all__ = ["Attack", "Family", "Pixels", "Subsampling", "chain", "get", "jpeg", "kinds"]

Subsampling = Literal["4:4:4", "4:2:2", "4:2:0"]
_Transform = Callable[[Pixels, np.random.Generator], Pixels]


@dataclass(frozen=True)
class Attack:
    """One attack: call ``apply(pixels, rng)``.

    Attributes:
        name: What ``get`` takes to make the same attack again, for example ``"resize0.5+jpeg75"``.
        family: What kind of damage it is; ``"compound"`` for a chain.
        parameters: The number of each step, in order: ``(("resize", 0.5), ("jpeg", 75.0))``.
        apply: From H×W×3 uint8 RGB pixels and a random generator to H'×W'×3 uint8 RGB pixels.
    """

    name: str
    family: Family
    parameters: tuple[tuple[str, float], ...]
    apply: _Transform


_STEP_NAME = re.compile(r"(?P<kind>[a-z]+)(?P<value>-?\d+(?:\.\d+)?)?")


def kinds() -> tuple[str, ...]:
    """The words an attack name may start with."""
    return tuple(KINDS)


def get(name: str) -> Attack:
    """The attack with this name.

    Args:
        name: Steps joined by ``+``, each a kind and its number: ``png``, ``jpeg75``, ``webp50``, ``avif60``,
            ``resize0.5``, ``blur1.2`` (standard deviation in pixels), ``median3``, ``sharpen1.5``, ``noise6`` (standard
            deviation in grey levels), ``brightness0.85``, ``contrast1.15``, ``saturation1.3``, ``gamma1.2``, ``hue10``
            (degrees), ``wiener5`` (denoised in windows of so many pixels), ``tokens16380`` (repainted from so many bits
            of the hidden code), ``autoencoder`` (written anew by a small network), ``halftone4`` (printed in dots so
            many pixels apart), ``light0.15`` (lit by so much less at the darkest place).

    Raises:
        UsageError: A step is unknown or its number is missing or out of range.
    """
    return chain(*(_single(step) for step in name.split("+")))


def chain(*attacks: Attack) -> Attack:
    """Several attacks one after the other, as one."""
    if not attacks:
        raise UsageError("no attack to chain: got none, expected at least one; use get('png') to change nothing")
    if len(attacks) == 1:
        return attacks[0]

    def apply(pixels: Pixels, rng: np.random.Generator) -> Pixels:
        for attack in attacks:
            pixels = attack.apply(pixels, rng)
        return pixels

    parameters = tuple(parameter for attack in attacks for parameter in attack.parameters)
    return Attack("+".join(attack.name for attack in attacks), "compound", parameters, apply)


def jpeg(quality: int, *, subsampling: Subsampling = "4:2:0") -> Attack:
    """JPEG at a quality of 1 to 100 with any chroma subsampling (``get("jpeg75")`` is 4:2:0, as Pillow's default)."""

    def apply(pixels: Pixels, rng: np.random.Generator) -> Pixels:
        return through_file(pixels, "JPEG", quality=quality, subsampling=subsampling)

    return Attack(f"jpeg{quality}({subsampling})", "compression", (("jpeg", float(quality)),), apply)


def _single(text: str) -> Attack:
    match = _STEP_NAME.fullmatch(text)
    kind = KINDS.get(match["kind"]) if match else None
    if match is None or kind is None:
        raise UsageError(f"unknown attack: got {text!r}, expected one of {', '.join(KINDS)} followed by its number")
    value = _checked_value(text, kind, match["value"])
    step = kind.step
    return Attack(
        name=text,
        family=kind.family,
        parameters=((match["kind"], value),),
        apply=lambda pixels, rng: step(pixels, value, rng),
    )


def _checked_value(text: str, kind: Kind, digits: str | None) -> float:
    if kind.high == kind.low:
        if digits is not None:
            raise UsageError(f"attack {text!r} has a number: this kind takes none; leave it away")
        return 0.0
    value = float("nan") if digits is None else float(digits)
    if not kind.low <= value <= kind.high or (kind.whole and value != int(value)):
        number = "a whole number" if kind.whole else "a number"
        raise UsageError(f"attack {text!r}: expected {number} from {kind.low:g} to {kind.high:g} after the word")
    if kind.choices and value not in kind.choices:
        raise UsageError(f"attack {text!r}: expected one of {', '.join(f'{n:g}' for n in kind.choices)} after the word")
    return value
