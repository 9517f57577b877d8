"""Faces: found where they are and nowhere else, and replaced without a trace outside their region."""

import cv2
import numpy as np
import pytest
from skimage import data

from underdrawing.bench.edits.faces import Face, face_region, find_faces, largest_face, swap_face
from underdrawing.bench.edits.tampering import Kind, tamper
from underdrawing.errors import UsageError

ASTRONAUT_EYES = ((200.0, 110.0), (247.0, 109.0))
"""Marked by hand in the photograph, (x, y)."""


@pytest.fixture(scope="module")
def astronaut():
    return data.astronaut()


@pytest.fixture(scope="module")
def other(astronaut):
    """Another picture with a face: the same one larger, mirrored and greener."""
    large = cv2.resize(astronaut[:300, 60:400, ::1], None, fx=1.6, fy=1.6, interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(large[:, ::-1]) // np.uint8([2, 1, 2])


def test_eyes_are_found_where_they_are(astronaut):
    (face,) = find_faces(astronaut)
    for found, marked in zip((face.left_eye, face.right_eye), ASTRONAUT_EYES, strict=True):
        assert np.hypot(*np.subtract(found, marked)) < 12


def test_no_face_where_there_is_none():
    for picture in (data.coffee(), data.rocket(), data.chelsea()):
        assert find_faces(picture) == ()
    with pytest.raises(UsageError, match="found none"):
        largest_face(data.coffee())


def test_the_region_is_an_ellipse_around_the_face():
    face = Face((100, 100), (160, 100))
    region = face_region(face, 300, 300)
    assert region[np.round(face.centre[1]).astype(int), np.round(face.centre[0]).astype(int)]
    assert abs(region.sum() / (np.pi * 51 * 69) - 1) < 0.03
    turned = face_region(Face((100, 100), (100, 160)), 300, 300)
    assert abs(int(turned.sum()) - int(region.sum())) < 0.02 * region.sum()


def test_a_swapped_face_has_its_eyes_in_the_same_place_and_nothing_else_changes(astronaut, other):
    target, source = largest_face(astronaut), largest_face(other)
    swapped = swap_face(astronaut, target, other, source)
    region = face_region(target, *astronaut.shape[:2])
    np.testing.assert_array_equal(swapped[~region], astronaut[~region])
    assert np.abs(swapped[region].astype(int) - astronaut[region]).mean() > 5
    again = largest_face(swapped)
    assert np.hypot(*np.subtract(again.left_eye, target.left_eye)) < 0.2 * target.span_px


def test_the_guide_decides_which_face_is_replaced(astronaut, other):
    nearly = astronaut ^ np.uint8(1)
    swaps = [
        tamper(pixels, kind=Kind.FACE_SWAP, rng=np.random.default_rng(0), donor=other, guide=astronaut, fraction=0.1)
        for pixels in (astronaut, nearly)
    ]
    np.testing.assert_array_equal(swaps[0].mask, swaps[1].mask)
    assert swaps[0].mask.any()
    np.testing.assert_array_equal(swaps[1].pixels[~swaps[1].mask], nearly[~swaps[1].mask])
