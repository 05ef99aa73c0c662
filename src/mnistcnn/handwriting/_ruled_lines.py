"""Removes ruled lines and the edges of boxes: straight lines from border to border."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mnistcnn.handwriting._components import Gray, Mask
from mnistcnn.handwriting._strokes import stroke_width

__all__ = ["without_lines"]

MIN_RULED_SIDE = 40
# A line is looked for at either end, in this fraction of the width. It has to be seen on this
# fraction of the columns there, and on this one of its whole length.
END_ZONE, MIN_COVERAGE_AT_END, MIN_COVERAGE = 0.12, 0.85, 0.85
# The strength of a line's pixels, as a fraction of the faintest ink's.
MIN_LINE_STRENGTH = 0.6
# How far a line may rise or fall, as a fraction of its length.
MAX_SLOPE = 0.1
# How thick it may be, as a fraction of the image's height, or in pixels.
MAX_THICKNESS, MAX_THICKNESS_PIXELS = 0.05, 3
# Two lines could be a digit's, so many are the paper's. Fewer have to be paler than this fraction
# of full ink, or thinner than this one of the stroke width.
MIN_RULED_LINES, MAX_STRENGTH_BESIDE_INK, MAX_THICKNESS_BESIDE_INK = 3, 0.75, 0.6
# Ink beside the lines has at least this fraction of the strength of full ink.
MIN_INK_BESIDE_LINES = 0.5
# A line's strength is this quantile of its pixels, as it is not even; the digit's ink is stronger
# than this multiple of it.
STRENGTH_QUANTILE, MIN_DIGIT_STRENGTH = 0.75, 1.35
# Where ink reaches further than this multiple of a line's thickness, a stroke crosses it.
MIN_CROSSING = 1.5


class _Line(NamedTuple):
    """A straight line: its row and the number of connected pixels across it, at each column.

    `thickness` is the usual one of these numbers; `strength` tells how dark the line is.
    """

    path: NDArray[np.intp]
    lengths: NDArray[np.intp]
    thickness: float
    strength: float


class _Background(NamedTuple):
    """The ends of the ink for all lines at once; one array per line would take gigabytes.

    `above` and `below` hold the nearest row without ink from each pixel on; -1 and h for none.
    """

    above: NDArray[np.int32]
    below: NDArray[np.int32]

    def lengths_beyond(self, path: NDArray[np.intp], reach: int) -> NDArray[np.intp]:
        """Return the number of pixels that are connected with a line and the rows beside it."""
        height, width = self.above.shape
        columns = np.arange(width)
        up, down = np.maximum(path - 2, 0), np.minimum(path + 2, height - 1)
        n_up = np.where(path >= 2, up - self.above[up, columns], 0)
        n_down = np.where(path < height - 2, self.below[down, columns] - down, 0)
        return np.asarray(np.minimum(n_up, reach - 1) + np.minimum(n_down, reach - 1))


def without_lines(ink: Gray, faint: float, full: float) -> Gray:
    """Return an image with 0 along its ruled lines, if any, but for strokes that cross them.

    A pixel can be ink from `faint` on; `full` is the strength of covering ink.
    """
    if min(ink.shape) < MIN_RULED_SIDE:
        return ink
    for turned in (False, True):
        seen = ink.T if turned else ink
        lines = _lines(seen, MIN_LINE_STRENGTH * faint)
        if lines and _are_ruled(lines, seen, faint, full):
            cleaned = _erased(seen, lines)
            ink = cleaned.T if turned else cleaned
    return ink


def _lines(ink: Gray, palest: float) -> list[_Line]:
    width = ink.shape[1]
    end = max(3, round(END_ZONE * width))
    if not all((ink[:, column] > palest).any() for column in (end // 2, width - 1 - end // 2)):
        return []
    mask = ink > palest
    left, right = _middles(_long_runs(mask[:, :end])), _middles(_long_runs(mask[:, width - end :]))
    if not len(left) or not len(right):
        return []
    background = _Background(_background_above(mask), _background_below(mask))
    found = []
    for start in left:
        stop = right[np.abs(right - start).argmin()]
        if abs(stop - start) <= MAX_SLOPE * width:
            found.append(_traced(ink, mask, background, _path(start, stop, end, mask.shape)))
    return [line for line in found if line is not None]


def _long_runs(part: Mask) -> Mask:
    """Return the rows of one end on which there is a line, also where it steps to the next row."""
    near = part.copy()
    near[1:] |= part[:-1]
    return np.asarray((near.mean(axis=1) > MIN_COVERAGE_AT_END) & part.any(axis=1))


def _middles(rows: Mask) -> NDArray[np.float64]:
    """Return the middle of each run of rows that is thin enough for a line."""
    steps = np.diff(rows.astype(np.int8), prepend=0, append=0)
    starts, stops = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    thin = stops - starts <= max(MAX_THICKNESS_PIXELS, MAX_THICKNESS * len(rows)) + 1
    return np.asarray((starts[thin] + stops[thin] - 1) / 2)


def _path(start: float, stop: float, end: int, shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Return the rows of a straight line through the middles of both ends."""
    height, width = shape
    along = (np.arange(width) + 0.5 - end / 2) / max(width - end, 1)
    rows = np.rint(start + (stop - start) * along)
    return np.asarray(np.clip(rows, 0, height - 1), dtype=np.intp)


