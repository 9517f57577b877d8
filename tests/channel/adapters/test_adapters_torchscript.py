"""The loader of TorchScript watermarks on networks made here: real files, with the two methods of the real ones."""

import numpy as np
import pytest
import scipy.linalg

from underdrawing.channel import CARRIERS, load_carrier
from underdrawing.errors import CapacityError, WeightsError
from underdrawing.messages.carrying import carry, hear
from underdrawing.tokenizer import LADDER, HiddenCode

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.*:DeprecationWarning")
FILES = {entry.name: entry.files[0] for entry in CARRIERS if entry.module == "torch"}
BITS = {"videoseal": 256, "pixelseal": 256, "chunkyseal": 1024, "wam": 32}


class TinySeal(torch.nn.Module):
    """Adds a pattern per bit at 64×64 pixels and correlates with the patterns; with ``local`` in each of 8×8 cells."""

    def __init__(self, bits: int, local: bool):
        super().__init__()
        side = 8 if local else 64
        shuffled = np.random.default_rng(bits).permutation(side * side)
        rows = scipy.linalg.hadamard(side * side)[1 : bits + 2, shuffled].astype(np.float32)
        self.register_buffer("kernels", torch.from_numpy(rows.reshape(bits + 1, 1, side, side)))
        self.local = local

    def pattern(self, message: torch.Tensor) -> torch.Tensor:
        signs = torch.cat([torch.ones(1), 2 * message[0] - 1])
        summed = (signs[:, None, None, None] * self.kernels).sum(0, keepdim=True) / self.kernels.shape[0] ** 0.5
        return summed.repeat(1, 1, 8, 8) if self.local else summed

    @torch.jit.export
    def embed(self, imgs: torch.Tensor, msgs: torch.Tensor) -> torch.Tensor:
        size = [imgs.shape[2], imgs.shape[3]]
        return (imgs + 0.03 * torch.nn.functional.interpolate(self.pattern(msgs), size)).clamp(0, 1)

    @torch.jit.export
    def detect(self, imgs: torch.Tensor) -> torch.Tensor:
        small = torch.nn.functional.adaptive_avg_pool2d(imgs, [64, 64]).mean(1, keepdim=True)
        side = self.kernels.shape[2]
        response = torch.nn.functional.conv2d(small, self.kernels, stride=side) / side**2
        logits = response / 0.03 * self.kernels.shape[0] ** 0.5 * 8
        logits = torch.cat([logits[:, :1] - 4, logits[:, 1:]], 1)
        return logits if self.local else logits[:, :, 0, 0]

    def forward(self, imgs: torch.Tensor) -> torch.Tensor:
        return self.detect(imgs)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    for name, bits in BITS.items():
        torch.jit.script(TinySeal(bits, local=name == "wam")).save(str(folder / FILES[name]))
    return folder


@pytest.fixture(scope="module")
def grey():
    rows, columns = np.mgrid[0:256, 0:320]
    return np.stack([120 + rows / 50, 120 + columns / 60, 130 - rows / 50], axis=-1).astype(np.uint8)


@pytest.mark.parametrize("name", ["videoseal", "pixelseal", "wam"])
def test_round_trip(name, weights, grey, bits_for):
    carrier = load_carrier(name, weights=weights)
    bits = bits_for(carrier, grey)
    assert bits.size == BITS[name]
    marked = carrier.embed(grey, bits)
    assert marked.shape == grey.shape
    assert marked.dtype == np.uint8
    heard = carrier.extract(marked)
    assert heard.ratios.dtype == np.float32
    assert ((heard.ratios < 0) != bits).mean() < 0.06


@pytest.mark.parametrize("name", BITS)
def test_the_network_says_how_many_bits_it_takes(name, weights, grey):
    carrier = load_carrier(name, weights=weights)
    assert carrier.capacity_bits(grey) == BITS[name]
    assert carrier.capacity_bits(grey[:32]) == 0
    assert carrier.extract(grey[:32]) is None
    with pytest.raises(CapacityError, match=name):
        carrier.embed(grey, np.zeros(BITS[name] + 1, np.uint8))


def test_a_network_that_looks_place_by_place_says_where_the_mark_is(weights, grey, bits_for):
    carrier = load_carrier("wam", weights=weights)
    bits = bits_for(carrier, grey)
    marked = carrier.embed(grey, bits)
    marked[:, 160:] = grey[:, 160:]
    heard = carrier.extract(marked)
    assert heard.agreement.shape == (8, 8)
    assert heard.agreement[:, :4].mean() > heard.agreement[:, 4:].mean() + 0.2
    assert ((heard.ratios < 0) != bits).mean() < 0.1
    assert load_carrier("videoseal", weights=weights).extract(grey).agreement is None


def test_a_message_comes_through_the_real_path(weights, grey):
    rng = np.random.default_rng(0)
    code = HiddenCode(tuple(rng.integers(0, 4096, (side, side), dtype=np.uint16) for side in LADDER))
    carrier = load_carrier("videoseal", weights=weights)
    carried = carry(grey, carrier, id=77, code=code)
    assert carried.layout.scales == 2
    found = hear(carried.pixels, carrier)
    assert found.message.id_range == range(77, 78)
    assert found.code == code.prefix(2)
    assert hear(grey, carrier) is None


def test_rejects_what_is_no_such_network(tmp_path, grey):
    path = tmp_path / FILES["videoseal"]
    path.write_bytes(b"not a network")
    with pytest.raises(WeightsError, match="not a TorchScript network"):
        load_carrier("videoseal", weights=tmp_path)
    torch.jit.script(torch.nn.Linear(2, 2)).save(str(path))
    with pytest.raises(WeightsError, match="no embed and detect"):
        load_carrier("videoseal", weights=tmp_path)
