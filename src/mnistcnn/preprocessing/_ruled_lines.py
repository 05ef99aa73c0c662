"""Ruled paper and the edges of boxes: straight lines from border to border."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["without_lines"]

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]

# The part of the width at each end on which a line has to be seen.
END = 0.12
# The part of its length on which a line has to be seen.
SEEN = 0.85
# What part of the faintest ink a line's pixels may have.
PALEST = 0.6
# How far a line may rise or fall, as a part of its length.
SLANT = 0.1
# A line is thinner than this part of the picture.
THICKEST = 0.05
SMALLEST_RULED = 40
# Two lines could be a digit's; a line alone has to be paler or thinner than the rest of the ink.
SURELY_RULED = 3
PALER, THINNER = 0.75, 0.6
# A line's strength is this quantile of its pixels, as it is not even; the digit is darker by this.
TYPICAL, DARKER = 0.75, 1.35


class _Line(NamedTuple):
    """A straight line and what is around it.

    Parameters
    ----------
    path : ndarray of shape (w,)
        The line's row at each column.
    lengths : ndarray of shape (w,)
        How many pixels hang together across the line.
    thickness : float
        The usual one of these.
    strength : float
        How dark the line is.
    """

    path: NDArray[np.intp]
    lengths: NDArray[np.intp]
    thickness: float
    strength: float


class _Grounds(NamedTuple):
    """Where ink ends, for all lines at once: a long one each would take gigabytes on a sheet.

    Parameters
    ----------
    above, below : ndarray of shape (h, w)
        The nearest row without ink from each pixel on; -1 and h where there is none.
    """

    above: NDArray[np.int32]
    below: NDArray[np.int32]

    def lengths_beyond(self, path: NDArray[np.intp], reach: int) -> NDArray[np.intp]:
        """Return how many pixels hang together with a line and the rows right beside it."""
        height, width = self.above.shape
        columns = np.arange(width)
        up, down = np.maximum(path - 2, 0), np.minimum(path + 2, height - 1)
        n_up = np.where(path >= 2, up - self.above[up, columns], 0)
        n_down = np.where(path < height - 2, self.below[down, columns] - down, 0)
        return np.asarray(np.minimum(n_up, reach - 1) + np.minimum(n_down, reach - 1))


def without_lines(ink: Grey, faint: float, full: float) -> Grey:
    """Take ruled lines out of a picture.

    Parameters
    ----------
    ink : ndarray of shape (h, w), dtype float32
        About 0 on the ground.
    faint, full : float
        From where on a pixel can be ink, and the strength of covering ink.

    Returns
    -------
    ndarray of shape (h, w), dtype float32
        0 along the lines, but for strokes that cross them; the same array if there are none.
    """
    if min(ink.shape) < SMALLEST_RULED:
        return ink
    for turned in (False, True):
        seen = ink.T if turned else ink
        lines = _lines(seen, PALEST * faint)
        if lines and _are_ruled(lines, seen, faint, full):
            cleaned = _erased(seen, lines)
            ink = cleaned.T if turned else cleaned
    return ink


def _lines(ink: Grey, palest: float) -> list[_Line]:
    width = ink.shape[1]
    end = max(3, round(END * width))
    if not all((ink[:, column] > palest).any() for column in (end // 2, width - 1 - end // 2)):
        return []
    mask = ink > palest
    left, right = _middles(_long_runs(mask[:, :end])), _middles(_long_runs(mask[:, width - end :]))
    if not len(left) or not len(right):
        return []
    grounds = _Grounds(_ground_above(mask), _ground_below(mask))
    found = []
    for start in left:
        stop = right[np.abs(right - start).argmin()]
        if abs(stop - start) <= SLANT * width:
            found.append(_traced(ink, mask, grounds, _path(start, stop, end, mask.shape)))
    return [line for line in found if line is not None]


def _long_runs(part: Mask) -> Mask:
    """Return the rows of one end on which there is a line, also where it steps to the next row."""
    near = part.copy()
    near[1:] |= part[:-1]
    return np.asarray((near.mean(axis=1) > SEEN) & part.any(axis=1))


def _middles(rows: Mask) -> NDArray[np.float64]:
    """Return the middle of each run of rows that is thin enough for a line."""
    steps = np.diff(rows.astype(np.int8), prepend=0, append=0)
    starts, stops = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    thin = stops - starts <= max(3, THICKEST * len(rows)) + 1
    return np.asarray((starts[thin] + stops[thin] - 1) / 2)


def _path(start: float, stop: float, end: int, shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Return the rows of a straight line through the middles of both ends."""
    height, width = shape
    along = (np.arange(width) + 0.5 - end / 2) / max(width - end, 1)
    rows = np.rint(start + (stop - start) * along)
    return np.asarray(np.clip(rows, 0, height - 1), dtype=np.intp)


