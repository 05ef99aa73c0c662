"""Cuts a line of writing into the parts that may be one digit each."""

from collections.abc import Collection, Container, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mnistcnn.handwriting import bounding_box
from mnistcnn.reading._cuts import Cut, cuts_through, is_left_of
from mnistcnn.reading._inks import INK_THRESHOLD, Ink, laid_out, put

__all__ = ["Line", "Part", "cut_line", "full_crop", "is_whole", "part_between", "parts_of"]

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]

# Ink that is longer than this multiple of its height is no number that anybody writes in one go,
# and what is higher than this, on a shrunk sheet, is no writing of that line.
MAX_ASPECT, MAX_HEIGHT = 14, 240
# A digit is no broader than this multiple of the height of the ink, or than the second one if it is
# all of connected ink, such as a low 2 with a long stroke; no smaller than this fraction of it, ...
MAX_WIDTH, MAX_WHOLE_WIDTH, MIN_SIZE = 2.3, 3.0, 0.3
# ... and its strokes are no further apart than this one.
MAX_GAP = 0.45


class Place(NamedTuple):
    """A possible start or end of a part: at a cut, or before the ink with that number."""

    ink: int
    cut: Cut | None


class Line(NamedTuple):
    """A line of writing.

    Attributes
    ----------
    inks : sequence of Ink
        From the left to the right.
    places : sequence of Place
        The possible starts and ends of its parts, from left to right.
    """

    inks: Sequence[Ink]
    places: Sequence[Place]


class Part(NamedTuple):
    """The ink between two places of a line.

    Attributes
    ----------
    first, last : int
        The numbers of the places.
    crop : ndarray of shape (h, w), uint8
        Light ink on black, without an empty border.
    top, left : int
        Its position on the shrunk sheet.
    ink_height : int
        That of the highest connected ink in it.
    """

    first: int
    last: int
    crop: Pixels
    top: int
    left: int
    ink_height: int


def cut_line(inks: Sequence[Ink], uncut: Collection[int] = ()) -> Line:
    """Cut the ink of a line at every possible cut.

    Parameters
    ----------
    inks : sequence of Ink
        From the left to the right.
    uncut : collection of int, default=()
        The numbers of those that stay whole.
    """
    places: list[Place] = []
    for number, ink in enumerate(inks):
        places.append(Place(number, None))
        if number not in uncut and _may_be_digits(ink):
            places += [Place(number, cut) for cut in cuts_through(ink.crop)]
    return Line(inks, [*places, Place(len(inks), None)])


def _may_be_digits(ink: Ink) -> bool:
    height, width = ink.crop.shape
    return bool(height <= MAX_HEIGHT and width <= MAX_ASPECT * height)


def parts_of(line: Line, joined: Container[int] = ()) -> list[Part]:
    """Return each part of a line that may be one digit.

    Parameters
    ----------
    line : Line
        With its cuts.
    joined : container of int, default=()
        The numbers of connected ink that may be of one digit with the next one.
    """
    parts = []
    for first in range(len(line.places) - 1):
        for last in range(first + 1, len(line.places)):
            if not _may_go_on(line, first, last, joined):
                break
            part = part_between(line, first, last)
            if part is None:
                continue
            height, width = part.crop.shape
            is_all = is_whole(line, part)
            most = MAX_WHOLE_WIDTH if is_all else MAX_WIDTH
            if width > most * max(height, part.ink_height):
                break
            if is_all or max(height, width) >= MIN_SIZE * part.ink_height:
                parts.append(part)
    return parts


def is_whole(line: Line, part: Part) -> bool:
    """Say whether a part is all of one connected ink, and nothing else."""
    first, last = line.places[part.first], line.places[part.last]
    return first.cut is None and last == Place(first.ink + 1, None)


def _last_ink(line: Line, last: int) -> int:
    """Return the number of the last ink that is before a place, in part at least."""
    place = line.places[last]
    return place.ink if place.cut is not None else place.ink - 1


def _may_go_on(line: Line, first: int, last: int, joined: Container[int]) -> bool:
    """Say whether all ink between two places may be of one digit."""
    inks = [line.inks[k] for k in range(line.places[first].ink, _last_ink(line, last) + 1)]
    numbers = range(line.places[first].ink, _last_ink(line, last))
    return all(number in joined for number in numbers) and all(
        after.left - one.left - one.crop.shape[1]
        <= MAX_GAP * max(one.crop.shape[0], after.crop.shape[0])
        for one, after in zip(inks, inks[1:], strict=False)
    )


def part_between(line: Line, first: int, last: int) -> Part | None:
    """Return the part between two places; None if one is not left of the other."""
    begin, end = line.places[first], line.places[last]
    if begin.ink == end.ink and begin.cut and end.cut and not is_left_of(begin.cut, end.cut):
        return None
    numbers = range(begin.ink, _last_ink(line, last) + 1)
    inks = [line.inks[number] for number in numbers]
    crops = [_within(ink, number, begin, end) for number, ink in zip(numbers, inks, strict=True)]
    canvas, top, left = laid_out(inks, crops)
    box = bounding_box(canvas > INK_THRESHOLD)
    if box is None:
        return None
    rows, columns = box
    highest = max(ink.crop.shape[0] for ink in inks)
    return Part(first, last, canvas[rows, columns], top + rows.start, left + columns.start, highest)


def _within(ink: Ink, number: int, begin: Place, end: Place) -> Pixels:
    """Return the part of some ink between two places."""
    mask = _mask(ink, number, begin, end)
    return ink.crop if mask is None else np.where(mask, ink.crop, 0).astype(np.uint8)


def _mask(ink: Ink, number: int, begin: Place, end: Place) -> Mask | None:
    columns = np.arange(ink.crop.shape[1])
    masks = []
    if begin.ink == number and begin.cut is not None:
        masks.append(columns > begin.cut.columns[:, np.newaxis])
    if end.ink == number and end.cut is not None:
        masks.append(columns <= end.cut.columns[:, np.newaxis])
    return np.logical_and.reduce(masks) if masks else None


def full_crop(line: Line, part: Part) -> Pixels:
    """Return a part as it was before the line was shrunk, with some empty border.

    Parameters
    ----------
    line : Line
        The line.
    part : Part
        One of its parts.

    Returns
    -------
    ndarray of shape (h, w), uint8
        Light ink on black.
    """
    begin, end = line.places[part.first], line.places[part.last]
    numbers = range(begin.ink, _last_ink(line, part.last) + 1)
    factor = line.inks[begin.ink].factor
    (height, width), top, left = part.crop.shape, part.top, part.left
    canvas = np.zeros((factor * (height + 2), factor * (width + 2)), dtype=np.uint8)
    for number in numbers:
        ink = line.inks[number]
        mask = _mask(ink, number, begin, end)
        alone = ink.full
        if mask is not None:
            enlarged = mask.repeat(factor, axis=0).repeat(factor, axis=1)
            alone = np.where(enlarged, ink.full, 0).astype(np.uint8)
        # With a border of one cell around the part.
        first_row, first_column = ink.top - top + 1, ink.left - left + 1
        rows = slice(factor * max(0, -first_row), factor * max(0, height + 2 - first_row))
        columns = slice(factor * max(0, -first_column), factor * max(0, width + 2 - first_column))
        put(
            canvas,
            alone[rows, columns],
            factor * max(0, first_row),
            factor * max(0, first_column),
        )
    return canvas
