"""The texturer's training: it begins as nothing, learns against its critic, and the package runs what was trained."""

import json
import sys

import numpy as np
import pytest
import torch
from train.export import halved, write_manifest
from train.loop import Plan, Trainer
from train.objective import moved
from train.restorer.training import Batch
from train.tests.conftest import synthesize
from train.texturer.__main__ import main
from train.texturer.export import write_texturer
from train.texturer.network import Rivals, Texturer
from train.texturer.scores import looks, slope, textured_looks
from train.texturer.training import painted, texture_objective
from train.tokenizer.codes import Lookup
from train.tokenizer.linear import save_linear
from train.tokenizer.network import Decoder
from underdrawing.recovery.texturing import TEXTURER_FILE
from underdrawing.recovery.texturing import Texturer as Shipped

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def decoder(linear):
    torch.manual_seed(3)
    return Decoder(linear).requires_grad_(False)


def drawn(examples, linear, decoder, batch):
    """A batch of the objective, and what the decoder paints of it."""
    lookup = Lookup(linear)
    objective = texture_objective(examples, lookup, decoder, batch)
    whole = Batch.of(moved(objective.draw(np.random.default_rng(4)), CPU), lookup)
    return whole, painted(decoder.eval(), whole.inputs)


def test_untrained_it_changes_nothing(examples, linear, decoder):
    whole, given = drawn(examples, linear, decoder, 3)
    made = Texturer().eval()(given, whole.inputs.known, whole.seen, whole.hidden)
    torch.testing.assert_close(made, given)


def test_codes_it_learns_from_tell_the_picture(examples, linear, decoder):
    whole, given = drawn(examples, linear, decoder, 8)
    assert whole.counts.min() >= 4
    assert whole.counts.max() == 6
    assert given.min() >= 0
    assert given.max() <= 255
    is_whole = whole.hidden.flatten(1).all(1)
    assert is_whole.any()
    assert not is_whole.all()


def test_neither_learns_from_what_the_other_is_asked(examples, linear, decoder):
    whole, given = drawn(examples, linear, decoder, 2)
    rivals = Rivals().train()
    said = rivals(whole.target, given, whole.inputs.known, whole.seen, whole.hidden)
    said.to_texturer[-1].mean().backward()
    assert rivals.texturer.leave.weight.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in rivals.critic.parameters())
    rivals.zero_grad(set_to_none=True)
    said = rivals(whole.target, given, whole.inputs.known, whole.seen, whole.hidden)
    (said.of_true[-1].mean() - said.of_textured[-1].mean()).backward()
    assert all(parameter.grad is None for parameter in rivals.texturer.parameters())
    assert all(parameter.grad is not None for parameter in rivals.critic.parameters())


def test_what_is_seen_is_judged_as_it_is(examples, linear, decoder):
    whole, given = drawn(examples, linear, decoder, 4)
    said = Rivals().eval()(whole.target, given, whole.inputs.known, whole.seen, whole.hidden)
    seen = (whole.hidden == 0).expand_as(said.textured)
    assert seen.any()
    torch.testing.assert_close(said.textured[seen], whole.seen[seen])


def test_training_tells_photographs_from_paintings_and_makes_slopes(examples, linear, decoder):
    torch.manual_seed(0)
    lookup = Lookup(linear)
    plan = Plan(steps=40, batch=2, learning_rate=2e-3, warm_up=4, averaging=0.5)
    trainer = Trainer(Rivals(), texture_objective(examples, lookup, decoder, plan.batch), plan, CPU)
    before = textured_looks(trainer.average.texturer, decoder, lookup, examples, scales=5, device=CPU)
    for _ in range(plan.steps):
        trainer.take_step()
    after = textured_looks(trainer.average.texturer, decoder, lookup, examples, scales=5, device=CPU)
    assert abs(np.log(after.slope)) < abs(np.log(before.slope))
    whole, given = drawn(examples, linear, decoder, 6)
    said = trainer.network.eval()(whole.target, given, whole.inputs.known, whole.seen, whole.hidden)
    assert said.of_true[-1].mean() > said.of_textured[-1].mean()


def test_the_truth_has_a_perfect_look():
    pictures = synthesize(2, 6)
    same = looks([(picture, picture) for picture in pictures])
    assert (same.ms_ssim, same.gmsd, same.slope) == pytest.approx((1, 0, 1))
    assert slope(np.full((8, 8, 3), 9, np.uint8)) == 0
    ramp = np.tile(np.arange(8, dtype=np.uint8)[:, None, None] * 5, (1, 8, 3))
    assert slope(ramp) == 5


def test_the_package_runs_what_was_trained(examples, linear, decoder, tmp_path):
    torch.manual_seed(1)
    network = Texturer()
    torch.nn.init.normal_(network.leave.weight, std=0.02)
    network = halved(network).eval()
    write_texturer(network, tmp_path)
    write_manifest(tmp_path, (TEXTURER_FILE,), {})
    whole, given = drawn(examples, linear, decoder, 1)
    given = given.round()
    with torch.no_grad():
        expected = network(given, whole.inputs.known, whole.seen, whole.hidden)[0]
    made = Shipped.load(weights=tmp_path).textured(
        as_picture(given[0]),
        whole.inputs.known[0].numpy() > 0,
        as_picture(whole.seen[0]),
        whole.hidden[0, 0].numpy() > 0,
    )
    np.testing.assert_allclose(made, as_picture(expected), atol=1)
    assert (made != as_picture(given[0])).any()


def as_picture(planes):
    return np.clip(np.rint(planes.permute(1, 2, 0).numpy()), 0, 255).astype(np.uint8)


def test_the_command_trains_exports_goes_on_and_tells_where_the_weights_come_from(
    linear, decoder, photographs, tmp_path, monkeypatch
):
    save_linear(linear, photographs / "linear.npz")
    start = {name: value.half().numpy() for name, value in decoder.named_parameters()}
    np.savez(photographs / "decoder.npz", **start)
    options = ["--data", str(photographs), "--steps", "2", "--batch", "2", "--limit", "4"]
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
    assert set(facts["scores"]["val"]["looks_by_bits"]) == {"1020", "4092", "16380"}
    with np.load(second / "texturer.npz") as archive:
        assert set(archive.files) == {name for name, _ in Texturer().named_parameters()}