def _background_above(mask: Mask) -> NDArray[np.int32]:
    """Return for each pixel the next row above it, or its own, that has no ink there."""
    rows = np.arange(len(mask), dtype=np.int32)[:, np.newaxis]
    return np.maximum.accumulate(np.where(mask, np.int32(-1), rows), axis=0)


def _background_below(mask: Mask) -> NDArray[np.int32]:
    return np.int32(len(mask) - 1) - _background_above(mask[::-1])[::-1]


def _traced(ink: Gray, mask: Mask, background: _Background, path: NDArray[np.intp]) -> _Line | None:
    height, width = mask.shape
    # The path may run one pixel beside the line.
    rows, inside = _rows_around(path, 1, height)
    across = inside & mask[rows, np.arange(width)]
    seen = across.any(axis=0)
    if seen.mean() < MIN_COVERAGE:
        return None
    reach = max(6, round(2 * MAX_THICKNESS * height))
    lengths = across.sum(axis=0) + background.lengths_beyond(path, reach)
    thickness = float(np.median(lengths[seen]))
    if thickness > max(MAX_THICKNESS_PIXELS, MAX_THICKNESS * height):
        return None
    darkest = ink[rows, np.arange(width)].max(axis=0)
    return _Line(path, lengths, thickness, float(np.quantile(darkest, STRENGTH_QUANTILE)))


def _rows_around(path: NDArray[np.intp], reach: int, height: int) -> tuple[NDArray[np.intp], Mask]:
    """Return the rows near a line, and which of them the image has."""
    rows = path + np.arange(-reach, reach + 1)[:, np.newaxis]
    return np.clip(rows, 0, height - 1), (rows >= 0) & (rows < height)


def _are_ruled(lines: list[_Line], ink: Gray, faint: float, full: float) -> bool:
    """Say whether lines are the paper's; a digit that fills its image may have such a stroke."""
    if len(lines) >= MIN_RULED_LINES:
        return True
    rest = _erased(ink, lines) > max(faint, MIN_INK_BESIDE_LINES * full)
    if not rest.any():
        return False
    # Strokes may go on beyond the border.
    width = stroke_width(rest, end_at_border=False)
    thickness = max(line.thickness for line in lines)
    strength = max(line.strength for line in lines)
    return strength < MAX_STRENGTH_BESIDE_INK * full or thickness < MAX_THICKNESS_BESIDE_INK * width


def _erased(ink: Gray, lines: list[_Line]) -> Gray:
    cleaned = ink.copy()
    columns = np.arange(ink.shape[1])
    # A stroke along one of them makes that one seem darker than they are.
    strength = float(np.median([line.strength for line in lines]))
    for line in lines:
        free = line.lengths <= MIN_CROSSING * line.thickness + 1
        rows, _ = _rows_around(line.path, int(line.thickness) // 2 + 1, len(ink))
        # What lies on a line and is much darker than it, is the digit's.
        printed = free & (ink[rows, columns] < MIN_DIGIT_STRENGTH * strength)
        cleaned[rows[printed], np.broadcast_to(columns, rows.shape)[printed]] = 0
    return cleaned
