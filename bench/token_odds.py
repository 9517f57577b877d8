"""How far a suspect's own tokens can be believed: the tables of ``messages/beliefs.py``, and how true they are.

    python bench/token_odds.py                  # the photographs inside scikit-image
    python bench/token_odds.py --data DIR       # and those in DIR/fullres
    python bench/token_odds.py --stride 2       # every second photograph

Photographs are protected, a quarter of each is replaced, and copies are made of them. What a reader sees of the tokens
then, scale by scale, is held against the tokens that were sent, and the beliefs that make them likeliest are printed,
with the bits that a token still takes to be told under the old and under the new ones.
"""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import typer
from numpy.typing import NDArray
from PIL import Image
from scipy.optimize import minimize
from skimage import data as photographs

from underdrawing import protect
from underdrawing.bench.attacks import pixelwise
from underdrawing.bench.edits.masks import Shape
from underdrawing.bench.edits.tampering import Kind, tamper
from underdrawing.bench.main_job.captions import facts_for
from underdrawing.channel.lattice import receive
from underdrawing.images import Picture
from underdrawing.messages.anchoring import recalled
from underdrawing.messages.beliefs import BELIEFS, COARSE_BELIEFS, Belief, CoarseBelief
from underdrawing.messages.reading import Reading, read_message
from underdrawing.messages.recall import Nearest, Recollection
from underdrawing.messages.tiers import TIER_OF
from underdrawing.payload import Block, SigningKey
from underdrawing.tokenizer import VOCABULARY, HiddenCode, Tokenizer

COARSE_ATTACKS = ("jpeg75", "jpeg50", "jpeg40", "webp75", "resize0.5+jpeg80", "resize0.5+jpeg75")
HARSH_ATTACKS = ("jpeg25", "webp50", "resize0.4+jpeg70", "resize0.5+jpeg80", "contrast1.15", "contrast0.85")
FINE_ATTACKS = ("jpeg85", "jpeg75", "jpeg50", "resize0.7+jpeg85")
READ_BEFORE: dict[int, tuple[Block, ...]] = {
    1: (),
    2: (),
    4: (Block.ANCHOR,),
    8: (Block.ANCHOR,),
    16: (Block.ANCHOR, Block.CORE),
    32: tuple(Block)[:3],
}
"""What a reader knows of the message when it asks for the odds of each scale."""

