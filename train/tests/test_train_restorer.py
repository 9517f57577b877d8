"""The Transformer and its training, on synthetic pictures and networks small enough for seconds."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
import torch
from train.export import halved, write_manifest
from train.loop import Plan, Trainer
from train.pictures import data_hash
from train.restorer.export import FILES, write_restorer
from train.restorer.network import Restorer, Width, token_scores
from train.restorer.rescoring import rescore
from train.restorer.scores import Suspects, latent_error_db, masked_psnr, restored_psnr
from train.restorer.survivors import FEW_SCALES, random_survivors
from train.restorer.training import Batch, Joint, drawn_suspects, guided_objective, joint_objective, restorer_objective
from train.tokenizer.codes import Lookup, as_tensors
from train.tokenizer.network import Decoder, Size

from underdrawing.recovery import Restorer as ShippedRestorer
from underdrawing.tokenizer import LADDER

CPU = torch.device("cpu")
WIDTH = Width(channels=32, heads=2, blocks=2, expansion=2)
SMALL = Size(channels_16=16, channels_32=16, channels_64=16, blocks_16=1, blocks_32=1, blocks_64=1)
PLAN = Plan(steps=60, batch=4, learning_rate=5e-3, warm_up=5, averaging=0.5)


@pytest.fixture(scope="module")
def lookup(linear):
    return Lookup(linear)


def make_restorer(linear, examples) -> Trainer:
    torch.manual_seed(0)
    return Trainer(Restorer(linear, WIDTH), restorer_objective(examples, Lookup(linear), PLAN.batch), PLAN, CPU)


def draw_batch(examples, lookup, count, seed) -> Batch:
    return Batch.of(drawn_suspects(examples, count, np.random.default_rng(seed)), lookup)


def test_the_lookup_analyses_as_the_package_does(linear, lookup, examples):
    pictures = torch.from_numpy(examples.pictures[:3]).permute(0, 3, 1, 2).float()
    seen = lookup.analysed(pictures).permute(0, 2, 3, 1).numpy()
    for i in range(3):
        exact = linear.coarse_analysis(examples.pictures[i].astype(np.int16))
        assert np.abs(seen[i] - exact).max() <= 0.51


@pytest.mark.parametrize("number", range(5))
def test_the_lookup_sees_vectors_as_the_package_does(linear, lookup, number):
    latents = np.random.default_rng(number).integers(-300, 301, (16, 16, 32))
    tensor = torch.from_numpy(latents).permute(2, 0, 1)[None].float()
    seen = lookup.seen(number, tensor)[0].permute(1, 2, 0).numpy()
    assert np.abs(seen - linear.scales[number].vectors(latents)).max() <= 0.51


def test_survivors_are_a_prefix_and_a_scatter_after_it(lookup, examples):
    tokens = torch.from_numpy(np.concatenate([examples.maps[4]] * 20).astype(np.int64))
    arrived = random_survivors(len(tokens), np.random.default_rng(0))
    known = lookup.known(arrived, tokens)
    assert set(known.unique().tolist()) == {0.0, 1.0}
    assert set(arrived.counts.tolist()) == set(range(7))
    for flags, count in zip(known, arrived.counts.tolist(), strict=True):
        assert bool((flags[: min(count, 5)] == 1).all())
        assert not flags[count + 1 :].any()
    shares = known[arrived.counts == 6, 5].mean((1, 2))
    assert ((shares > 0) & (shares < 1)).any()
    assert (shares == 1).any()


def test_untrained_it_changes_nothing(linear, lookup, examples):
    batch = draw_batch(examples, lookup, 3, 1)
    given = batch.inputs
    restored = Restorer(linear, WIDTH)(given.coarse, given.fine, given.known, batch.seen, batch.hidden)
    torch.testing.assert_close(restored.coarse, given.coarse)
    assert not restored.hints.any()


def test_what_is_hidden_is_not_seen(linear, lookup, examples):
    trainer = make_restorer(linear, examples)
    trainer.take_step()
    network = trainer.network.eval()
    batch = draw_batch(examples, lookup, 3, 2)
    given = batch.inputs
    with torch.no_grad():
        one = network(given.coarse, given.fine, given.known, batch.seen, batch.hidden)
        scrambled = torch.where(batch.hidden > 0, 255 - batch.seen, batch.seen)
        other = network(given.coarse, given.fine, given.known, scrambled, batch.hidden)
    torch.testing.assert_close(one.coarse, other.coarse)


@pytest.mark.parametrize("number", range(5))
def test_the_nearest_token_has_the_highest_score(linear, lookup, examples, number):
    batch = draw_batch(examples, lookup, 4, 3)
    known = torch.zeros(4, len(LADDER), 32, 32)
    known[:, :number] = 1
    given = lookup(batch.maps, known)
    restored = Restorer(linear, WIDTH)(given.coarse, given.fine, known, batch.seen, batch.hidden)
    restored.guess.data.copy_(lookup.analysed(batch.target))
    scores = token_scores(restored, lookup, number, given.coarse)
    agreement = (scores.argmax(-1) == batch.maps[number]).float().mean()
    assert agreement > 0.9  # but for rounding, those of the encoder


def test_a_few_steps_reduce_the_loss(linear, lookup, examples):
    suspects = Suspects.of(examples)
    trainer = make_restorer(linear, examples)
    for _ in range(PLAN.steps):
        trainer.take_step()
    trainer.average.load_state_dict(trainer.network.state_dict())
    assert latent_error_db(trainer.average, lookup, suspects, CPU)[0] > 0.03  # without code, from surroundings alone


def scores_before_and_after(network, objective, lookup, examples) -> tuple[list[float], list[float]]:
    trainer, suspects = Trainer(network, objective, PLAN, CPU), Suspects.of(examples)
    before = restored_psnr(trainer.average, lookup, suspects, CPU, helped=True)
    for _ in range(PLAN.steps):
        trainer.take_step()
    trainer.average.load_state_dict(trainer.network.state_dict())
    return before, restored_psnr(trainer.average, lookup, suspects, CPU, helped=True)


def make_joint(linear) -> Joint:
    torch.manual_seed(0)
    return Joint(Restorer(linear, WIDTH), Decoder(linear, SMALL))


def test_joint_training_needs_two_pictures_to_a_batch(examples, lookup):
    with pytest.raises(ValueError, match="batches of 1"):
        joint_objective(examples, lookup, 1)


def test_transformer_and_decoder_learn_together(linear, lookup, examples):
    objective = joint_objective(examples, lookup, PLAN.batch)
    before, after = scores_before_and_after(make_joint(linear), objective, lookup, examples)
    assert np.mean(after) > np.mean(before)
    assert after[0] > before[0] + 0.5


def test_the_transformer_learns_behind_a_decoder_that_stays(linear, lookup, examples):
    network = make_joint(linear)
    network.decoder.requires_grad_(False)
    started = {name: value.clone() for name, value in network.decoder.state_dict().items()}
    objective = guided_objective(examples, lookup, PLAN.batch)
    before, after = scores_before_and_after(network, objective, lookup, examples)
    assert after[0] > before[0] + 0.1
    for name, value in network.decoder.state_dict().items():
        torch.testing.assert_close(value, started[name], rtol=0, atol=0)


def test_few_scales_survive_where_few_are_asked_for():
    counts = random_survivors(240, np.random.default_rng(0), chances=FEW_SCALES).counts
    assert (counts <= 4).float().mean() > 0.85
    assert counts.max() == 5


def test_masked_psnr_looks_inside_only():
    truth = np.zeros((8, 8, 3), np.uint8)
    hidden = np.zeros((8, 8), bool)
    hidden[:4] = True
    picture = np.full((8, 8, 3), 99.0)
    picture[:4] = 25.5
    assert masked_psnr(picture, truth, hidden) == pytest.approx(20 * np.log10(255 / 26))


def test_suspects_of_the_same_pictures_are_the_same(examples):
    np.testing.assert_array_equal(Suspects.of(examples).hidden, Suspects.of(examples).hidden)


@pytest.mark.parametrize(("eight_bits", "tolerance"), [(False, 0.02), (True, 6.0)])
def test_the_exported_transformer_equals_the_trained_one(linear, lookup, examples, tmp_path, eight_bits, tolerance):
    trainer = make_restorer(linear, examples)
    for _ in range(3):
        trainer.take_step()
    write_restorer(trainer.average, tmp_path, eight_bits=eight_bits)
    write_manifest(tmp_path, FILES, {})
    shipped = ShippedRestorer.load(weights=tmp_path)
    batch = draw_batch(examples, lookup, 2, 4)
    given = batch.inputs
    with torch.no_grad():
        expected = halved(trainer.average).eval()(given.coarse, given.fine, given.known, batch.seen, batch.hidden)
    got = shipped.restore(
        given.coarse[0].permute(1, 2, 0).numpy(),
        given.fine[0].permute(1, 2, 0).numpy(),
        given.known[0].numpy() > 0,
        batch.seen[0].permute(1, 2, 0).numpy().astype(np.uint8),
        batch.hidden[0, 0].numpy() > 0,
    )
    assert np.abs(got.coarse - expected.coarse[0].permute(1, 2, 0).numpy()).max() <= tolerance
    assert np.abs(got.guess - expected.guess[0].permute(1, 2, 0).numpy()).max() <= tolerance
    assert got.hints.shape == (64, 16, 16)
    assert got.sharpness.shape == (16, 16)


def test_the_command_runs_alone_and_jointly(linear, photographs):
    from train.tokenizer.linear import save_linear

    save_linear(linear, photographs / "linear.npz")
    out = photographs / "out"
    command = [sys.executable, "-m", "train.restorer", "--data", str(photographs), "--output", str(out)]
    options = [
        "--linear",
        str(photographs / "linear.npz"),
        "--batch",
        "2",
        "--device",
        "cpu",
        "--steps",
        "1",
        "--limit",
        "2",
    ]
    root = Path(__file__).resolve().parents[2]
    subprocess.run([*command, *options], check=True, cwd=root, timeout=300)
    joint = ["--joint", "--transformer", str(out / "restorer.npz"), "--score-every", "1", "--score-pictures", "2"]
    second = subprocess.run([*command, *options, *joint], check=True, cwd=root, timeout=300, capture_output=True)
    assert b"step 1: val" in second.stdout
    assert {path.name for path in (out / "recovery").iterdir()} == {"restorer.onnx", "weights.json"}
    manifest = json.loads((out / "tokenizer/weights.json").read_text())
    assert manifest["training"][-1]["command"].startswith(
        "python -m train.restorer --data DIR --output DIR --linear linear.npz"
    )
    assert (out / "restorer.npz").exists()
    assert (out / "tokenizer.npz").exists()
    fixed = [*joint, "--decoder", str(out / "tokenizer.npz"), "--decoder-fixed"]
    fixed += ["--decoder-history", str(out / "tokenizer/weights.json")]
    before = (out / "tokenizer/decoder.onnx").read_bytes()
    subprocess.run([*command, *options, *fixed], check=True, cwd=root, timeout=300, capture_output=True)
    assert (out / "tokenizer/decoder.onnx").read_bytes() == before
    assert json.loads((out / "tokenizer/weights.json").read_text()) == manifest
    exported = (out / "recovery/restorer.onnx").read_bytes()
    (out / "recovery/restorer.onnx").unlink()
    subprocess.run([*command, *options, *fixed, "--export-only"], check=True, cwd=root, timeout=300)
    assert (out / "recovery/restorer.onnx").read_bytes() == exported
    (out / "recovery/restorer.onnx").unlink()
    kept = (out / "restorer.npz").read_bytes()
    subprocess.run([*command, *options, *fixed, "--weights-only"], check=True, cwd=root, timeout=300)
    assert (out / "restorer.npz").read_bytes() != kept
    assert not (out / "recovery/restorer.onnx").exists()
    refused = subprocess.run(
        [*command, *options, *joint, "--decoder-fixed"], cwd=root, timeout=300, capture_output=True
    )
    assert refused.returncode == 2
    assert b"--decoder-fixed needs --joint and --decoder" in refused.stderr


def test_tokens_of_examples_are_tensors(examples):
    maps = as_tensors(examples.maps)
    assert [m.shape[-1] for m in maps] == list(LADDER)


def test_shipped_weights_are_scored_anew_with_the_pictures_they_come_from(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    for name in ("one", "two"):
        picture = cv2.resize(skimage.data.astronaut() if name == "one" else skimage.data.coffee(), (256, 256))
        assert cv2.imwrite(str(data / f"{name}.png"), picture)
    (data / "splits.csv").write_text("file,split\none.png,val\ntwo.png,test\n", encoding="utf-8")
    manifest = tmp_path / "weights.json"
    known = {"training_data": {"splits_sha256": data_hash(data)}, "scores": {"val": {"pictures": 1}}, "kept": 1}
    manifest.write_text(json.dumps(known), encoding="utf-8")
    rescore(manifest, data)
    after = json.loads(manifest.read_text(encoding="utf-8"))
    by_bits = after["scores"]["val"]["masked_psnr_db_by_bits"]["as shipped (fidelity)"]
    assert after["kept"] == 1
    assert after["scored_at"]
    assert after["scores"]["val"]["pictures"] == 1
    assert 10 < by_bits["60"] < by_bits["4092"] < by_bits["16380"] < 40
    (data / "splits.csv").write_text("file,split\none.png,val\n", encoding="utf-8")
    with pytest.raises(ValueError, match="differs"):
        rescore(manifest, data)
