"""How strong ink and noise are, and what is ink by that."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["InkLevels", "measured_levels"]

Grey = NDArray[np.float32]

BINS = 255
# Parts of the ink's strength.
FAINT, SURE = 0.3, 0.5
# Multiples of the noise's standard deviation.
ABOVE_NOISE, FLOOR = 4.0, 2.5
# Noise is what pixels so far apart differ by. Ink is in less than half of such pairs, so a quantile
# below the median is taken; of normal noise, it is this multiple of the standard deviation.
APART, QUANTILE, MULTIPLE = 3, 0.4, 0.7416
# The strongest ink is in at least so many pixels: a digit can be small on its paper, dust smaller.
FEW = 8
SMALLEST_NOISY = 24
# Less contrast than this, as a part of white's, is no ink.
LEAST_INK = 0.02


class InkLevels(NamedTuple):
    """Strengths at which ink begins and ends.

    Parameters
    ----------
    floor : float
        What is to be subtracted, to bring noise to 0.
    faint : float
        From here on a pixel can be ink.
    sure : float
        From here on it is.
    full : float
        Ink that is wholly covering.
    """

    floor: float
    faint: float
    sure: float
    full: float


def measured_levels(ink: Grey) -> InkLevels | None:
    """Measure how strong the ink in a picture is.

    Parameters
    ----------
    ink : ndarray of shape (h, w), dtype float32
        About 0 on the ground.

    Returns
    -------
    InkLevels or None
        None if nothing stands out from the ground.
    """
    noise = _noise(ink)
    counts, step = _histogram(ink)
    strongest = step * _rank_from_top(counts, min(max(1, ink.size // 300), FEW))
    lowest = max(ABOVE_NOISE * noise, 0.25 * strongest)
    if strongest < max(LEAST_INK, lowest):
        return None
    strong = counts[int(lowest / step) :]
    full = lowest + step * _rank_from_top(strong, max(1, int(strong.sum()) // 10))
    floor = min(FLOOR * noise, 0.4 * full)
    return InkLevels(floor, max(FAINT * full, min(3 * noise, SURE * full)), SURE * full, full)


def _noise(ink: Grey) -> float:
    if min(ink.shape) < SMALLEST_NOISY:
        return 0.0
    # Every fourth row tells enough.
    difference = np.abs(ink[::4, APART:] - ink[::4, :-APART]).ravel()
    # Sorting is faster than np.partition here, which is slow where many values are equal.
    return float(np.sort(difference)[int(QUANTILE * difference.size)]) / MULTIPLE


def _histogram(ink: Grey) -> tuple[NDArray[np.intp], float]:
    highest = max(float(ink.max()), 1e-6)
    bins = np.maximum(ink * np.float32(BINS / highest), 0).astype(np.uint8)
    return np.bincount(bins.ravel(), minlength=BINS + 1), highest / BINS


def _rank_from_top(counts: NDArray[np.intp], rank: int) -> int:
    """Return the bin in which the value lies that `rank` - 1 others exceed."""
    from_top = np.cumsum(counts[::-1])
    return len(counts) - 1 - int(np.searchsorted(from_top, rank))
