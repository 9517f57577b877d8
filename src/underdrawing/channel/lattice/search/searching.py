"""The search: what is looked at, in which order.

Source: ours.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from underdrawing.channel.lattice.design import BLOCK, GRIDS
from underdrawing.channel.lattice.grid import WorkingGrid
from underdrawing.channel.lattice.masking import activity, levels_of
from underdrawing.channel.lattice.search.folding import SINGLE_WEIGHTS, Lead, Voice, heard, lanes_of
from underdrawing.channel.lattice.search.following import (
    BRISK,
    FINELY,
    SMALL_PX,
    WHERE_EXPECTED,
    followed,
    loudness,
    placed,
    placements_of,
    promising,
    scale_of,
    tuned_nearby,
    whole_window,
    window_px_of,
)
from underdrawing.channel.lattice.search.framing import Box, framed, pulled, tilt
from underdrawing.channel.lattice.search.glances import (
    WINDOW_PX,
    Glance,
    any_scale,
    bent,
    boxed,
    boxed_in_part,
    cut_and_turned,
    cut_finely,
    cut_out,
    is_large,
    rotated,
    stretched,
    tilted,
    turned,
    whole_frames,
)
from underdrawing.channel.lattice.search.locating import located
from underdrawing.channel.lattice.search.placement import Placement
from underdrawing.channel.lattice.search.settling import settled
from underdrawing.channel.lattice.search.spotting import SPOT_PX, most_blocks, spotted
from underdrawing.channel.lattice.search.tuning import PROJECTIVE, STEPS_PX, tuned
from underdrawing.channel.lattice.search.window import Luma, Window

__all__ = ["placement_near", "placements"]

_LEAST_WHOLE = 5.5
_LEAST_SPOT = 6.5
_LEAST_HEARD, _LEAST_HEARD_LARGE, _LEAST_EXACT, _EXACT_LEADS = 4.6, 4.5, 4.8, 3
_LEAST_PX = 64
_WINDOWS, _WORTH_A_LOOK = 2, 0.4
_BENT_PX = 400
_MOSTLY_SEEN = 0.7
_PROBE_PX, _USUAL_BLOCK_PX = 20, 20
_PAGE_SHARE, _PAGE_STEP = 0.2, 4
"""How much of a page has the grey level of its ground, and every which pixel is asked, both ways."""
_GROUND_LEVELS, _INK_LEVELS = 8, 40
_LEAST_GROUND, _LEAST_INK, _LEAST_WRITTEN = 0.4, 0.02, 0.05
"""By how much a page differs from its ground at most where it is plain, and at least where it is written on; how much
ground and ink there is in a place with writing, and how many such places there are: 71 pages had .063 and more of
them, 506 photographs, of which 12 have one level in much of them, .038 at most."""
_FLAT, _CLIPPED = 0.4, 123.0

Matrix = NDArray[np.float64]


def placement_near(luma: Luma, grid: WorkingGrid, voice: Voice, *, key: bytes | None = None) -> Placement | None:
    """The placement of a suspect that was taken for the whole picture and read that way, made exact.

    None where a closer look finds nothing there.

    Args:
        luma: the suspect.
        grid: that of the whole picture.
        voice: as which it was read.
        key: secret of the channel.
    """
    height, width = luma.size_px
    rows, columns = grid.size_px
    lead = Lead(voice, np.diag([width / columns, height / rows, 1.0]), 0.0)
    for centre in _centres(luma)[:1]:
        near = tuned_nearby(lead, luma, centre, key)
        return next(followed(near, luma, centre, key), None) if near.score >= _LEAST_WHOLE else None
    return None


def placements(luma: Luma, *, key: bytes | None = None) -> Iterator[Placement]:
    """Where a suspect may lie on a protected picture, likeliest first; nowhere if it is too small to show enough.

    Args:
        luma: the suspect.
        key: secret of the channel.
    """
    if min(luma.size_px) < _LEAST_PX:
        return
    paged = _is_large_page(luma)
    centres = _centres(luma, paged=paged)
    if not centres:
        return
    yield from placements_of(_whole(luma, centres[0], key), luma, centres[0], key)
    for box in framed(luma):
        yield from _boxed(luma, box, key)
    for lead in _pulled(luma):
        yield from _corrected(lead, luma, centres[0], key)
    angle = tilt(luma)
    if angle is not None:
        leads = promising(tilted(luma.size_px, angle), luma, centres[0], key, patience=WHERE_EXPECTED)
        yield from placements_of(leads, luma, centres[0], key)
    yield from _cut_out(luma, centres, key)
    for centre, leads in _stages(luma, centres, key, paged=paged):
        yield from placements_of(leads, luma, centre, key)
    yield from placements_of(
        promising(bent(luma.size_px), luma, centres[0], key, patience=WHERE_EXPECTED, window_px=_BENT_PX),
        luma,
        centres[0],
        key,
        window_px=_BENT_PX,
    )


def _boxed(luma: Luma, box: Box, key: bytes | None) -> Iterator[Placement]:
    """Placements of a suspect that shows the whole picture in a box, on something plain."""
    left, top, right, bottom = box
    inner = Luma(np.ascontiguousarray(luma.plane[top:bottom, left:right]))
    centres = _centres(inner) if min(inner.size_px) >= _LEAST_PX else []
    for centre in centres[:1]:
        for leads in _in_box(inner, centre, key):
            for placement in placements_of(leads, inner, centre, key):
                yield placement.laid_at(left, top, luma.size_px)


def _in_box(inner: Luma, centre: Matrix, key: bytes | None) -> Iterator[list[Lead]]:
    """Leads in a box, stage by stage: its edges are right, they are a few pixels off, or two of them are wrong."""
    whole = _whole(inner, centre, key)
    yield whole or promising(boxed(inner.size_px), inner, centre, key, patience=WHERE_EXPECTED)
    yield promising(boxed_in_part(inner.size_px), inner, centre, key, patience=FINELY[GRIDS[1]])


def _pulled(luma: Luma) -> Iterator[Lead]:
    """Leads that take the suspect for the whole picture with its corners pulled to where its edges tell."""
    corners = pulled(luma)
    if corners is None:
        return
    for grid, voice in whole_frames(luma.size_px):
        height, width = grid.size_px
        frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
        matrix = np.asarray(cv2.getPerspectiveTransform(frame, corners.astype(np.float32)), dtype=np.float64)
        yield Lead(voice, matrix, 0.0)


def _corrected(lead: Lead, luma: Luma, centre: Matrix, key: bytes | None) -> Iterator[Placement]:
    """Placements of a lead whose bend is known: nearly, if the mark is heard, or only roughly."""
    if tuned_nearby(lead, luma, centre, key, steps_px=()).score >= _LEAST_WHOLE:
        window = whole_window(lead, luma, key)
        whole = tuned(
            lead,
            window,
            centre_px=centre,
            reach_px=float(max(luma.size_px)),
            size_px=luma.size_px,
            moves=PROJECTIVE,
            steps_px=STEPS_PX[1:],
            key=key,
        )
        yield from placed(whole, window, luma, key)
    near = tuned_nearby(lead, luma, centre, key)
    if near.score >= _LEAST_WHOLE:
        yield from followed(near, luma, centre, key)


def _cut_out(luma: Luma, centres: list[Matrix], key: bytes | None) -> Iterator[Placement]:
    """Placements of a suspect that was cut out of a picture of a usual size.

    One patch is looked at where the weave is heard at that size, several where the size is the likeliest. In a large
    suspect, which is not looked at finely later, it is listened to around two places, for one may have been replaced.
    """
    likely, least = (centres, _LEAST_HEARD_LARGE) if is_large(luma.size_px) else (centres[:1], _LEAST_HEARD)
    for cut in cut_out(luma.size_px):
        leads = [(centre, _heard_exactly(luma, cut.linear, cut.voice, centre, least, key)) for centre in likely]
        if cut.linear[0, 0] == cut.linear[1, 1] == 1:
            yield from _spotted_whole(luma, cut.linear, cut.voice, key)
            places = _patches(luma, centres[0])
        else:
            heard_at = [np.rint(centre) for centre, loud in leads if loud]
            places = [place + cut.linear @ np.array(shift) for place in heard_at for shift in cut.shifts_px]
        yield from _spotted_at(places, luma, cut.linear, cut.voice, key)
        for centre, loud in leads:
            near = [tuned_nearby(lead, luma, centre, key) for lead in loud if lead.score >= _LEAST_EXACT]
            good = [lead for lead in near if lead.score >= BRISK.least_tuned]
            yield from placements_of(sorted(good, key=loudness, reverse=True)[:1], luma, centre, key)
    for linear, voice in cut_and_turned(luma.size_px):
        if _heard_exactly(luma, linear, voice, centres[0], _LEAST_HEARD, key):
            yield from _spotted_at([np.rint(centres[0])], luma, linear, voice, key)


def _heard_exactly(
    luma: Luma, linear: Matrix, voice: Voice, centre: Matrix, least: float, key: bytes | None
) -> list[Lead]:
    """The loudest leads around a place at the very scale of a cut."""
    size_px = window_px_of(luma, linear, WINDOW_PX)
    window = Window.of(luma, linear, centre, size_px, lanes=lanes_of((voice,)), finer=2, key=key)
    return heard(window, voice, (np.eye(2),), least=least, key=key)[:_EXACT_LEADS]


def _spotted_at(
    places: list[Matrix], luma: Luma, linear: Matrix, voice: Voice, key: bytes | None
) -> Iterator[Placement]:
    """The placement that the first of some patches tells that is found anywhere."""
    for place in places:
        for placement in _laid_out(spotted(luma, linear, place, voice, key=key), luma, key):
            yield placement
            return


def _laid_out(lead: Lead | None, luma: Luma, key: bytes | None) -> Iterator[Placement]:
    """The placement of a patch, if it was found anywhere."""
    placement = located(lead, luma, key=key) if lead is not None and lead.score >= _LEAST_SPOT else None
    if lead is not None and placement is not None:
        yield settled(placement, lead, whole_window(lead, luma, key), likely=True, key=key)


def _spotted_whole(luma: Luma, linear: Matrix, voice: Voice, key: bytes | None) -> Iterator[Placement]:
    """The placement that a small suspect tells as one patch."""
    blocks = most_blocks(luma)
    if blocks is not None:
        lead = spotted(luma, linear, np.rint(np.array(luma.size_px[::-1]) / 2), voice, blocks=blocks, key=key)
        yield from _laid_out(lead, luma, key)


def _patches(luma: Luma, centre: Matrix) -> list[Matrix]:
    """Middles of patches here and there, for a part of the suspect may have been replaced."""
    extent = np.array(luma.size_px[::-1])
    inner = np.minimum(SPOT_PX / 2, extent / 2)
    corners = [extent * np.array([x, y]) for y in (0.2, 0.8) for x in (0.2, 0.8)]
    return [np.rint(place) for place in (centre, *(np.clip(corner, inner, extent - inner) for corner in corners))]


def _stages(
    luma: Luma, centres: list[Matrix], key: bytes | None, *, paged: bool
) -> Iterator[tuple[Matrix, list[Lead]]]:
    """Leads worth following, stage by stage, and around which place they were tuned."""
    size_px = luma.size_px
    large = is_large(size_px)
    everywhere = not large or paged
    for number, centre in enumerate(centres[:1] if luma.plane.size <= SMALL_PX else centres):
        if number == 0 or everywhere:
            glances = any_scale(size_px, usual=number > 0)
            new = (glance for glance in glances if not _is_seen(glance, luma, centre, centres[:number]))
            yield centre, promising(new, luma, centre, key)
        for side_px, patience in FINELY.items() if number == 0 or large else ():
            yield centre, promising(cut_finely(size_px, side_px), luma, centre, key, patience=patience)
    for stage in (stretched, rotated):
        yield centres[0], promising(stage(size_px), luma, centres[0], key, patience=WHERE_EXPECTED)


def _is_seen(glance: Glance, luma: Luma, centre: Matrix, earlier: list[Matrix]) -> bool:
    """Whether a glance shows about the same around a place as around an earlier one."""
    extent = np.array(luma.size_px[::-1])
    half = np.array(window_px_of(luma, glance.linear, glance.window_px)[::-1]) / 2 * scale_of(glance.linear)

    def shown(one: Matrix, other: Matrix) -> float:
        sides = np.minimum(one, other) + half, np.maximum(one, other) - half
        return float(np.maximum(np.minimum(sides[0], extent) - np.maximum(sides[1], 0), 0).prod())

    return any(
        shown(centre, other) > _MOSTLY_SEEN * max(shown(centre, centre), shown(other, other)) for other in earlier
    )


def _whole(luma: Luma, centre: Matrix, key: bytes | None) -> list[Lead]:
    """Leads that take the suspect for the whole picture, mirrored or turned by quarters."""
    leads = []
    for matrix, voices in turned(luma.size_px):
        window_px = window_px_of(luma, matrix[:2, :2], WINDOW_PX)
        window = Window.of(luma, matrix[:2, :2], centre, window_px, lanes=lanes_of(voices), key=key)
        reach = max(window_px) / 2 * scale_of(matrix)
        for voice in voices:
            lead = Lead(voice, matrix, 0.0)
            leads.append(
                tuned(lead, window, centre_px=centre, reach_px=reach, size_px=luma.size_px, steps_px=(), key=key)
            )
    return sorted((lead for lead in leads if lead.score >= _LEAST_WHOLE), key=loudness, reverse=True)[:2]


def _centres(luma: Luma, *, paged: bool = False) -> list[Matrix]:
    """Middles of the windows that tell most: neither flat or clipped, nor so busy that a block must lie exactly.

    None where all is flat; one more, and nearer to each other, in a large page.
    """
    height, width = luma.size_px
    rows, columns = (max(3, round(side / _PROBE_PX)) for side in (height, width))
    means = cv2.resize(luma.plane, (columns, rows), interpolation=cv2.INTER_AREA)
    busy = activity(np.asarray(means, dtype=np.float32))
    telling = np.square(SINGLE_WEIGHTS[levels_of(busy)]) * (busy > _FLAT) * (np.abs(means - 127.5) < _CLIPPED)
    span = WINDOW_PX / BLOCK * _USUAL_BLOCK_PX / _PROBE_PX
    across, down = (min(2 * int(span / 2) + 1, 2 * (side // 2) - 1) for side in (columns, rows))
    around = cv2.blur(telling.astype(np.float32), (across, down), borderType=cv2.BORDER_CONSTANT)
    inner = np.minimum(WINDOW_PX * _USUAL_BLOCK_PX / BLOCK, [width, height]) / 2
    best = float(around.max())
    if best <= 0:
        return []
    centres: list[Matrix] = []
    reach = (down // 2, across // 2) if paged else (down, across)
    for _ in range(_WINDOWS + paged):
        row, column = np.unravel_index(int(around.argmax()), around.shape)
        if around[row, column] <= _WORTH_A_LOOK * best:
            break
        place = (np.array([column, row]) + 0.5) * [width / columns, height / rows]
        centres.append(np.clip(place, inner, np.array([width, height]) - inner))
        rows_near = slice(max(row - reach[0], 0), row + reach[0] + 1)
        around[rows_near, max(column - reach[1], 0) : column + reach[1] + 1] = 0
    different = [
        place for n, place in enumerate(centres) if not any(np.allclose(place, other) for other in centres[:n])
    ]
    return different or [np.array([width / 2, height / 2])]


def _is_large_page(luma: Luma) -> bool:
    """Whether a large suspect has one grey level in much of it, as the ground of a page has, and is written on.

    What is written there looks like something to listen to, so there have to be more places to listen at.
    """
    if not is_large(luma.size_px):
        return False
    grey = np.clip(np.rint(luma.plane[::_PAGE_STEP, ::_PAGE_STEP]), 0, 255).astype(np.uint8)
    counts = np.bincount(grey.ravel())
    if counts.max() <= _PAGE_SHARE * grey.size:
        return False
    columns, rows = (max(3, round(side / _PROBE_PX)) for side in luma.plane.shape[::-1])
    off = np.abs(luma.plane - np.float32(counts.argmax()))
    ground, ink = (
        cv2.resize(part.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
        for part in (off < _GROUND_LEVELS, off > _INK_LEVELS)
    )
    return bool(((ground > _LEAST_GROUND) & (ink > _LEAST_INK)).mean() > _LEAST_WRITTEN)
