"""The whole way with a small carrier: id from the pixels, code from a real vault, what was there painted back."""

import numpy as np
import pytest
from skimage import data

from scenes import jpeg
from underdrawing.channel import CARRIERS, load_carrier
from underdrawing.examination.remembering import remember, surroundings_of
from underdrawing.messages.carrying import carry, hear, matching
from underdrawing.recovery import Restorer
from underdrawing.tokenizer import HiddenCode, Tokenizer, to_canvas
from underdrawing.vault import FINGERPRINT_BYTES, SKETCH_BYTES, Record, open_vault, pack_code

READY = [entry.name for entry in CARRIERS if not entry.missing(None)]
ID = 0x00C0FFEE00C0FFEE


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.load()


@pytest.fixture(scope="module")
def coffee():
    return np.ascontiguousarray(data.coffee())


@pytest.fixture(scope="module")
def vault(tmp_path_factory, tokenizer, coffee):
    """A vault with the record of the coffee, and one of another picture whose id begins alike."""
    with open_vault(tmp_path_factory.mktemp("vault") / "vault", create=True) as opened:
        for id, pixels in ((ID, coffee), (ID ^ 1, data.chelsea())):
            opened.add(
                Record(
                    id=f"{id:016x}",
                    created="2026-01-31T12:00:00Z",
                    facts={"headline": "A cup"},
                    fingerprint=bytes([1]) * FINGERPRINT_BYTES,
                    sketch=bytes([2]) * SKETCH_BYTES,
                    code=pack_code(tokenizer.encode(pixels).scales),
                )
            )
        yield opened


def masked_psnr_db(picture, truth, mask):
    return 10 * np.log10(255**2 / np.square(picture.astype(float) - truth)[mask].mean())


@pytest.mark.parametrize("name", READY)
def test_what_was_there_is_painted_from_the_code_in_the_vault(name, vault, tokenizer, coffee):
    carrier = load_carrier(name)
    marked = carry(coffee, carrier, id=ID, code=tokenizer.encode(coffee)).pixels
    mask = np.zeros(coffee.shape[:2], bool)
    mask[150:290, 220:400] = True
    suspect = jpeg(
        np.where(mask[..., None], data.astronaut()[: coffee.shape[0], :].repeat(2, axis=1)[:, :600], marked), 90
    )

    found = hear(suspect, carrier)
    known = [vault.get(id) for id in vault.ids()]
    records = matching(found, vault.get, starting_in=lambda ids: [r for r in known if int(r.id, 16) in ids])
    assert f"{ID:016x}" in [record.id for record in records]
    assert len(records) == 1 or not found.message.layout.scales
    code = HiddenCode(next(record for record in records if record.id == f"{ID:016x}").tokens)

    assert code == tokenizer.encode(coffee)
    around = surroundings_of(suspect, mask)
    painted, carried_only = (
        remember(known_code, around, tokenizer=tokenizer, restorer=Restorer.load()) for known_code in (code, found.code)
    )
    truth, hidden = to_canvas(coffee), around.hidden
    assert masked_psnr_db(painted, truth, hidden) > masked_psnr_db(to_canvas(suspect), truth, hidden) + 8
    if found.message.layout.scales < 6:
        assert masked_psnr_db(painted, truth, hidden) > masked_psnr_db(carried_only, truth, hidden) + 0.2