def _ground_above(mask: Mask) -> NDArray[np.int32]:
    """Return for each pixel the next row above it, or its own, that has no ink there."""
    rows = np.arange(len(mask), dtype=np.int32)[:, np.newaxis]
    return np.maximum.accumulate(np.where(mask, np.int32(-1), rows), axis=0)


def _ground_below(mask: Mask) -> NDArray[np.int32]:
    return np.int32(len(mask) - 1) - _ground_above(mask[::-1])[::-1]


def _traced(ink: Grey, mask: Mask, grounds: _Grounds, path: NDArray[np.intp]) -> _Line | None:
    height, width = mask.shape
    # The path may run one pixel beside the line.
    rows, inside = _rows_around(path, 1, height)
    across = inside & mask[rows, np.arange(width)]
    seen = across.any(axis=0)
    if seen.mean() < SEEN:
        return None
    reach = max(6, round(2 * THICKEST * height))
    lengths = across.sum(axis=0) + grounds.lengths_beyond(path, reach)
    thickness = float(np.median(lengths[seen]))
    if thickness > max(3, THICKEST * height):
        return None
    darkest = ink[rows, np.arange(width)].max(axis=0)
    return _Line(path, lengths, thickness, float(np.quantile(darkest, TYPICAL)))


def _rows_around(path: NDArray[np.intp], reach: int, height: int) -> tuple[NDArray[np.intp], Mask]:
    """Return the rows near a line, and which of them the image has."""
    rows = path + np.arange(-reach, reach + 1)[:, np.newaxis]
    return np.clip(rows, 0, height - 1), (rows >= 0) & (rows < height)


def _are_ruled(lines: list[_Line], ink: Grey, faint: float, full: float) -> bool:
    """Say whether lines are the paper's; a digit that fills its picture may have such a stroke."""
    if len(lines) >= SURELY_RULED:
        return True
    rest = _erased(ink, lines) > max(faint, 0.5 * full)
    if not rest.any():
        return False
    thickness = max(line.thickness for line in lines)
    strength = max(line.strength for line in lines)
    return strength < PALER * full or thickness < THINNER * _typical_width(rest)


def _typical_width(mask: Mask) -> float:
    """Return about how broad strokes are: area over half the outline."""
    outline = int((mask[1:] != mask[:-1]).sum()) + int((mask[:, 1:] != mask[:, :-1]).sum())
    return 2 * int(mask.sum()) / max(np.pi / 4 * outline, 1)


def _erased(ink: Grey, lines: list[_Line]) -> Grey:
    cleaned = ink.copy()
    columns = np.arange(ink.shape[1])
    # A stroke along one of them makes that one seem darker than they are.
    strength = float(np.median([line.strength for line in lines]))
    for line in lines:
        # Where ink reaches further than the line is thick, a stroke crosses it.
        free = line.lengths <= 1.5 * line.thickness + 1
        rows, _ = _rows_around(line.path, int(line.thickness) // 2 + 1, len(ink))
        # What lies on a line and is much darker than it, is the digit's.
        printed = free & (ink[rows, columns] < DARKER * strength)
        cleaned[rows[printed], np.broadcast_to(columns, rows.shape)[printed]] = 0
    return cleaned
