"""The connected ink of each line of writing, with its place on the sheet."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mnistcnn.handwriting import FoundDigit, bounding_box

__all__ = ["INK_THRESHOLD", "Ink", "inks_of", "laid_out", "put"]

Pixels = NDArray[np.uint8]

# Of 255: what is fainter is left of a stroke on the other side of a cut.
INK_THRESHOLD = 60
# Lines are taken apart in an image that is shrunk, by a whole number, to about this height.
HEIGHT = 48


class Ink(NamedTuple):
    """Connected ink, or strokes of one digit that do not touch.

    Attributes
    ----------
    found : FoundDigit
        As it was found.
    full : ndarray of shape (h, w), uint8
        Light ink on black.
    crop : ndarray of shape (h / factor, w / factor), uint8
        The same, shrunk.
    top, left : int
        Where `crop` lies on the shrunk sheet.
    factor : int
        By how much it was shrunk.
    """

    found: FoundDigit
    full: Pixels
    crop: Pixels
    top: int
    left: int
    factor: int


def inks_of(found: Sequence[FoundDigit]) -> list[list[Ink]]:
    """Return the ink of a sheet line by line, each line shrunk to about the same height."""
    lines = [list(line) for _, line in groupby(found, key=lambda each: each.line)]
    return [[_ink_of(each, _factor(line)) for each in line] for line in lines]


def _factor(line: Sequence[FoundDigit]) -> int:
    heights = [each.box[3] / each.scale for each in line]
    return max(1, round(float(np.median(heights)) / HEIGHT))


def _ink_of(found: FoundDigit, factor: int) -> Ink:
    x, y, _, _ = found.box
    rows, columns = bounding_box(found.crop > INK_THRESHOLD) or (slice(None), slice(None))
    top, left = (
        place // found.scale + (side.start or 0) - found.margin
        for place, side in [(y, rows), (x, columns)]
    )
    crop = found.crop[rows, columns]
    # All ink of the sheet is shrunk on one grid.
    before = top % factor, left % factor
    full = np.pad(
        crop,
        [
            (start, -(start + length) % factor)
            for start, length in zip(before, crop.shape, strict=True)
        ],
    )
    return Ink(found, full, _shrunk(full, factor), top // factor, left // factor, factor)


def _shrunk(image: Pixels, factor: int) -> Pixels:
    if factor == 1:
        return image
    height, width = (length // factor for length in image.shape)
    cells = image.reshape(height, factor, width, factor).mean(axis=(1, 3))
    return np.asarray(cells, dtype=np.uint8)


def laid_out(inks: Sequence[Ink], crops: Sequence[Pixels]) -> tuple[Pixels, int, int]:
    """Return crops of ink combined into one, and its first row and column."""
    top, left = min(ink.top for ink in inks), min(ink.left for ink in inks)
    bottom = max(ink.top + ink.crop.shape[0] for ink in inks)
    right = max(ink.left + ink.crop.shape[1] for ink in inks)
    canvas = np.zeros((bottom - top, right - left), dtype=np.uint8)
    for ink, crop in zip(inks, crops, strict=True):
        put(canvas, crop, ink.top - top, ink.left - left)
    return canvas, top, left


def put(canvas: Pixels, ink: Pixels, top: int, left: int) -> None:
    """Add ink to an image at a row and a column."""
    place = canvas[top : top + ink.shape[0], left : left + ink.shape[1]]
    np.maximum(place, ink, out=place)
