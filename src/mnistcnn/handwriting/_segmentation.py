"""Finds the components of ink on a sheet that are digits, and joins those of one digit."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mnistcnn.handwriting._components import (
    Boxes,
    Gray,
    Labels,
    Mask,
    boxes_of,
    labeled,
    slices_of,
    widened,
)
from mnistcnn.handwriting._ink_levels import InkLevels

__all__ = ["digits_on", "n_digits_in"]

# A stroke's rim is as wide as half of the first square, and so is its edge. The rest of the second
# square is background: there the ink is under this fraction of the rim's.
RIM_WINDOW, BACKGROUND_WINDOW, MAX_BACKGROUND_INK = 5, 11, 0.5

# Of a texture that looks like ink, no more components than this are looked at.
MAX_COMPONENTS = 10_000
# Where textures interlock, components count as digits once so many pixels were searched.
MAX_SEARCHED_PIXELS = 20_000_000

# Sizes are fractions or multiples of the usual digit's. Smaller components are dust ...
MIN_STROKE_SIZE, MIN_STROKE_PIXELS = 0.06, 2
# ... and, where they are no stroke of a larger digit, specks.
MIN_DIGIT_SIZE, MIN_DIGIT_PIXELS = 0.2, 5
# Low ones, broader than this multiple of their height, are dashes or rests of lines, ...
MAX_DASH_HEIGHT, MIN_DASH_ASPECT = 0.3, 2.2
# ... and long ones, this many times as long as broad, are lines too.
MIN_LINE_LENGTH, MIN_LINE_ASPECT = 2.2, 8
# ... even shorter ones that are as thin as this, but longer than the bar of a 5 or a 7.
MIN_THIN_LENGTH, MIN_THIN_ASPECT = 1.4, 12
# Frames are large, or less so with something of this size in them, ...
MIN_FRAME_SIZE, MIN_FILLED_FRAME_SIZE, MIN_FRAMED_SIZE = 1.3, 0.8, 0.2
# ... and this fraction of their ink is in a zone along their sides, this fraction of them wide.
MIN_IN_OUTLINE, OUTLINE_ZONE = 0.85, 0.12

# Strokes of one digit: no further apart than this fraction of the larger one's longer side, ...
MAX_GAP = 0.2
# ... which with the smaller one is no higher and no wider than these multiples of the usual digit.
MAX_HEIGHT, MAX_WIDTH = 1.35, 1.1
# The smaller one is less than this fraction of the larger one, or above or below it: this fraction
# of the narrower one's columns is shared.
MAX_FRAGMENT_SIZE, MIN_SHARED_COLUMNS = 0.55, 0.5
# Side by side, only a 4 has two large strokes: the left one has less than this fraction of the
# height, ends above the right one, by this fraction of it, and is nearer than this.
MAX_LEFT_HEIGHT_IN_4, MIN_STEM_IN_4, MAX_GAP_IN_4 = 0.8, 0.12, 0.08

# The bar of a 5 may be further to the right: no further than this fraction of the height of what is
# below it, of which it starts within the last and ends within the first of these fractions, and
# with which it is no wider than this multiple of the usual digit.
MAX_GAP_OF_BAR, MIN_BAR_START, MAX_BAR_END, MAX_WIDTH_WITH_BAR = 0.35, 0.3, 0.35, 1.6
# The halves of a broken 1 are no broader than this fraction of it, which is no higher than this
# multiple of the usual digit, of which the gap is a part.
MAX_WIDTH_OF_1, MAX_HEIGHT_OF_1 = 0.3, 1.1

# Digits that touch are wider than this multiple of their height or, on a sheet of so many digits,
# of the usual width. Few single digits are as wide; pairs with a 1 may not be either.
MAX_ASPECT, MAX_SINGLE_WIDTH, MIN_DIGITS_FOR_USUAL = 1.25, 1.55, 5
USUAL_ASPECT, MIN_USUAL_ASPECT = 0.72, 0.5
# One above the other, they are this many times as high as usual, and wider than a stroke.
MAX_SINGLE_HEIGHT, MIN_COLUMN_WIDTH = 1.65, 0.6


def digits_on(ink: Gray, levels: InkLevels) -> tuple[Labels, Boxes]:
    """Find the digits of a sheet without ruled lines.

    Returns the label of each pixel, 0 on the background, otherwise 1 + the number of the digit, and
    the box of each digit as `boxes_of` does.
    """
    labels = _components(ink, levels)
    usual = _usual_size(labels)
    labels = _relabeled(labels, _is_written(labels, usual))
    labels = _relabeled(labels, np.ones(int(labels.max()), dtype=bool), _digit_of(labels, usual))
    boxes = boxes_of(labels)
    sizes = _sizes(boxes)
    whole = sizes.max(axis=1) >= max(MIN_DIGIT_SIZE * usual, MIN_DIGIT_PIXELS)
    flat = (sizes[:, 0] < MAX_DASH_HEIGHT * usual) & (sizes[:, 1] > MIN_DASH_ASPECT * sizes[:, 0])
    labels = _relabeled(labels, whole & ~flat)
    return labels, boxes_of(labels)


def n_digits_in(boxes: Boxes, number: int) -> int:
    """Return the probable number of digits in one of the boxes of a sheet."""
    heights, widths = _sizes(boxes).T
    height, width = int(heights[number]), int(widths[number])
    usual_height = float(np.median(heights))
    # Among many ones the median would be a stroke's width.
    usual_width = max(float(np.median(widths)), MIN_USUAL_ASPECT * usual_height)
    are_many = len(boxes) >= MIN_DIGITS_FOR_USUAL
    if width > MAX_ASPECT * height or (are_many and width > MAX_SINGLE_WIDTH * usual_width):
        return max(2, round(width / min(usual_width, USUAL_ASPECT * height)))
    is_high = height > MAX_SINGLE_HEIGHT * usual_height
    if are_many and is_high and width > MIN_COLUMN_WIDTH * usual_width:
        return max(2, round(height / usual_height))
    return 1


def _components(ink: Gray, levels: InkLevels) -> Labels:
    """Label the components that stand out from the background right around them.

    The light's last unevenness does not, and ink in a dim corner does, weak as it is.
    """
    labels = labeled(ink > max(levels.faint, 1e-3))
    rim = np.where(ndimage.minimum_filter(labels, RIM_WINDOW) == 0, labels, 0)
    beyond = ndimage.maximum_filter(labels, RIM_WINDOW) == 0
    around = np.where(beyond, ndimage.maximum_filter(labels, BACKGROUND_WINDOW), 0)
    inside, outside = (_mean_of_each(ink, places, labels) for places in (rim, around))
    areas = np.bincount(labels.ravel())[1:]
    smallest = np.sort(areas)[-MAX_COMPONENTS] if len(areas) > MAX_COMPONENTS else 0
    return _relabeled(labels, (outside < MAX_BACKGROUND_INK * inside) & (areas > smallest))


def _mean_of_each(ink: Gray, places: Labels, labels: Labels) -> NDArray[np.float64]:
    """Return the mean of the ink at the places with each label, 0 where there are none."""
    length = int(labels.max()) + 1
    sums = np.bincount(places.ravel(), weights=ink.ravel(), minlength=length)
    return sums[1:] / np.maximum(np.bincount(places.ravel(), minlength=length)[1:], 1)


def _relabeled(labels: Labels, kept: Mask, group: Labels | None = None) -> Labels:
    """Give new numbers to those components that are kept, or to the groups that they belong to."""
    numbers = np.cumsum(kept) if group is None else group + 1
    return np.asarray(np.concatenate([[0], np.where(kept, numbers, 0)])[labels], dtype=np.intp)


def _sizes(boxes: Boxes) -> Boxes:
    """Return height and width of each box."""
    return boxes[:, 2:] - boxes[:, :2]


def _usual_size(labels: Labels) -> float:
    """Return the longer side of the components that most of the ink is in, but for lines."""
    areas = np.bincount(labels.ravel())[1:]
    if not len(areas):
        return 0.0
    sizes = _sizes(boxes_of(labels))
    longer, shorter = sizes.max(axis=1), sizes.min(axis=1)
    ink = np.where(longer > MIN_LINE_ASPECT * np.maximum(shorter, 3), 0, areas) + 1e-3
    order = np.argsort(longer)
    middle = np.searchsorted(np.cumsum(ink[order]), ink.sum() / 2)
    return float(longer[order][middle])


def _is_written(labels: Labels, usual: float) -> Mask:
    """Say which components are by a pen, rather than printed lines and frames or dust."""
    boxes = boxes_of(labels)
    sizes = _sizes(boxes)
    longer, shorter = sizes.max(axis=1), sizes.min(axis=1)
    is_line = (longer > MIN_LINE_LENGTH * usual) & (longer > MIN_LINE_ASPECT * shorter)
    is_thin = (longer > MIN_THIN_LENGTH * usual) & (longer > MIN_THIN_ASPECT * shorter)
    # At the border it is the edge of a shade, which goes as a whole with what belongs to it.
    is_line |= is_thin & (boxes[:, :2] > 0).all(axis=1) & (boxes[:, 2:] < labels.shape).all(axis=1)
    is_dust = longer < max(MIN_STROKE_SIZE * usual, MIN_STROKE_PIXELS)
    is_frame = np.zeros(len(boxes), dtype=bool)
    large = boxes[longer > MIN_FRAMED_SIZE * usual]
    for number in np.flatnonzero(shorter > MIN_FILLED_FRAME_SIZE * usual).tolist():
        is_large = shorter[number] > MIN_FRAME_SIZE * usual
        if is_large or _encloses_another(boxes[number], large):
            is_frame[number] = _is_frame(labels, boxes[number], number)
    return np.asarray(~(is_line | is_dust | is_frame))


def _encloses_another(box: Boxes, others: Boxes) -> bool:
    top, left, bottom, right = others.T
    is_inside = (top > box[0]) & (bottom < box[2]) & (left > box[1]) & (right < box[3])
    return bool(is_inside.any())


def _is_frame(labels: Labels, box: Boxes, number: int) -> bool:
    component = labels[slices_of(box)] == number + 1
    y, x = (max(2, round(OUTLINE_ZONE * side)) for side in component.shape)
    return bool(component[y:-y, x:-x].sum() < (1 - MIN_IN_OUTLINE) * component.sum())


def _digit_of(labels: Labels, usual: float) -> Labels:
    """Return for each component the number of the digit that it belongs to."""
    boxes = boxes_of(labels)
    pairs = list(_pairs_of_one_digit(labels, boxes, usual))
    first, second = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    ones = np.ones(len(pairs), dtype=bool)
    graph = coo_array((ones, (first, second)), shape=(len(boxes), len(boxes)))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.intp)


def _neighbors(boxes: Boxes) -> Iterator[tuple[int, int]]:
    """Give the pairs of boxes that are near enough to each other, the larger one first."""
    longer = _sizes(boxes).max(axis=1)
    order = np.argsort(boxes[:, 1])
    lefts, widest = boxes[order, 1], int(longer.max(initial=0))
    reaches = np.ceil(max(MAX_GAP, MAX_GAP_OF_BAR) * longer) + 1
    firsts = np.searchsorted(lefts, boxes[:, 1] - reaches - widest)
    lasts = np.searchsorted(lefts, boxes[:, 3] + reaches, side="right")
    for large in range(len(boxes)):
        # Of thousands of components only those in the same columns are looked at.
        near = np.sort(order[firsts[large] : lasts[large]])
        size = longer[large]
        near = near[(longer[near] < size) | ((longer[near] == size) & (near > large))]
        before, after = boxes[near, :2] - boxes[large, 2:], boxes[large, :2] - boxes[near, 2:]
        gap = np.maximum(before, after).max(axis=1)
        for small in near[gap <= reaches[large]].tolist():
            yield large, small


def _pairs_of_one_digit(labels: Labels, boxes: Boxes, usual: float) -> Iterator[tuple[int, int]]:
    """Give the pairs of components that are strokes of one digit, the larger one first."""
    n_pixels = 0
    for pair in _neighbors(boxes):
        reach = _reach(boxes, pair, usual)
        if not reach:
            continue
        margin = int(np.ceil(reach)) + 1
        around = labels[widened(slices_of(boxes[pair[1]]), margin, labels.shape)]
        n_pixels += around.size
        if n_pixels > MAX_SEARCHED_PIXELS:
            return
        if _distance(around, pair) <= reach:
            yield pair


def _reach(boxes: Boxes, pair: tuple[int, int], usual: float) -> float:
    """Return the maximum distance of two strokes of one digit, in pixels; 0 if never apart."""
    large, small = (boxes[number] for number in pair)
    height, width = np.maximum(large, small)[2:] - np.minimum(large, small)[:2]
    for body, bar in [(large, small), (small, large)]:
        if width <= MAX_WIDTH_WITH_BAR * usual and _is_bar_of_5(body, bar, usual):
            return MAX_GAP_OF_BAR * float(body[2] - body[0])
    is_as_1 = width <= MAX_WIDTH_OF_1 * height and height <= MAX_HEIGHT_OF_1 * usual
    if is_as_1 and max(large[0], small[0]) >= min(large[2], small[2]):
        return MAX_GAP * usual
    if height > MAX_HEIGHT * usual or width > max(MAX_WIDTH * usual, large[3] - large[1]):
        return 0.0
    fraction = _reach_of_one_digit(large, small)
    return max(fraction * float((large[2:] - large[:2]).max()), 2.0) if fraction else 0.0


def _is_bar_of_5(body: Boxes, bar: Boxes, usual: float) -> bool:
    """Say whether a stroke lies where the bar of a 5 does that was written last, and apart."""
    (height, width), (low, long) = body[2:] - body[:2], bar[2:] - bar[:2]
    is_flat = low < MAX_DASH_HEIGHT * usual and low < long
    starts_right = bar[1] >= body[1] + MIN_BAR_START * width and bar[3] > body[3]
    return bool(is_flat and starts_right and bar[2] <= body[0] + MAX_BAR_END * height)


def _reach_of_one_digit(large: Boxes, small: Boxes) -> float:
    """Return the maximum distance of two strokes of one digit, by their places and sizes."""
    (height, width), (low, narrow) = large[2:] - large[:2], small[2:] - small[:2]
    if max(low, narrow) < MAX_FRAGMENT_SIZE * max(height, width):
        return MAX_GAP
    if min(large[3], small[3]) - max(large[1], small[1]) > MIN_SHARED_COLUMNS * min(width, narrow):
        return MAX_GAP
    is_left_of_4 = small[1] < large[1] and low < MAX_LEFT_HEIGHT_IN_4 * height
    return MAX_GAP_IN_4 if is_left_of_4 and large[2] - small[2] > MIN_STEM_IN_4 * height else 0.0


def _distance(part: Labels, pair: tuple[int, int]) -> float:
    """Return the distance of two components in pixels; infinity for too many."""
    is_first = part == pair[0] + 1
    if not is_first.any():
        return np.inf
    away = ndimage.distance_transform_edt(~is_first)
    return float(away[part == pair[1] + 1].min()) - 1