LONGEST_SIDE_PX = 1800
BUILT_IN = ("astronaut", "coffee", "chelsea", "rocket")
MOST_TOKENS = 12_000
MOST_ENTRIES = 400
_LIKELY_CHANGE = 0.5
DONOR = "immunohistochemistry"

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Seen:
    """What was seen of n tokens of one scale.

    Attributes:
        distance: n×candidates float32.
        intact: n float32.
        rank: n, place of the token that was sent among the candidates; as large as their number where it is none.
    """

    distance: NDArray[np.float32]
    intact: NDArray[np.float32]
    rank: NDArray[np.intp]

    @classmethod
    def of(cls, nearest: Nearest, sent: NDArray[np.uint16]) -> "Seen":
        """The candidates held against the tokens that were sent, side×side."""
        hit = nearest.tokens == sent.reshape(-1, 1)
        return cls(nearest.distance, nearest.intact, np.where(hit.any(axis=1), hit.argmax(axis=1), hit.shape[1]))

    @classmethod
    def together(cls, parts: list["Seen"]) -> "Seen":
        """All of them, or an even choice where there are very many."""
        distance, intact, rank = (np.concatenate(every) for every in zip(*map(vars_of, parts), strict=True))
        chosen = slice(None, None, -(-rank.size // MOST_TOKENS))
        return cls(distance[chosen], intact[chosen], rank[chosen])

    def bits(self, belief: Belief) -> NDArray[np.float64]:
        """Bits that each token still takes to be told."""
        inside, (log_weight, log_none) = self._weights(belief)
        candidate = np.take_along_axis(log_weight, np.where(inside, self.rank, 0)[:, None], axis=1)[:, 0]
        chance = np.where(inside, np.exp(candidate), 0) + np.exp(log_none) / VOCABULARY
        return np.asarray(-np.log2(chance), dtype=np.float64)

    def reliability(self, belief: Belief) -> Iterator[tuple[float, float, int]]:
        """Probability given to the nearest token, how often it was the one sent, and of how many, in steps."""
        _, (log_weight, _) = self._weights(belief)
        said = np.exp(log_weight[:, 0])
        for low, high in ((0.0, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 0.9), (0.9, 0.97), (0.97, 1.01)):
            chosen = (said >= low) & (said < high)
            if chosen.any():
                yield float(said[chosen].mean()), float((self.rank[chosen] == 0).mean()), int(chosen.sum())

    def _weights(self, belief: Belief) -> tuple[NDArray[np.bool_], tuple[NDArray[np.float32], NDArray[np.float32]]]:
        return self.rank < self.distance.shape[1], belief.log_weights(self.distance, self.intact)


@dataclass(frozen=True, eq=False)
class SeenCoarse:
    """What was seen of n tokens of one coarse scale.

    Attributes:
        closeness: n×entries float32, of the nearest entries but for the token that was sent; the others count as far
            off.
        sent: n float32, that of the token that was sent.
        gone: n float32, share of each cell that does not count.
    """

    closeness: NDArray[np.float32]
    sent: NDArray[np.float32]
    gone: NDArray[np.float32]

    @classmethod
    def of(cls, seen: Recollection, known: HiddenCode | None, sent: NDArray[np.uint16]) -> "SeenCoarse":
        """The entries held against what is left of each cell; the token that was sent stands apart."""
        side, closeness, _ = seen.tokenizer.closeness(seen.canvas, known, seen.weight)
        own = np.take_along_axis(closeness, sent.reshape(-1, 1).astype(np.intp), axis=1)
        np.put_along_axis(closeness, sent.reshape(-1, 1).astype(np.intp), -np.inf, axis=1)
        near = np.partition(closeness, -MOST_ENTRIES, axis=1)[:, -MOST_ENTRIES:]
        return cls(near, own[:, 0], seen.gone(side))

    @classmethod
    def together(cls, parts: list["SeenCoarse"]) -> "SeenCoarse":
        """All of them, or an even choice where there are very many."""
        every = [np.concatenate([getattr(part, name) for part in parts]) for name in ("closeness", "sent", "gone")]
        chosen = slice(None, None, -(-every[1].size // (MOST_TOKENS // 4)))
        return cls(*(values[chosen] for values in every))

    def bits(self, belief: CoarseBelief) -> NDArray[np.float64]:
        """Bits that each token still takes to be told."""
        log_weight, log_none = belief.log_weights(np.column_stack([self.sent, self.closeness]), self.gone)
        chance = np.exp(log_weight[:, 0]) + np.exp(log_none) / VOCABULARY
        return np.asarray(-np.log2(chance), dtype=np.float64)


def vars_of(seen: Seen) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.intp]]:
    """Distances, reliability and ranks."""
    return seen.distance, seen.intact, seen.rank


def main(
    data: Annotated[Path | None, typer.Option(help="Folder with fullres/.")] = None,
    stride: Annotated[int, typer.Option(help="Take every n-th photograph.")] = 1,
    processes: Annotated[int, typer.Option(help="Workers, each on one thread.")] = 1,
) -> None:
    """Measure the beliefs of every scale and print them."""
    paths = sorted(path for path in (data / "fullres").rglob("*") if path.suffix in {".png", ".jpg"}) if data else []
    sources = [*BUILT_IN, *paths[::stride]]
    with ProcessPoolExecutor(processes) as pool:
        parts = list(pool.map(seen_of_photograph, sources, range(len(sources))))
    typer.echo("| scale | tokens | bits a token, before | after | belief |\n|" + "---|" * 5)
    for side, coarse in COARSE_BELIEFS.items():
        if every := [part for found in parts for part in found.get(side, []) if isinstance(part, SeenCoarse)]:
            seen_coarse = SeenCoarse.together(every)
            report(side, seen_coarse.bits, coarse, fitted_coarse(seen_coarse, coarse))
    for side, before in BELIEFS.items():
        fine = [part for found in parts for part in found.get(side, []) if isinstance(part, Seen)]
        if not fine:
            continue
        seen = Seen.together(fine)
        belief = fitted(seen, before)
        report(side, seen.bits, before, belief)
        steps = (f"{said:.2f} said, {right:.2f} right ({count})" for said, right, count in seen.reliability(belief))
        typer.echo(f"scale {side}: " + "; ".join(steps), err=True)


def report(side: int, bits: Callable[[Any], NDArray[np.float64]], before: object, after: object) -> None:
    """One row of the table."""
    old, new = bits(before), bits(after)
    typer.echo(f"| {side} | {old.size} | {old.mean():.3f} | {new.mean():.3f} | `{written(after)}` |")


def seen_of_photograph(source: str | Path, number: int) -> dict[int, list[Seen | SeenCoarse]]:
    """What copies of one photograph tell, by side of the scale."""
    cv2.setNumThreads(1)
    pixels, tokenizer = load(source), Tokenizer.load()
    if min(pixels.shape[:2]) < 512:
        return {}
    protection = protect(Picture(pixels), facts=facts_for(min(pixels.shape[:2])), key=SigningKey.from_seed(bytes(32)))
    marked, code = protection.picture.pixels, protection.code
    original = receive(marked)
    sent = None if original is None else read_message(original, tokenizer)
    found: dict[int, list[Seen | SeenCoarse]] = {}
    if sent is None or not sent.is_complete:
        return found
    for turn, name in enumerate(dict.fromkeys((*HARSH_ATTACKS, *COARSE_ATTACKS, *FINE_ATTACKS))):
        rng = np.random.default_rng(100 * number + turn)
        shape = list(Shape)[turn % len(Shape)]
        forged = tamper(marked, kind=Kind.SPLICE, shape=shape, rng=rng, donor=getattr(photographs, DONOR)())
        copy = pixelwise.get(name).apply(forged.pixels, rng)
        asked = {1: HARSH_ATTACKS, 2: HARSH_ATTACKS, 16: COARSE_ATTACKS, 32: FINE_ATTACKS}
        asked |= dict.fromkeys((4, 8), (*HARSH_ATTACKS, *COARSE_ATTACKS))
        for side in (side for side, names in asked.items() if name in names):
            seen = seen_of_copy(copy, side, sent=sent, code=code, tokenizer=tokenizer)
            if seen is not None:
                found.setdefault(side, []).append(seen)
    return found


def seen_of_copy(
    copy: Pixels, side: int, *, sent: Reading, code: HiddenCode, tokenizer: Tokenizer
) -> Seen | SeenCoarse | None:
    """What a reader of a copy sees of one scale once it has read what comes before; None where that never happens."""
    if any(block not in sent.bits for block in (*READ_BEFORE[side], list(Block)[len(READ_BEFORE[side])])):
        return None
    reception = receive(copy)
    if reception is None or reception.candidate.profile is not sent.reception.candidate.profile:
        return None
    if READ_BEFORE[side]:
        reception = reception.with_tiers(tuple(block in sent.bits for block in TIER_OF))
    for block in READ_BEFORE[side]:
        reception = reception.learn(TIER_OF[block], sent.bits[block]).settled()
    n_scales = side.bit_length() - 1
    known = code.prefix(n_scales) if n_scales else None
    recollection = recalled(copy, reception, known if READ_BEFORE[side] else None, tokenizer)
    if known is None or side in COARSE_BELIEFS:
        return SeenCoarse.of(recollection, known, code.scales[n_scales])
    return Seen.of(recollection.nearest(known), code.scales[n_scales])


def load(source: str | Path) -> Pixels:
    """A photograph by its name in scikit-image or its path, not too large."""
    if isinstance(source, str):
        return np.asarray(getattr(photographs, source)(), dtype=np.uint8)
    with Image.open(source) as image:
        image.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX), Image.Resampling.LANCZOS)
        return np.asarray(image.convert("RGB"))


