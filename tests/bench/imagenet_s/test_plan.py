"""Turns: kinds, sizes and outlines come out even, faces first, donors show something else."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from underdrawing.bench.edits.masks import Shape
from underdrawing.bench.edits.tampering import Kind
from underdrawing.bench.imagenet_s.plan import (
    KINDS,
    OUTLINES,
    SIZE_CLASSES,
    Subject,
    assign,
    drawn_fraction,
    size_class,
)
from underdrawing.errors import UsageError

LOCAL = [kind for kind in KINDS if kind not in (Kind.FACE_SWAP, Kind.WHOLE, Kind.GENERATIVE_REMOVAL)]


def subjects(count, *, faces=0, labels=5):
    return [Subject(f"picture-{number}", f"label {number % labels}", number < faces) for number in range(count)]


@given(count=st.integers(2, 300), faces=st.integers(0, 40), chosen=st.sets(st.sampled_from(LOCAL), min_size=1))
def test_kinds_are_even_to_one(count, faces, chosen):
    planned = assign(subjects(count, faces=min(faces, count)), sorted(chosen))
    counted = Counter(one.kind for one in planned)
    assert len(planned) == count
    assert max(counted[kind] for kind in chosen) - min(counted[kind] for kind in chosen) <= 1


def test_sizes_are_even_within_every_kind_and_over_all():
    planned = assign(subjects(len(LOCAL) * 20), LOCAL)
    for kind in LOCAL:
        sizes = Counter(one.size_class for one in planned if one.kind is kind)
        assert set(sizes.values()) == {5}
    early = Counter(one.size_class for one in planned[: len(LOCAL)])
    assert set(early) == set(SIZE_CLASSES)


def test_every_outline_of_a_kind_meets_every_size():
    planned = assign(subjects(len(LOCAL) * 80), LOCAL)
    for kind in LOCAL:
        met = {(one.outline, one.size_class) for one in planned if one.kind is kind}
        assert met == {(outline, size) for outline in OUTLINES[kind] for size in SIZE_CLASSES}


def test_faces_are_swapped_first_up_to_a_fair_share():
    planned = assign(subjects(40, faces=30), [Kind.FACE_SWAP, Kind.TEXT, Kind.SPLICE, Kind.REMOVAL])
    swapped = [one for one in planned if one.kind is Kind.FACE_SWAP]
    assert len(swapped) == 10
    faces = {f"picture-{number}" for number in range(30)}
    assert all(one.name in faces and one.donor in faces and one.donor != one.name for one in swapped)


def test_a_single_face_is_not_swapped():
    assert all(one.kind is Kind.TEXT for one in assign(subjects(5, faces=1), [Kind.FACE_SWAP, Kind.TEXT]))


def test_donors_show_something_else_where_something_else_is_shown():
    given = subjects(30, labels=3)
    label = {subject.name: subject.label for subject in given}
    planned = assign(given, [Kind.SPLICE, Kind.BLENDED_SPLICE])
    assert all(label[one.donor] != label[one.name] for one in planned)
    alike = assign(subjects(4, labels=1), [Kind.SPLICE])
    assert all(one.donor not in (None, one.name) for one in alike)


def test_only_kinds_that_take_from_another_picture_have_a_donor():
    for one in assign(subjects(60, faces=10), [kind for kind in KINDS if kind is not Kind.GENERATIVE_REMOVAL]):
        assert (one.donor is not None) == (one.kind in (Kind.SPLICE, Kind.BLENDED_SPLICE, Kind.FACE_SWAP))


@given(name=st.sampled_from(sorted(SIZE_CLASSES)), seed=st.integers(0, 2**32))
def test_a_drawn_share_lies_in_its_class(name, seed):
    fraction = drawn_fraction(name, np.random.default_rng(seed))
    low, high = SIZE_CLASSES[name]
    assert low <= fraction <= high
    assert size_class(fraction) == name


def test_limits_of_size_classes():
    assert [size_class(value) for value in (0.001, 0.05, 0.0501, 0.6, 0.61, 1.0)] == [
        *("small", "small", "medium", "huge", "whole", "whole"),
    ]


def test_every_kind_has_outlines_that_can_be_drawn():
    assert set(OUTLINES) == set(Kind)
    drawn = {outline for outlines in OUTLINES.values() for outline in outlines} - {"object", "face", "whole"}
    assert drawn <= {str(shape) for shape in Shape}


def test_rejects_too_few_pictures_and_faces_alone():
    with pytest.raises(UsageError, match="at least 2"):
        assign(subjects(1), LOCAL)
    with pytest.raises(UsageError, match="3 pictures show no face"):
        assign(subjects(5, faces=2), [Kind.FACE_SWAP])
