"""The texturer's training: what it is asked, that it learns, and that the package runs what was trained."""

import json
import sys

import numpy as np
import pytest
import torch
from train.export import halved, write_manifest
from train.loop import Plan, Trainer
from train.objective import moved
from train.pictures import data_hash
from train.restorer.training import Batch
from train.tests.conftest import synthesize
from train.texturer.__main__ import main
from train.texturer.examples import load_sharp_and_soft
from train.texturer.export import write_texturer
from train.texturer.network import Texturer
from train.texturer.rescoring import rescore
from train.texturer.scores import looks, looks_inside, nats, slope
from train.texturer.training import Bands, likelihood, painted, texture_objective
from train.tokenizer.codes import Lookup
from train.tokenizer.examples import Examples
from train.tokenizer.linear import encode_pictures, save_linear
from train.tokenizer.network import Decoder

from underdrawing.networks import shipped_weights
from underdrawing.recovery.texturing import BANDS, GRID, TEXTURER_FILE
from underdrawing.recovery.texturing import Texturer as Shipped
from underdrawing.recovery.texturing.bands import differences, filters
from underdrawing.tokenizer import ladder_bits

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def lookup(linear):
    return Lookup(linear)


@pytest.fixture(scope="module")
def decoder(linear):
    torch.manual_seed(3)
    return Decoder(linear).requires_grad_(False)


def drawn(examples, lookup, decoder, batch):
    """A batch of the objective, and what the decoder paints of it."""
    objective = texture_objective(examples, lookup, decoder, Bands(), batch)
    whole = Batch.of(moved(objective.draw(np.random.default_rng(4)), CPU), lookup)
    return whole, painted(decoder.eval(), whole.inputs)


def test_errors_are_taken_apart_as_the_package_does_it():
    errors = np.random.default_rng(0).normal(0, 9, (256, 256, 3)).astype(np.float32)
    sizes = Bands()(torch.from_numpy(errors).permute(2, 0, 1)[None])[0]
    parts = np.fft.irfft2(np.fft.rfft2(differences(errors))[list(BANDS)] * filters())
    expected = np.abs(parts).reshape(len(BANDS), GRID, 4, GRID, 4).mean(axis=(2, 4))
    np.testing.assert_allclose(sizes, expected, rtol=1e-2, atol=1e-2)


def test_codes_it_learns_from_are_of_all_lengths_and_often_all_there_is(examples, lookup, decoder):
    whole, given = drawn(examples, lookup, decoder, 12)
    assert len(set(whole.counts.tolist())) >= 3
    assert whole.counts.min() >= 1
    torch.testing.assert_close(given, given.round().clamp(0, 255))
    is_whole = whole.hidden.flatten(1).all(1)
    assert is_whole.any()
    assert not is_whole.all()


