"""The decision whether the image was changed at all, and in which blocks."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.tamper.colours import Pixels, clipped_share
from underdrawing.tamper.content import Comparison, Strays, content_evidence, other_content, share_of_cell
from underdrawing.tamper.drawing import drawn
from underdrawing.tamper.field import settled_beliefs
from underdrawing.tamper.outliner import Outliner
from underdrawing.tamper.planes import Places

__all__ = ["TamperFinding", "find_tampering"]

_STRONGEST_EVIDENCE = 8.0
_CLIPPING_WEIGHT = 1.5
_SEED_LOG_ODDS, _SEED_COUPLING = -0.7, 0.7
_GROWTH_LOG_ODDS, _GROWTH_COUPLING = 1.8, 1.2
_ENOUGH_CHIPS = 0.5
_COARSE_ROWS = 16
_REACH_BLOCKS, _COARSE_REACH_BLOCKS = 1, 2
_REGION_BELIEF = 0.5
_LEAST_BLOCKS, _APART = 3, 3
_LEAST_REGION_EVIDENCE, _LEAST_COARSE_EVIDENCE, _LEAST_UNSTEADY_EVIDENCE = 35.0, 15.0, 90.0
_LEAST_STRAY_EVIDENCE, _NEARLY_ALL = 20.0, 0.8
_HARDLY_HEARD, _LEAST_UNHEARD_EVIDENCE = 1.0, 60.0
_LARGEST_HOLE_BLOCKS = 12
_MOST_AGREEMENT, _MOST_AGREEMENT_OVERWHELMED, _OVERWHELMING = 0.25, 0.35, 10.0
_UNSEEN, _UNSEEN_SMALL, _UNSEEN_UNSTEADY = 1.5, 4.0, _OVERWHELMING
"""How many times the evidence is asked of a region that shows nothing else than the code says."""
_AGREEMENT_PER_NAT = 0.2
_FEWEST_CHIPS = 24
_SHOWN_UNSTEADY = -1.0
"""Nats for each block that a region has to bring by what it shows, in a copy changed all over."""

_CLEARLY_FEWER = 5.0
_CLEARLY_OTHER = 4.0
_MOST_CONTRADICTED = 0.5


@dataclass(frozen=True, eq=False)
class TamperFinding:
    """What was changed.

    Attributes:
        probability: H×W float32, 0 to 1, chance that a pixel was changed.
        mask: H×W bool, True where the image is called changed.
        tampered: whether any region is.
        strongest_evidence: nats for the strongest region, 0 if there is none.
        least_evidence: nats that a region told of in the same way, by chips or by the code, needed to count.
    """

    probability: NDArray[np.float32]
    mask: NDArray[np.bool_]
    tampered: bool
    strongest_evidence: float
    least_evidence: float = _LEAST_REGION_EVIDENCE

    @property
    def confidence(self) -> float:
        """How sure the decision is, 0.5 to 1: from how far the strongest region is from the least that counts."""
        distance = abs(self.strongest_evidence - self.least_evidence) / self.least_evidence
        return float(1 - 0.5 * np.exp(-3 * distance))


@dataclass(frozen=True, eq=False)
class _Blocks:
    """What speaks about each block. Arrays are rows×columns float32.

    Attributes:
        total: log-likelihood ratio of untouched against replaced, in nats.
        content: the part of it that comes from what the picture shows.
        agreement: sum over the known chips of 1 for right to −1 for opposite.
        chips: their number, less where the picture is clipped.
    """

    total: NDArray[np.float32]
    content: NDArray[np.float32]
    agreement: NDArray[np.float32]
    chips: NDArray[np.float32]


def find_tampering(
    evidence: NDArray[np.float32],
    *,
    agreement: NDArray[np.float32],
    suspect: Pixels,
    comparison: Comparison | None = None,
    remembered: Callable[[], NDArray[np.uint8]] | None = None,
    steady: bool = True,
    fine: bool = True,
    visible: NDArray[np.bool_] | None = None,
    missing: NDArray[np.bool_] | None = None,
    outliner: Outliner | None = None,
    canvas: NDArray[np.uint8] | None = None,
) -> TamperFinding:
    """Find the regions of an image that do not carry what they should.

    Args:
        evidence: rows×columns float32, log-likelihood ratio of untouched against replaced for each block of a grid
            laid over the whole image, in nats.
        agreement: 2×rows×columns float32; sum over the known chips of each block of 1 for right to −1 for opposite, and
            their number.
        suspect: H×W×3 RGB, uint8 or uint16, the image.
        comparison: the image held against its hidden code; None if too little of the code is known.
        remembered: h×w×3 RGB uint8, the picture the hidden code remembers; asked for only where there is a region whose
            outline it can help to draw.
        steady: whether the tones are as they were and nothing was blurred. Where they are not, chips are wrong in
            places nobody touched, and more is asked of a region.
        fine: whether the image has detail as fine as chips are. Where it was made far smaller, they fall silent in busy
            places, and more is asked of a region that shows nothing else.
        visible: rows×columns bool, which blocks the suspect shows; nothing is said of the others. None for all.
        missing: h×w bool, any size, the same place by place: what the suspect does not show. None for nothing.
        outliner: draws the outlines of the regions from evidence as the lattice gives it; None to draw them by rule.
        canvas: 256×256×3 RGB uint8, the image at that size, if it is at hand; saves the time to make it.
    """
    blocks = _weighed(evidence, agreement, suspect, comparison)
    if visible is not None:
        blocks = _seen(blocks, visible)
    strays = None if comparison is None else comparison.strays
    if strays is not None:
        steady = steady and strays.steady
    seeds, strongest, least = _seeds(blocks, strays, steady=steady, fine=fine)
    if strays is not None:
        outvoted, against, enough = _outvoted(strays, seeds, evidence, steady=steady)
        blocks = replace(blocks, total=np.where(outvoted, blocks.content, blocks.total))
        evidence = np.where(outvoted, -np.abs(evidence), evidence)
        seeds = seeds | outvoted
        strongest, least = max((strongest, least), (against, enough), key=lambda of: of[0] / of[1])
    belief, regions = _grown(blocks, seeds)
    picture = remembered() if remembered is not None and regions.any() else None
    heard = evidence if visible is None else np.where(visible, evidence, np.float32(0))
    strayed = None if strays is None else strays.nats
    places = Places(heard, blocks.chips, blocks.content, belief, regions, strayed, missing)
    drawing = drawn(places, suspect, picture, outliner, canvas)
    return TamperFinding(drawing.probability, drawing.mask, bool(regions.any()), strongest, least)


def _weighed(
    evidence: NDArray[np.float32],
    agreement: NDArray[np.float32],
    suspect: Pixels,
    comparison: Comparison | None,
) -> _Blocks:
    """Chips, less where the picture is clipped and cannot carry them, and content together.

    Chips are heard in the brightness alone, so they cannot vouch for a place that shows something else altogether.
    Where most of what carries the mark shows something else, it is the mark that is in the wrong picture; then the code
    tells nothing about places.
    """
    size = _shape(evidence)
    clipped = clipped_share(suspect, size=size)
    audible = 1 - np.minimum(np.float32(_CLIPPING_WEIGHT) * clipped, 1)
    total = np.clip(evidence, -_STRONGEST_EVIDENCE, _STRONGEST_EVIDENCE) * audible
    content = np.zeros_like(total)
    if comparison is not None:
        other = other_content(comparison, size=size)
        carrying = total > 0
        if np.count_nonzero(carrying & (other < 0)) <= _MOST_CONTRADICTED * np.count_nonzero(carrying):
            content = content_evidence(comparison, size=size)
            total = np.where(other < 0, np.minimum(total + content, other), total + content)
    return _Blocks(total.astype(np.float32), content, agreement[0] * audible, agreement[1] * audible)


def _seen(blocks: _Blocks, visible: NDArray[np.bool_]) -> _Blocks:
    """The same with silence where nothing is seen."""
    shown = visible.astype(np.float32)
    return _Blocks(blocks.total * shown, blocks.content * shown, blocks.agreement * shown, blocks.chips * shown)


def _seeds(
    blocks: _Blocks, strays: Strays | None, *, steady: bool, fine: bool
) -> tuple[NDArray[np.bool_], float, float]:
    """Blocks of the regions that surely were changed, the evidence for the clearest, and the least that counts.

    What was redrawn with much of what is coarse kept shows in scattered parts, which are also looked at together. But
    chips are wrong in places that nobody touched where a codec took them away; and where tones were changed or
    something was blurred all over, they fall silent in whole places, flat or bright ones; where a copy is far smaller,
    in busy ones. So of a region that shows nothing else more is asked: somewhat more in a steady copy, much more in a
    small one, and overwhelming evidence in an unsteady one.
    """
    own = np.float32(_SEED_LOG_ODDS) - blocks.total
    belief = _without_holes(settled_beliefs(own, coupling=_SEED_COUPLING))
    least = _LEAST_COARSE_EVIDENCE if _is_coarse(blocks.total) else _LEAST_REGION_EVIDENCE
    least = least if steady else _LEAST_UNSTEADY_EVIDENCE
    clear, strongest = np.zeros(belief.shape, dtype=np.bool_), 0.0
    shown = None if strays is None else cv2.resize(strays.nats, belief.shape[::-1], interpolation=cv2.INTER_LINEAR)
    unseen = ((_UNSEEN if fine else _UNSEEN_SMALL) if steady else _UNSEEN_UNSTEADY) * least
    clearly = 0 if steady else _SHOWN_UNSTEADY
    for apart in (1, _APART) if steady and not _is_coarse(blocks.total) else (1,):
        labels, against, replaced = _regions(belief, blocks, least, apart=apart)
        sizes = np.bincount(labels.ravel(), minlength=against.size)
        if shown is not None:
            other = np.bincount(labels.ravel(), shown.ravel(), against.size) <= clearly * sizes
            replaced &= other | (against >= unseen)
        clear |= ((sizes >= _LEAST_BLOCKS) & (against >= least) & replaced)[labels]
        strongest = max(strongest, float(against[replaced].max(initial=0.0)))
    return clear, strongest, least


def _outvoted(
    strays: Strays, seeds: NDArray[np.bool_], evidence: NDArray[np.float32], *, steady: bool
) -> tuple[NDArray[np.bool_], float, float]:
    """Blocks of cells that show something else although no chips say so, evidence for the clearest, and the least.

    Chips are heard in the brightness alone, so another colour leaves them as they were; and whoever knows the channel
    can write a message again over what he changed. Then every chip vouches for a place, and only the code tells. Where
    it tells that of nearly all that carries the mark, the mark is in the wrong picture, and no place is to blame.
    Cells are coarse, so those in which chips have told of anything are left to them. In a copy so noisy that chips tell
    less than a nat for each block, cells stray by themselves, and more is asked.
    """
    nats, carrying = strays.nats, evidence > 0
    least = _LEAST_STRAY_EVIDENCE if float(evidence.mean()) >= _HARDLY_HEARD else _LEAST_UNHEARD_EVIDENCE
    least = least if steady else _LEAST_UNSTEADY_EVIDENCE
    belief = settled_beliefs(np.float32(_SEED_LOG_ODDS) - nats, coupling=_SEED_COUPLING)
    told = (seeds & ~carrying).astype(np.float32)
    silent = (belief > _REGION_BELIEF) & (cv2.resize(told, nats.shape[::-1], interpolation=cv2.INTER_AREA) == 0)
    count, labels = cv2.connectedComponents(silent.astype(np.uint8), connectivity=8)
    against = np.bincount(labels.ravel(), -nats.ravel(), count)
    proven = against >= least
    proven[0] = False
    of_block = cv2.resize(labels.astype(np.int16), seeds.shape[::-1], interpolation=cv2.INTER_NEAREST)
    outvoted = np.asarray(proven[of_block])
    if np.count_nonzero(outvoted & carrying) > _NEARLY_ALL * np.count_nonzero(carrying):
        return np.zeros_like(outvoted), 0.0, least
    return outvoted, float(against[proven].max(initial=0.0)), least


def _grown(blocks: _Blocks, seeds: NDArray[np.bool_]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Belief that each block was changed, and the regions that count, grown from their seeds.

    That anything was changed takes proof. How far a change reaches is another question: evidence against a block is
    bounded, evidence for it hardly, so around a proven region a block has to speak for itself. It can only where it
    has chips to do so.
    """
    own = np.float32(_SEED_LOG_ODDS) - blocks.total
    elsewhere = np.float32(_REGION_BELIEF) * settled_beliefs(own, coupling=_SEED_COUPLING)
    if not seeds.any():
        return elsewhere, seeds
    audible = blocks.chips / max(_ENOUGH_CHIPS * float(np.median(blocks.chips)), 1e-3)
    odds = _SEED_LOG_ODDS + (_GROWTH_LOG_ODDS - _SEED_LOG_ODDS) * np.clip(audible, 0, 1)
    wide = _without_holes(settled_beliefs((odds - blocks.total).astype(np.float32), coupling=_GROWTH_COUPLING))
    reach = 2 * (_COARSE_REACH_BLOCKS if _is_coarse(blocks.total) else _REACH_BLOCKS) + 1
    near = cv2.dilate(seeds.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    candidates = seeds | (near & (wide > _REGION_BELIEF))
    _, labels = cv2.connectedComponents(candidates.astype(np.uint8), connectivity=8)
    regions = candidates & np.isin(labels, np.unique(labels[seeds]))
    inside = np.maximum(wide, np.float32(_REGION_BELIEF + 1e-3))
    return np.where(regions, inside, elsewhere).astype(np.float32), regions


def _is_coarse(plane: NDArray[np.float32]) -> bool:
    """Whether the grid is the smallest one: few blocks, each with much of the picture in it."""
    return int(min(plane.shape)) <= _COARSE_ROWS


def _shape(plane: NDArray[np.float32]) -> tuple[int, int]:
    return plane.shape[0], plane.shape[1]


def _without_holes(belief: NDArray[np.float32]) -> NDArray[np.float32]:
    """Beliefs with small islands of untouched blocks inside a changed region called changed too."""
    calm = np.pad((belief <= _REGION_BELIEF).astype(np.uint8), 1, constant_values=1)
    _count, labels, statistics, _ = cv2.connectedComponentsWithStats(calm, connectivity=4)
    small = statistics[:, cv2.CC_STAT_AREA] <= _LARGEST_HOLE_BLOCKS
    small[0] = False
    filled = small[labels][1:-1, 1:-1]
    return np.where(filled, np.maximum(belief, np.float32(1 - belief)), belief).astype(np.float32)


def _regions(
    belief: NDArray[np.float32], blocks: _Blocks, least: float, *, apart: int
) -> tuple[NDArray[np.integer], NDArray[np.floating], NDArray[np.bool_]]:
    """Number of the region of each block, evidence against each region in nats, and whether it was replaced.

    Blocks no further than ``apart`` from each other belong together. A region whose chips agree with what was sent
    almost as often as those of the rest is noisy, not replaced; the more other its content is, the more they may agree.
    They may also where the evidence is ten times what is needed: what was redrawn by an autoencoder keeps some of what
    is coarse, and noise never speaks that clearly.
    """
    believed = (belief > _REGION_BELIEF).astype(np.uint8)
    reaching = cv2.dilate(believed, np.ones((apart, apart), np.uint8))
    count, joined = cv2.connectedComponents(reaching, connectivity=8)
    labels = joined * believed
    planes = (np.ones_like(belief), -blocks.total, blocks.content, blocks.agreement, blocks.chips)
    sizes, against, contents, agreeing, chips = (np.bincount(labels.ravel(), plane.ravel(), count) for plane in planes)
    usual = agreeing[0] / chips[0] if chips[0] >= _FEWEST_CHIPS else 1.0
    spread = np.sqrt(chips / 2)
    other = np.maximum(-contents / np.maximum(sizes * share_of_cell(belief.shape), 1e-6), 0)
    most = np.where(against >= _OVERWHELMING * least, _MOST_AGREEMENT_OVERWHELMED, _MOST_AGREEMENT)
    silent = agreeing - spread <= (most + _AGREEMENT_PER_NAT * other) * usual * chips
    fewer = agreeing + _CLEARLY_FEWER * spread < usual * chips
    replaced = silent & (fewer | (other > _CLEARLY_OTHER))
    replaced[0] = False
    return np.asarray(labels), np.asarray(against, dtype=np.float64), np.asarray(replaced, dtype=np.bool_)
