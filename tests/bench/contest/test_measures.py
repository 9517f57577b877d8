"""From rows to numbers, and from numbers to targets and points."""

import math
from statistics import mean

import pytest
from scipy.stats import binomtest, norm, sem

from underdrawing.bench.contest.curves import CURVES, points
from underdrawing.bench.contest.measures import CASE_METRICS, EVERY_EDIT, MARK_METRICS, NO_ATTACK, measures
from underdrawing.bench.contest.plan import TARGET_ATTACKS
from underdrawing.bench.contest.rows import CaseRow, MarkRow
from underdrawing.bench.contest.targets import OURS, TARGETS, Target, target_lines

READ = [True] * 7 + [False] * 2
SCORES = [0.9, 0.8, 0.95, 0.7, 1.0, 0.6, 0.85, 0.9, 0.75]


def row(place, **given):
    values = {
        "key": str(place), "item": f"item {place}", "system": OURS, "attack": "jpeg75", "tampered": True,
        "fraction": 0.05 + 0.1 * place, "size_class": "small" if place < 4 else "large", "examine_s": place / 10,
    }  # fmt: skip
    return CaseRow(**(values | given))


@pytest.fixture(scope="module")
def cases():
    doctored = [
        row(
            place,
            id_right=READ[place],
            f1=SCORES[place],
            embedded=("anchor", "core") if place else ("anchor",),
            parts=("anchor",) if READ[place] else (),
            flagged=True,
            recovered_db=20.0 + place,
            same_mask_db=21.0 + place,
            code_scales=place % 3,
            found={"id": (1, 1) if READ[place] else (None, None), "PDQ": (place + 1, 1)},
        )
        for place in range(9)
    ]
    untouched = [
        row(
            place,
            key=f"u{place}",
            tampered=False,
            flagged=place == 0,
            false_alarm=0.5 * (place == 0),
            size_class="",
            fraction=0,
        )
        for place in range(4)
    ]
    forged = [
        row(
            place,
            key=f"f{place}",
            tampered=False,
            attack="copyreal",
            flagged=place > 0,
            believed=place == 0,
            size_class="",
        )
        for place in range(3)
    ]
    return [*doctored, *untouched, *forged, row(0, key="broken", error="UsageError: no")]


@pytest.fixture(scope="module")
def marks():
    return [
        MarkRow(item=str(i), system=OURS, parts=("anchor",), psnr_db=40.0 + i, id_bits=64, code_bits=252)
        for i in range(3)
    ] + [MarkRow(item="0", system="nothing")]


@pytest.fixture(scope="module")
def numbers(cases, marks):
    return {(one.system, one.attack, one.edits, one.metric): one for one in measures(cases, marks)}


def test_reference_shares_have_the_wilson_interval_of_another_library(numbers):
    one = numbers[OURS, "jpeg75", EVERY_EDIT, "id"]
    interval = binomtest(7, 9).proportion_ci(method="wilson")
    assert (one.value, one.cases) == (7 / 9, 9)
    assert (one.low, one.high) == pytest.approx((interval.low, interval.high))
    assert numbers[OURS, "jpeg75", EVERY_EDIT, "anchor"].value == 7 / 9
    core = numbers[OURS, "jpeg75", EVERY_EDIT, "core"]
    assert (core.value, core.cases) == (0, 8)
    assert (OURS, "jpeg75", EVERY_EDIT, "fine") not in numbers


def test_reference_means_have_a_normal_interval(numbers):
    one = numbers[OURS, "jpeg75", EVERY_EDIT, "f1"]
    low, high = norm.interval(0.95, loc=mean(SCORES), scale=sem(SCORES))
    assert (one.value, one.low, one.high) == pytest.approx((mean(SCORES), low, high))


def test_reference_size_classes_are_counted_apart(numbers):
    small, large = (numbers[OURS, "jpeg75", size, "f1"] for size in ("small", "large"))
    assert (small.cases, large.cases) == (4, 5)
    assert small.value == pytest.approx(mean(SCORES[:4]))


def test_reference_edits_of_the_whole_picture_count_for_messages_but_not_for_maps(cases):
    whole = row(0, key="w", kind="whole-regeneration", size_class="whole", id_right=False, f1=0.0)
    with_it = {(one.attack, one.edits, one.metric): one for one in measures([*cases, whole], [])}
    assert with_it["jpeg75", EVERY_EDIT, "id"].cases == 10
    assert with_it["jpeg75", EVERY_EDIT, "f1"].value == pytest.approx(mean(SCORES))
    for edits in ("whole", "whole-regeneration"):
        assert with_it["jpeg75", edits, "f1"].value == 0
        assert with_it["jpeg75", edits, "f1"].cases == 1