def test_the_likeliest_strength_is_the_true_one_and_only_where_the_picture_is_hidden():
    sizes = torch.full((1, len(BANDS), GRID, GRID), 5.0)
    hidden = torch.zeros(1, 1, 256, 256)
    hidden[..., :128, :] = 1
    nats_of = {s: float(likelihood(torch.full_like(sizes, s), sizes, hidden)) for s in (4.0, 5.0, 6.0)}
    assert nats_of[5.0] == pytest.approx(1 + np.log(5))
    assert nats_of[5.0] < min(nats_of[4.0], nats_of[6.0])
    sizes[..., GRID // 2 :, :] = 1e6
    assert float(likelihood(torch.full_like(sizes, 5.0), sizes, hidden)) == pytest.approx(nats_of[5.0])


def test_training_tells_strengths_better(examples, lookup, decoder):
    torch.manual_seed(0)
    bands, plan = Bands(), Plan(steps=24, batch=2, learning_rate=6e-3, warm_up=3, averaging=0.5)
    trainer = Trainer(Texturer(), texture_objective(examples, lookup, decoder, bands, plan.batch), plan, CPU)
    scored = Examples(examples.pictures[:4], tuple(tokens[:4] for tokens in examples.maps))
    before = nats(trainer.average, decoder, lookup, bands, scored, CPU)
    for _ in range(plan.steps):
        trainer.take_step()
    assert nats(trainer.average, decoder, lookup, bands, scored, CPU) < before - 0.05
    assert all(parameter.grad is None for parameter in decoder.parameters())


def test_it_learns_from_soft_pictures_too_with_the_tokens_these_have(linear, photographs, tmp_path):
    learned = load_sharp_and_soft(photographs, linear, cache=tmp_path, limit=None, seed=0)
    sharp, soft = learned.pictures[:16], learned.pictures[16:]
    assert len(soft) == 8
    for one, other in zip(sharp[::2], soft, strict=True):
        assert 0.1 < slope(other) / slope(one) < 0.9
        assert np.abs(one.astype(int) - other).mean() < 12
    expected = encode_pictures(learned.pictures, linear)
    assert all(np.array_equal(one, other) for one, other in zip(learned.maps, expected, strict=True))


def test_the_truth_has_a_perfect_look():
    same = looks([(picture, picture) for picture in synthesize(2, 6)])
    assert (same.ms_ssim, same.gmsd, same.slope) == pytest.approx((1, 0, 1))
    assert slope(np.full((8, 8, 3), 9, np.uint8)) == 0
    ramp = np.tile(np.arange(8, dtype=np.uint8)[:, None, None] * 5, (1, 8, 3))
    assert slope(ramp) == 5


def test_looks_of_regions_are_those_inside_alone():
    rng = np.random.default_rng(0)
    truth, mask = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8), np.zeros((16, 16), bool)
    mask[4:12, 4:12] = True
    outside_differs = np.where(mask[..., None], truth, 255 - truth)
    same = looks_inside([(outside_differs, truth, mask)] * 2)
    assert (same.slope, same.slope_spread) == (1, 0)
    weaker = np.where(mask[..., None], 128 + (truth.astype(int) - 128) // 2, truth).astype(np.uint8)
    found = looks_inside([(weaker, truth, mask), (outside_differs, truth, mask)])
    assert found.slope == pytest.approx(0.75, abs=0.01)
    assert found.slope_spread == pytest.approx(np.log(2) / 2, abs=0.01)
    assert looks_inside([(weaker, truth, mask)]).psnr_db < 20


def test_the_package_runs_what_was_trained(examples, lookup, decoder, tmp_path):
    torch.manual_seed(1)
    network = Texturer()
    torch.nn.init.normal_(network.leave.weight, std=0.02)
    network = halved(network).eval()
    write_texturer(network, tmp_path)
    write_manifest(tmp_path, (TEXTURER_FILE,), {})
    whole, given = drawn(examples, lookup, decoder, 1)
    with torch.no_grad():
        expected = network(given, whole.inputs.known, whole.seen, whole.hidden)[0]
    picture, pixels = (plane[0].permute(1, 2, 0).numpy().astype(np.uint8) for plane in (given, whole.seen))
    known, hidden = whole.inputs.known[0].numpy() > 0, whole.hidden[0, 0].numpy() > 0
    shipped = Shipped.load(weights=tmp_path)
    np.testing.assert_allclose(shipped.missing(picture, known, pixels, hidden), expected, rtol=1e-3)
    assert (shipped.textured(picture, known, pixels, hidden) != picture).any()


def test_the_command_trains_exports_goes_on_and_tells_where_the_weights_come_from(
    linear, decoder, photographs, tmp_path, monkeypatch
):
    save_linear(linear, photographs / "linear.npz")
    np.savez(photographs / "decoder.npz", **{name: p.half().numpy() for name, p in decoder.named_parameters()})
    options = ["--data", str(photographs), "--steps", "2", "--batch", "2", "--limit", "2", "--score-every", "1"]
    options += ["--linear", str(photographs / "linear.npz"), "--decoder", str(photographs / "decoder.npz")]
    first, second = tmp_path / "first", tmp_path / "second"
    monkeypatch.setattr(sys, "argv", ["texturer", *options, "--output", str(first)])
    main()
    again = ["--start", str(first / "texturer.npz"), "--history", str(first / "weights" / "weights.json")]
    monkeypatch.setattr(sys, "argv", ["texturer", *options, "--output", str(second), *again])
    main()
    facts = json.loads((second / "weights" / "weights.json").read_text())
    assert [run["steps"] for run in facts["training"]] == [2, 2]
    assert str(photographs) not in facts["training"][0]["command"]
    assert set(facts["scores"]) == {"val", "test", "val, softened"}
    assert set(facts["scores"]["val"]["looks_by_bits"]) == {str(ladder_bits(scales)) for scales in (3, 4, 5, 6)}
    with np.load(second / "texturer.npz") as archive:
        assert set(archive.files) == {name for name, _ in Texturer().named_parameters()}


def test_shipped_weights_are_scored_anew_with_the_pictures_they_come_from(photographs, tmp_path):
    shipped = shipped_weights("recovery.texturing").joinpath("weights.json").read_text(encoding="utf-8")
    facts = json.loads(shipped)
    manifest = tmp_path / "weights.json"
    manifest.write_text(shipped, encoding="utf-8")
    with pytest.raises(ValueError, match="differs"):
        rescore(manifest, photographs)
    facts["training_data"]["splits_sha256"] = data_hash(photographs)
    manifest.write_text(json.dumps(facts), encoding="utf-8")
    rescore(manifest, photographs, limit=1)
    after = json.loads(manifest.read_text(encoding="utf-8"))
    assert after["files"] == facts["files"]
    assert set(after["scores"]) == {"val", "test", "val, softened"}
    for rows in (after["scores"]["val"][kind] for kind in ("looks_by_bits", "looks_inside_by_bits")):
        for row in rows.values():
            assert row["look"]["slope"] > row["fidelity"]["slope"]
