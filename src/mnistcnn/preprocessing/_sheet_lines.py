"""Ruled lines, squares and tables on a sheet, also such as end before its edges."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mnistcnn.preprocessing._ink_levels import InkLevels
from mnistcnn.preprocessing._ruled_lines import without_lines

__all__ = ["without_rules"]

Grey = NDArray[np.float32]

TOUCHING = np.ones((3, 3), dtype=bool)
# What is longer than this part of the sheet's longer side may be a line, and is looked at ...
LONG = 0.2
# ... in strips of this part of it, or of so many pixels, and by itself, ...
STRIP, NARROWEST = 0.3, 300
# ... with so many pixels around it, in which the strokes are that lines are compared with.
SURROUNDINGS = 30


def without_rules(ink: Grey, levels: InkLevels) -> Grey:
    """Take lines out of a sheet that run across it, or across any part of it.

    Parameters
    ----------
    ink : ndarray of shape (h, w), dtype float32
        About 0 on the ground; never changed.
    levels : InkLevels
        Its strengths.

    Returns
    -------
    ndarray of shape (h, w), dtype float32
        0 along the lines, but for strokes that cross them.
    """
    cleaned = without_lines(ink, levels.faint, levels.full).copy()
    for strip in _strips(_long_pieces(cleaned, levels), ink.shape):
        cleaned[strip] = without_lines(cleaned[strip], levels.faint, levels.full)
    for box in _long_pieces(cleaned, levels):
        part = tuple(_widened(side, length) for side, length in zip(box, ink.shape, strict=True))
        cleaned[part] = without_lines(cleaned[part], levels.faint, levels.full)
    return cleaned


def _long_pieces(ink: Grey, levels: InkLevels) -> list[tuple[slice, slice]]:
    labels, _ = ndimage.label(ink > levels.faint, structure=TOUCHING)
    shortest = LONG * max(ink.shape)
    boxes = [(rows, columns) for rows, columns in ndimage.find_objects(labels)]
    return [box for box in boxes if max(side.stop - side.start for side in box) > shortest]


def _strips(boxes: list[tuple[slice, slice]], shape: tuple[int, ...]) -> list[tuple[slice, slice]]:
    """Cut the sheet upright and across, from margin to margin, into strips.

    They are so narrow that a slanting line stays within a few rows at their ends, and come in two
    sets with other ends, since a line is not seen where a digit stands on it.
    """
    if not boxes:
        return []
    everything = slice(None)
    rows, columns = (
        _cuts([box[axis] for box in boxes], max(NARROWEST, STRIP * max(shape))) for axis in (0, 1)
    )
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
    if side.stop - side.start > 2 * SURROUNDINGS:
        return side
    return slice(max(side.start - SURROUNDINGS, 0), min(side.stop + SURROUNDINGS, length))
