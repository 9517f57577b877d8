"""Units: who takes part does what it is there for, and failures become rows."""

import math

import numpy as np
import pytest

from underdrawing.bench.contest.entrants import Ours, system_named, system_names
from underdrawing.bench.contest.plan import (
    ATTACKS,
    QUICK_ATTACKS,
    TARGET_ATTACKS,
    Case,
    Setting,
    Unit,
    aim_of,
    chosen_attacks,
    units,
)
from underdrawing.bench.contest.rows import CaseRow, MarkRow
from underdrawing.bench.contest.trials import run_unit
from underdrawing.bench.metrics.likeness import masked_psnr_db
from underdrawing.errors import UsageError

OURS = "underdrawing"


@pytest.fixture(scope="module")
def setting(dataset_folder, gallery_folder):
    return Setting(dataset_folder, gallery_folder)


@pytest.fixture(scope="module")
def item(dataset):
    """One with an edit that is not tiny."""
    return max((item for item in dataset.items if item.kind != "whole"), key=lambda item: item.fraction)


def run(system, item, setting, *cases):
    mark, *rows = run_unit(Unit(item.name, system, tuple(Case(*case) for case in cases)), setting)
    assert isinstance(mark, MarkRow)
    assert all(isinstance(row, CaseRow) for row in rows)
    return mark, *rows


@pytest.fixture(scope="module")
def ours(item, setting):
    return run(OURS, item, setting, ("png", True), ("jpeg75", True), ("jpeg75", False), ("copyreal", False))


def test_reference_ours_is_read_finds_the_edit_and_paints_it_back(ours, item):
    mark, lossless, web, _, _ = ours
    assert mark.psnr_db > 36
    assert mark.id_bits == 64
    for row in (lossless, web):
        assert row.id_right
        assert row.flagged
        assert row.f1 > 0.5
        assert row.f1 <= row.auc <= 1
        assert {"anchor", "core"} <= set(row.parts)
        assert (row.kind, row.fraction, row.label) == (item.kind, item.fraction, item.label)


def test_reference_the_original_is_found_by_id_by_code_and_by_looks(ours):
    for row in ours[1:3]:
        assert set(row.found) == {"id", "code", "recovered", "suspect"}
        assert row.found["id"] == row.found["code"] == (1, 1)


def test_reference_an_untouched_copy_is_not_flagged_and_not_looked_for(ours):
    row = ours[3]
    assert row.flagged is False
    assert row.believed
    assert row.false_alarm == 0
    assert (row.f1, row.recovered_db, row.found, row.kind) == (None, None, {}, "")


def test_reference_a_copied_mark_is_not_believed(ours):
    row = ours[4]
    assert not row.believed
    assert (row.f1, row.recovered_db) == (None, None)


def test_reference_with_its_vault_the_whole_code_paints_better(ours, item, setting):
    _, lossless, web = run("underdrawing with its vault", item, setting, ("png", True), ("jpeg75", True))
    for row, alone in zip((lossless, web), ours[1:3], strict=True):
        assert row.id_right
        assert row.same_mask_db > alone.same_mask_db + 0.5
        assert row.recovered_db > alone.recovered_db
        assert set(row.parts) >= set(alone.parts)


def test_reference_inpainting_is_told_the_mask_so_both_numbers_are_the_same(item, setting, dataset):
    mark, row = run("Telea", item, setting, ("jpeg75", True))
    assert mark.psnr_db is None
    assert row.recovered_db == row.same_mask_db
    assert (row.f1, row.id_right, row.flagged) == (None, None, None)
    assert set(row.found) == {"recovered"}
    untold = masked_psnr_db(dataset.original(item), dataset.tampered(item), dataset.mask(item), data_range=255)
    assert math.isfinite(untold)


def test_reference_the_fragile_mark_is_exact_without_compression_and_gone_with_it(item, setting):
    _, lossless, web = run("fragile self-embedding", item, setting, ("png", True), ("jpeg75", True))
    assert lossless.f1 > 0.85
    assert lossless.recovered_db > web.recovered_db
    assert lossless.parts == ("blocks",)
    assert web.parts == ()
    assert web.false_alarm == 1


def test_reference_without_a_mark_the_suspect_is_looked_for_by_hashes(item, setting):
    _, row = run("nothing", item, setting, ("jpeg75", True))
    assert set(row.found) == {"suspect", "PDQ", "pHash", "ISCC"}
    assert row.recovered_db is None


def test_reference_a_carrier_brings_its_message_back(item, setting):
    mark, row = run("carrier dwtDctSvd", item, setting, ("png", True))
    assert mark.id_bits > 0
    assert row.id_right == ("id" in row.parts)
    assert (row.f1, row.recovered_db) == (None, None)


