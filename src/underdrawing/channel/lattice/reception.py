"""A suspect on its working grid: soft bits, tier by tier, and evidence block by block."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.choosing import likeliest
from underdrawing.channel.lattice.concluding import relevelled, settled, weighed_in_turns
from underdrawing.channel.lattice.design import BLOCK, DESIGNS, LEVELS, SPREAD, TIERS, Design, Filling
from underdrawing.channel.lattice.evidence import guessed_reliabilities, log_intact
from underdrawing.channel.lattice.faint import faintly_heard, has_faint
from underdrawing.channel.lattice.layout import PILOT, Layout, layout_of
from underdrawing.channel.lattice.looks import Look, Suspect, Tone
from underdrawing.channel.lattice.modulation import PHASE_BINS, phase_bins
from underdrawing.channel.lattice.noise import NoiseModel, chip_cells, estimate_noise, phase_places
from underdrawing.channel.lattice.sync import Candidate
from underdrawing.channel.lattice.telling import noise_by_sort, ratios_of, soft_bits, soft_bits_of
from underdrawing.channel.lattice.undertone import Undertone
from underdrawing.channel.ldpc import READINGS, Reading, Segmented, SegmentedDecoded

__all__ = ["Reception"]

_TONE_DOUBT = (0.01, 0.04)  # untouched, undone
_HARMLESS_ERROR = 0.12
_FIRST_NOISE = 0.2
_CLIPPED_INTACT = np.float32(0.1)
_CUT_OFF = (0.01, 0.06, 0.25, 0.6)
"""Shares of a block that was cut off, from one sort of blocks to the next."""

_SUREST = 20.0


@dataclass(frozen=True)
class Reception:
    """A suspect on its working grid. Arrays are 24×rows×columns, per chip, or rows×columns, per block.

    Attributes:
        candidate: grid, profile and tones that the pilots found.
        layout: roles of the chips for the tiers known so far.
        levels: masking level per block.
        means: mean luminance per block in grey levels.
        coefficients: what was measured, in grey levels of the picture as it was protected.
        bins: phase of each chip in 1/64 steps.
        steps: lattice step of each chip in grey levels, 0 where the block carries none.
        known: bit of each chip, −1 where unknown; pilots to begin with, then every decoded tier.
        noise: phase noise by coefficient and level.
        intact: probability that each block is untouched.
        key: secret of the channel.
        suspect: what was looked at.
        look: and how it looked.
        undertone: what is heard of an undertone; None where tones were changed, for that tells nothing then.
        first: bits of the first tier; None as long as they are not known.
        sorts: into which sort each block falls by how much of it was cut off, and each has a noise of its own; None
            where all are taken to be of one sort.
    """

    candidate: Candidate
    layout: Layout
    levels: NDArray[np.intp]
    means: NDArray[np.float32]
    coefficients: NDArray[np.float32]
    bins: NDArray[np.uint8]
    steps: NDArray[np.float32]
    known: NDArray[np.int8]
    noise: NoiseModel
    intact: NDArray[np.float32]
    key: bytes | None
    suspect: Suspect
    look: Look
    undertone: Callable[[], Undertone | None]
    first: NDArray[np.uint8] | None = None
    sorts: NDArray[np.intp] | None = None

    @classmethod
    def opened(cls, candidate: Candidate, look: Look, suspect: Suspect, key: bytes | None) -> "Reception":
        """What is received while nothing but the pilots is known.

        Args:
            candidate: grid, profile and tones.
            look: how the suspect looks under these.
            suspect: what is looked at.
            key: secret of the channel.
        """
        layout = _layout(candidate, (True,) + (False,) * (TIERS - 1), key)
        steps = look.steps(DESIGNS[candidate.profile, candidate.grid.side_px], look.levels, layout)
        reception = cls(
            candidate,
            layout,
            look.levels,
            look.means,
            look.coefficients,
            phase_bins(look.coefficients, steps, layout),
            steps,
            known=np.where(layout.roles == PILOT, layout.pilots.astype(np.int8), np.int8(-1)),
            noise=NoiseModel.of(np.full((6, LEVELS), _FIRST_NOISE, dtype=np.float32)),
            intact=np.ones(look.levels.shape, dtype=np.float32),
            key=key,
            suspect=suspect,
            look=look,
            undertone=_undertone_in(suspect, candidate, key),
        )
        return settled(reception, regions=False)

    @cached_property
    def cells(self) -> NDArray[np.intp]:
        """Index of every chip into the noise model."""
        return chip_cells(self.layout, self.levels)

    @cached_property
    def places(self) -> NDArray[np.intp]:
        """Index of every chip into tables of cells, what is known of its bit, and phases."""
        return phase_places(self.bins, self.cells, self.known)

    @cached_property
    def weight(self) -> NDArray[np.float32]:
        """How much every coefficient counts: 1, less where several share a chip, 0 where unused."""
        used = (self.steps > 0) & self.layout.carrying
        return np.asarray(np.where(self.layout.shared, 1 / SPREAD, 1) * used, dtype=np.float32)

    @cached_property
    def evidence(self) -> NDArray[np.float32]:
        """Evidence of each block for being untouched against replaced, rows×columns float32 in nats."""
        chips = log_intact(self.places, self._steady_weight, self.noise, cautious=True)
        return chips + self.evidence_of_undertone

    @cached_property
    def evidence_of_undertone(self) -> NDArray[np.float32]:
        """The part of it that an undertone tells: by its pilots, and by all of it once the first tier is known."""
        undertone = self.undertone()
        shape = (self.levels.shape[0], self.levels.shape[1])
        return np.zeros(shape, np.float32) if undertone is None else undertone.evidence(self.first, shape)

    @cached_property
    def agreement(self) -> NDArray[np.float32]:
        """How well the known chips of each block agree with what was sent, 2×rows×columns float32.

        The first plane is the sum of their agreement, each 1 where the phase is right, −1 where it is opposite and 0 on
        average where the block was replaced; the second is their number.
        """
        counted = self._steady_weight * (self.known >= 0)
        off = np.float32(2 * np.pi / PHASE_BINS) * self.bins - np.float32(np.pi) * (self.known == 1)
        return np.asarray(np.stack([(np.cos(off) * counted).sum(0), counted.sum(0)]), dtype=np.float32)

    @property
    def soft_bits(self) -> NDArray[np.float32]:
        """Log-likelihood ratio of every chip, positive for bit 0."""
        chips = np.arange(self.bins.size)
        return soft_bits(self, chips, self.intact.reshape(1, -1)).reshape(self.bins.shape)

    @cached_property
    def noise_by_sort(self) -> NoiseModel:
        """The noise of each sort of blocks, where they are told apart."""
        return self.noise if self.sorts is None else noise_by_sort(self, self.sorts)

    @cached_property
    def _steady_weight(self) -> NDArray[np.float32]:
        """The weight, less where a chip is so far from zero that a small error in what is known of the tones throws it
        off its lattice point."""
        doubt = np.float32(_TONE_DOUBT[self.candidate.tone != Tone()])
        error = np.abs(self.coefficients) * doubt / np.maximum(self.steps, np.float32(1))
        return np.asarray(self.weight / (1 + np.square(error / np.float32(_HARMLESS_ERROR))), dtype=np.float32)

    def with_tiers(self, present: tuple[bool, ...], *, filling: Filling = Filling.USUAL) -> "Reception":
        """The same reception once it is known which tiers the message has, and how the mark fills its places."""
        other = replace(self, layout=_layout(self.candidate, present, self.key, filling))
        return settled(other.shifted(0) if filling else other)

    @property
    def design(self) -> Design:
        """The numbers of the mark."""
        return DESIGNS[self.candidate.profile, self.candidate.grid.side_px]

    def estimated_noise(self, weight: NDArray[np.float32], *, least_stray: float = 0.0) -> NoiseModel:
        """The likeliest noise, every chip counting with a weight; at least that share of them may be anywhere."""
        filling = self.layout.filling
        return estimate_noise(self.places, weight, self.design, filling, least_stray=least_stray)

    def decode(
        self,
        tier: int,
        information_bits: int,
        *,
        hints: NDArray[np.float32] | None = None,
        readings: tuple[Reading, ...] = READINGS,
        sweeps: int = 30,
    ) -> SegmentedDecoded:
        """Decode one tier of a message whose length in bits is known.

        Args:
            tier: 0 to 3.
            information_bits: its length.
            hints: log-likelihood ratios of the information bits that are known from elsewhere, 0 where nothing is.
            readings: ways to take the soft bits, tried one after another.
            sweeps: of the decoder at most, for each of them.
        """
        code = Segmented.for_information(information_bits, parity_first=tier > 0)
        ratios = ratios_of(self._heard(tier), tier, code, self.intact[None])[0]
        return code.decode(ratios, hints=hints, readings=readings, max_iterations=sweeps)

    def decode_each(
        self,
        tier: int,
        information_bits: int,
        *,
        hints: NDArray[np.float32],
        intact: NDArray[np.float32] | None = None,
        readings: tuple[Reading, ...] = READINGS,
        sweeps: int = 30,
    ) -> tuple[SegmentedDecoded, ...]:
        """The same under each of n guesses at the bits, which is much faster than one after the other.

        Args:
            tier, information_bits, readings, sweeps: as above.
            hints: n×`information_bits` log-likelihood ratios.
            intact: m×rows×columns guesses at how reliable each block is; None: as it is. Of these each is held against
                each of the hints, the hints taking turns first.
        """
        code = Segmented.for_information(information_bits, parity_first=tier > 0)
        ratios = ratios_of(self._heard(tier), tier, code, self.intact[None] if intact is None else intact)
        each, guesses = np.repeat(ratios, len(hints), axis=0), np.tile(hints, (len(ratios), 1))
        return code.decode_each(each, hints=guesses, readings=readings, max_iterations=sweeps)

    def refitted(self, tier: int, beliefs: NDArray[np.float32]) -> "Reception":
        """The reception with the noise as the chips of one tier have it, told by what its decoder believes.

        Args:
            tier: 0 to 3.
            beliefs: log-likelihood ratios of its coded bits.
        """
        mine = self.layout.places[tier]
        weight = self.weight.ravel()[mine] * self.intact.ravel()[mine % self.intact.size]
        ratios = beliefs[self.layout.coded_bits_of(mine, beliefs.size)]
        ones = (1 / (1 + np.exp(np.clip(ratios, -_SUREST, _SUREST)))).astype(np.float32)
        noise = self.noise.refitted(self.bins.ravel()[mine], self.cells.ravel()[mine], ones, weight)
        return self.having(noise=noise)

    def told_bits(self, tier: int) -> float:
        """About how many bits the chips of a tier tell, as noisy and as reliable as they seem to be."""
        heard = self._heard(tier)
        mine = heard.layout.places[tier]
        counted = heard.weight.ravel()[mine] * heard.intact.ravel()[mine % heard.intact.size]
        return float(counted @ heard.noise.told_bits[heard.cells.ravel()[mine]])

    def _heard(self, tier: int) -> "Reception":
        """The reception of the chips that carry a tier."""
        return self._faint if tier == TIERS - 1 and has_faint(self.design, self.layout.filling) else self

    @cached_property
    def _faint(self) -> "Reception":
        """The reception of the faint chips."""
        return faintly_heard(self)

    def likeliest(
        self, base: NDArray[np.uint8], ways: NDArray[np.uint8], *, intact: NDArray[np.float32]
    ) -> list[tuple[NDArray[np.uint8], float]]:
        """The likeliest of many messages of the first tier under each of m guesses, and how many bits of evidence there
        are for it, see :func:`.choosing.likeliest`.

        Args:
            base, ways: the messages.
            intact: m×rows×columns, guesses at how reliable each block is. They must not hang on what chips of unknown
                bits say of these.
        """
        return likeliest(base, ways, *soft_bits_of(self, 0, Segmented.for_information(base.size), intact))

    def learn(self, tier: int, bits: NDArray[np.uint8]) -> "Reception":
        """The reception knowing that a tier says ``bits``; :meth:`settled` draws the conclusions."""
        codeword = Segmented.for_information(bits.size, parity_first=tier > 0).encode(bits)
        mine = self.layout.places[tier]
        known = self.known.copy()
        known.ravel()[mine] = codeword.astype(np.int8)[self.layout.coded_bits_of(mine, codeword.size)]
        return self.having(known=known, first=bits if tier == 0 else self.first)

    def seen_in(self, suspect: Suspect) -> "Reception":
        """What is known already, held against the same suspect laid onto its frame in another way; settled."""
        look = suspect.look(self.candidate.grid, self.candidate.tone)
        steps = look.steps(self.design, look.levels, self.layout)
        seen = replace(
            self,
            levels=look.levels,
            means=look.means,
            coefficients=look.coefficients,
            bins=phase_bins(look.coefficients, steps, self.layout),
            steps=steps,
            suspect=suspect,
            look=look,
            undertone=_undertone_in(suspect, self.candidate, self.key),
            sorts=None,
        )
        return seen.settled()

    def settled(self) -> "Reception":
        """The reception with masking levels, noise and reliability as what is known by now tells them."""
        return settled(relevelled(self))

    def discerning(self) -> "Reception":
        """The reception with blocks told apart by how much of them contrast or brightness may have cut off: what
        decoders believe of the one need not hold for the other."""
        cut = self.suspect.cut_off(self.candidate.grid)
        return replace(self, sorts=np.digitize(cut, _CUT_OFF))

    def widely(
        self, present: tuple[bool, ...], *, filling: Filling | None = None, turns: int = 0, by_all: bool = False
    ) -> "Reception":
        """The reception with blocks weighed by what the pilots say far and wide around each, where the copy is so noisy
        that a block alone does not tell whether it was replaced.

        Args:
            present: which tiers the message probably has; their pilots count too.
            filling: how the mark probably fills its places; None: as the candidate says.
            turns: how often noise is told by the blocks that are believed, and these by that noise. Where half of a
                picture was replaced, all chips together look much noisier than those that are left.
            by_all: count other chips, too, by their doubled phases.
        """
        usual = self._as_usual(present, filling)
        chips = usual.weight if by_all else usual.weight * (usual.known >= 0)
        intact = weighed_in_turns(usual, chips, telling=usual.weight, turns=1 + turns)
        heard = self.having(intact=self._unseen_left_out(intact))
        return heard.having(noise=heard.estimated_noise(heard.weight * heard.intact[None])) if turns else heard

    def guessed(self, present: tuple[bool, ...], count: int, *, anew: bool = False) -> NDArray[np.float32]:
        """Guesses at how reliable each block is, count×rows×columns, see :func:`.evidence.guessed_reliabilities`.

        Args:
            present: which tiers the message probably has; their pilots count too.
            count: how many guesses.
            anew: take the noise of all blocks together, whichever are believed by now.
        """
        usual = self._as_usual(present, None)
        noise = usual.estimated_noise(usual.weight if anew else usual.weight * self.intact[None])
        evidence = log_intact(usual.places, usual.weight * (usual.known >= 0), noise)
        evidence += self.evidence_of_undertone
        return self._unseen_left_out(guessed_reliabilities(evidence, self.candidate.grid.side_px // BLOCK, count))

    def _as_usual(self, present: tuple[bool, ...], filling: Filling | None) -> "Reception":
        """The reception with the chips of tiers that nothing is known of yet, their places filled as they probably
        are."""
        if filling is None:
            filling = Filling.DETAILED if self.candidate.filling is Filling.DETAILED else Filling.DENSE
        return replace(self, layout=_layout(self.candidate, present, self.key, filling)).shifted(0)

    def _unseen_left_out(self, intact: NDArray[np.float32]) -> NDArray[np.float32]:
        """The same probabilities, less for blocks of which not all is seen, and little for clipped ones."""
        if self.look.clipped is not None:
            intact = np.where(self.look.clipped, np.minimum(intact, _CLIPPED_INTACT), intact)
        return intact if self.look.visible is None else intact * self.look.visible

    def having(self, **changes: Any) -> "Reception":
        """A copy with some other known bits, noise or reliability; what does not depend on these is kept."""
        kept = {"cells", "weight", "_steady_weight"}
        if "known" not in changes:
            kept.add("places")
        if changes.get("first", self.first) is self.first:
            kept.add("evidence_of_undertone")
        return self._with_what_stays(replace(self, **changes), kept)

    def _with_what_stays(self, other: "Reception", kept: set[str]) -> "Reception":
        """Another reception with some of what was worked out of this one already and is the same there."""
        other.__dict__.update({name: self.__dict__[name] for name in kept & self.__dict__.keys()})
        return other

    def shifted(self, shift: int) -> "Reception":
        """The same chips read as if every block were this many masking levels busier."""
        levels = np.clip(self.levels + shift, 0, LEVELS - 1)
        steps = self.look.steps(self.design, levels, self.layout)
        bins = phase_bins(self.coefficients, steps, self.layout)
        return self._with_what_stays(replace(self, levels=levels, steps=steps, bins=bins), {"evidence_of_undertone"})

    def with_blocks_of(self, other: "Reception", chosen: NDArray[np.bool_]) -> "Reception":
        """The reception with some blocks as the other reads them."""
        mixed = replace(
            self,
            levels=np.where(chosen, other.levels, self.levels),
            steps=np.where(chosen, other.steps, self.steps),
            bins=np.where(chosen, other.bins, self.bins),
        )
        return self._with_what_stays(mixed, {"evidence_of_undertone"})


def _undertone_in(suspect: Suspect, candidate: Candidate, key: bytes | None) -> Callable[[], Undertone | None]:
    """What is heard of an undertone, once it is asked for."""
    return cache(partial(Undertone.of, suspect.luma, key) if candidate.tone == Tone() else lambda: None)


def _layout(
    candidate: Candidate, present: tuple[bool, ...], key: bytes | None, filling: Filling = Filling.USUAL
) -> Layout:
    offset = DESIGNS[candidate.profile, candidate.grid.side_px].offset
    return layout_of(candidate.grid, present, key, filling=filling).shifted(offset)
