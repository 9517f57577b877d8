"""Rehearsal: a mark goes through what copies go through before it is written, and is made as strong as that asks.

A reader has to know the lattices. How near to their points the chips were put it need not know, so that is free to be
chosen chip by chip, for whoever embeds knows the picture. Two things are seen when a copy is made on trial:

- how many bits each tier of the mark would tell, against what it takes to read it. A busy picture tells twice what is
  asked and may be marked more quietly; a smooth one has to be marked more strongly;
- which chips would be misheard, for much of what compression does to a coefficient is the same again when the mark is
  moved a little. These are moved further, so that they land nearer to their points in the copy. That takes half of the
  distortion, or less, that as many bits would cost by moving all chips further.

Source: ours. Attack simulation in the embedder's loop is usual for trained watermarks (HiDDeN, Zhu et al. 2018).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from underdrawing.channel.lattice.design import SPREAD, TIERS, Filling
from underdrawing.channel.lattice.host import Host
from underdrawing.channel.lattice.layout import Layout
from underdrawing.channel.lattice.modulation import lattice_moves, phase_bins
from underdrawing.channel.lattice.noise import chip_cells, told_bits
from underdrawing.channel.lattice.transform import block_coefficients

__all__ = ["Score", "rehearsed"]

Plane = NDArray[np.float32]
Grey = NDArray[np.uint8]
OfTiers = NDArray[np.float64]

_PULL = np.array([[0.69, 0.6, 0.45, 0.6], [0.84, 0.8, 0.8, 0.8]])
"""Fraction of the way to their points that chips are moved, tier by tier, at no strength and at full strength."""
_PULL_IN_DETAIL = np.array([[0.66, 0.47, 0.47, 0.47], [0.84, 0.75, 0.75, 0.75]])
"""The same in detailed marks."""
_SLACK = np.array([[0.32], [0.15]])
"""How far from its point a chip may land in a copy before it is moved further, in steps; at no and at full strength."""
_SLACK_IN_DETAIL = np.array([[0.18], [0.06]])
"""The same in detailed marks: with steps so short, what a chip lands beside its point counts more than what the way
there takes."""
_FURTHEST = np.float32(0.2)
"""How much further a chip is moved at most, in steps; one that is lost all the same would take half a step."""
_ROUNDS, _FIRST_STRENGTH = 5, 0.4
_EAGERNESS = np.float32(0.6)
_STRONGER, _WEAKER = 1.0, np.array([1.0, 1.0, 3.0, 1.0])
"""How much stronger a tier becomes for a margin that is too small by one, and how much weaker each tier for one too
large. Detail fares too well nearly everywhere, and five rounds are few."""
_LARGEST_RESPONSE, _AIM, _WELL = 0.3, 1.03, 9.0
_LOUDEST_DB, _HUSH_PER_DB = 39.05, 0.4
_LOUDER_DB = 0.1
"""No mark gets louder by more than this than if all its chips were pulled as usual; if much is clipped, what is alive
has to carry what is lost there, and may be as much louder."""
_REPLACED, _LEAST_ALIVE, _ALIVE_LEVELS = 0.25, 0.5, (8, 247)
_MUCH_LOST = 0.65
"""What is left, at most, of a mark that lost much: that of a picture of which some three tenths are black or white."""


@dataclass(frozen=True)
class Score:
    """What is to be played: a mark, and the picture it goes into. Planes of chips are 24×rows×columns.

    Attributes:
        host: the picture.
        layout: which chip carries what.
        steps: float32, the lattice step of every chip.
        bits: uint8, the bit of every chip.
        usual_pull: fraction of the way to their points that chips go in marks that are not rehearsed.
        unknown: for each tier, how many information bits a reader has to be told by the chips.
    """

    host: Host
    layout: Layout
    steps: Plane
    bits: NDArray[np.uint8]
    usual_pull: float
    unknown: Sequence[int]

    def missing(self, coefficients: Plane) -> Plane:
        """How far coefficients are from where they ought to be, in grey levels."""
        return lattice_moves(coefficients, self.steps, self.bits, self.layout, 1) * self.layout.carrying

    def told(self, coefficients: Plane) -> OfTiers:
        """How many bits the coefficients of a copy tell to each tier, once a quarter of what is alive is replaced."""
        phases = phase_bins(coefficients, self.steps, self.layout).ravel()
        there = [
            told_bits(phases[places], self._cells[places], self.bits.ravel()[places], weight)
            for places, weight in self._parts
        ]
        return np.array(there) * self.left

    def of_chips(self, of_tiers: OfTiers) -> Plane:
        """A number of each tier for every chip; that of the first tier for pilots."""
        return np.asarray(of_tiers[np.maximum(self.layout.roles, 0)], dtype=np.float32)

    @cached_property
    def _cells(self) -> NDArray[np.intp]:
        return chip_cells(self.layout, self.host.levels).ravel()

    @cached_property
    def _parts(self) -> list[tuple[NDArray[np.intp], Plane]]:
        """The chips of each tier, as flat indices, and how much each counts."""
        places = [part[self.steps.ravel()[part] > 0] for part in self.layout.places]
        counts = np.where(self.layout.shared, np.float32(1 / SPREAD), np.float32(1)).ravel()
        return [(part, counts[part]) for part in places]

    @cached_property
    def left(self) -> float:
        """Share of the mark that is left once a quarter of the picture is replaced, and that no part of what is black
        or white, where half of a mark is lost anyhow."""
        low, high = _ALIVE_LEVELS
        alive = float(np.mean((self.host.means > low) & (self.host.means < high)))
        return 1 - _REPLACED / max(_LEAST_ALIVE, alive)


@dataclass(frozen=True)
class _Trial:
    """A copy that is made on trial.

    Attributes:
        copy: from the luminance of a picture, H×W uint8, to that of its copy, of any size.
        asks: how many bits the chips of each tier have to tell there for each that a reader has to be told; 0 where it
            is not asked to be read. More than one, for no decoder reaches what a channel could tell, for the attack to
            come is not quite this one, and for more of what is replaced may be alive.
        mends: whether chips are moved further for it.
        for_lost: whether that is done only in pictures of which so much is black or white that the rest has to be heard
            well.
        every, turn: that is done every so many rounds, first in this one.
    """

    copy: Callable[[Grey], Grey]
    asks: tuple[float, float, float, float]
    mends: bool = True
    for_lost: bool = False
    every: int = 1
    turn: int = 0

    def due(self, turn: int) -> bool:
        """Whether the copy is made in this round. In the last one nothing is changed but chips that are mended."""
        return turn % self.every == self.turn and (self.mends or turn < _ROUNDS - 1)


def rehearsed(score: Score, played: Callable[[Plane], Plane]) -> Plane:
    """How far each coefficient should be moved, 24×rows×columns float32 in grey levels.

    Args:
        score: the mark, and the picture it goes into.
        played: from such moves to the luminance of the picture as it will be saved, H×W float32 in grey levels.
    """
    detailed = score.layout.filling is Filling.DETAILED
    trials = _TRIALS_IN_DETAIL if detailed else _TRIALS
    pulls, slack = (_PULL_IN_DETAIL, _SLACK_IN_DETAIL) if detailed else (_PULL, _SLACK)
    whole, further, most = score.missing(score.host.coefficients), np.zeros_like(score.steps), _FURTHEST * score.steps
    strengths, heard = np.full(TIERS, _FIRST_STRENGTH), [_UNHEARD] * len(trials)
    louder_db = _LOUDER_DB - 10 * float(np.log10(score.left / (1 - _REPLACED)))
    loudest_db = max(_LOUDEST_DB, _psnr_db(score.host.luminance, played(score.usual_pull * whole)) - louder_db)
    for turn in range(_ROUNDS):
        moves = np.asarray(whole * _between(pulls, strengths, score) + further, dtype=np.float32)
        picture = played(moves)
        before = heard
        heard = [
            _tried(trial, score, picture, moves) if trial.due(turn) else last
            for trial, last in zip(trials, before, strict=True)
        ]
        off = _furthest([each.due - moves for each in heard])
        beyond = np.maximum(np.abs(off) - _between(slack, strengths, score) * score.steps, 0)
        further = np.clip(further + _EAGERNESS * np.copysign(beyond, off), -most, most)
        if turn < _ROUNDS - 1:
            strengths = _answered(strengths, heard, before, loudest_db - _psnr_db(score.host.luminance, picture))
    moves = np.asarray(whole * _between(pulls, strengths, score) + further, dtype=np.float32)
    return _hushed(moves, score, loudest_db - _psnr_db(score.host.luminance, played(moves)))


@dataclass(frozen=True)
class _Heard:
    """What was heard of a copy.

    Attributes:
        margins: how each tier fares, 1 where it is just read.
        due: the moves that would have put every chip on its point there, 24×rows×columns float32 in grey levels;
            not-a-number for chips that are not mended for it.
    """

    margins: OfTiers
    due: Plane


_UNHEARD = _Heard(np.full(TIERS, _WELL), np.full((1, 1, 1), np.nan, np.float32))


def _tried(trial: _Trial, score: Score, picture: Plane, moves: Plane) -> _Heard:
    """A copy of a picture made with these moves."""
    copy = trial.copy(np.clip(np.rint(picture), 0, 255).astype(np.uint8)).astype(np.float32)
    _, coefficients = block_coefficients(copy, rows=score.host.grid.rows, columns=score.host.grid.columns)
    asked = np.array(trial.asks) * score.unknown
    margins = np.where(asked > 0, score.told(coefficients) / np.maximum(asked, 1), _WELL)
    if not trial.mends or (trial.for_lost and score.left > _MUCH_LOST):
        return _Heard(margins, _UNHEARD.due)
    nothing = score.of_chips(np.where(asked > 0, 0, np.nan))
    return _Heard(margins, np.asarray(moves + score.missing(coefficients) + nothing, dtype=np.float32))


def _furthest(planes: Sequence[Plane]) -> Plane:
    """The numbers that are furthest from zero, place by place; 0 where there is none."""
    highest, lowest = reduce(np.fmax, planes), reduce(np.fmin, planes)
    return np.nan_to_num(np.where(highest > -lowest, highest, lowest))


def _answered(strengths: OfTiers, heard: list[_Heard], before: list[_Heard], excess_db: float) -> OfTiers:
    """Strengths, 0..1, after it was heard how the tiers fare, and by how much the mark is too loud.

    A tier that fared badly when it was last heard gets no stronger for that twice: chips were moved further since. Of a
    mark that is too loud all tiers but the first become quieter, and those that fare better become so most.
    """
    margins = np.min([each.margins for each in heard], axis=0)
    now = np.min([each.margins for each, last in zip(heard, before, strict=True) if each is not last], axis=0)
    if excess_db > 0:
        asked = (margins < _WELL) & (np.arange(TIERS) > 0)
        aim = margins[asked].mean() if asked.any() else _AIM
        hush = _HUSH_PER_DB * excess_db
        return np.clip(strengths + np.where(asked, 2 * _STRONGER * (aim - margins) - hush, 0), 0, 1)
    response = np.where(margins > _AIM, _WEAKER, _STRONGER)
    change = np.clip(response * (_AIM - margins), -_LARGEST_RESPONSE, _LARGEST_RESPONSE)
    return np.clip(strengths + np.where((change > 0) & (now > margins), 0, change), 0, 1)


def _hushed(moves: Plane, score: Score, excess_db: float) -> Plane:
    """Moves that are not too loud any more; the first tier and the pilots are the last to be quieter for that."""
    goal = 10 ** (-max(0.0, excess_db) / 10)
    power = np.bincount(np.maximum(score.layout.roles, 0).ravel(), np.square(moves).ravel(), TIERS)
    first = power[0] / max(power.sum(), 1e-9)
    others = max(0.0, goal - first) / max(1 - first, 1e-9)
    gains = np.sqrt([min(1.0, goal / max(first, 1e-9)), *[min(1.0, others)] * (TIERS - 1)])
    return np.asarray(moves * score.of_chips(gains), dtype=np.float32)


def _between(ends: OfTiers, strengths: OfTiers, score: Score) -> Plane:
    """For every chip the number between two ends that the strength of its tier asks for."""
    weakest, strongest = ends
    return score.of_chips(weakest + (strongest - weakest) * strengths)


def _psnr_db(before: Plane, after: Plane) -> float:
    return 10 * float(np.log10(255**2 / max(cv2.norm(before, after, cv2.NORM_L2SQR) / before.size, 1e-6)))


def _jpeg(quality: int) -> Callable[[Grey], Grey]:
    def copy(grey: Grey) -> Grey:
        _, written = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(written, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)

    return copy


def _smaller(scale: float, quality: int) -> Callable[[Grey], Grey]:
    def copy(grey: Grey) -> Grey:
        height, width = grey.shape
        small = Image.fromarray(grey).resize((round(width * scale), round(height * scale)), Image.Resampling.BICUBIC)
        return _jpeg(quality)(np.asarray(small))

    return copy


def _webp(quality: int) -> Callable[[Grey], Grey]:
    def copy(grey: Grey) -> Grey:
        _, written = cv2.imencode(".webp", grey, [cv2.IMWRITE_WEBP_QUALITY, quality])
        return np.asarray(cv2.imdecode(written, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)

    return copy


def _clipped(grey: Grey) -> Grey:
    """What a copy that is brighter, or has more contrast, still shows of the original tones."""
    return np.asarray(np.clip(grey, 16, 222), dtype=np.uint8)


_TRIALS = (
    _Trial(_webp(75), asks=(0, 1.84, 0, 0), every=2, turn=1),
    _Trial(_webp(50), asks=(2.5, 0, 0, 0), mends=False, every=2),
    _Trial(_jpeg(25), asks=(2.7, 0, 0, 0), mends=False),
    _Trial(_jpeg(50), asks=(0, 0, 1.7, 0)),
    _Trial(_smaller(0.5, 80), asks=(0, 1.95, 1.77, 0)),
    _Trial(_smaller(0.4, 70), asks=(2.2, 0, 0, 0), mends=False),
    _Trial(_clipped, asks=(2.4, 1.2, 0, 0), for_lost=True),
)
"""What copies go through that a mark is made for."""

_TRIALS_IN_DETAIL = (
    _Trial(_webp(50), asks=(2.5, 0, 0, 0), mends=False, every=2),
    _Trial(_jpeg(25), asks=(2.7, 0, 0, 0), mends=False, every=2, turn=1),
    _Trial(_smaller(0.4, 70), asks=(2.2, 0, 0, 0), mends=False, every=2),
    _Trial(_jpeg(75), asks=(0, 2.05, 2.4, 0.62)),
    _Trial(_jpeg(70), asks=(0, 0.1, 0.1, 0.1)),
)
"""What those of detailed marks go through."""
