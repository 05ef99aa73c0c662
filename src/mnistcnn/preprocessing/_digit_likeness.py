"""What cannot be a digit, by its shape alone: dots, blobs, and faces in a circle."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["are_apart", "may_be_a_digit"]

INK = 127
# A dot is less than so many times as long as it is thick; digits are at least three times.
BLOB = 1.8
# Inside of a hole, pieces of at least this part of the ink are no specks.
SPECK = 0.02
# Strokes of one digit that do not touch, such as the bar of a 5, lie one above the other, nearer
# than this part of the higher one's height.
ABOVE = 0.5


def may_be_a_digit(crop: NDArray[np.uint8]) -> bool:
    """Say whether ink has the shape of a digit at all.

    Parameters
    ----------
    crop : ndarray of shape (h, w), dtype uint8
        Light ink on black, with an empty border, as `find_digits` cuts it out.

    Returns
    -------
    bool
        False for a dot or a filled blob, and for ink with further ink inside of a hole.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.preprocessing._digit_likeness import may_be_a_digit
    >>> stroke = np.zeros((40, 40), dtype=np.uint8)
    >>> stroke[5:35, 17:23] = 255
    >>> may_be_a_digit(stroke), may_be_a_digit(stroke[:12])
    (True, False)
    """
    ink = np.pad(np.asarray(crop) > INK, 1)
    return bool(ink.any()) and not _is_blob(ink) and not _has_ink_in_a_hole(ink)


def are_apart(boxes: Sequence[tuple[int, int, int, int]]) -> bool:
    """Say whether boxes (x, y, width, height) are surely not all of one digit.

    Examples
    --------
    >>> from mnistcnn.preprocessing._digit_likeness import are_apart
    >>> bar, below, beside = (40, 10, 30, 8), (35, 25, 40, 60), (90, 25, 40, 60)
    >>> are_apart([bar, below]), are_apart([below, beside])
    (False, True)
    """
    return any(_are_two(one, other) for one, other in combinations(boxes, 2))


def _are_two(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    beside = max(other[0] - one[0] - one[2], one[0] - other[0] - other[2])
    above = max(other[1] - one[1] - one[3], one[1] - other[1] - other[3])
    return beside >= 0 or above >= ABOVE * max(one[3], other[3])


def _is_blob(ink: NDArray[np.bool_]) -> bool:
    thickness = 2 * float(ndimage.distance_transform_edt(ink).max())
    rows, columns = np.nonzero(ink)
    longer = max(int(np.ptp(rows)), int(np.ptp(columns))) + 1
    return longer < BLOB * thickness


def _has_ink_in_a_hole(ink: NDArray[np.bool_]) -> bool:
    pieces, n_pieces = ndimage.label(ink, structure=np.ones((3, 3)))
    if n_pieces < 2:
        return False
    areas = np.bincount(pieces.ravel())[1:]
    outer = pieces == int(areas.argmax()) + 1
    inside = ndimage.binary_fill_holes(outer) & ~outer
    return int(np.count_nonzero(inside & ink)) > SPECK * int(areas.sum())
