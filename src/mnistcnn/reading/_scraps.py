"""Tells scraps, such as a comma or the end of a cut-off stroke, from the digits of a line."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mnistcnn.reading._readings import Box

__all__ = ["are_scraps"]

# A scrap is a stroke, so many times as long as broad, and shorter than this fraction of the usual
# digit. That is known on a line of so many.
MIN_ASPECT, MAX_LENGTH, MIN_DIGITS = 1.5, 0.55, 3


def are_scraps(boxes: Sequence[Box]) -> NDArray[np.bool_]:
    """Say which characters of a line are too short for a 1 beside the others.

    Only a 1 is as simple as a scrap is; other small digits are as surely digits as large ones.

    Parameters
    ----------
    boxes : sequence of n tuples of 4 int
        x and y of the upper left corner, width and height.

    Returns
    -------
    ndarray of shape (n,), bool

    Examples
    --------
    >>> from mnistcnn.reading._scraps import are_scraps
    >>> are_scraps([(0, 0, 20, 40), (30, 0, 8, 40), (50, 30, 5, 15), (60, 0, 25, 40)]).tolist()
    [False, False, True, False]
    """
    if len(boxes) < MIN_DIGITS:
        return np.zeros(len(boxes), dtype=bool)
    sizes = np.array([box[2:] for box in boxes])
    longer, shorter = sizes.max(axis=1), sizes.min(axis=1)
    is_short = longer < MAX_LENGTH * np.median(longer)
    return np.asarray(is_short & (longer >= MIN_ASPECT * shorter))
