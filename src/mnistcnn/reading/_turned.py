"""Reads turned digits that stand alone, as where digits lie scattered."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mnistcnn.handwriting import FoundDigit
from mnistcnn.reading._readings import Box, ReadDigit

__all__ = ["ANGLES", "agreed", "may_be_turned", "turned"]

Pixels = NDArray[np.uint8]

# In degrees. What is turned further cannot be told from other digits: a 6 from a 9, a 7 from a 1.
ANGLES = (-45, -30, 30, 45)
# How sure the reader must be of a digit that it has turned.
MIN_TURNED_PROBABILITY = 0.9
# Ink stands alone if all other ink is further away than this multiple of its longer side. It is as
# large as the digits around if its longer side is this fraction to this multiple of theirs. The box
# of a turned stroke is at least this fraction as broad as it is long.
MIN_DISTANCE, MIN_SIZE, MAX_SIZE, MIN_ASPECT = 1.0, 0.4, 2.5, 0.3


def may_be_turned(box: Box, inks: Sequence[Box], digits: Sequence[Box]) -> bool:
    """Say whether ink stands alone and is about as large as the digits that were read.

    A letter of a word has neighbors, and where no digit was read nothing is known of their size.

    Parameters
    ----------
    box : tuple of 4 int
        x, y, width and height of the ink.
    inks : sequence of boxes
        All ink, this one among it.
    digits : sequence of boxes
        The digits that were read.

    Examples
    --------
    >>> from mnistcnn.reading._turned import may_be_turned
    >>> digit, apart, beside = (20, 40, 20, 30), (300, 40, 28, 30), (45, 40, 28, 30)
    >>> may_be_turned(apart, [digit, apart], [digit])
    True
    >>> may_be_turned(beside, [digit, beside], [digit])
    False
    """
    if not digits or min(box[2:]) < MIN_ASPECT * max(box[2:]):
        return False
    longer = max(box[2:])
    usual = float(np.median([max(digit[2:]) for digit in digits]))
    is_as_large = MIN_SIZE * usual <= longer <= MAX_SIZE * usual
    return is_as_large and _n_within(box, inks, MIN_DISTANCE * longer) == 1


def _n_within(box: Box, inks: Sequence[Box], distance: float) -> int:
    """Return the number of boxes within a distance along either axis, including the box itself."""
    boxes = np.asarray(inks)
    gaps = [
        np.maximum(boxes[:, axis], box[axis])
        - np.minimum(boxes[:, axis] + boxes[:, axis + 2], box[axis] + box[axis + 2])
        for axis in (0, 1)
    ]
    return int(np.count_nonzero(np.maximum(*gaps) <= distance))


def turned(crop: Pixels, line: int) -> list[FoundDigit]:
    """Return ink turned by each of the angles, one line per angle.

    Parameters
    ----------
    crop : ndarray of shape (h, w), uint8
        Light ink on black.
    line : int
        The number of the first line.
    """
    image = Image.fromarray(crop)
    copies = [
        np.pad(np.asarray(image.rotate(angle, Image.Resampling.BICUBIC, expand=True)), 1)
        for angle in ANGLES
    ]
    return [
        FoundDigit((0, 0, copy.shape[1], copy.shape[0]), line + number, 1, copy)
        for number, copy in enumerate(copies)
    ]


def agreed(readings: Sequence[Sequence[ReadDigit]]) -> ReadDigit | None:
    """Return the most certain prediction for turned ink, if it is surely one digit and no other.

    Parameters
    ----------
    readings : sequence of sequence of ReadDigit
        The probabilities at each angle.
    """
    sure = [
        digits[0]
        for digits in readings
        if len(digits) == 1 and digits[0].probability >= MIN_TURNED_PROBABILITY
    ]
    if len({digit.label for digit in sure}) != 1:
        return None
    return max(sure, key=lambda digit: digit.probability)