def fitted(seen: Seen, start: Belief) -> Belief:
    """The belief under which the tokens that were sent are likeliest, found from an old one."""
    return belief_of(_likeliest(numbers_of(start), lambda numbers: seen.bits(belief_of(numbers))))


def fitted_coarse(seen: SeenCoarse, start: CoarseBelief) -> CoarseBelief:
    """The same of a coarse scale."""

    def belief_of(numbers: NDArray[np.float64]) -> CoarseBelief:
        sharp, blur = (float(number) for number in np.exp(numbers[:2]))
        return CoarseBelief(sharp, blur, (float(numbers[2]), float(numbers[3])))

    before = np.array([np.log(start.sharp), np.log(max(start.blur, 0.1)), *start.astray])
    return belief_of(_likeliest(before, lambda numbers: seen.bits(belief_of(numbers))))


def _likeliest(
    before: NDArray[np.float64], bits: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """The numbers under which tokens take the fewest bits to be told, by simplex search.

    They are thought to lie around the old ones, with a standard deviation of a half; that keeps those in place of which
    few tokens tell anything.
    """

    def cost(numbers: NDArray[np.float64]) -> float:
        astray_nats = np.square((numbers - before) / _LIKELY_CHANGE).sum() / 2
        told = bits(numbers)
        return float(told.mean() + astray_nats / np.log(2) / told.size)

    options = {"maxfev": 1500, "xatol": 1e-3, "fatol": 1e-5}
    return np.asarray(minimize(cost, before, method="Nelder-Mead", options=options).x, dtype=np.float64)


def numbers_of(belief: Belief) -> NDArray[np.float64]:
    """The seven numbers of a belief, slopes as logarithms, so that they stay positive."""
    sharp, lead, wide, whole, touched = astuple(belief)
    slopes = np.log([sharp, wide, whole[0], touched[0]])
    return np.array([*slopes, lead, whole[1], touched[1]], dtype=np.float64)


def belief_of(numbers: NDArray[np.float64]) -> Belief:
    """The belief with these numbers."""
    sharp, wide, whole, touched = (float(slope) for slope in np.exp(numbers[:4]))
    lead, whole_offset, touched_offset = (float(number) for number in numbers[4:])
    return Belief(sharp=sharp, lead=lead, wide=wide, whole=(whole, whole_offset), touched=(touched, touched_offset))


def written(belief: object) -> str:
    """A belief as it stands in the source, to three digits."""
    return re.sub(r"-?\d+\.\d+(e-?\d+)?", lambda number: f"{float(number[0]):.3g}", repr(belief))


if __name__ == "__main__":
    typer.run(main)
