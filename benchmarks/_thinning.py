"""The middle lines of strokes, for many images at once."""

import numpy as np
from numpy.typing import NDArray

# Where a pixel's eight neighbors are, clockwise from above, as (y, x).
NEIGHBORS = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))


def middle_lines(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return lines of one pixel in the middle of strokes.

    T. Y. Zhang and C. Y. Suen, "A fast parallel algorithm for thinning digital patterns",
    Communications of the ACM 27 (3), 1984.

    Parameters
    ----------
    ink : ndarray of shape (n, h, w), bool
        Images, of which the outermost pixels count as paper.

    Returns
    -------
    ndarray of shape (n, h, w), bool
        Their lines.
    """
    lines = np.zeros(ink.shape, dtype=np.uint8)
    lines[:, 1:-1, 1:-1] = ink[:, 1:-1, 1:-1]
    n_before = -1
    while n_before != (n_before := int(lines.sum())):
        for removable in REMOVABLE:
            lines[:, 1:-1, 1:-1] &= ~removable[_neighborhoods(lines)]
    return lines.astype(bool)


def _neighborhoods(lines: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return for each inner pixel its neighbors as the bits of one number."""
    _, height, width = lines.shape
    numbers = np.zeros((len(lines), height - 2, width - 2), dtype=np.uint8)
    for bit, (y, x) in enumerate(NEIGHBORS):
        numbers |= lines[:, 1 + y : height - 1 + y, 1 + x : width - 1 + x] << np.uint8(bit)
    return numbers


def _tables() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return 1 for each neighborhood whose middle the first and the second step remove."""
    around = np.arange(256) >> np.arange(8)[:, np.newaxis] & 1 == 1
    n_neighbors = around.sum(axis=0)
    n_starts = (~around & np.roll(around, -1, axis=0)).sum(axis=0)
    up, right, down, left = around[::2]
    is_edge = (n_neighbors >= 2) & (n_neighbors <= 6) & (n_starts == 1)
    first = is_edge & ~(up & right & down) & ~(right & down & left)
    second = is_edge & ~(up & right & left) & ~(up & down & left)
    return first.astype(np.uint8), second.astype(np.uint8)


REMOVABLE = _tables()
