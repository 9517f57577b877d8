"""Messages through carriers, and the whole code from a vault."""

from dataclasses import dataclass

import numpy as np
import pytest

from underdrawing.channel import Heard, load_carrier
from underdrawing.errors import CapacityError
from underdrawing.messages.carrying import Found, carry, hear, layout_in, matching
from underdrawing.payload.small_message import LAYOUTS
from underdrawing.tokenizer import LADDER, HiddenCode

ID = 0x0123456789ABCDEF


def code(seed=0):
    rng = np.random.default_rng(seed)
    return HiddenCode(tuple(rng.integers(0, 4096, (side, side), dtype=np.uint16) for side in LADDER))


CODE = code()


@dataclass(frozen=True)
class InPixels:
    """A carrier of any capacity that flips a share of its bits: the lowest bits of the first pixels."""

    capacity: int
    wrong: float = 0.0
    corrects_errors: bool = False
    name: str = "in pixels"

    def capacity_bits(self, pixels):
        return self.capacity

    def embed(self, pixels, bits):
        marked = pixels.copy()
        marked.reshape(-1)[: bits.size] = bits
        return marked

    def extract(self, pixels):
        bits = pixels.reshape(-1)[: self.capacity]
        rng = np.random.default_rng(7)
        flipped = bits ^ (rng.random(self.capacity) < self.wrong)
        return Heard((3.0 - 6.0 * flipped).astype(np.float32)) if pixels.max() < 2 else None


@dataclass(frozen=True)
class Record:
    id: str
    tokens: tuple | None


PICTURE = np.zeros((256, 256, 3), np.uint8)


def found(carrier, id=ID):
    return hear(carry(PICTURE, carrier, id=id, code=CODE).pixels, carrier)


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: str(layout.least_channel_bits))
def test_round_trip_for_every_size_of_carrier(layout):
    message = found(InPixels(layout.least_channel_bits)).message
    assert message.layout == layout
    assert ID in message.id_range


@pytest.mark.parametrize(("capacity", "wrong"), [(96, 0.04), (256, 0.05), (1024, 0.08), (4096, 0.1)])
def test_wrong_bits_are_corrected(capacity, wrong):
    heard = found(InPixels(capacity, wrong))
    assert ID in heard.message.id_range
    assert heard.code == CODE.prefix(heard.message.layout.scales)


def test_a_carrier_that_corrects_errors_is_filled():
    carried = carry(PICTURE, InPixels(5344, corrects_errors=True), id=ID, code=CODE)
    assert carried.layout.scales == 5
    assert found(InPixels(5344, corrects_errors=True)).code == CODE.prefix(5)
    assert found(InPixels(5344, wrong=0.01, corrects_errors=True)) is None


def test_what_is_left_out_is_said():
    assert carry(PICTURE, InPixels(32), id=ID, code=CODE).left_out == (
        "all but the first 14 bits of the id",
        "the code",
        "the facts",
        "the signature",
    )
    assert carry(PICTURE, InPixels(65536), id=ID, code=CODE).left_out == ("the facts", "the signature")


def test_too_small_a_carrier_is_refused():
    with pytest.raises(CapacityError, match="31"):
        carry(PICTURE, InPixels(31), id=ID, code=CODE)
    assert layout_in(InPixels(31), PICTURE) is None
    assert layout_in(InPixels(64), PICTURE).id_bits == 24


def test_noise_is_no_message():
    carrier = InPixels(256)
    rng = np.random.default_rng(3)
    for _ in range(20):
        assert hear(rng.integers(0, 2, PICTURE.shape, dtype=np.uint8), carrier) is None
    assert hear(np.full_like(PICTURE, 200), carrier) is None


def test_the_rest_of_the_code_comes_from_the_vault():
    heard = found(InPixels(256))
    vault = {f"{ID:016x}": Record(f"{ID:016x}", CODE.scales)}
    (record,) = matching(heard, vault.get)
    assert HiddenCode(record.tokens) == CODE
    assert heard.code == CODE.prefix(2)
    assert matching(heard, {}.get) == ()


def test_a_record_about_another_picture_is_not_believed():
    heard = found(InPixels(256))
    other = Record(f"{ID:016x}", code(1).scales)
    assert matching(heard, lambda id: other) == ()
    stranger = Record(f"{ID ^ 1:016x}", CODE.scales)
    assert matching(heard, lambda id: stranger) == ()


def test_the_beginning_of_an_id_asks_for_every_record_that_begins_so():
    heard = found(InPixels(96))
    assert isinstance(heard, Found)
    near = Record(f"{ID ^ 1:016x}", code(2).scales)
    same = Record(f"{ID:016x}", CODE.scales)
    asked = []

    def starting_in(ids):
        asked.append(ids)
        return [near, same, Record("f" * 16, CODE.scales)]

    assert matching(heard, {}.get, starting_in=starting_in) == (same,), "the code carried tells them apart"
    assert asked == [heard.message.id_range]
    assert len(hex(asked[0].start)) == len(hex(ID))
    assert matching(heard, {}.get) == ()
    short = found(InPixels(32))
    assert matching(short, {}.get, starting_in=lambda ids: [near, same]) == (near, same)


def test_ours_carries_it_too():
    data = pytest.importorskip("skimage.data")
    carrier = load_carrier("lattice")
    picture = np.ascontiguousarray(data.astronaut()[:300, :260])
    carried = carry(picture, carrier, id=ID, code=CODE)
    heard = hear(carried.pixels, carrier)
    assert heard.message.id_range == range(ID, ID + 1)
    assert heard.code == CODE.prefix(2)
    assert heard.agreement.mean() > 0.9
    assert hear(picture, carrier) is None
