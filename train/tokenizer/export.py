"""The tokenizer's files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from train.export import export_network, halved
from train.objective import Objective
from train.quantizing import Fed, quantize_convolutions
from train.tokenizer.linear import save_linear
from train.tokenizer.network import HINTS, Decoder
from underdrawing.tokenizer.weights import DECODER_FILE, LINEAR_FILE, LinearWeights

__all__ = ["DECODER_INPUTS", "EXAMPLES", "FILES", "given_to", "write_weights"]

EXAMPLES = 64
"""So many are enough for the ranges of activations."""
FILES = (LINEAR_FILE, DECODER_FILE)
DECODER_INPUTS = {
    "coarse": (1, 32, 16, 16),
    "fine": (1, 16, 32, 32),
    "known": (1, 6, 32, 32),
    "seen": (1, 3, 256, 256),
    "hidden": (1, 1, 256, 256),
    "hints": (1, HINTS, 16, 16),
}


_IN_EIGHT_BITS = ("before.", "middle.", "after.")
"""The layers that take most of the time; to have them in eight bits costs less than 0.001 dB, and the last ones as well
0.005."""


def write_weights(network: Decoder, linear: LinearWeights, folder: Path, examples: Sequence[Fed]) -> None:
    """Write both weights files into a folder, most of the decoder in eight bits.

    Args:
        network: the decoder.
        linear: what decides tokens.
        folder: for the files.
        examples: what the decoder is given, of all kinds, for the ranges of its activations.
    """
    folder.mkdir(parents=True, exist_ok=True)
    save_linear(linear, folder / LINEAR_FILE)
    path = folder / DECODER_FILE
    export_network(halved(network), DECODER_INPUTS, ["picture"], path, half=False)
    quantize_convolutions(path, _IN_EIGHT_BITS, examples)


@torch.no_grad()
def given_to(decoder: Decoder, objective: Objective, network: nn.Module) -> list[Fed]:
    """What a decoder is given in one step of training, picture by picture.

    Args:
        decoder: on the CPU.
        objective: draws the examples of the step.
        network: what is trained, which the decoder is a part of, or the whole.
    """
    given: list[Fed] = []

    def note(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        for number in range(len(inputs[0])):
            fields = (field[number : number + 1].float().numpy() for field in inputs)
            given.append(dict(zip(DECODER_INPUTS, fields, strict=True)))

    handle = decoder.register_forward_pre_hook(note)
    objective.loss(network, objective.draw(np.random.default_rng(0)))
    handle.remove()
    return given
