"""Faces, found without any weights beyond OpenCV's own cascades, and put in one another's place.

A face counts where two cascades agree and both eyes are found in the upper half. Eyes give position, size and tilt;
mouth and chin follow from them as they lie on most faces. The donor's face is laid eye on eye, gets the contrast of the
face it replaces, and is joined by Poisson blending.

Sources: Viola & Jones, "Rapid object detection using a boosted cascade of simple features", 2001 (OpenCV's cascades);
Pérez et al., "Poisson image editing", 2003 (OpenCV's ``seamlessClone``).
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.bench.attacks.pixelwise import Pixels
from underdrawing.bench.edits.masks import Mask
from underdrawing.errors import UsageError

__all__ = ["Face", "face_region", "find_faces", "largest_face", "swap_face"]

_SEARCH_SIDE_PX = 640
_SMALLEST = 0.1
_EYE_SEARCH_PX = 200
_Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Face:
    """Where a face is, in pixels of its picture; (x, y), x to the right, y down.

    Attributes:
        left_eye: Centre of the eye further left in the picture.
        right_eye: Centre of the other one.
    """

    left_eye: tuple[float, float]
    right_eye: tuple[float, float]

    @property
    def span_px(self) -> float:
        """Distance between the eyes."""
        return float(np.hypot(*np.subtract(self.right_eye, self.left_eye)))

    @property
    def tilt_degrees(self) -> float:
        """Turn of the line through the eyes; positive where the right one is lower."""
        across = np.subtract(self.right_eye, self.left_eye)
        return float(np.degrees(np.arctan2(across[1], across[0])))

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the face: on the nose, below the middle of the eyes."""
        middle = np.add(self.left_eye, self.right_eye) / 2
        across = np.subtract(self.right_eye, self.left_eye)
        x, y = middle + 0.45 * np.array([-across[1], across[0]])
        return float(x), float(y)


def find_faces(pixels: Pixels) -> tuple[Face, ...]:
    """Faces that look at the camera, largest first.

    Args:
        pixels: H×W×3 uint8 RGB.

    Returns:
        Those whose box is at least 10 % of the short side and whose region lies within the picture; most often none.
    """
    grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    scale = min(1.0, _SEARCH_SIDE_PX / max(grey.shape))
    small = np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    least = round(_SMALLEST * min(small.shape))
    first, second = (_boxes(small, name, least) for name in ("frontalface_default", "frontalface_alt2"))
    found = [_with_eyes(small, box) for box in first if any(_overlap(box, other) > 0.4 for other in second)]
    faces = [_enlarged(face, 1 / scale) for face in found if face is not None]
    whole = [face for face in faces if _fits(face, *grey.shape)]
    return tuple(sorted(whole, key=lambda face: -face.span_px))


def largest_face(pixels: Pixels) -> Face:
    """The largest face of a picture.

    Raises:
        UsageError: None was found.
    """
    faces = find_faces(pixels)
    if not faces:
        height, width = pixels.shape[:2]
        raise UsageError(f"cannot swap faces: found none in a picture of {width}x{height} px; give one that has a face")
    return faces[0]


def face_region(face: Face, height: int, width: int) -> Mask:
    """Brows to chin and cheek to cheek as an ellipse: H×W bool, True inside."""
    mask = np.zeros((height, width), dtype=np.uint8)
    axes = (round(0.85 * face.span_px), round(1.15 * face.span_px))
    centre = (round(face.centre[0]), round(face.centre[1]))
    cv2.ellipse(mask, centre, axes, face.tilt_degrees, 0, 360, 255, thickness=cv2.FILLED)
    return mask > 0


