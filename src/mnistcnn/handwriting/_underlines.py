"""Removes lines that were drawn under or over digits and touch them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mnistcnn.handwriting._components import Box, Gray, Mask, labeled, places_of, widened
from mnistcnn.handwriting._ink_levels import InkLevels

__all__ = ["without_underlines"]

# Slopes that are tried, up to this one, so many each way.
MAX_SLOPE, N_SLOPES = 0.12, 24
# Components at least this much broader than high, and of so many pixels, are looked at.
MIN_ASPECT, MIN_WIDTH = 1.1, 30
# Larger ones, in pixels, are textures or squares, which others take away.
MAX_AREA = 1_000_000
# A line runs through this fraction of the columns, in one row but for its slope, ...
MIN_COVERED = 0.95
# ... and is no thicker than this fraction of the height.
MAX_THICKNESS = 0.2
# It is so many times as long as the rest is high, or goes beyond the rest on both sides by this
# fraction of that height: the bars of a 2, 5 or 7 do not.
MIN_LENGTH, MIN_BEYOND = 2.5, 0.1
# So many pixels beside strokes the ink is under this fraction of theirs.
AROUND, MAX_BACKGROUND = 4, 0.4
# A column of ink that is higher than this multiple of the thickness is a stroke across the line.
MAX_RUN = 1.6


class _Line(NamedTuple):
    """A straight line within a component: its row in each column, and its thickness."""

    rows: NDArray[np.intp]
    thickness: int


def without_underlines(ink: Gray, levels: InkLevels) -> Gray:
    """Return a sheet's ink with 0 along lines that join the digits they were drawn under.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.handwriting._ink_levels import measured_levels
    >>> from mnistcnn.handwriting._underlines import without_underlines
    >>> ink = np.zeros((80, 160), dtype=np.float32)
    >>> ink[20:60, 50:56] = ink[20:60, 100:106] = ink[58:62, 20:140] = 1
    >>> cleaned = without_underlines(ink, measured_levels(ink))
    >>> float(cleaned[60, 80]), float(cleaned[40, 52])
    (0.0, 1.0)
    """
    labels = labeled(ink > levels.faint)
    cleaned = ink
    for number, box in enumerate(places_of(labels), start=1):
        height, width = (side.stop - side.start for side in box)
        is_broad = width >= max(MIN_WIDTH, MIN_ASPECT * height)
        # Along the upper and the lower edge of an image there are shades and edges, not lines.
        at_edge = box[0].start == 0 or box[0].stop == len(ink)
        if not is_broad or at_edge or height * width > MAX_AREA:
            continue
        component = labels[box] == number
        line = _line_in(component)
        if line is None:
            continue
        pixels = _pixels_of(line, component)
        around = widened(box, AROUND, ink.shape)
        if _joins(pixels, component) and _stands_out(ink[around], labels[around] == number):
            cleaned = _cleared(cleaned, ink, box, pixels)
    return cleaned


def _line_in(component: Mask) -> _Line | None:
    """Return the straight line through most columns, None where there is none."""
    height, width = component.shape
    columns = np.arange(width)
    found: tuple[float, NDArray[np.intp], NDArray[np.float64]] | None = None
    for slope in np.linspace(-MAX_SLOPE, MAX_SLOPE, 2 * N_SLOPES + 1):
        offsets = np.round(slope * (columns - width / 2)).astype(np.intp)
        rows = np.arange(height)[:, np.newaxis] + offsets
        inside = (rows >= 0) & (rows < height)
        covered = (component[np.clip(rows, 0, height - 1), columns] & inside).mean(axis=1)
        # Of all slopes, that of the line has its ink in the fewest rows.
        score = float(covered @ covered)
        if covered.max() >= MIN_COVERED and (found is None or score > found[0]):
            found = score, offsets, covered
    return None if found is None else _thin_line(found[1], found[2])


def _thin_line(offsets: NDArray[np.intp], covered: NDArray[np.float64]) -> _Line | None:
    most = max(1, round(MAX_THICKNESS * len(covered)))
    thick = np.flatnonzero(covered >= MIN_COVERED / 2)
    near = thick[np.abs(thick - int(covered.argmax())) <= most]
    thickness = int(np.ptp(near)) + 1
    if thickness > most:
        return None
    return _Line(int(np.round(near.mean())) + offsets, thickness)


def _pixels_of(line: _Line, component: Mask) -> Mask:
    """Return the pixels of a line without those of strokes that cross it or stand on it."""
    height, width = component.shape
    reach = line.thickness // 2 + 1
    rows = np.arange(height)[:, np.newaxis]
    band = component & (np.abs(rows - line.rows) <= reach)
    # The column of ink that goes through the line is longer where a stroke is.
    runs, _ = ndimage.label(component, structure=[[0, 1, 0], [0, 1, 0], [0, 1, 0]])
    lengths = np.bincount(runs.ravel())
    lengths[0] = 0
    is_short = lengths[runs] <= max(MAX_RUN * line.thickness, line.thickness + 2)
    return np.asarray(band & is_short)


def _joins(pixels: Mask, component: Mask) -> bool:
    """Tell whether a line was drawn under or over something, and is no stroke of it."""
    rest = component & ~ndimage.binary_dilation(pixels, iterations=2)
    if not rest.any() or not pixels.any():
        return False
    rows, columns = (np.flatnonzero(rest.any(axis=axis)) for axis in (1, 0))
    line = np.flatnonzero(pixels.any(axis=0))
    height = int(rows[-1] - rows[0] + 1)
    beyond = min(columns[0] - line[0], line[-1] - columns[-1])
    return bool(np.ptp(line) >= MIN_LENGTH * height or beyond >= max(2, MIN_BEYOND * height))


def _stands_out(ink: Gray, component: Mask) -> bool:
    """Tell whether a component is of strokes, with the background right beside them."""
    beside = ndimage.binary_dilation(component, iterations=AROUND)
    beside &= ~ndimage.binary_dilation(component, iterations=AROUND // 2)
    inside = float(np.median(ink[component]))
    return bool(beside.any() and float(np.median(ink[beside])) < MAX_BACKGROUND * inside)


def _cleared(cleaned: Gray, ink: Gray, box: Box, pixels: Mask) -> Gray:
    result = cleaned.copy() if cleaned is ink else cleaned
    # Its soft edge, too, but for where a stroke goes on.
    edge = ndimage.binary_dilation(pixels, structure=[[0, 1, 0], [0, 1, 0], [0, 1, 0]])
    part = result[box]
    part[edge & (pixels | (part < part.max() / 2))] = 0
    return result
