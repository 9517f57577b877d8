"""A message to compose: tokens, an order of detail, facts, a key and somebody who trusts it."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from underdrawing.payload import Publisher, SigningKey, TrustStore


@pytest.fixture(scope="session")
def tokens() -> list[NDArray[np.uint16]]:
    places = [np.arange(side * side).reshape(side, side) + 5000 * side for side in (1, 2, 4, 8, 16, 32)]
    return [((place * 2654435761 >> 7) % 4096).astype(np.uint16) for place in places]


@pytest.fixture(scope="session")
def fine_order() -> NDArray[np.int64]:
    return (np.arange(1024) * 421 + 17) % 1024


@pytest.fixture(scope="session")
def facts() -> dict[str, str]:
    return {
        "description": "Two keepers feed the penguins at the zoo while children watch from behind the glass.",
        "headline": "Feeding time",
        "creator": "Robert Okonkwo",
        "dateCreated": "2026-08-17T06:45:12-07:00",
        "city": "Edinburgh",
        "country": "United Kingdom",
        "my:shelf": "B 12",
    }


@pytest.fixture(scope="session")
def key() -> SigningKey:
    return SigningKey.from_seed(bytes(range(32)))


@pytest.fixture(scope="session")
def trust(key: SigningKey) -> TrustStore:
    return TrustStore().add(Publisher("The Zoo", key.public()))


@pytest.fixture(scope="session")
def material(tokens: Any, fine_order: Any, facts: Any, key: Any) -> dict[str, Any]:
    """Everything ``compose`` wants but the capacity."""
    return {"id": 0xFEDCBA9876543210, "tokens": tokens, "fine_order": fine_order, "facts": facts, "key": key}
