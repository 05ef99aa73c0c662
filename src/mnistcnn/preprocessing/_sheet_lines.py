"""Ruled lines, squares and tables on a sheet, also such as end before its edges."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mnistcnn.preprocessing._ink_levels import InkLevels
from mnistcnn.preprocessing._ruled_lines import without_lines

__all__ = ["without_rules"]

Grey = NDArray[np.float32]

TOUCHING = np.ones((3, 3), dtype=bool)
# What is longer than this part of the sheet's longer side is looked at for lines, ...
LONG = 0.2
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
    labels, _ = ndimage.label(cleaned > levels.faint, structure=TOUCHING)
    longest = LONG * max(ink.shape)
    for box in ndimage.find_objects(labels):
        if max(side.stop - side.start for side in box) > longest:
            part = tuple(
                _widened(side, length) for side, length in zip(box, ink.shape, strict=True)
            )
            cleaned[part] = without_lines(cleaned[part], levels.faint, levels.full)
    return cleaned


def _widened(side: slice, length: int) -> slice:
    """Add surroundings to the short side of a line; its ends stay where they are."""
    if side.stop - side.start > 2 * SURROUNDINGS:
        return side
    return slice(max(side.start - SURROUNDINGS, 0), min(side.stop + SURROUNDINGS, length))
