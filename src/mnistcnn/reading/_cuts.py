"""Finds cuts between touching digits: paths from top to bottom through little ink."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Cut", "cuts_through", "is_left_of"]

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
Numbers = NDArray[np.intp]

# A path is near a straight one with one of these slants, columns to the left for each row down, as
# people write, ...
SLANTS = (0.0, 0.4)
# ... of which there is one for so many columns, and so near to it, as a fraction of the height.
STEP, REACH = 2, 0.2
# What a step aside costs, and being off the straight path, as fractions of going through a pixel of
# ink.
ASIDE, OFF_PATH = 0.02, 0.01
# Ink is above this fraction of full ink.
MIN_INK_FRACTION = 0.25
# Paths through more ink than this fraction of the height are none.
MAX_INK = 0.5
# As parts of the ink on a width of one height: with no more than this between them two paths are
# the same, as one with no more beyond it is none, and less than this may lie on the wrong side.
MIN_BETWEEN, MAX_CROSSED = 0.07, 0.03
# No more of them than this for each height in the width.
CUTS_PER_HEIGHT = 4


class Cut(NamedTuple):
    """A path from the top to the bottom of an image.

    Attributes
    ----------
    columns : ndarray of shape (h,), intp
        The last column on the left of the path, in each row; -1 or the last one beside the image.
    ink : float
        The ink that it goes through, as a fraction of the height.
    before : ndarray of shape (h,), float32
        The ink on the left of it in each row, as a part of all on a width of one height.
    """

    columns: Numbers
    ink: float
    before: Floats


def cuts_through(crop: Pixels) -> list[Cut]:
    """Return the paths along which an image may be cut, from the left to the right.

    Each is the cheapest near a straight path, upright or slanting, found by dynamic programming, as
    the cut of a page between characters that touch is in Lee, Lee and Park's "A New Methodology for
    Gray-Scale Character Segmentation and Recognition" (1996). Of those that leave the same ink on
    either side the one through the least ink is kept.

    Parameters
    ----------
    crop : ndarray of shape (h, w), uint8
        Light ink on black, without an empty border.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.reading._cuts import cuts_through
    >>> two_strokes = np.zeros((40, 40), dtype=np.uint8)
    >>> two_strokes[:, [*range(5), *range(35, 40)]] = 255
    >>> two_strokes[18:22] = 255
    >>> [round(cut.ink, 1) for cut in cuts_through(two_strokes)][:2]
    [0.1, 0.1]
    """
    ink = np.maximum(
        crop / np.float32(255 * (1 - MIN_INK_FRACTION))
        - np.float32(MIN_INK_FRACTION / (1 - MIN_INK_FRACTION)),
        0,
    )
    found = [_cheapest_paths(ink, slant) for slant in SLANTS]
    paths = np.concatenate([paths for paths, _ in found])
    inks = np.concatenate([inks for _, inks in found])
    height, width = crop.shape
    sums = np.pad(np.cumsum(ink, axis=1), ((0, 0), (1, 0)))
    sums *= max(width / height, 1) / max(float(sums[:, -1].sum()), 1)
    before = sums[np.arange(height), paths + 1]
    most = max(2, round(CUTS_PER_HEIGHT * width / height))
    chosen = _apart(before, inks, float(sums[:, -1].sum()))[:most]
    cuts = [Cut(paths[k], float(inks[k]), before[k]) for k in chosen]
    return sorted(cuts, key=lambda cut: float(cut.before.sum()))


def is_left_of(one: Cut, other: Cut) -> bool:
    """Say whether hardly any ink is on the right of one path and on the left of another."""
    return float(np.maximum(one.before - other.before, 0).sum()) < MAX_CROSSED


def _cheapest_paths(ink: Floats, slant: float) -> tuple[Numbers, Floats]:
    """Return the path near each of some straight ones, and the ink on it as part of the height."""
    height, width = ink.shape
    lean = np.rint(slant * (height / 2 - np.arange(height))).astype(np.intp)
    reach = max(1, round(REACH * height))
    offsets = np.arange(-reach, reach + 1)
    most = int(abs(lean).max())
    starts = np.arange(STEP - most, width - 1 + most, STEP)
    # The row of each column of a straight path that leans, with what is beside the image empty.
    beyond = most + reach + most + 1
    padded = np.pad(ink, ((0, 0), (beyond, beyond)))
    straight = starts[:, np.newaxis] + offsets + beyond
    off = (OFF_PATH / reach * np.abs(offsets)).astype(np.float32)
    total = padded[0, straight + lean[0]] + off
    steps = np.zeros((height, *total.shape), dtype=np.int8)
    for row in range(1, height):
        best, step = total.copy(), steps[row]
        from_left = total[:, :-1] + np.float32(ASIDE) < best[:, 1:]
        best[:, 1:][from_left] = total[:, :-1][from_left] + np.float32(ASIDE)
        step[:, 1:][from_left] = -1
        from_right = total[:, 1:] + np.float32(ASIDE) < best[:, :-1]
        best[:, :-1][from_right] = total[:, 1:][from_right] + np.float32(ASIDE)
        step[:, :-1][from_right] = 1
        total = padded[row, straight + lean[row]] + off + best
    return _traced(steps, total, straight - beyond, lean, ink)


def _traced(
    steps: NDArray[np.int8], total: Floats, straight: Numbers, lean: Numbers, ink: Floats
) -> tuple[Numbers, Floats]:
    """Follow the cheapest paths from the bottom to the top."""
    height, width = ink.shape
    places = total.argmin(axis=1)
    each = np.arange(len(places))
    paths = np.empty((len(places), height), dtype=np.intp)
    for row in range(height - 1, -1, -1):
        paths[:, row] = straight[each, places] + lean[row]
        places = places + steps[row, each, places]
    rows = np.arange(height)
    is_inside = (paths >= 0) & (paths < width)
    inks = np.where(is_inside, ink[rows, np.clip(paths, 0, width - 1)], 0).sum(axis=1) / height
    return np.clip(paths, -1, width - 1), inks.astype(np.float32)


def _apart(before: Floats, inks: Floats, whole: float) -> list[int]:
    """Return the numbers of the paths that leave other ink on their sides, the best ones first."""
    sums = before.sum(axis=1)
    are_useful = (sums > MIN_BETWEEN) & (sums < whole - MIN_BETWEEN) & (inks <= MAX_INK)
    chosen: list[int] = []
    for k in np.argsort(inks, kind="stable").tolist():
        if are_useful[k] and (np.abs(before[chosen] - before[k]).sum(axis=1) > MIN_BETWEEN).all():
            chosen.append(k)
    return chosen
