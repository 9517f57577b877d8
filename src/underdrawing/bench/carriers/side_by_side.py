"""Every carrier that runs here, side by side: what each holds, what it costs, and what its messages come through.

All carriers mark the same pictures with the same ids and codes and go through the same attacks with the same seeds. A
message counts as read when it came back whole and right: with the small carriers that is the id, or its beginning, and
the beginning of the code. Ours is there twice: as one carrier among others, and as the pipeline uses it, where a
message comes in blocks and the id is the last to go.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

import underdrawing
from underdrawing.bench.attacks import geometry
from underdrawing.bench.attacks.pixelwise import Pixels
from underdrawing.bench.corpus import Corpus
from underdrawing.bench.edits.masks import Shape
from underdrawing.bench.edits.tampering import Kind, tamper
from underdrawing.bench.main_job.captions import facts_for
from underdrawing.bench.metrics.likeness import psnr_db, ssim
from underdrawing.bench.row_log import failure
from underdrawing.channel import CARRIERS, Carrier, load_carrier
from underdrawing.errors import UnderdrawingError
from underdrawing.images import Picture
from underdrawing.messages import carry, hear
from underdrawing.payload import SigningKey
from underdrawing.tokenizer import Tokenizer, ladder_bits

__all__ = [
    "ATTACKS",
    "PIPELINE",
    "Contender",
    "Result",
    "add_result",
    "contenders",
    "load_results",
    "measure",
]

PIPELINE = "lattice, through verify"
_EDITED = "edit+"

ATTACKS: tuple[str, ...] = (
    *("png", "jpeg90", "jpeg75", "jpeg50", "jpeg30", "webp75", "webp50"),
    *("resize0.5+jpeg80", "resize1.5", "blur1.2", "median3", "noise6", "brightness0.85", "contrast1.15", "gamma1.2"),
    *("edit+jpeg75", "fit640+jpeg70", "mirror", "turn90"),
    *("crop0.7", "crop0.5", "crop0.35", "crop0.2", "crop0.7+resize0.6..1.6+jpeg75"),
    *("resize0.6..1.5+page1.1..2+jpeg80", "rotate-10..10", "aspect0.9..1.1", "perspective0..0.02"),
    "edit+crop0.8+jpeg75",
)
"""Names for ``geometry.get``; ``edit+`` before one means that a quarter of the area was replaced first."""


LONGEST_PX = 1024
"""Photographs are reduced to this long side first: most of these carriers were made for pictures of about this size."""


@dataclass(frozen=True)
class Mark:
    """A marked picture and the size of what is in it.

    Attributes:
        pixels: H×W×3 uint8 RGB.
        id_bits: How many bits of the id.
        code_bits: How many bits of the hidden code.
        read: Says of a suspect whether the message was read, and whether all of it was.
    """

    pixels: Pixels
    id_bits: int
    code_bits: int
    read: Callable[[Pixels], tuple[bool, bool]]


class Contender(Protocol):
    """What is measured: it marks, and it notices a mark where there is one, or where there is none."""

    @property
    def name(self) -> str:
        """As it stands in the table."""

    def mark(self, picture: Picture, id: int) -> Mark:
        """The picture with this id and its code in it, as much as fits."""

    def notices(self, pixels: Pixels) -> bool:
        """Whether something is read out of pixels that may carry nothing."""


@dataclass(frozen=True)
class Result:
    """One contender on one picture.

    Attributes:
        contender: Its name.
        picture: Name in the corpus.
        id_bits: How many bits of the id it carried.
        code_bits: How many bits of the code.
        psnr_db: Marked against given pixels, RGB, data range 255; larger is better.
        ssim: Same pair, 0 to 1; larger is better.
        false_read: Whether it read a message out of the picture before it was marked.
        id_read: By attack, whether the id came back.
        all_read: By attack, whether everything came back.
        error: What failed, in one line; then nothing but the names is set.
    """

    contender: str
    picture: str
    id_bits: int = 0
    code_bits: int = 0
    psnr_db: float = 0.0
    ssim: float = 0.0
    false_read: bool = False
    id_read: dict[str, bool] | None = None
    all_read: dict[str, bool] | None = None
    error: str | None = None


@dataclass(frozen=True, eq=False)
class _SmallMessages:
    """A carrier with the message that fits it."""

    carrier: Carrier
    tokenizer: Tokenizer

    @property
    def name(self) -> str:
        return self.carrier.name

    def mark(self, picture: Picture, id: int) -> Mark:
        pixels = picture.pixels.astype(np.uint8)
        carried = carry(pixels, self.carrier, id=id, code=self.tokenizer.encode(pixels))
        code = self.tokenizer.encode(pixels).prefix(max(1, carried.layout.scales))

        def read(suspect: Pixels) -> tuple[bool, bool]:
            found = hear(suspect, self.carrier)
            if found is None or found.message.layout != carried.layout or id not in found.message.id_range:
                return False, False
            return True, found.code is None or found.code == code

        return Mark(carried.pixels, carried.layout.id_bits, carried.layout.code_bits, read)

    def notices(self, pixels: Pixels) -> bool:
        return hear(pixels, self.carrier) is not None


class _Pipeline:
    """Ours as people use it: facts and signature are in there too, and the id is one that the pipeline gives."""

    name = PIPELINE

    def mark(self, picture: Picture, id: int) -> Mark:
        facts = facts_for(min(picture.height, picture.width))
        protection = underdrawing.protect(picture, facts=facts, key=SigningKey.from_seed(bytes(32)))

        def read(suspect: Pixels) -> tuple[bool, bool]:
            finding = underdrawing.verify(Picture(suspect))
            right = finding.id == protection.id
            return right, right and finding.blocks == protection.blocks

        pixels = protection.picture.pixels.astype(np.uint8)
        clean = underdrawing.verify(Picture(pixels))
        return Mark(pixels, 64, ladder_bits(clean.code_scales), read)

    def notices(self, pixels: Pixels) -> bool:
        return underdrawing.verify(Picture(pixels)).id is not None


def contenders(*, weights: Path | None = None) -> list[Contender]:
    """Ours twice, and every other carrier that can be used here."""
    tokenizer = Tokenizer.load()
    ready = [load_carrier(entry.name, weights=weights) for entry in CARRIERS if not entry.missing(weights)]
    return [_Pipeline(), *(_SmallMessages(carrier, tokenizer) for carrier in ready)]


def measure(
    contender: Contender, name: str, corpus: Corpus, *, attacks: Sequence[str] = ATTACKS, seed: int = 0
) -> Result:
    """One contender on one picture, through all attacks; an error of the package becomes a result that says so."""
    given = _reduced(corpus, name)
    picture = Picture(given)
    id = int.from_bytes(_digest(seed, name)[8:16], "big")
    try:
        mark = contender.mark(picture, id)
    except UnderdrawingError as error:
        return Result(contender.name, name, error=failure(error))
    reads = {attack: mark.read(_attacked(mark.pixels, attack, name, corpus, seed)) for attack in attacks}
    return Result(
        contender=contender.name,
        picture=name,
        id_bits=mark.id_bits,
        code_bits=mark.code_bits,
        psnr_db=psnr_db(given, mark.pixels, data_range=255),
        ssim=ssim(given, mark.pixels, data_range=255),
        false_read=contender.notices(given),
        id_read={attack: bool(id_read) for attack, (id_read, _) in reads.items()},
        all_read={attack: bool(all_read) for attack, (_, all_read) in reads.items()},
    )


def load_results(path: Path, *, header: dict[str, object]) -> list[Result]:
    """What an earlier run into the same file measured; a file of another run is begun afresh.

    A line that an interruption cut off is removed.
    """
    first = json.dumps(header) + "\n"
    lines = path.read_text("utf-8").splitlines(keepends=True) if path.exists() else []
    whole = [line for line in lines if line.endswith("\n")] if lines[:1] == [first] else [first]
    if whole != lines:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(whole), "utf-8")
    return [Result(**json.loads(line)) for line in whole[1:]]


def add_result(path: Path, result: Result) -> None:
    """Append a result to the file."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(result)) + "\n")


def _digest(*parts: object) -> bytes:
    return hashlib.sha256("|".join(map(str, parts)).encode()).digest()


def _reduced(corpus: Corpus, name: str) -> Pixels:
    """A photograph, no longer than ``LONGEST_PX``."""
    pixels = corpus.load(name).pixels.astype(np.uint8)
    return geometry.get(f"fit{LONGEST_PX}").apply(pixels, np.random.default_rng(0)).pixels


def _attacked(pixels: Pixels, attack: str, name: str, corpus: Corpus, seed: int) -> Pixels:
    """The suspect; the seed depends on picture and attack, and is the same for all contenders."""
    rng = np.random.default_rng(int.from_bytes(_digest(seed, name, attack)[:8], "big"))
    if attack.startswith(_EDITED):
        donor_name = corpus.protected[(corpus.protected.index(name) + 1) % len(corpus.protected)]
        donor = _reduced(corpus, donor_name)
        pixels = tamper(pixels, kind=Kind.SPLICE, rng=rng, donor=donor, fraction=0.25, shape=Shape.BLOBS).pixels
    return geometry.get(attack.removeprefix(_EDITED)).apply(pixels, rng).pixels
