"""Which pieces of ink on a sheet are digits, and which of them belong to one digit."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mnistcnn.preprocessing._ink_levels import InkLevels

__all__ = ["Boxes", "Labels", "digits_on", "n_digits_in"]

Grey = NDArray[np.float32]
Labels = NDArray[np.intp]
Boxes = NDArray[np.intp]
Mask = NDArray[np.bool_]

TOUCHING = np.ones((3, 3), dtype=bool)

# A stroke's rim is as wide as half of the first square, and so is its edge. The rest of the second
# square is the ground: there the ink is down to this part.
EDGE, AROUND, DECLINE = 5, 11, 0.5

# Of a texture that looks like ink, no more pieces than this are looked at.
MOST_PIECES = 10_000
# Where textures interlock, pieces count as digits of their own once so many pixels were searched.
MOST_PIXELS = 20_000_000

# Sizes are parts of the usual digit's. Smaller pieces are specks, ...
SPECK, SMALLEST_PIXELS = 0.2, 5
# ... low ones, broader than this many times their height, are dashes or rests of lines, ...
DASH, DASH_ASPECT = 0.3, 2.2
# ... and long ones, this many times as long as broad, are lines too.
LINE, LINE_ASPECT = 2.2, 8
# Frames are large, or less so with something in them, and most of their ink lies along their sides,
# within this part of the box.
FRAME, SMALLEST_FRAME, OUTLINE, ON_OUTLINE = 1.3, 0.8, 0.12, 0.85

# Strokes of one digit: no further apart than this part of the larger one's longer side, ...
APART = 0.2
# ... which with the smaller one is no higher and no wider than these multiples of the usual digit.
HIGHEST, WIDEST = 1.35, 1.1
# The smaller one is less than this part of the larger one, or above or below it.
FRAGMENT, ABOVE = 0.55, 0.5
# Side by side, only a 4 has two large strokes: the left one shorter, ends above the right one, and
# is nearer than this.
SHORTER, ENDS_ABOVE, NEAR = 0.8, 0.12, 0.08

# Digits that touch are wider than this multiple of their height or, on a sheet of some digits, of
# the usual width. Few single digits are as wide; pairs with a 1 may not be either.
WIDEST_ASPECT, WIDE, MANY = 1.25, 1.55, 5
USUAL_ASPECT, NARROW = 0.72, 0.5
# One above the other, they are this many times as high as usual, and wider than a stroke.
TALL, STROKE = 1.65, 0.6


def digits_on(ink: Grey, levels: InkLevels) -> tuple[Labels, Boxes]:
    """Find the digits.

    Parameters
    ----------
    ink : ndarray of shape (h, w), dtype float32
        About 0 on the ground, without ruled lines.
    levels : InkLevels
        Its strengths.

    Returns
    -------
    labels : ndarray of shape (h, w)
        0 on the ground, otherwise 1 + the number of the digit.
    boxes : ndarray of shape (n, 4)
        Top, left, bottom and right of each digit, the latter two exclusive.
    """
    labels = _pieces(ink, levels)
    usual = _usual_size(labels)
    labels = _relabelled(labels, _is_written(labels, usual))
    labels = _relabelled(labels, np.ones(int(labels.max()), dtype=bool), _digit_of(labels, usual))
    boxes = _boxes(labels)
    sizes = _sizes(boxes)
    whole = sizes.max(axis=1) >= max(SPECK * usual, SMALLEST_PIXELS)
    flat = (sizes[:, 0] < DASH * usual) & (sizes[:, 1] > DASH_ASPECT * sizes[:, 0])
    labels = _relabelled(labels, whole & ~flat)
    return labels, _boxes(labels)


def n_digits_in(boxes: Boxes, number: int) -> int:
    """Return how many digits a box is likely to hold.

    Parameters
    ----------
    boxes : ndarray of shape (n, 4)
        Those of the whole sheet.
    number : int
        The box that is asked about.
    """
    heights, widths = _sizes(boxes).T
    height, width = int(heights[number]), int(widths[number])
    usual_height = float(np.median(heights))
    # Among many ones the median would be a stroke's width.
    usual_width = max(float(np.median(widths)), NARROW * usual_height)
    if width > WIDEST_ASPECT * height or (len(boxes) >= MANY and width > WIDE * usual_width):
        return max(2, round(width / min(usual_width, USUAL_ASPECT * height)))
    if len(boxes) >= MANY and height > TALL * usual_height and width > STROKE * usual_width:
        return max(2, round(height / usual_height))
    return 1


def _pieces(ink: Grey, levels: InkLevels) -> Labels:
    """Label the pieces of ink that stand out from the ground right around them.

    The light's last unevenness does not, and ink in a dim corner does, weak as it is.
    """
    labels = np.zeros(ink.shape, dtype=np.intp)
    ndimage.label(ink > max(levels.faint, 1e-3), structure=TOUCHING, output=labels)
    rim = np.where(ndimage.minimum_filter(labels, EDGE) == 0, labels, 0)
    beyond = ndimage.maximum_filter(labels, EDGE) == 0
    around = np.where(beyond, ndimage.maximum_filter(labels, AROUND), 0)
    inside, outside = (_mean_of_each(ink, places, labels) for places in (rim, around))
    areas = np.bincount(labels.ravel())[1:]
    smallest = np.sort(areas)[-MOST_PIECES] if len(areas) > MOST_PIECES else 0
    return _relabelled(labels, (outside < DECLINE * inside) & (areas > smallest))


def _mean_of_each(ink: Grey, places: Labels, labels: Labels) -> NDArray[np.float64]:
    """Return the mean of the ink at the places with each label, 0 where there are none."""
    length = int(labels.max()) + 1
    sums = np.bincount(places.ravel(), weights=ink.ravel(), minlength=length)
    return sums[1:] / np.maximum(np.bincount(places.ravel(), minlength=length)[1:], 1)


def _relabelled(labels: Labels, kept: Mask, group: Labels | None = None) -> Labels:
    """Give new numbers to those pieces that are kept, or to the groups that they belong to."""
    numbers = np.cumsum(kept) if group is None else group + 1
    return np.asarray(np.concatenate([[0], np.where(kept, numbers, 0)])[labels], dtype=np.intp)


def _boxes(labels: Labels) -> Boxes:
    found = ndimage.find_objects(labels)
    boxes = [(rows.start, columns.start, rows.stop, columns.stop) for rows, columns in found]
    return np.array(boxes, dtype=np.intp).reshape(len(found), 4)


def _sizes(boxes: Boxes) -> Boxes:
    """Return height and width of each box."""
    return boxes[:, 2:] - boxes[:, :2]


def _usual_size(labels: Labels) -> float:
    """Return the longer side of the pieces that most of the ink is in, but for lines."""
    areas = np.bincount(labels.ravel())[1:]
    if not len(areas):
        return 0.0
    sizes = _sizes(_boxes(labels))
    longer, shorter = sizes.max(axis=1), sizes.min(axis=1)
    ink = np.where(longer > LINE_ASPECT * np.maximum(shorter, 3), 0, areas) + 1e-3
    order = np.argsort(longer)
    middle = np.searchsorted(np.cumsum(ink[order]), ink.sum() / 2)
    return float(longer[order][middle])


def _is_written(labels: Labels, usual: float) -> Mask:
    """Say which pieces are by a pen, rather than printed lines and frames or dust."""
    boxes = _boxes(labels)
    sizes = _sizes(boxes)
    longer, shorter = sizes.max(axis=1), sizes.min(axis=1)
    is_line = (longer > LINE * usual) & (longer > LINE_ASPECT * shorter)
    is_dust = longer < max(0.3 * SPECK * usual, 2)
    is_frame = np.zeros(len(boxes), dtype=bool)
    large = boxes[longer > SPECK * usual]
    for number in np.flatnonzero(shorter > SMALLEST_FRAME * usual).tolist():
        is_large = shorter[number] > FRAME * usual
        if is_large or _encloses_another(boxes[number], large):
            is_frame[number] = _is_frame(labels, boxes[number], number)
    return np.asarray(~(is_line | is_dust | is_frame))


def _encloses_another(box: Boxes, others: Boxes) -> bool:
    top, left, bottom, right = others.T
    is_inside = (top > box[0]) & (bottom < box[2]) & (left > box[1]) & (right < box[3])
    return bool(is_inside.any())


def _is_frame(labels: Labels, box: Boxes, number: int) -> bool:
    top, left, bottom, right = box
    piece = labels[top:bottom, left:right] == number + 1
    y, x = (max(2, round(OUTLINE * side)) for side in piece.shape)
    return bool(piece[y:-y, x:-x].sum() < (1 - ON_OUTLINE) * piece.sum())


def _digit_of(labels: Labels, usual: float) -> Labels:
    """Return for each piece the number of the digit that it belongs to."""
    boxes = _boxes(labels)
    pairs = list(_pairs_of_one_digit(labels, boxes, usual))
    first, second = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    ones = np.ones(len(pairs), dtype=bool)
    graph = coo_array((ones, (first, second)), shape=(len(boxes), len(boxes)))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.intp)


def _neighbours(boxes: Boxes) -> Iterator[tuple[int, int]]:
    """Give the pairs of boxes that are near enough to each other, the larger one first."""
    longer = _sizes(boxes).max(axis=1)
    order = np.argsort(boxes[:, 1])
    lefts, widest = boxes[order, 1], int(longer.max(initial=0))
    reaches = np.ceil(APART * longer) + 1
    firsts = np.searchsorted(lefts, boxes[:, 1] - reaches - widest)
    lasts = np.searchsorted(lefts, boxes[:, 3] + reaches, side="right")
    for large in range(len(boxes)):
        # Of thousands of pieces only those in the same columns are looked at.
        near = np.sort(order[firsts[large] : lasts[large]])
        size = longer[large]
        near = near[(longer[near] < size) | ((longer[near] == size) & (near > large))]
        before, after = boxes[near, :2] - boxes[large, 2:], boxes[large, :2] - boxes[near, 2:]
        gap = np.maximum(before, after).max(axis=1)
        for small in near[gap <= reaches[large]].tolist():
            yield large, small


def _pairs_of_one_digit(labels: Labels, boxes: Boxes, usual: float) -> Iterator[tuple[int, int]]:
    """Give the pairs of pieces that are strokes of one digit, the larger one first."""
    n_pixels = 0
    for pair in _neighbours(boxes):
        reach = _reach(boxes, pair, usual)
        if not reach:
            continue
        around = _widened(boxes[pair[1]], reach, labels.shape)
        n_pixels += around.size
        if n_pixels > MOST_PIXELS:
            return
        if _distance(labels[around.rows, around.columns], pair) <= reach:
            yield pair


def _reach(boxes: Boxes, pair: tuple[int, int], usual: float) -> float:
    """Return how many pixels two pieces may be apart to be one digit; 0 if they never are one."""
    large, small = (boxes[number] for number in pair)
    height, width = np.maximum(large, small)[2:] - np.minimum(large, small)[:2]
    if height > HIGHEST * usual or width > max(WIDEST * usual, large[3] - large[1]):
        return 0.0
    share = _reach_of_one_digit(large, small)
    return max(share * float((large[2:] - large[:2]).max()), 2.0) if share else 0.0


class _Window(NamedTuple):
    rows: slice
    columns: slice

    @property
    def size(self) -> int:
        """How many pixels it shows."""
        return int((self.rows.stop - self.rows.start) * (self.columns.stop - self.columns.start))


def _widened(box: Boxes, reach: float, shape: tuple[int, ...]) -> _Window:
    margin = int(np.ceil(reach)) + 1
    top, left, bottom, right = box.tolist()
    return _Window(
        slice(max(top - margin, 0), min(bottom + margin, shape[0])),
        slice(max(left - margin, 0), min(right + margin, shape[1])),
    )


def _reach_of_one_digit(large: Boxes, small: Boxes) -> float:
    """Return how far apart two strokes of one digit can be, by their places and sizes."""
    (height, width), (low, narrow) = large[2:] - large[:2], small[2:] - small[:2]
    if max(low, narrow) < FRAGMENT * max(height, width):
        return APART
    if min(large[3], small[3]) - max(large[1], small[1]) > ABOVE * min(width, narrow):
        return APART
    is_left_of_4 = small[1] < large[1] and low < SHORTER * height
    return NEAR if is_left_of_4 and large[2] - small[2] > ENDS_ABOVE * height else 0.0


def _distance(part: Labels, pair: tuple[int, int]) -> float:
    """Return how many pixels the ground between two pieces is wide; infinity for too many."""
    is_first = part == pair[0] + 1
    if not is_first.any():
        return np.inf
    away = ndimage.distance_transform_edt(~is_first)
    return float(away[part == pair[1] + 1].min()) - 1
