"""Finding a mark: which grid, which profile, and what happened to the tones since.

A pilot is a chip whose bit both sides know. Seen on the right grid with the right steps its phase clusters around zero;
on an unmarked image, whatever it shows, the dither makes it uniform. The sum of the cosines of all pilot phases is
therefore a decision statistic whose distribution on unmarked images is known: divided by its standard deviation it is
a unit normal (:attr:`Candidate.score`).

The common case, an image at any size with its tones intact, is one look per grid. Only when that look is weak are the
likely tone changes tried: a gain (contrast, brightness), a gamma, a blur that an equalizer undoes. Which of them are
worth a look of their own is first told from the one look there is (:meth:`.looks.Look.undone`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, DESIGNS, GRIDS, GROUPS, SHARES, VOICES, Filling
from underdrawing.channel.lattice.grid import Pixels, WorkingGrid
from underdrawing.channel.lattice.looks import Look, Suspect, Tone
from underdrawing.channel.lattice.probing import fit_of, heard_together, probe_of, score_of
from underdrawing.channel.lattice.undertone import undertone_score
from underdrawing.channel.profiles import Profile

__all__ = ["MARKED_SCORE", "Candidate", "Tone", "find_mark", "hypotheses", "unheard"]

MARKED_SCORE = 5.5
"""Least score of a mark. A unit normal exceeds it once in 50 million looks, a search takes some hundred looks, and the
first block still has to prove itself by its checksum."""

_PILOTS_AT_LEAST = 2.5
"""Score of the pilots from which on all the other chips may help to tell a mark: where half a small picture was
replaced few pilots are left, but thousands of others."""

_DETAILED_FIT = 4.0
"""How well chips have to fit the lattices of a detailed mark to be taken for one."""
_WELL_HEARD = 0.5
"""Mean cosine of pilots in a copy in which all chips of their own are heard."""

_WORTH_READING = 4.5
"""Least score of what may be a mark: it is worth the attempt to read it, but if that fails nothing was heard."""

_PLAINLY_WORTH_READING = 3.8
"""The same with the tones as they were, of which there are much fewer looks."""

_UNPROMISING = 1.2
"""By how much more chips that are no pilots have to speak for a mark."""

_SURELY_PLACED = 8.0
"""Score of a place from which there is a mark, however few pilots are seen of it."""

_STEEP, _STEEP_SHARE = 2.5, 0.7
_HEAD_START, _HEAD_SHARE = 3.0, 0.015
_REFINEMENTS = (0.02, 0.01, 0.005, 0.0025)
_MAYBE_SCORE = 3.5
_LOOKS_PER_KIND = 2
_MOST_UNHEARD = 2
_GAINS = tuple(
    float(gain) for gain in (*np.geomspace(0.49, 0.76, 17), *np.geomspace(0.78, 1.3, 40), *np.geomspace(1.335, 1.55, 6))
)
_GAMMAS = (0.66, 0.7, 0.74, 0.78, 0.82, 0.86, 0.9, 0.94, 1.06, 1.1, 1.14, 1.18, 1.22, 1.26, 1.31, 1.37, 1.43, 1.5, 1.56)
_KINDS = (
    tuple(Tone(gamma=gamma) for gamma in _GAMMAS),
    tuple(Tone(blur_px=blur) for blur in (0.6, 0.9, 1.2, 1.5)),
)
"""Changes other than a gain, each kind from one end to the other."""

Plane = NDArray[np.float32]


@dataclass(frozen=True)
class Candidate:
    """One hypothesis about a suspect and how well the pilots support it.

    Attributes:
        grid, profile, tone: the hypothesis.
        score: sum of pilot cosines over its standard deviation on unmarked images (unit normal there).
        clustering: mean cosine of the pilot phases, 1 for untouched, 0 for unmarked.
        fit: like the score, of the doubled phases of all other chips.
        filling: on whose lattices these fit: of a usual mark, dense ones included, or of a detailed one.
        undertone: score of an undertone, a unit normal, too; 0 where it was not looked for.
    """

    grid: WorkingGrid
    profile: Profile
    tone: Tone
    score: float
    clustering: float
    fit: float = 0.0
    filling: Filling = Filling.USUAL
    undertone: float = 0.0

    @property
    def is_sure(self) -> bool:
        """Whether there is a mark, read or not."""
        return self.support >= MARKED_SCORE

    @property
    def support(self) -> float:
        """How surely there is a mark, a unit normal on unmarked images: the score, together with the fit if that tells
        more."""
        together = (self.score + self.fit) / np.sqrt(2) if self.score >= _PILOTS_AT_LEAST else -np.inf
        return float(max(self.score, together, self.undertone))

    @property
    def promise(self) -> float:
        """The same where even the pilots may be lost: what is worth the attempt to read it."""
        return float(max(self.score, (self.score + self.fit) / np.sqrt(2) - _UNPROMISING, self.undertone))

    def describe(self) -> str:
        """What was found, in words."""
        found = f"read on the {self.grid.side_px}-pixel grid ({self.profile} profile, pilot score {self.score:.0f})"
        changes = [
            f"contrast ×{self.tone.gain:.2f}" if self.tone.gain != 1 else "",
            f"gamma {self.tone.gamma:.2f}" if self.tone.gamma != 1 else "",
            f"blur of about {self.tone.blur_px:.1f} px" if self.tone.blur_px else "",
        ]
        named = [change for change in changes if change]
        return f"{found}; undone first: {', '.join(named)}" if named else found


def find_mark(pixels: Pixels, *, key: bytes | None = None) -> Candidate | None:
    """The best supported hypothesis about a suspect, or None when it carries no readable mark.

    Args:
        pixels: H×W×3 RGB, uint8 or uint16.
        key: secret of the channel, if the mark has one.
    """
    return next((candidate for candidate, _ in hypotheses(Suspect(pixels), key=key) if candidate.is_sure), None)


def hypotheses(suspect: Suspect, *, key: bytes | None = None) -> Iterator[tuple[Candidate, Look]]:
    """The supported hypotheses, best first, each with the suspect as it looks under it.

    Usually the first is the right one and no other is asked for. Whether the tones were changed is doubtful where a
    picture is mostly flat or clipped, so the other view comes second, at the price of a search. If there is none, what
    may be a mark comes alone; it is not sure (:attr:`Candidate.is_sure`).
    """
    searches = []
    placement = suspect.placement
    for grid in _grids(*suspect.pixels.shape[:2]) if placement is None else (placement.grid,):
        search = _Search(suspect, grid, key)
        searches.append(search)
        if search.best.is_sure:
            if search.told_by_undertone:
                yield search.found
                return
            unchanged, intact = search.found, search.intact()
            if intact:
                yield unchanged
            by_pilots = search.best.score >= MARKED_SCORE  # else a mark of another profile may lie there, made darker
            changed = search.refined((search.best.profile,) if by_pilots else VOICES).found
            if changed[0].tone != Tone():
                yield changed
            if not intact:
                yield unchanged
            return
    for search in searches:
        if search.refined(VOICES).best.is_sure:
            yield search.found
            return
    likeliest = max(searches, key=lambda search: search.best.score)
    surely_placed = placement is not None and placement.score >= _SURELY_PLACED
    if surely_placed or likeliest.best.support >= _WORTH_READING:
        yield likeliest.found
    plain = max((search.plain for search in searches), key=lambda found: found[0].promise)
    if placement is None and plain[0].promise >= _PLAINLY_WORTH_READING and plain[0] is not likeliest.best:
        yield plain


def unheard(suspect: Suspect, *, key: bytes | None = None) -> Iterator[tuple[Candidate, Look]]:
    """The likeliest hypotheses however few pilots support them, for whoever has other reasons to think that there is a
    mark: a whole picture with its tones intact, each with the suspect as it looks under it."""
    found = (_Search(suspect, grid, key).plain for grid in _grids(*suspect.pixels.shape[:2]))
    yield from nlargest(_MOST_UNHEARD, found, key=lambda each: each[0].promise)


def _grids(height_px: int, width_px: int) -> Iterator[WorkingGrid]:
    """Grids a mark in this image may have, likeliest first; the image may have been scaled since.

    Scaling rounds both sides to whole pixels. Where that may have changed the number of blocks along the long side, the
    grid one block longer or shorter comes last.
    """
    short, long = sorted((height_px, width_px))
    own = max((side for side in GRIDS if side <= short), default=GRIDS[0])
    sides = sorted(GRIDS, key=lambda side: (side != own, -side))
    for side in sides:
        yield WorkingGrid.for_image(height_px, width_px, side_px=side)
    for side in sides:
        along = long * side / (short * BLOCK)
        doubt = along * (1 / short + 1 / long)
        for extra in (-1, 1):
            if extra * (along - round(along)) > 0.5 - doubt:
                yield WorkingGrid.for_image(height_px, width_px, side_px=side, extra_blocks=extra)


class _Search:
    """The best hypothesis about a suspect on one grid, by pilots and lattice fit together.

    Attributes:
        best: the best hypothesis so far; unchanged tones have a head start, but where pilots are all there is to tell.
        look: the suspect under it.
        plain: the best one with the tones as they were, and the suspect under it.
    """

    best: Candidate
    look: Look

    def __init__(self, suspect: Suspect, grid: WorkingGrid, key: bytes | None) -> None:
        self._suspect, self._grid, self._key = suspect, grid, key
        self._probes = [probe_of(grid, key, group) for group in range(len(SHARES[grid.side_px].woven))]
        self._plain = suspect.look(grid, Tone())
        self._undertone = undertone_score(self._plain.means, grid, key)
        heard = GROUPS[len(self._probes) - 1].stop
        self._heard_of_plain = replace(self._plain, coefficients=self._plain.coefficients[:heard])
        self._undone: dict[Tone, Look] = {}
        self._best_total = -np.inf
        plain = [self._consider(Tone(), profile, self._plain) for profile in VOICES]
        self.plain = max(plain, key=lambda candidate: candidate.promise), self._plain

    @property
    def found(self) -> tuple[Candidate, Look]:
        """The best hypothesis and the suspect under it."""
        return self.best, self.look

    @property
    def told_by_undertone(self) -> bool:
        """Whether there is a mark of which nothing but the undertone is heard: no change of tones leaves that alone."""
        return self.best.undertone >= MARKED_SCORE and self.best.score < _WORTH_READING

    def intact(self) -> bool:
        """Whether nothing is left to undo: chips far from zero, which even a small change moves off their lattices, fit
        them about as well as the others. What was replaced fits nothing near zero or far, so it does not count. And
        where pilots are heard so well, the faint chips of a detailed mark are, too, unless tones were changed."""
        detailed = Filling.DETAILED in DESIGNS[self.best.profile, self._grid.side_px].others
        if detailed and self.best.clustering >= _WELL_HEARD and self.best.fit < _DETAILED_FIT:
            return False
        fits, values, _ = self._others(self.best.profile, self.look)
        steep, gentle = fits[values > _STEEP], fits[values <= _STEEP]
        return bool(steep.size == 0 or gentle.size == 0 or steep.mean() >= _STEEP_SHARE * gentle.mean())

    def refined(self, profiles: Iterable[Profile]) -> "_Search":
        """This search after the likely changes of tone were tried, and the best one was made more exact."""
        for profile in profiles:
            for tone in (Tone(gain=gain) for gain in _GAINS):
                if self._first_impression(tone, profile) > self._best_total:
                    self._consider(tone, profile, self._plain.undone(tone))
            for kind in _KINDS:
                self._climb(kind, profile)
        if self._best_total >= _MAYBE_SCORE and self.best.tone != Tone():
            for width in _REFINEMENTS:
                self._refine(width)
        return self

    def _climb(self, kind: Sequence[Tone], profile: Profile) -> None:
        """Look at the likeliest changes of a kind, from smallest to largest, and on from there for as long as they fit
        better. At first sight the likeliest ones need not catch up with the head start of unchanged tones yet."""
        impressions = [self._first_impression(tone, profile) for tone in kind]
        least = max(self._best_total - _HEAD_START, _MAYBE_SCORE)
        likeliest = np.argsort(impressions)[::-1][:_LOOKS_PER_KIND]
        due, seen = {int(place) for place in likeliest if impressions[place] >= least}, set[int]()
        while due:
            for place in due:
                self._consider(kind[place], profile, self._suspect.look(self._grid, kind[place]))
            seen |= due
            best = [place for place in seen if kind[place] == self.best.tone]
            due = {place + side for place in best for side in (-1, 1) if 0 <= place + side < len(kind)} - seen

    def _first_impression(self, tone: Tone, profile: Profile) -> float:
        """How well a tone fits, as far as the one look there is and the coefficients that are heard tell."""
        if tone not in self._undone:
            self._undone[tone] = self._heard_of_plain.undone(tone)
        return self.judge(tone, profile, self._undone[tone])[1]

    def _refine(self, width: float) -> None:
        tone, profile = self.best.tone, self.best.profile
        gammas = [tone.gamma * (1 + s * width) for s in (-1, 1)] if tone.gamma != 1.0 else [1.0]
        gains = [tone.gain * (1 + s * width) for s in (-1, 0, 1)] if tone.gain != 1.0 else [1.0]
        for gamma in gammas:
            bent = self._suspect.look(self._grid, replace(tone, gamma=gamma, gain=1.0))
            for gain in gains:
                self._consider(replace(tone, gamma=gamma, gain=gain), profile, bent.undone(Tone(gain=gain)))

    def _consider(self, tone: Tone, profile: Profile, look: Look) -> Candidate:
        candidate, total = self.judge(tone, profile, look)
        if total > self._best_total:
            candidate = self._as_detailed(candidate, look)
            self.best, self.look, self._best_total = candidate, look, total
        return candidate

    def _as_detailed(self, candidate: Candidate, look: Look) -> Candidate:
        """The candidate with the fit of all groups, if that speaks for a detailed mark."""
        design = DESIGNS[candidate.profile, self._grid.side_px]
        if Filling.DETAILED not in design.others:
            return candidate
        probes = (probe_of(self._grid, self._key, group) for group in range(len(GROUPS)))
        fit = fit_of(*heard_together(probes, look, design, Filling.DETAILED))
        if fit <= max(candidate.fit, _DETAILED_FIT):
            return candidate
        return replace(candidate, fit=fit, filling=Filling.DETAILED)

    def judge(self, tone: Tone, profile: Profile, look: Look) -> tuple[Candidate, float]:
        """How well a hypothesis fits: the candidate, and its score together with that of the fit of all chips."""
        design = DESIGNS[profile, self._grid.side_px]
        pilots = np.concatenate([probe.hear_pilots(look, design) for probe in self._probes])
        others, values, filling = self._others(profile, look)
        clustering = float(pilots.mean()) if pilots.size else 0.0
        fit = fit_of(others, values)
        undertone = self._undertone if tone == Tone() and profile is VOICES[0] else 0.0
        candidate = Candidate(self._grid, profile, tone, score_of(pilots), clustering, fit, filling, undertone)
        total = candidate.score + fit + (undertone if undertone >= _PLAINLY_WORTH_READING else 0.0)
        ahead = tone == Tone() and others.size > 0
        return candidate, total + (_HEAD_START + _HEAD_SHARE * abs(total) if ahead else 0.0)

    def _others(self, profile: Profile, look: Look) -> tuple[Plane, Plane, Filling]:
        """What all probes hear together of the chips that are no pilots, and of which mark they are: of a usual one,
        unless they fit a detailed one."""
        design = DESIGNS[profile, self._grid.side_px]
        usual = heard_together(self._probes, look, design, Filling.USUAL)
        if Filling.DETAILED in design.others:
            detailed = heard_together(self._probes, look, design, Filling.DETAILED)
            if fit_of(*detailed) > max(fit_of(*usual), _DETAILED_FIT):
                return *detailed, Filling.DETAILED
        return *usual, Filling.USUAL
