"""The imaginer's training: what it is given and asked, that it learns, and that the package runs what was trained."""

import json
import sys

import numpy as np
import pytest
import torch
from train.export import halved, write_manifest
from train.imaginer.__main__ import main
from train.imaginer.export import write_imaginer
from train.imaginer.network import Imaginer
from train.imaginer.scores import looks, nats, slope
from train.imaginer.training import drawn_codes, given_of, imaginer_objective
from train.loop import Plan, Trainer
from train.tests.conftest import synthesize
from train.tokenizer.codes import Lookup
from train.tokenizer.linear import save_linear
from train.tokenizer.network import LinearPicture
from underdrawing.recovery.imagining import IMAGINER_FILE
from underdrawing.recovery.imagining import Imaginer as Shipped

from underdrawing.networks import Network
from underdrawing.tokenizer import HiddenCode, Tokenizer, ladder_bits
from underdrawing.tokenizer.painter import Painter

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def lookup(linear):
    return Lookup(linear)


@pytest.fixture(scope="module")
def picture(linear):
    return LinearPicture(linear)


def test_what_is_asked_is_not_known(examples):
    drawn = drawn_codes(examples, 12, np.random.default_rng(0))
    assert not drawn.known.flatten(1).gather(1, drawn.asked).any()
    shares = drawn.known.float().mean((1, 2))
    assert shares.min() < 0.3
    assert shares.max() > 0.7
    assert not drawn.known.flatten(1).all(1).any()


def test_the_network_gets_what_the_package_gives_it(linear, examples, lookup, picture):
    drawn = drawn_codes(examples, 3, np.random.default_rng(1))
    given = given_of(drawn.maps, drawn.known, lookup, picture)
    tokenizer = Tokenizer(linear, Painter(Network(b"")))
    for number in range(3):
        code = HiddenCode(tuple(tokens[number].numpy().astype(np.uint16) for tokens in drawn.maps))
        np.testing.assert_allclose(
            given.said[number].permute(1, 2, 0), tokenizer.linear_picture(code).astype(np.float32), atol=3
        )
        latents = tokenizer.latents(code)
        np.testing.assert_allclose(given.coarse[number].permute(1, 2, 0), latents.coarse, atol=0.51)
        known = drawn.known[number].numpy()
        expected = np.where(known[..., None], latents.fine, 0)
        np.testing.assert_array_equal(given.fine[number].permute(1, 2, 0), expected)


def test_single_cells_have_the_scores_that_they_have_among_all(linear, examples, lookup, picture):
    torch.manual_seed(0)
    network = Imaginer(linear).eval()
    drawn = drawn_codes(examples, 2, np.random.default_rng(2))
    given = given_of(drawn.maps, drawn.known, lookup, picture)
    with torch.no_grad():
        some, whole = network(*given, drawn.asked), network(*given)
    assert whole.shape == (2, 1024, 4096)
    torch.testing.assert_close(some, whole.gather(1, drawn.asked[..., None].expand(-1, -1, 4096)))


def test_training_makes_surer(linear, examples, lookup, picture):
    torch.manual_seed(0)
    plan = Plan(steps=40, batch=4, learning_rate=4e-3, warm_up=4, averaging=0.5)
    trainer = Trainer(Imaginer(linear), imaginer_objective(examples, lookup, picture, plan.batch), plan, CPU)
    before = nats(trainer.average, lookup, picture, examples, CPU)
    for _ in range(plan.steps):
        trainer.take_step()
    assert before == pytest.approx(np.log(4096), abs=0.3)
    assert nats(trainer.average, lookup, picture, examples, CPU) < before - 0.3


def test_the_truth_has_a_perfect_look():
    same = looks([(picture, picture) for picture in synthesize(2, 6)])
    assert (same.ms_ssim, same.gmsd, same.slope) == pytest.approx((1, 0, 1))
    assert slope(np.full((8, 8, 3), 9, np.uint8)) == 0
    assert slope(np.tile(np.arange(8, dtype=np.uint8)[:, None, None] * 5, (1, 8, 3))) == 5


def test_the_package_runs_what_was_trained(linear, examples, lookup, picture, tmp_path):
    torch.manual_seed(1)
    network = halved(Imaginer(linear)).eval()
    write_imaginer(network, tmp_path)
    write_manifest(tmp_path, (IMAGINER_FILE,), {})
    drawn = drawn_codes(examples, 1, np.random.default_rng(3))
    given = given_of(drawn.maps, drawn.known, lookup, picture)
    given = given._replace(said=given.said.round())
    with torch.no_grad():
        expected = network(*given)[0].reshape(32, 32, -1)
    said, coarse, fine = (plane[0].permute(1, 2, 0).numpy() for plane in given[:3])
    scores = Shipped.load(weights=tmp_path).scores(said, coarse, fine, drawn.known[0].numpy())
    np.testing.assert_allclose(scores, expected, atol=1e-3)


def test_the_command_trains_exports_goes_on_and_tells_where_the_weights_come_from(
    linear, photographs, tmp_path, monkeypatch
):
    save_linear(linear, photographs / "linear.npz")
    options = ["--data", str(photographs), "--steps", "2", "--batch", "2", "--limit", "2", "--score-every", "1"]
    options += ["--linear", str(photographs / "linear.npz")]
    first, second = tmp_path / "first", tmp_path / "second"
    monkeypatch.setattr(sys, "argv", ["imaginer", *options, "--output", str(first)])
    main()
    again = ["--start", str(first / "imaginer.npz"), "--history", str(first / "weights" / "weights.json")]
    monkeypatch.setattr(sys, "argv", ["imaginer", *options, "--output", str(second), *again])
    main()
    facts = json.loads((second / "weights" / "weights.json").read_text())
    assert [run["steps"] for run in facts["training"]] == [2, 2]
    assert str(photographs) not in facts["training"][0]["command"]
    assert set(facts["scores"]["val"]["looks_by_bits"]) == {str(ladder_bits(scales)) for scales in (3, 4, 5, 6)}
    with np.load(second / "imaginer.npz") as archive:
        assert set(archive.files) == {name for name, _ in Imaginer(linear).named_parameters()}
