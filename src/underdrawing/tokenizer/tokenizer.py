"""Pictures ⇄ hidden codes, with the shipped weights.

::

    picture ─► canvas 256² ─► 16-pixel patches ─► 32 latents ─► scales 1, 2, 4, 8, 16
                   │                                                   │
                   └──────── minus ◄── linear picture of these ◄───────┘
                               └─► 8-pixel patches ─► 16 latents ─► scale 32

    tokens ─► latents ─► decoder network ─► picture

Encoding is integer arithmetic throughout, so the same canvas has the same tokens on every machine. Only the decoder, on
which no token depends, is a neural network.
Sources: multi-scale hidden code, arXiv 2602.22759; residual scales, arXiv 2404.02905; the two-level layout is ours.
"""

from __future__ import annotations

from importlib.resources.abc import Traversable

import numpy as np
from numpy.typing import NDArray

from underdrawing.errors import UsageError
from underdrawing.networks import Network, read_verified, shipped_weights
from underdrawing.tokenizer.canvas import to_canvas
from underdrawing.tokenizer.ladder import LADDER, HiddenCode
from underdrawing.tokenizer.painter import Latents, Painter, Surroundings
from underdrawing.tokenizer.quantizer import Vocabulary, encode_scales, latents_of_scales
from underdrawing.tokenizer.steadying import steadying
from underdrawing.tokenizer.weights import DECODER_FILE, LINEAR_FILE, LinearWeights

__all__ = ["Latents", "Tokenizer", "encode_canvas"]

_COARSE = LADDER[:5]
_FINE = LADDER[5]


