"""Groups boxes into lines of writing, in reading order."""

import numpy as np
from numpy.typing import NDArray

from mnistcnn.handwriting._components import Boxes

__all__ = ["lines_of_text"]

# Boxes side by side that share this fraction of the lower one's height are in one line.
MIN_SHARED_HEIGHT = 0.4
# Lines of writing rise or fall by no more than this fraction of their length.
MAX_SLOPE = 0.2


def lines_of_text(boxes: Boxes) -> list[list[int]]:
    """Order boxes as they are read: lines from the top, each with its boxes' numbers from the left.

    Neighbors to the right give a first guess of lines, these the slope that they have in common;
    with the slope taken away, boxes that overlap in height are in one line.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.handwriting._reading_order import lines_of_text
    >>> boxes = np.array([[34, 60, 54, 75], [0, 0, 20, 15], [31, 0, 51, 15], [3, 60, 23, 75]])
    >>> lines_of_text(boxes)
    [[1, 3], [2, 0]]
    """
    if not len(boxes):
        return []
    left_middle = boxes[:, 1].astype(np.float64)
    drop = _slope(boxes) * left_middle
    tops, bottoms = boxes[:, 0] - drop, boxes[:, 2] - drop
    lines: list[list[int]] = []
    for number in np.argsort(tops + bottoms, kind="stable").tolist():
        if lines and _is_in_line(tops, bottoms, lines[-1], number):
            lines[-1].append(number)
        else:
            lines.append([number])
    return [sorted(line, key=lambda number: left_middle[number]) for line in lines]


def _is_in_line(
    tops: NDArray[np.float64], bottoms: NDArray[np.float64], line: list[int], number: int
) -> bool:
    top, bottom = np.median(tops[line]), np.median(bottoms[line])
    shared = min(bottom, bottoms[number]) - max(top, tops[number])
    return bool(shared > MIN_SHARED_HEIGHT * min(bottom - top, bottoms[number] - tops[number]))


def _slope(boxes: Boxes) -> float:
    """Return by how much lines of writing go down to the right."""
    middle = np.stack([boxes[:, 1] + boxes[:, 3], boxes[:, 0] + boxes[:, 2]], axis=1) / 2
    across = along = 0.0
    for chain in _chains(_right_neighbors(boxes)):
        x, y = (middle[chain] - middle[chain].mean(axis=0)).T
        across, along = across + float(x @ y), along + float(x @ x)
    return float(np.clip(across / along, -MAX_SLOPE, MAX_SLOPE)) if along else 0.0


def _right_neighbors(boxes: Boxes) -> NDArray[np.intp]:
    """Return the nearest box to the right of each that overlaps it in height; -1 for none."""
    tops, lefts, bottoms, rights = boxes.T
    middles = lefts + rights
    neighbors = np.full(len(boxes), -1)
    for number, (top, _, bottom, _) in enumerate(boxes):
        shared = np.minimum(bottom, bottoms) - np.maximum(top, tops)
        beside = shared > MIN_SHARED_HEIGHT * np.minimum(bottom - top, bottoms - tops)
        right = np.flatnonzero(beside & (middles > middles[number]))
        if len(right):
            neighbors[number] = right[middles[right].argmin()]
    return neighbors


def _chains(following: NDArray[np.intp]) -> list[list[int]]:
    """Follow the neighbors from those boxes on that nothing stands to the left of."""
    chains = []
    for first in np.setdiff1d(np.arange(len(following)), following).tolist():
        chain, box = [first], int(following[first])
        while box != -1:
            chain.append(box)
            box = int(following[box])
        chains.append(chain)
    return chains
