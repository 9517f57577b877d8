"""The training of the tokenizer, on synthetic pictures and a network small enough for seconds."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from train.export import halved, write_manifest
from train.loop import Plan, Trainer
from train.tokenizer.clustering import cluster
from train.tokenizer.codes import Lookup, as_tensors, random_known
from train.tokenizer.export import FILES, given_to, write_weights
from train.tokenizer.linear import fit_linear, load_linear, save_linear
from train.tokenizer.network import Decoder, Size, alone
from train.tokenizer.training import decoder_objective, psnr_by_prefix

from underdrawing.tokenizer import LADDER, HiddenCode, Tokenizer
from underdrawing.tokenizer.quantizer import latents_of_scales

SMALL = Size(channels_16=16, channels_32=16, channels_64=16, blocks_16=1, blocks_32=1, blocks_64=1)
PLAN = Plan(steps=12, batch=4, learning_rate=2e-3, warm_up=2, averaging=0.5)
CPU = torch.device("cpu")


def make_trainer(linear, examples) -> Trainer:
    torch.manual_seed(0)
    lookup = Lookup(linear)
    return Trainer(Decoder(linear, SMALL), decoder_objective(examples, lookup, PLAN.batch, alone_chance=0.5), PLAN, CPU)


def test_clustering_finds_clusters():
    rng = np.random.default_rng(0)
    centres = rng.integers(-500, 501, (4096, 2))
    vectors = torch.from_numpy(centres.repeat(4, axis=0) + rng.normal(0, 0.1, (4 * 4096, 2))).float()
    entries = cluster(vectors, epochs=6, generator=torch.Generator().manual_seed(0), log=lambda line: None).astype(
        np.int64
    )
    distances = [np.square(entries - centre).sum(axis=1).min() for centre in centres[:500]]
    assert np.mean(distances) < 20


def test_fitting_is_deterministic(examples):
    pictures = examples.pictures[:8]
    with torch.no_grad():
        linear = fit_linear(pictures, epochs=1, seed=0, device=CPU, log=lambda line: None)
        again = fit_linear(pictures, epochs=1, seed=0, device=CPU, log=lambda line: None)
    for name, array in linear.to_arrays().items():
        np.testing.assert_array_equal(again.to_arrays()[name], array, err_msg=name)


def test_linear_weights_round_trip(linear, tmp_path):
    save_linear(linear, tmp_path / "linear.npz")
    for name, array in load_linear(tmp_path / "linear.npz").to_arrays().items():
        np.testing.assert_array_equal(array, linear.to_arrays()[name])


def test_training_sees_the_latents_that_the_package_computes(linear, examples):
    lookup = Lookup(linear)
    inputs = lookup(as_tensors(examples.maps), torch.ones(len(examples), 6, 32, 32))
    for i in range(3):
        maps = tuple(m[i] for m in examples.maps)
        exact = latents_of_scales(maps[:5], linear.scales)
        assert np.abs(inputs.coarse[i].permute(1, 2, 0).numpy() - exact).max() <= 2.01  # four roundings of half
        np.testing.assert_array_equal(inputs.fine[i].permute(1, 2, 0).numpy(), linear.fine_vocabulary.entries[maps[5]])


def test_the_untrained_decoder_paints_the_linear_picture(linear, examples):
    network = Decoder(linear, SMALL)
    maps = tuple(m[0] for m in examples.maps)
    exact = linear.coarse_synthesis(latents_of_scales(maps[:5], linear.scales))
    coarse = torch.from_numpy(latents_of_scales(maps[:5], linear.scales)).float()
    with torch.no_grad():
        nothing = torch.zeros(1, 16, 32, 32), torch.zeros(1, 6, 32, 32)
        picture = network(coarse.permute(2, 0, 1)[None], *nothing, *alone(1, CPU))
    assert np.abs(picture[0].permute(1, 2, 0).numpy() - exact).max() <= 0.51


def test_quantizer_dropout_hides_the_finer_scales_first(linear, examples):
    tokens = torch.from_numpy(np.concatenate([examples.maps[4]] * 20).astype(np.int64))
    arrived = random_known(np.random.default_rng(0), whole=np.ones(len(tokens), np.bool_))
    known = Lookup(linear).known(arrived, tokens)
    assert set(known.unique().tolist()) == {0.0, 1.0}
    assert (known[:, 0] == 1).all()
    assert (known[:, 1:] <= known[:, :-1]).all()
    shares = known[:, 5].mean((1, 2))
    assert ((shares > 0) & (shares < 1)).any()


def test_a_few_steps_reduce_the_loss(linear, examples):
    trainer = make_trainer(linear, examples)
    before = psnr_by_prefix(trainer.average, Lookup(linear), examples, CPU)
    losses = [trainer.take_step() for _ in range(PLAN.steps)]
    assert np.isfinite(losses).all()
    trainer.average.load_state_dict(trainer.network.state_dict())
    after = psnr_by_prefix(trainer.average, Lookup(linear), examples, CPU)
    assert np.mean(after) > np.mean(before)


def test_a_resumed_run_is_the_same_run(linear, examples, tmp_path):
    straight = make_trainer(linear, examples)
    for _ in range(4):
        straight.take_step()
    first = make_trainer(linear, examples)
    for _ in range(2):
        first.take_step()
    first.save(tmp_path / "checkpoint.pt")
    second = make_trainer(linear, examples)
    second.restore(tmp_path / "checkpoint.pt")
    assert second.step == 2
    for _ in range(2):
        second.take_step()
    for name, value in straight.average.state_dict().items():
        torch.testing.assert_close(second.average.state_dict()[name], value, rtol=0, atol=0, msg=name)


def test_half_precision_is_enough_to_start_from(linear, examples, tmp_path):
    trained = make_trainer(linear, examples)
    for _ in range(3):
        trained.take_step()
    trained.save_half(tmp_path / "decoder.npz")
    fresh = make_trainer(linear, examples)
    fresh.start_from(tmp_path / "decoder.npz")
    expected = halved(trained.average).state_dict()
    for name, value in fresh.network.state_dict().items():
        torch.testing.assert_close(value, expected[name], rtol=0, atol=0, msg=name)


def test_weights_drawn_back_lie_on_the_way_to_their_start(linear, examples, tmp_path):
    trainer = make_trainer(linear, examples)
    trainer.save_half(tmp_path / "decoder.npz")
    start = halved(trainer.average).state_dict()
    for _ in range(3):
        trainer.take_step()
    trained = {name: value.clone() for name, value in trainer.average.state_dict().items()}
    trainer.draw_back(tmp_path / "decoder.npz", 0.75)
    for name, parameter in trainer.average.named_parameters():
        torch.testing.assert_close(parameter.detach(), 0.25 * trained[name] + 0.75 * start[name], msg=name)


def test_the_exported_tokenizer_equals_the_trained_one(linear, examples, tmp_path):
    trainer = make_trainer(linear, examples)
    for _ in range(3):
        trainer.take_step()
    decoder = trainer.average
    generator = torch.Generator().manual_seed(0)
    for name, weight in decoder.named_parameters():
        if name.endswith(("second.weight", "leave.weight")):  # as if it had learned a lot
            weight.normal_(0, 0.03, generator=generator)
    usual = decoder_objective(examples, Lookup(linear), 4, alone_chance=0.5)
    write_weights(decoder, linear, tmp_path, given_to(decoder, usual, decoder))
    write_manifest(tmp_path, FILES, {})
    tokenizer = Tokenizer.load(weights=tmp_path)
    network = halved(decoder).eval()
    for i in range(2):
        maps = tuple(m[i] for m in examples.maps)
        code = tokenizer.encode(examples.pictures[i])
        assert code == HiddenCode(maps)
        for n in range(1, len(LADDER) + 1):
            latents = tokenizer.latents(code.prefix(n))
            tensors = [
                torch.from_numpy(np.ascontiguousarray(a.transpose(2, 0, 1)[None])).float()
                for a in (latents.coarse, latents.fine)
            ]
            known = torch.from_numpy(latents.known.astype(np.float32))[None]
            with torch.no_grad():
                expected = network(*tensors, known, *alone(1, CPU)).numpy()[0]
                correction = expected - network.linear(*tensors, known).numpy()[0]
            got = tokenizer.painter.paint_exactly(latents)
            assert correction.std() > 2
            assert (got - expected).std() < 0.03 * correction.std()


def test_the_command_runs_and_resumes(photographs):
    command = [
        sys.executable,
        "-m",
        "train.tokenizer",
        "--data",
        str(photographs),
        "--output",
        str(photographs / "out"),
    ]
    options = ["--epochs", "1", "--batch", "2", "--device", "cpu"]
    root = Path(__file__).resolve().parents[2]
    subprocess.run([*command, *options, "--steps", "1"], check=True, cwd=root, timeout=300)
    second = subprocess.run(
        [*command, *options, "--steps", "2", "--resume"], check=True, cwd=root, timeout=300, capture_output=True
    )
    assert b"resumed at step 1" in second.stdout
