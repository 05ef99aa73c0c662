"""Finds the paper, without the desk under it, bars beside it, or a frame around the writing."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mnistcnn.handwriting._background import shrunk
from mnistcnn.handwriting._components import Gray, Labels, Mask, labeled, longer_side, places_of

__all__ = ["paper_alone", "written_ground_alone"]

# The paper is looked for in an image of so many cells along the longer side, at most ...
MAX_CELLS = 480
# ... and at least so many pixels and cells along the shorter one, or there is no room for anything
# beside it.
MIN_SIDE, MIN_CELLS = 40, 16
# Less contrast than this between the paper and what is darker, as a fraction of white's, is light.
MIN_CONTRAST = 0.15
N_BINS = 64
# What is beside the paper covers this fraction of a side of the image, or one of its corners.
MIN_SIDE_COVERED = 0.6
# Paper takes this fraction of the image, and fills the rectangle around it to this one: a stroke
# around a hole does not, as an O has round corners.
MIN_PAPER_AREA, MIN_PAPER_FILL = 0.25, 0.86
# A frame spans this fraction of both sides, and fills its box when its inside is counted.
MIN_FRAME_SPAN, MIN_FRAME_FILL = 0.8, 0.93
# Something must be written on the paper, of this fraction of its area, and less than this one.
MIN_WRITTEN, MAX_WRITTEN = 0.002, 0.5
# Paper is somewhere so many times as broad as the strokes on it, one of which at least is so many
# times as long as thick, and longer than this in cells.
MIN_BROADER, MIN_STROKE_ASPECT, MIN_STROKE_LENGTH = 1.5, 1.8, 3
# A light thing beside the paper is larger than this, in cells and as a fraction of the image.
MIN_LIGHT_PIXELS, MIN_LIGHT_STROKE = 12, 0.0005
# At an edge the gray changes by this fraction of what it does on the whole.
MIN_STEP = 0.6
# Ink in a shadow is darker than this fraction of it, and by this fraction of white's more than
# noise is.
MAX_INK_IN_SHADOW, MIN_INK_IN_SHADOW = 0.6, 0.08
# In cells, what is blurred along the edge of the paper.
EDGE = 2


def paper_alone(gray: Gray) -> Gray:
    """Return grays with paper in the place of what lies beside the paper and is darker.

    That is a desk, black bars or corners, and a frame with all that is outside of it. An image
    without any, or one of light ink on a dark ground, is returned as it is.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.handwriting._paper import paper_alone
    >>> desk = np.full((100, 200), 0.2, dtype=np.float32)
    >>> desk[20:80, 20:190] = 0.9
    >>> desk[40:60, 100:104] = 0.1
    >>> seen = paper_alone(desk)
    >>> round(float(seen[5, 5]), 1), round(float(seen[50, 102]), 1)
    (0.9, 0.1)
    """
    if min(gray.shape) < MIN_SIDE:
        return gray
    factor = -(-max(gray.shape) // MAX_CELLS)
    if min(gray.shape) // factor < MIN_CELLS:
        return gray
    cells = shrunk(gray, factor)
    beside = _beside_paper(cells)
    if beside is None:
        return gray
    edge = ndimage.binary_dilation(beside, iterations=EDGE)
    nearest = ndimage.distance_transform_edt(edge, return_distances=False, return_indices=True)
    filled = cells[tuple(nearest)]
    rows, columns = (
        np.minimum(np.arange(length) // factor, n_cells - 1)
        for length, n_cells in zip(gray.shape, cells.shape, strict=True)
    )
    place = np.ix_(rows, columns)
    return np.where(edge[place], filled[place], gray)


def written_ground_alone(gray: Gray, polarity: str) -> Gray:
    """Return grays without what lies beside the paper or, of light ink, beside the dark ground.

    The ground of a house number is lighter all around, as paper on a desk is darker: the one is the
    negative of the other.

    Parameters
    ----------
    gray : ndarray of shape (h, w), float32
        From 0, black, to 1, white.
    polarity : {"auto", "dark_on_light", "light_on_dark"}
        The ink that is looked for.
    """
    if polarity != "light_on_dark":
        paper = paper_alone(gray)
        if paper is not gray or polarity != "auto":
            return paper
    negative = 1 - gray
    ground = paper_alone(negative)
    return gray if ground is negative else np.asarray(1 - ground)


def _beside_paper(cells: Gray) -> Mask | None:
    """Return the area outside the paper; None if all is paper, or if there is no paper."""
    threshold = _between_dark_and_light(cells)
    if threshold is None:
        return None
    dark = cells < threshold
    if not _may_have_anything_beside(dark):
        return None
    labels = labeled(dark)
    desk = _along_the_border(labels)
    is_desk = _is_beside_paper(desk, dark) and _ends_sharply(desk, cells)
    if is_desk and not _is_written_on(desk, cells) and not _holds_light_strokes(desk):
        return desk
    frame = _outside_of_frame(labels)
    return frame if _is_beside_paper(frame, dark) else None


def _may_have_anything_beside(dark: Mask) -> bool:
    """Tell whether a corner is dark, or a line of pixels from side to side, as those of a frame."""
    corners = dark[[0, 0, -1, -1], [0, -1, 0, -1]]
    lines = np.concatenate([dark.mean(axis=0), dark.mean(axis=1)])
    return bool(corners.any() or lines.max() > MIN_SIDE_COVERED)


def _between_dark_and_light(cells: Gray) -> float | None:
    """Return Otsu's threshold; None where the two sides of it hardly differ."""
    counts, edges = np.histogram(cells, N_BINS)
    middles = (edges[1:] + edges[:-1]) / 2
    below, sums = np.cumsum(counts)[:-1], np.cumsum(counts * middles)[:-1]
    above, total = cells.size - below, float((counts * middles).sum())
    dark, light = sums / np.maximum(below, 1), (total - sums) / np.maximum(above, 1)
    best = int(np.argmax(below * above * (light - dark) ** 2))
    if light[best] - dark[best] < MIN_CONTRAST:
        return None
    return float((dark[best] + light[best]) / 2)


