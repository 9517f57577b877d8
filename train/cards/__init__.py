"""The model cards, written from the shipped manifests. Needs no PyTorch."""

from train.cards.writing import CARDS

__all__ = ["CARDS"]
