"""Carriers side by side, with contenders that remember instead of marking."""

import numpy as np
import pytest

from underdrawing.bench.attacks import geometry
from underdrawing.bench.carriers.side_by_side import (
    ATTACKS,
    PIPELINE,
    Mark,
    Result,
    add_result,
    contenders,
    load_results,
    measure,
)
from underdrawing.bench.carriers.tables import tables
from underdrawing.bench.corpus import Corpus
from underdrawing.errors import CapacityError

CORPUS = Corpus(None, ("skimage/coffee", "skimage/chelsea"), ())


class ByCorner:
    """Writes a colour into a corner; the id is read while the corner is dark, all while the size is right too."""

    name = "corner"

    def __init__(self):
        self.seen = []

    def mark(self, picture, id):
        pixels = picture.pixels.copy()
        pixels[:16, :16] = 0
        self.id = id

        def read(suspect):
            self.seen.append(suspect)
            dark = suspect[:8, :8].max() < 40
            return dark, dark and suspect.shape == pixels.shape

        return Mark(pixels, 64, 252, read)

    def notices(self, pixels):
        return False


class Full(ByCorner):
    name = "full"

    def mark(self, picture, id):
        raise CapacityError("no room")


def test_every_attack_of_the_table_exists():
    for attack in ATTACKS:
        assert geometry.get(attack.removeprefix("edit+")).parameters
    assert len(set(ATTACKS)) == len(ATTACKS)


def test_a_contender_is_measured_attack_by_attack():
    result = measure(ByCorner(), "skimage/coffee", CORPUS, attacks=("png", "resize0.5", "mirror"))
    assert result.id_read == {"png": True, "resize0.5": True, "mirror": False}
    assert result.all_read == {"png": True, "resize0.5": False, "mirror": False}
    assert (result.id_bits, result.code_bits, result.error, result.false_read) == (64, 252, None, False)
    assert 20 < result.psnr_db < 60
    assert 0.9 < result.ssim < 1


def test_all_contenders_get_the_same_ids_and_suspects():
    first, second = ByCorner(), ByCorner()
    for contender in (first, second):
        measure(contender, "skimage/coffee", CORPUS, attacks=("edit+jpeg75", "crop0.5", "noise6"))
    assert first.id == second.id
    for one, other in zip(first.seen, second.seen, strict=True):
        np.testing.assert_array_equal(one, other)
    measure(second, "skimage/chelsea", CORPUS, attacks=("png",))
    assert first.id != second.id


def test_an_edit_replaces_a_quarter():
    contender = ByCorner()
    measure(contender, "skimage/coffee", CORPUS, attacks=("png", "edit+png"))
    clean, edited = contender.seen
    assert (clean != edited).any(axis=2).mean() == pytest.approx(0.25, abs=0.02)


def test_a_refusal_is_a_result_and_a_line_below_the_tables():
    results = [
        measure(Full(), "skimage/coffee", CORPUS),
        measure(ByCorner(), "skimage/coffee", CORPUS, attacks=("png",)),
    ]
    assert results[0].error == "CapacityError: no room"
    text = tables(results, attacks=("png",))
    assert "- full on `skimage/coffee`: CapacityError: no room" in text
    assert "| `png` | – | 1 of 1 |" in text


def test_the_tables_count_and_name_our_losses():
    def result(name, picture, ids, everything):
        attacks = ("png", "crop0.5")
        return Result(
            name, picture, 64, 252, 40.0, 0.99, False, dict(zip(attacks, ids, strict=True)),
            dict(zip(attacks, everything, strict=True)),
        )  # fmt: skip

    results = [
        result(PIPELINE, "a", (True, False), (True, False)),
        result(PIPELINE, "b", (True, False), (False, False)),
        result("other", "a", (False, True), (False, True)),
        result("other", "b", (True, True), (True, True)),
    ]
    text = tables(results, attacks=("png", "crop0.5"))
    assert "| `png` | id 2, all 1 of 2 | 1 of 2 |" in text
    assert "less often than another carrier after: `crop0.5` (other)." in text
    assert "| other | 2 | 64 | 252 | 40.0 | 40.0 | 0.9900 | 0 of 2 |" in text
    assert "none of these attacks" in tables(results, attacks=("png",))


def test_an_interrupted_run_goes_on_and_another_one_starts_afresh(tmp_path):
    path = tmp_path / "results" / "carriers.jsonl"
    assert load_results(path, header={"commit": "a"}) == []
    result = measure(ByCorner(), "skimage/coffee", CORPUS, attacks=("png",))
    add_result(path, result)
    assert load_results(path, header={"commit": "a"}) == [result]
    with path.open("a") as file:
        file.write('{"contender": "cut o')
    assert load_results(path, header={"commit": "a"}) == [result]
    add_result(path, result)
    assert load_results(path, header={"commit": "a"}) == [result, result]
    assert load_results(path, header={"commit": "b"}) == []


def test_ours_is_there_twice():
    names = [contender.name for contender in contenders()]
    assert names[:2] == [PIPELINE, "lattice"]
    assert len(set(names)) == len(names)


def test_ours_reads_what_it_marked():
    pipeline, lattice = contenders()[:2]
    for contender in (pipeline, lattice):
        result = measure(contender, "skimage/coffee", CORPUS, attacks=("png",))
        assert result.all_read == {"png": True}
        assert result.id_bits == 64
        assert result.code_bits in (60, 252, 1020, 4092, 16380)
