"""The tokenizer, and the code of one photograph."""

import pytest
from skimage import data

from underdrawing.tokenizer import Tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.load()


@pytest.fixture(scope="module")
def code(tokenizer):
    return tokenizer.encode(data.astronaut())