def test_deterministic(item, setting):
    first, second = (run("fragile self-embedding", item, setting, ("noise4", True)) for _ in range(2))
    assert first[1].auc == second[1].auc
    assert first[0].psnr_db == second[0].psnr_db


def test_limits_moved_pictures_are_scored_where_they_lie_now(item, setting):
    _, row = run(OURS, item, setting, ("mirror", True))
    assert row.id_right
    assert row.f1 > 0.5
    assert row.recovered_db is None


@pytest.mark.parametrize("error", [UsageError("no room"), ValueError("no\nroom")])
def test_limits_a_mark_that_fails_becomes_rows(item, setting, monkeypatch, error):
    def refuse(self, original, name, *, stranger=0):
        raise error

    monkeypatch.setattr(Ours, "protect", refuse)
    mark, row = run(OURS, item, setting, ("png", True))
    assert mark.error == row.error == f"{type(error).__name__}: no room"
    assert row.f1 is None


def test_limits_an_examination_that_fails_becomes_a_row_and_the_rest_goes_on(item, setting, monkeypatch):
    examine = Ours.examine

    def stumble(self, suspect, marked, truth):
        if not truth.any():
            raise IndexError("no such chip")
        return examine(self, suspect, marked, truth)

    monkeypatch.setattr(Ours, "examine", stumble)
    mark, untouched, doctored = run(OURS, item, setting, ("png", False), ("png", True))
    assert mark.error is None
    assert untouched.error == "IndexError: no such chip"
    assert doctored.error is None
    assert doctored.id_right


def test_reference_every_case_once_and_none_that_is_done():
    systems = [(OURS, True), ("Telea", False)]
    planned = units(["a", "b"], systems, ("png", "jpeg75", "copyreal"))
    keys = [case.key(unit.item, unit.system) for unit in planned for case in unit.cases]
    assert len(keys) == len(set(keys)) == 2 * (5 + 2)
    left = units(["a", "b"], systems, ("png", "jpeg75", "copyreal"), done=frozenset(keys[:6]))
    assert [case.key(unit.item, unit.system) for unit in left for case in unit.cases] == keys[6:]
    assert not units(["a"], systems, ("png",), done=frozenset(keys))
    only = units(["a"], systems, ("png",), untouched=False)
    assert [len(unit.cases) for unit in only] == [1, 1]
    (rest,) = units(["a"], systems, ("png", "copyreal"), doctored=False)
    assert rest.cases == (Case("png", False), Case("copyreal", False))


def test_reference_attacks_by_name_and_by_group():
    assert chosen_attacks(["quick", "png"]) == QUICK_ATTACKS
    assert chosen_attacks(["all"]) == ATTACKS
    assert chosen_attacks(["targets"]) == TARGET_ATTACKS
    assert set(TARGET_ATTACKS) <= set(ATTACKS)
    assert [aim_of(name) for name in ("jpeg71", "copyreal", "remark1")] == ["survive", "forge", "remove"]
    with pytest.raises(UsageError, match="explode"):
        chosen_attacks(["explode"])


def test_the_seed_of_a_suspect_does_not_depend_on_the_system(dataset_folder):
    setting = Setting(dataset_folder)
    assert setting.seed_of("a", Case("png", True)) != setting.seed_of("a", Case("png", False))
    assert setting.seed_of("a", Case("png", True)) != Setting(dataset_folder, seed=1).seed_of("a", Case("png", True))


def test_rejects_an_unknown_system():
    with pytest.raises(
        UsageError,
        match="underdrawing, underdrawing with its vault, underdrawing discreet, underdrawing detailed, "
        "underdrawing detailed with its vault, underdrawing lasting, underdrawing lasting with its vault, fragile",
    ):
        system_named("nobody")


@pytest.mark.parametrize("name", system_names())
def test_every_system_has_the_name_it_is_called_by(name):
    system = system_named(name)
    assert system.name == name
    assert isinstance(system.marks, bool)


@pytest.mark.parametrize("name", ["fragile self-embedding", "Telea", "nothing"])
def test_limits_nothing_that_a_system_does_not_do_is_claimed(name):
    system = system_named(name)
    pixels = np.zeros((64, 64, 3), np.uint8)
    marked = system.protect(pixels, "black")
    assert np.abs(marked.pixels.astype(int) - pixels).max() <= 3
    examined = system.examine(pixels, marked, np.zeros((64, 64), bool))
    assert examined.id_right is None
    assert examined.code is None