def swap_face(pixels: Pixels, face: Face, donor: Pixels, donor_face: Face) -> Pixels:
    """A face replaced by another one.

    Args:
        pixels: H×W×3 uint8 RGB.
        face: The face to replace; its region lies within the picture.
        donor: H'×W'×3 uint8 RGB.
        donor_face: The face to put there.

    Returns:
        H×W×3 uint8 RGB, bit-exact outside ``face_region(face, H, W)``.
    """
    height, width = pixels.shape[:2]
    region = face_region(face, height, width)
    turn = _eye_on_eye(donor_face, face)
    laid = cv2.warpAffine(donor, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    matched = _with_contrast_of(np.asarray(laid, dtype=np.uint8), pixels, region)
    x, y, w, h = cv2.boundingRect(region.astype(np.uint8))
    centre = (x + w // 2, y + h // 2)
    cloned = cv2.seamlessClone(matched, pixels, region.astype(np.uint8) * 255, centre, cv2.NORMAL_CLONE)
    return np.where(region[..., None], cloned, pixels).astype(np.uint8)


@cache
def _cascade(name: str) -> cv2.CascadeClassifier:
    folder = Path(str(cv2.__file__)).parent / "data"
    return cv2.CascadeClassifier(str(folder / f"haarcascade_{name}.xml"))


def _boxes(grey: NDArray[np.uint8], name: str, least_px: int) -> list[_Box]:
    """What a cascade calls faces: (x, y, width, height)."""
    found = _cascade(name).detectMultiScale(grey, 1.1, 4, minSize=(least_px, least_px))
    return [(int(x), int(y), int(w), int(h)) for x, y, w, h in found]


def _with_eyes(grey: NDArray[np.uint8], box: _Box) -> Face | None:
    """The face in a box, if an eye is found on each side of its upper half at about the same height."""
    x, y, w, h = box
    scale = max(1.0, _EYE_SEARCH_PX / w)
    upper = grey[y + h // 8 : y + round(0.6 * h), x : x + w]
    upper = np.asarray(cv2.resize(upper, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    least, most = round(scale * w / 8), round(scale * w / 2)
    boxes = _cascade("eye").detectMultiScale(upper, 1.05, 3, minSize=(least, least), maxSize=(most, most))
    centres = [((ex + ew / 2) / scale, (ey + eh / 2) / scale) for ex, ey, ew, eh in boxes]
    pairs = [
        (left, right)
        for left in centres
        for right in centres
        if left[0] < w / 2 < right[0] and abs(left[1] - right[1]) < 0.15 * w and 0.3 * w < right[0] - left[0] < 0.6 * w
    ]
    if not pairs:
        return None
    left, right = min(pairs, key=lambda pair: abs(pair[0][0] + pair[1][0] - w))
    return Face((x + left[0], y + h // 8 + left[1]), (x + right[0], y + h // 8 + right[1]))


def _enlarged(face: Face, scale: float) -> Face:
    (left_x, left_y), (right_x, right_y) = face.left_eye, face.right_eye
    return Face((scale * left_x, scale * left_y), (scale * right_x, scale * right_y))


def _fits(face: Face, height: int, width: int) -> bool:
    """Whether the region keeps two pixels from every edge, as Poisson blending needs."""
    room = 1.2 * face.span_px + 2
    x, y = face.centre
    return room <= x < width - room and room <= y < height - room


def _overlap(one: _Box, other: _Box) -> float:
    """Intersection over union of two boxes (x, y, width, height)."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    common = max(0, width) * max(0, height)
    return common / (one[2] * one[3] + other[2] * other[3] - common)


def _eye_on_eye(source: Face, target: Face) -> NDArray[np.float64]:
    """2×3 matrix of the turn, scale and shift that lays the eyes of one face on those of another."""
    begin, end = (complex(*source.left_eye), complex(*source.right_eye))
    to_begin, to_end = (complex(*target.left_eye), complex(*target.right_eye))
    turn = (to_end - to_begin) / (end - begin)
    shift = to_begin - turn * begin
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def _with_contrast_of(laid: Pixels, pixels: Pixels, region: Mask) -> Pixels:
    """The donor's face with mean and deviation of what it replaces, channel by channel in CIELAB."""
    source, target = (cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32) for image in (laid, pixels))
    inside, wanted = source[region], target[region]
    gain = np.clip(wanted.std(axis=0) / (inside.std(axis=0) + 1.0), 0.7, 1.4)
    matched = (source - inside.mean(axis=0)) * gain + wanted.mean(axis=0)
    return np.asarray(cv2.cvtColor(np.clip(np.rint(matched), 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB), np.uint8)