def _along_the_border(labels: Labels) -> Mask:
    """Return the dark components that cover a corner or most of a side."""
    sides = (labels[0], labels[-1], labels[:, 0], labels[:, -1])
    found = {int(side[end]) for side in sides for end in (0, -1)}
    for side in sides:
        counts = np.bincount(side, minlength=1)
        found |= set(np.flatnonzero(counts > MIN_SIDE_COVERED * len(side)).tolist())
    found.discard(0)
    return np.isin(labels, list(found))


def _outside_of_frame(labels: Labels) -> Mask:
    """Return a frame around nearly all of the image, and what is outside of it."""
    shape = np.asarray(labels.shape)
    for number, box in enumerate(places_of(labels), 1):
        sides = np.array([side.stop - side.start for side in box])
        if (sides < MIN_FRAME_SPAN * shape).any():
            continue
        frame = labels == number
        filled = ndimage.binary_fill_holes(frame)
        inside = filled & ~frame
        if filled.sum() >= MIN_FRAME_FILL * sides.prod() and inside.any():
            # Strokes that are written inside are no part of the frame; its own hole is one piece.
            return ~_with_what_is_in_it(inside, filled)
    return np.zeros(labels.shape, dtype=bool)


def _with_what_is_in_it(inside: Mask, filled: Mask) -> Mask:
    holes, _ = ndimage.label(inside)
    largest = int(np.bincount(holes.ravel())[1:].argmax()) + 1
    return np.asarray(ndimage.binary_fill_holes(holes == largest) & filled)


