"""Detects what cannot be a digit by its shape: dots, blobs, and faces in a circle."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mnistcnn.handwriting._components import Mask, bounding_box, labeled, longer_side

__all__ = ["are_apart", "may_be_a_digit"]

INK_THRESHOLD = 127
# A dot is less than so many times as long as it is thick; digits are at least three times.
MAX_DOT_ASPECT = 1.8
# Inside of a hole, specks are up to this fraction of the ink.
MAX_SPECK_AREA = 0.02
# Strokes of one digit that do not touch, such as the bar of a 5, lie one above the other, nearer
# than this fraction of the higher one's height.
MAX_GAP = 0.5


def may_be_a_digit(crop: NDArray[np.uint8]) -> bool:
    """Tell whether ink, light on black with an empty border, has the shape of a digit at all.

    A dot or a filled blob has not, nor has ink with further ink inside of a hole.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.handwriting import may_be_a_digit
    >>> stroke = np.zeros((40, 40), dtype=np.uint8)
    >>> stroke[5:35, 17:23] = 255
    >>> may_be_a_digit(stroke), may_be_a_digit(stroke[:12])
    (True, False)
    """
    ink = np.pad(np.asarray(crop) > INK_THRESHOLD, 1)
    return bool(ink.any()) and not _is_blob(ink) and not _has_ink_in_a_hole(ink)


def are_apart(boxes: Sequence[tuple[int, int, int, int]]) -> bool:
    """Say whether boxes (x, y, width, height) are surely not all of one digit.

    Examples
    --------
    >>> from mnistcnn.handwriting import are_apart
    >>> bar, below, beside = (40, 10, 30, 8), (35, 25, 40, 60), (90, 25, 40, 60)
    >>> are_apart([bar, below]), are_apart([below, beside])
    (False, True)
    """
    return any(_are_two(one, other) for one, other in combinations(boxes, 2))


def _are_two(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    beside = max(other[0] - one[0] - one[2], one[0] - other[0] - other[2])
    above = max(other[1] - one[1] - one[3], one[1] - other[1] - other[3])
    return beside >= 0 or above >= MAX_GAP * max(one[3], other[3])


def _is_blob(ink: Mask) -> bool:
    thickness = 2 * float(ndimage.distance_transform_edt(ink).max())
    box = bounding_box(ink)
    return box is not None and longer_side(box) < MAX_DOT_ASPECT * thickness


def _has_ink_in_a_hole(ink: Mask) -> bool:
    labels = labeled(ink)
    areas = np.bincount(labels.ravel())[1:]
    if len(areas) < 2:
        return False
    outer = labels == int(areas.argmax()) + 1
    inside = ndimage.binary_fill_holes(outer) & ~outer
    return int(np.count_nonzero(inside & ink)) > MAX_SPECK_AREA * int(areas.sum())
