"""What the Transformer is trained for: the latents, the tokens and, with the decoder, the pixels that are not there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from train.objective import Objective
from train.restorer.network import Restored, Restorer, token_scores
from train.restorer.survivors import ALL_SCALES, FEW_SCALES, random_survivors
from train.tokenizer.codes import Arrived, Inputs, Lookup, random_known
from train.tokenizer.examples import Examples
from train.tokenizer.network import Decoder
from train.tokenizer.training import Drawn, as_planes, as_targets, decibels, pixel_loss, surroundings

__all__ = ["Batch", "Joint", "drawn_suspects", "guided_objective", "joint_objective", "restorer_objective"]

_WHOLE_CHANCE = 0.12
_TOKEN_WEIGHT = 0.5
_LATENT_WEIGHT = 0.3
_SEAM_WEIGHT = 0.1
_PLAIN_SHARE = 0.5  # of the batch, on which the decoder goes on learning to work without the Transformer


class Joint(nn.Module):
    """Transformer and decoder, one after the other."""

    def __init__(self, restorer: Restorer, decoder: Decoder) -> None:
        super().__init__()
        self.restorer = restorer
        self.decoder = decoder

    def forward(self, inputs: Inputs, seen: Tensor, hidden: Tensor, plain: int) -> tuple[Tensor, Restored]:
        """Pictures, and what the Transformer said of all but the first ``plain``, which the decoder paints alone."""
        helped = Inputs(*(field[plain:] for field in inputs))
        restored = self.restorer(*helped, seen[plain:], hidden[plain:])
        finer = functional.avg_pool2d(helped.known[:, 5:], 2)  # scale 32 codes what the quantized latents left
        coarse = torch.cat([inputs.coarse[:plain], torch.lerp(restored.coarse, helped.coarse, finer)])
        hints = torch.cat([restored.hints.new_zeros(plain, *restored.hints.shape[1:]), restored.hints])
        picture = self.decoder(coarse, inputs.fine, inputs.known, seen, hidden, hints)
        return picture, restored


@dataclass(frozen=True)
class Batch:
    """Pictures, what is known of them, and what is seen of them.

    Attributes:
        target: (n, 3, 256, 256) grey levels.
        maps: six token maps (n, side, side) int64.
        inputs: latents of the known tokens.
        counts: (n,) how many scales are known everywhere.
        seen: (n, 3, 256, 256), and
        hidden: (n, 1, 256, 256), as the networks take them.
    """

    target: Tensor
    maps: tuple[Tensor, ...]
    inputs: Inputs
    counts: Tensor
    seen: Tensor
    hidden: Tensor

    @classmethod
    def of(cls, drawn: Drawn, lookup: Lookup) -> Batch:
        """What was drawn, as the networks take it."""
        inputs = lookup(drawn.maps, lookup.known(drawn.arrived, drawn.maps[4]))
        seen, hidden = as_targets(drawn.seen), as_planes(drawn.hidden)
        return cls(as_targets(drawn.pictures), drawn.maps, inputs, drawn.arrived.counts, seen, hidden)

    def after(self, count: int) -> Batch:
        """The batch without its first so many."""
        return Batch(
            self.target[count:],
            tuple(tokens[count:] for tokens in self.maps),
            Inputs(*(field[count:] for field in self.inputs)),
            self.counts[count:],
            self.seen[count:],
            self.hidden[count:],
        )


def restorer_objective(examples: Examples, lookup: Lookup, batch: int) -> Objective:
    """The Transformer alone, on latents and tokens."""

    def loss(network: nn.Module, drawn: Drawn) -> Tensor:
        network.train()
        whole = Batch.of(drawn, lookup)
        given = whole.inputs
        restored = network(given.coarse, given.fine, given.known, whole.seen, whole.hidden)
        return _said_loss(restored, whole, lookup)

    return Objective(partial(drawn_suspects, examples, batch), loss)


def joint_objective(examples: Examples, lookup: Lookup, batch: int) -> Objective:
    """Transformer and decoder together; the first of a batch keep the decoder able to work on its own.

    Raises:
        ValueError: there are not two pictures to a batch.
    """
    if min(batch, len(examples)) < 2:
        raise ValueError(f"joint training: batches of {min(batch, len(examples))}; one of two pictures is the least")
    plain = max(1, round(_PLAIN_SHARE * min(batch, len(examples))))
    return Objective(partial(drawn_suspects, examples, batch, plain=plain), partial(_painted_loss, lookup, plain))


def guided_objective(examples: Examples, lookup: Lookup, batch: int) -> Objective:
    """The Transformer with a decoder that stays as it is, for codes of few scales: where it is asked."""
    draw = partial(drawn_suspects, examples, batch, chances=FEW_SCALES)
    return Objective(draw, partial(_painted_loss, lookup, 0))


def drawn_suspects(
    examples: Examples,
    count: int,
    rng: np.random.Generator,
    *,
    chances: Sequence[float] = ALL_SCALES,
    whole_chance: float = _WHOLE_CHANCE,
    plain: int = 0,
) -> Drawn:
    """Random damaged copies with random masks and random survivors of their codes.

    Args:
        examples: what they are copies of.
        count: how many.
        rng: decides.
        chances: of so many scales that arrived, see ``random_survivors``.
        whole_chance: that nothing is seen of a copy.
        plain: how many, the first, are to be painted from their codes alone.
    """
    part = examples.drawn(count, rng)
    seen, hidden = surroundings(part.pictures, rng, alone_chance=whole_chance)
    arrived = random_survivors(len(part), rng, chances=chances)
    if plain:
        seen[:plain], hidden[:plain] = 0, True
        alone = random_known(rng, whole=np.ones(plain, np.bool_))
        arrived = Arrived(*(torch.cat([one, other[plain:]]) for one, other in zip(alone, arrived, strict=True)))
    return Drawn.of(part, arrived, seen, hidden)


def _painted_loss(lookup: Lookup, plain: int, network: nn.Module, drawn: Drawn) -> Tensor:
    """The loss of ``Joint`` on a batch whose first ``plain`` the decoder paints alone."""
    network.train()
    whole = Batch.of(drawn, lookup)
    picture, restored = network(whole.inputs, whole.seen, whole.hidden, plain)
    said = _said_loss(restored, whole.after(plain), lookup)
    seam = _seam_loss(picture, whole.target, whole.hidden)
    return pixel_loss(picture, whole.target, whole.hidden) + _SEAM_WEIGHT * seam + _LATENT_WEIGHT * said


def _said_loss(restored: Restored, batch: Batch, lookup: Lookup) -> Tensor:
    """What the Transformer says of latents and of tokens."""
    return _latent_loss(restored, batch, lookup) + _TOKEN_WEIGHT * _token_loss(restored, batch, lookup)


def _seam_loss(picture: Tensor, target: Tensor, hidden: Tensor) -> Tensor:
    """Mean absolute error of the slopes across and beside the border of what is hidden, in grey levels."""
    composed = torch.where(hidden > 0, picture, target)
    wide = functional.max_pool2d(hidden, 5, 1, 2)
    band = wide + functional.max_pool2d(1 - hidden, 5, 1, 2) - 1
    difference = composed - target
    across = (difference[..., :, 1:] - difference[..., :, :-1]).abs() * band[..., :, 1:]
    down = (difference[..., 1:, :] - difference[..., :-1, :]).abs() * band[..., 1:, :]
    return (across.sum() + down.sum()) / (6 * band.sum()).clamp_min(1)


def _latent_loss(restored: Restored, batch: Batch, lookup: Lookup) -> Tensor:
    """Decibels of error of the latents in the cells that are hidden, however little."""
    where = functional.max_pool2d(batch.hidden, 16)
    return decibels(restored.coarse, lookup.analysed(batch.target), where)


def _token_loss(restored: Restored, batch: Batch, lookup: Lookup) -> Tensor:
    """Cross entropy, in nats, of the tokens of the first scale that is not known, given the scales before it."""
    losses = []
    for number in range(5):
        chosen = (batch.counts == number).nonzero()[:, 0]
        if not len(chosen):
            continue
        known = batch.inputs.known[chosen]
        said = lookup(tuple(tokens[chosen] for tokens in batch.maps), _only_before(known, number)).coarse
        part = Restored(*(field[chosen] for field in restored))
        scores = token_scores(part, lookup, number, said)
        tokens = batch.maps[number][chosen]
        step = 32 // tokens.shape[-1]
        unknown = known[:, number, ::step, ::step] == 0
        if unknown.any():
            losses.append(functional.cross_entropy(scores[unknown], tokens[unknown]))
    return torch.stack(losses).mean() if losses else restored.guess.sum() * 0


def _only_before(known: Tensor, number: int) -> Tensor:
    before = torch.zeros_like(known)
    before[:, :number] = 1
    return before
