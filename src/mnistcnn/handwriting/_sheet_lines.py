"""Removes ruled lines, squares and tables from a sheet, also those that end before its edges."""

from itertools import pairwise

import numpy as np
from scipy import ndimage

from mnistcnn.handwriting._components import Box, Gray, Mask, labeled, longer_side, places_of
from mnistcnn.handwriting._ink_levels import InkLevels
from mnistcnn.handwriting._ruled_lines import without_lines

__all__ = ["without_rules"]

# What is longer than this fraction of the sheet's longer side may be a line, and is looked at ...
MIN_LINE_LENGTH = 0.2
# ... in strips of this fraction of it, or of so many pixels, and by itself, ...
STRIP_WIDTH, MIN_STRIP_PIXELS = 0.3, 300
# ... unless it is no longer than this multiple of its breadth, away from the sheet's edges, with no
# more holes than an 8 and two specks have, ...
MAX_DIGIT_ASPECT, MAX_HOLES = 2.5, 4
# ... with so many pixels around it, in which the strokes are that lines are compared with.
MARGIN = 30


def without_rules(ink: Gray, levels: InkLevels) -> Gray:
    """Return a sheet's ink with 0 along the lines that run across any part of it.

    Strokes that cross them are left.
    """
    cleaned = without_lines(ink, levels.faint, levels.full).copy()
    for strip in _strips(_long_components(cleaned, levels), ink.shape):
        cleaned[strip] = without_lines(cleaned[strip], levels.faint, levels.full)
    for box in _long_components(cleaned, levels):
        part = tuple(_widened(side, length) for side, length in zip(box, ink.shape, strict=True))
        cleaned[part] = without_lines(cleaned[part], levels.faint, levels.full)
    return cleaned


def _long_components(ink: Gray, levels: InkLevels) -> list[Box]:
    labels = labeled(ink > levels.faint)
    return [
        box
        for number, box in enumerate(places_of(labels), start=1)
        if longer_side(box) > MIN_LINE_LENGTH * max(ink.shape)
        and not _may_be_a_digit(labels[box] == number, box, ink.shape)
    ]


def _may_be_a_digit(component: Mask, box: Box, shape: tuple[int, ...]) -> bool:
    """Tell a large digit, such as a 7 of straight strokes, from lines, squares and tables."""
    at_edge = any(
        side.start == 0 or side.stop == length for side, length in zip(box, shape, strict=True)
    )
    if at_edge or longer_side(box) > MAX_DIGIT_ASPECT * min(component.shape):
        return False
    _, n_backgrounds = ndimage.label(np.pad(~component, 1, constant_values=True))
    return bool(n_backgrounds - 1 <= MAX_HOLES)


def _strips(boxes: list[Box], shape: tuple[int, ...]) -> list[Box]:
    """Cut the sheet upright and across, from margin to margin, into strips.

    They are so narrow that a slanting line stays within a few rows at their ends, and come in two
    sets with other ends, since a line is not seen where a digit stands on it.
    """
    if not boxes:
        return []
    everything = slice(None)
    width = max(MIN_STRIP_PIXELS, STRIP_WIDTH * max(shape))
    rows, columns = (_cuts([box[axis] for box in boxes], width) for axis in (0, 1))
    return [*((everything, part) for part in columns), *((part, everything) for part in rows)]


def _cuts(sides: list[slice], width: float) -> list[slice]:
    start, stop = min(side.start for side in sides), max(side.stop for side in sides)
    number = max(1, round((stop - start) / width))
    cuts = []
    for n_strips in (number, number + 1):
        places = np.linspace(start, stop, n_strips + 1).round()
        cuts += [slice(int(first), int(last)) for first, last in pairwise(places)]
    return cuts


def _widened(side: slice, length: int) -> slice:
    """Add surroundings to the short side of a line; its ends stay where they are."""
    if side.stop - side.start > 2 * MARGIN:
        return side
    return slice(max(side.start - MARGIN, 0), min(side.stop + MARGIN, length))
