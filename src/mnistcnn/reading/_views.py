"""The views of a part of a line for a network: alone, with its rest, and among its neighbors."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mnistcnn.reading._inks import laid_out
from mnistcnn.reading._parts import Line, Part

__all__ = ["VIEW_SHAPE", "views_of"]

Pixels = NDArray[np.uint8]

SIDE = 32
VIEW_SHAPE = (SIDE, SIDE, 3)
# A view is as wide as so many times the longer side of the part: of the part and what is right
# beside it, and of all that is around.
CLOSE, WIDE = 1.2, 3.0


def views_of(line: Line, parts: Sequence[Part]) -> Pixels:
    """Return the input of the network for each part of a line.

    Parameters
    ----------
    line : Line
        The line.
    parts : sequence of n Part
        Some of its parts.

    Returns
    -------
    ndarray of shape (n, 32, 32, 3), uint8
        The part, what is right beside it, and both with all around, from further away; light ink on
        black.
    """
    if not parts:
        return np.zeros((0, *VIEW_SHAPE), dtype=np.uint8)
    everything, top, left = laid_out(line.inks, [ink.crop for ink in line.inks])
    return np.stack(
        [_view(part.crop, part.top - top, part.left - left, everything) for part in parts]
    )


def _view(alone: Pixels, top: int, left: int, everything: Pixels) -> Pixels:
    longer = max(alone.shape)
    middle = top + alone.shape[0] / 2, left + alone.shape[1] / 2
    close, wide = (max(3, round(times * longer)) for times in (CLOSE, WIDE))
    with_beside, corner = _window(everything, middle, close)
    own = np.zeros_like(with_beside)
    rows, columns = top - corner[0], left - corner[1]
    own[rows : rows + alone.shape[0], columns : columns + alone.shape[1]] = alone
    # Nothing of all is fainter than what of it is the part.
    beside = with_beside - own
    around, _ = _window(everything, middle, wide)
    return np.stack([_resized(each) for each in (own, beside, around)], axis=-1)


def _window(
    everything: Pixels, middle: tuple[float, float], side: int
) -> tuple[Pixels, tuple[int, int]]:
    """Return a square around a place, black beyond the ends, and its first row and column."""
    top, left = (round(place - side / 2) for place in middle)
    window = np.zeros((side, side), dtype=np.uint8)
    part = everything[max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)]
    first_row, first_column = max(-top, 0), max(-left, 0)
    window[first_row : first_row + part.shape[0], first_column : first_column + part.shape[1]] = (
        part
    )
    return window, (top, left)


def _resized(image: Pixels) -> Pixels:
    return np.asarray(Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
