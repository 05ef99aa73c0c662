"""Connected components of ink, their boxes, and the box of all ink."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = [
    *("Box", "Boxes", "Gray", "Labels", "Mask"),
    *("bounding_box", "boxes_of", "labeled", "longer_side", "places_of", "slices_of", "widened"),
]

Gray = NDArray[np.float32]
Mask = NDArray[np.bool_]
Labels = NDArray[np.signedinteger[Any]]
Boxes = NDArray[np.intp]
Box: TypeAlias = tuple[slice, ...]

# Pixels that touch at a corner are connected, too.
EIGHT_CONNECTED = np.ones((3, 3), dtype=bool)


def labeled(mask: Mask) -> Labels:
    """Return 0 for each pixel of the background, otherwise 1 + the number of its component."""
    labels = np.empty(mask.shape, dtype=np.int32)
    ndimage.label(mask, structure=EIGHT_CONNECTED, output=labels)
    return labels


def boxes_of(labels: Labels) -> Boxes:
    """Return top, left, bottom and right of each component, the latter two exclusive."""
    places = places_of(labels)
    boxes = [(rows.start, columns.start, rows.stop, columns.stop) for rows, columns in places]
    return np.array(boxes, dtype=np.intp).reshape(len(places), 4)


def places_of(labels: Labels) -> list[Box]:
    """Return the rows and columns of each component, in the order of their numbers."""
    return ndimage.find_objects(labels)


def bounding_box(ink: NDArray[Any]) -> Box | None:
    """Return the rows and columns that hold everything but zeros; None if all are zeros.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.handwriting._components import bounding_box
    >>> bounding_box(np.array([[0, 0, 0], [0, 0.5, 1]]))
    (slice(1, 2, None), slice(1, 3, None))
    """
    box: Box | None = ndimage.find_objects((ink != 0).view(np.int8), 1)[0]
    return box


def slices_of(box: Boxes) -> Box:
    """Return the rows and columns of one of the boxes of `boxes_of`."""
    top, left, bottom, right = box.tolist()
    return slice(top, bottom), slice(left, right)


def widened(box: Box, margin: int, shape: tuple[int, ...]) -> Box:
    """Return a box with a margin on each side, as far as the image goes."""
    return tuple(
        slice(max(side.start - margin, 0), min(side.stop + margin, length))
        for side, length in zip(box, shape, strict=True)
    )


def longer_side(box: Box) -> int:
    """Return the height or the width of a box, whichever is more."""
    return int(max(side.stop - side.start for side in box))