class Tokenizer:
    """Describes a picture by tokens, and paints the picture that tokens describe.

    Attributes:
        linear: what decides tokens.
        painter: what paints them.
    """

    def __init__(self, linear: LinearWeights, painter: Painter) -> None:
        self.linear = linear
        self.painter = painter

    @classmethod
    def load(cls, *, weights: Traversable | None = None) -> Tokenizer:
        """The tokenizer with the shipped weights.

        Args:
            weights: another folder of weights, made by the training command.

        Raises:
            WeightsError: a file is missing or is not the one that ``weights.json`` names.
        """
        folder = shipped_weights("tokenizer") if weights is None else weights
        linear = LinearWeights.from_bytes(read_verified(folder, LINEAR_FILE))
        return cls(linear, Painter(Network(read_verified(folder, DECODER_FILE))))

    def encode(self, pixels: NDArray[np.uint8]) -> HiddenCode:
        """The full hidden code (all six scales) of a picture.

        Args:
            pixels: H×W×3 RGB, uint8, 0..255, any size.

        Returns:
            Six token maps; the same canvas gives the same tokens on every machine.

        Raises:
            UsageError: not three channels of uint8.
        """
        return encode_canvas(to_canvas(pixels), self.linear)

    def decode(self, code: HiddenCode) -> NDArray[np.uint8]:
        """The picture that a code describes: 256×256×3 RGB, uint8; any prefix will do, also one known in part."""
        return self.paint(self.latents(code))

    def paint(
        self,
        latents: Latents,
        *,
        surroundings: Surroundings | None = None,
        hints: NDArray[np.float32] | None = None,
    ) -> NDArray[np.uint8]:
        """The picture that latents stand for, continued from what is to be seen around: 256×256×3 RGB, uint8.

        Args:
            latents: from ``latents``, or better ones for the same code.
            surroundings: what is to be seen of the picture; None when it is painted from its code alone.
            hints: (64, 16, 16) float32, what a Transformer tells the decoder; None without one.
        """
        return self.painter.paint(latents, surroundings=surroundings, hints=hints)

    def detail_order(self, code: HiddenCode) -> NDArray[np.int64]:
        """All 1024 raster positions of scale 32, those first where it adds most; whoever has scale 16 finds the same.

        The four positions in one cell of scale 16 stay together, row by row. Integers only: cells are sorted by a table
        that ships with the weights, at the token of scale 16; ties keep raster order.

        Args:
            code: the scales up to 16, or more.

        Returns:
            (1024,) int64, a permutation of 0..1023.

        Raises:
            UsageError: the code has no complete scale 16.
        """
        if not code.has_whole(len(_COARSE)):
            raise UsageError(f"detail order: got {code.n_scales} scales, expected a code with a complete scale 16")
        cells = np.argsort(-self.linear.detail[code.scales[4]].ravel(), kind="stable")
        positions = np.arange(_FINE * _FINE).reshape(16, 2, 16, 2).transpose(0, 2, 1, 3).reshape(-1, 4)
        return positions[cells].ravel().astype(np.int64)

    def steadying(
        self, canvas: NDArray[np.integer], code: HiddenCode, margins: tuple[float, ...]
    ) -> NDArray[np.float32]:
        """What to add to a picture so that a copy of it still gives these tokens; see :func:`.steadying.steadying`."""
        return steadying(canvas, code, margins, self.linear)

    def closeness(
        self,
        canvas: NDArray[np.integer],
        known: HiddenCode | None,
        weight: NDArray[np.floating] | None = None,
    ) -> tuple[int, NDArray[np.float32], Vocabulary]:
        """How well each entry of the vocabulary fits a picture's next scale, when the scales before it are known.

        Args:
            canvas: 256×256×3 RGB integers.
            known: the scales before, at most five, complete; None for none.
            weight: (16, 16), how much each part of the picture counts, 0..1; None for all of it, and not at scale 32.

        Returns:
            The side of the next scale; side²×4096 float32, minus half the squared distance to each entry but for a
            constant per place; and the vocabulary.
        """
        number = 0 if known is None else known.n_scales
        side = LADDER[number]
        if known is not None and side == _FINE:
            vocabulary = self.linear.fine_vocabulary
            return (
                side,
                vocabulary.closeness(self.linear.fine_analysis(canvas - self.linear_picture(known))),
                vocabulary,
            )
        scale = self.linear.scales[number]
        left = self.linear.coarse_analysis(canvas) - self.latents(known).coarse
        if weight is None:
            return side, scale.vocabulary.closeness(scale.vectors(left)), scale.vocabulary
        return side, scale.closeness(left, weight), scale.vocabulary

    def strays(self, analysed: NDArray[np.integer], code: HiddenCode) -> NDArray[np.float32]:
        """How far a picture has strayed from the tokens of its code, where quantization errs in both alike.

        A code misses what it describes by the error of quantization, but the picture itself lies nearer to its own
        token than to any other, and so does a copy of it. So the last coarse scale of the code is looked at: a cell
        counts by how far it lies beyond the border between its token and the one it would get now.

        Args:
            analysed: (16, 16, 32), what ``linear.coarse_analysis`` makes of the picture.
            code: the scales up to 16, or fewer, or more.

        Returns:
            (side, side) float32, in units of latents; 0 where the token is still the nearest, or is not known.
        """
        number = min(code.n_scales, len(_COARSE)) - 1
        scale, tokens = self.linear.scales[number], code.scales[number]
        left = analysed - self.latents(code.prefix(number) if number else None).coarse
        closeness = scale.vocabulary.closeness(scale.vectors(left))
        own, nearest = tokens.ravel().astype(np.intp), closeness.argmax(axis=1)
        beyond = -scale.vocabulary.distances(closeness, own, nearest[:, None]).reshape(tokens.shape)
        return beyond if code.known is None or code.has_whole(number + 1) else beyond * code.known

    def linear_picture(self, code: HiddenCode) -> NDArray[np.int16]:
        """What the scales up to 16 say without the decoder network: 256×256×3 RGB, int16, 0..255; exact integers."""
        return self.linear.says(self.latents(code).coarse.astype(np.int32))

    def likeness(
        self, latents: NDArray[np.integer | np.floating], known: HiddenCode | None
    ) -> tuple[NDArray[np.float32], float]:
        """How well each token of the next scale fits latents, when the scales before it are known.

        Args:
            latents: (16, 16, 32), of the whole picture.
            known: the scales before, complete; fewer than five, or None.

        Returns:
            (side, side, 4096) float32, minus half the squared distance but for a constant per place; and the mean
            variance of the numbers of an entry, to measure it by.

        Raises:
            UsageError: all scales up to 16 are known.
        """
        number = 0 if known is None else known.n_scales
        if number >= len(_COARSE):
            raise UsageError(f"tokenizer: {number} scales are known, expected fewer than {len(_COARSE)}")
        scale = self.linear.scales[number]
        vectors = scale.vectors(np.rint(latents - self.latents(known).coarse).astype(np.int32))
        closeness = scale.vocabulary.closeness(vectors).reshape(*vectors.shape[:2], -1)
        return closeness, float(scale.vocabulary.entries.astype(np.float64).var(axis=0).mean())

    def latents(self, code: HiddenCode | None) -> Latents:
        """What a code says, as the decoder network gets it; None says nothing."""
        fine = np.zeros((_FINE, _FINE, self.linear.fine_vocabulary.entries.shape[1]), dtype=np.int32)
        if code is None:
            dims = self.linear.scales[0].layouts.shape[-1]
            nothing = np.zeros((len(LADDER), _FINE, _FINE), dtype=np.bool_)
            return Latents(np.zeros((_COARSE[-1], _COARSE[-1], dims), dtype=np.int32), fine, nothing)
        n_coarse = min(code.n_scales, len(_COARSE))
        known = code.known if code.n_scales == n_coarse else None
        coarse = latents_of_scales(code.scales[:n_coarse], self.linear.scales, known)
        if code.n_scales == len(LADDER):
            fine = self.linear.fine_vocabulary.entries[code.scales[-1]].astype(np.int32)
            if code.known is not None:
                fine[~code.known] = 0
        return Latents(coarse, fine, _known_cells(code))


def encode_canvas(canvas: NDArray[np.uint8], linear: LinearWeights) -> HiddenCode:
    """The full hidden code of a canvas, 256×256×3 RGB uint8."""
    picture = canvas.astype(np.int16)
    coarse = encode_scales(linear.coarse_analysis(picture), linear.scales)
    left = picture - linear.says(latents_of_scales(coarse, linear.scales))
    return HiddenCode((*coarse, linear.fine_vocabulary.nearest(linear.fine_analysis(left))))


def _known_cells(code: HiddenCode) -> NDArray[np.bool_]:
    cells = np.zeros((len(LADDER), _FINE, _FINE), dtype=np.bool_)
    cells[: code.n_scales] = True
    if code.known is not None:
        step = _FINE // code.known.shape[0]
        cells[code.n_scales - 1] = code.known.repeat(step, axis=0).repeat(step, axis=1)
    return cells