def _is_beside_paper(beside: Mask, dark: NDArray[Any]) -> bool:
    """Tell whether the rest is a sheet of paper with something written on it."""
    if not beside.any():
        return False
    pieces, _ = ndimage.label(~beside)
    areas = np.bincount(pieces.ravel())[1:]
    if not len(areas):
        return False
    sheet = pieces == int(areas.argmax()) + 1
    area = int(ndimage.binary_fill_holes(sheet).sum())
    written = int((dark & sheet).sum())
    return bool(
        area >= MIN_PAPER_AREA * beside.size
        and area >= MIN_PAPER_FILL * _area_of_rectangle_around(sheet)
        and MIN_WRITTEN * area < written < MAX_WRITTEN * area
        and _is_broader_than_ink(sheet, dark)
    )


def _is_broader_than_ink(sheet: Mask, dark: NDArray[Any]) -> bool:
    """Tell paper with strokes on it from a light stroke around holes, such as that of an 8."""
    light = np.pad(sheet & ~dark, 1)
    ink = np.pad(ndimage.binary_fill_holes(sheet), 1) & ~light
    away = ndimage.distance_transform_edt(ink)
    if float(ndimage.distance_transform_edt(light).max()) <= MIN_BROADER * float(away.max()):
        return False
    strokes = labeled(ink)
    boxes = places_of(strokes)
    halves = ndimage.maximum(away, strokes, range(1, len(boxes) + 1))
    lengths = [longer_side(box) for box in boxes]
    return any(
        length >= MIN_STROKE_ASPECT * 2 * half and length > MIN_STROKE_LENGTH
        for length, half in zip(lengths, halves, strict=True)
    )


def _ends_sharply(beside: Mask, cells: Gray) -> bool:
    """Tell whether it ends at an edge, as paper does, rather than in a shade."""
    inner = beside & ~ndimage.binary_erosion(beside, iterations=EDGE + 1, border_value=1)
    outer = ndimage.binary_dilation(beside, iterations=EDGE + 1) & ~beside
    if not inner.any() or not outer.any():
        return False
    step = float(np.median(cells[outer]) - np.median(cells[inner]))
    whole = float(np.median(cells[~beside]) - np.median(cells[beside]))
    return step > MIN_STEP * whole


def _holds_light_strokes(beside: Mask) -> bool:
    """Tell whether light things lie in it beside the paper: writing on a board, or a heading."""
    pieces, _ = ndimage.label(~beside)
    areas = np.sort(np.bincount(pieces.ravel())[1:])[::-1]
    return bool((areas[1:] > max(MIN_LIGHT_PIXELS, MIN_LIGHT_STROKE * beside.size)).any())


def _is_written_on(beside: Mask, cells: Gray) -> bool:
    """Tell whether there is ink in it, so that it is paper, in the shadow."""
    inner = ndimage.binary_erosion(beside, iterations=EDGE, border_value=1)
    if not inner.any():
        return False
    values = cells[inner]
    shade = float(np.median(values))
    written = values < shade - max((1 - MAX_INK_IN_SHADOW) * shade, MIN_INK_IN_SHADOW)
    return bool(np.count_nonzero(written) > MIN_WRITTEN * values.size)


def _area_of_rectangle_around(sheet: Mask) -> float:
    """Return the area of the smallest rectangle around something, upright or aslant."""
    places = np.argwhere(sheet & ~ndimage.binary_erosion(sheet)).astype(np.float64)
    if np.ptp(places, axis=0).min() < 1:
        return float(len(places))
    # It takes a tenth of a second to load, and hardly any image needs it.
    from scipy.spatial import ConvexHull

    corners = places[ConvexHull(places).vertices]
    y, x = (np.roll(corners, -1, axis=0) - corners).T
    # One side of it lies along an edge of the convex hull (Freeman and Shapira 1975).
    angles = np.arctan2(y, x)
    along = np.stack([np.cos(angles), np.sin(angles)])
    across = np.stack([-np.sin(angles), np.cos(angles)])
    lengths, widths = (np.ptp(corners[:, ::-1] @ axes, axis=0) + 1 for axes in (along, across))
    return float((lengths * widths).min())