def test_reference_untouched_pictures_and_forgeries_are_counted_apart(numbers):
    assert numbers[OURS, "jpeg75", EVERY_EDIT, "flagged"].value == 1 / 4
    assert numbers[OURS, "jpeg75", EVERY_EDIT, "noticed"].value == 1
    assert numbers[OURS, "copyreal", EVERY_EDIT, "believed"].value == pytest.approx(1 / 3)
    assert (OURS, "copyreal", EVERY_EDIT, "flagged") not in numbers
    assert (OURS, "jpeg75", EVERY_EDIT, "believed") not in numbers


def test_reference_ranks_become_top_1_and_top_5(numbers):
    got = {name: numbers[OURS, "jpeg75", EVERY_EDIT, name].value for name in ("top1_image_by_PDQ", "top5_image_by_PDQ")}
    assert got == {"top1_image_by_PDQ": 1 / 9, "top5_image_by_PDQ": 5 / 9}
    assert numbers[OURS, "jpeg75", EVERY_EDIT, "top1_label_by_PDQ"].value == 1
    assert (OURS, "jpeg75", EVERY_EDIT, "top1_image_by_code") not in numbers


def test_limits_rows_that_failed_and_pictures_without_mark_count_for_nothing(numbers):
    assert numbers[OURS, NO_ATTACK, EVERY_EDIT, "psnr_db"].value == 41
    assert ("nothing", NO_ATTACK, EVERY_EDIT, "ssim") not in numbers
    assert numbers[OURS, "jpeg75", EVERY_EDIT, "examine_s"].cases == 13


def test_every_metric_has_one_name():
    names = [metric.name for metric, _ in (*CASE_METRICS, *MARK_METRICS)]
    assert len(names) == len(set(names))


def test_every_target_names_a_metric_and_an_attack_of_the_suite():
    metrics = {metric.name for metric, _ in (*CASE_METRICS, *MARK_METRICS)}
    attacks = {*TARGET_ATTACKS, NO_ATTACK, "suite"}
    for target in TARGETS:
        assert target.metric in metrics
        assert target.attack in attacks
        assert (target.at_least is None) != (target.at_most is None)
    assert len(target_lines([])) == len(TARGETS)
    assert {line.passed for line in target_lines([])} == {None}


@pytest.mark.parametrize(
    "target, passed, words",
    [
        (Target("t", "w", "id", at_least=0.7), True, "9 cases"),
        (Target("t", "w", "id", at_least=0.8), False, "9 cases"),
        (Target("t", "w", "believed", "copyreal", at_most=0.01), False, "3 cases"),
        (Target("t", "w", "same_mask_db", minus="recovered_db", at_most=1.0), True, "1 (9 cases)"),
        (Target("t", "w", "same_mask_db", minus="recovered_db", at_most=0.9), False, "1 (9 cases)"),
        (Target("t", "w", "flagged", "suite", at_most=0.3), True, "1 of 4, 1 attacks; worst: 25.00% at jpeg75"),
        (Target("t", "w", "iou", at_least=0.5), None, "not measured"),
        (Target("t", "w", "id", at_least=0.9, edits="small"), True, "4 cases"),
        (Target("t", "w", "id", at_least=0.9, edits="large"), False, "5 cases"),
    ],
)
def test_reference_targets_pass_or_miss_in_the_open(numbers, target, passed, words):
    (line,) = target_lines(list(numbers.values()), [target])
    assert line.passed is passed
    assert words in line.measured


def test_reference_points_are_means_of_their_cases(cases, numbers):
    found = points(cases, list(numbers.values()))
    assert {point.curve for point in found} == set(CURVES)
    scales = {point.x: point for point in found if point.curve == "scales"}
    assert scales[1.0].y == mean([22.0, 25.0, 28.0])
    assert scales[2.0].y == mean([23.0, 26.0, 29.0])
    assert 0.0 not in scales
    (mark,) = [point for point in found if point.curve == "invisibility"]
    assert (mark.x, mark.y) == (316, 41)
    success = {point.line: (point.x, point.y) for point in found if point.curve == "success"}
    assert success[f"{OURS}: id"] == (75, 7 / 9)
    recovery = sorted((point.x, point.y) for point in found if point.curve == "recovery")
    assert len(recovery) == 9
    assert recovery[0] == pytest.approx((0.05, 20.0))
    assert all(math.isfinite(x) and math.isfinite(y) for x, y in recovery)
