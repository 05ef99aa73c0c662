"""Measures the strengths of ink and noise, and the thresholds between them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["InkLevels", "measured_levels"]

Gray = NDArray[np.float32]

N_BINS = 255
# The thresholds of the hysteresis, as fractions of the strength of full ink.
FAINT_INK, SURE_INK = 0.3, 0.5
# The lower one is above noise by this multiple of its standard deviation, where that is less than
# this fraction of the strength; the strongest pixels by this one, ...
FAINT_SIGNAL_TO_NOISE, MAX_FAINT_INK, MIN_SIGNAL_TO_NOISE = 3, 0.5, 4.0
# ... and what is subtracted is this multiple, or this fraction of the strength.
FLOOR_TO_NOISE, MAX_FLOOR = 2.5, 0.4
# Noise is what pixels so far apart differ by. Ink is in less than half of such pairs, so a quantile
# below the median is taken; of normal noise, it is this multiple of the standard deviation.
PAIR_DISTANCE, NOISE_QUANTILE, NORMAL_QUANTILE = 3, 0.4, 0.7416
# Where a digit fills its image, so that its ink covers this fraction, it is in more of them.
MUCH_INK, QUANTILE_IN_MUCH, NORMAL_QUANTILE_IN_MUCH = 0.2, 0.1, 0.1777
MIN_SIDE_FOR_NOISE = 24
# The strongest ink is the value of this rank from the top or, in small images, of one rank for so
# many pixels: a digit can be small on its paper, dust smaller.
MAX_RANK, PIXELS_PER_RANK = 8, 300
# Strong is what has this fraction of it. Full ink is as strong as one in so many strong pixels.
MIN_STRONG_INK, STRONG_PIXELS_PER_RANK = 0.25, 10
# Less contrast than this, as a fraction of white's, is no ink.
MIN_CONTRAST = 0.02


class InkLevels(NamedTuple):
    """Strengths at which ink begins and ends.

    To bring noise to 0, `floor` is subtracted; from `faint` on a pixel can be ink, from `sure` on
    it is, and `full` covers all.
    """

    floor: float
    faint: float
    sure: float
    full: float


def measured_levels(ink: Gray) -> InkLevels | None:
    """Measure how strong the ink in an image is; None if nothing stands out from the background."""
    noise = _noise(ink)
    counts, step = _histogram(ink)
    strongest = step * _rank_from_top(counts, min(max(1, ink.size // PIXELS_PER_RANK), MAX_RANK))
    lowest = max(MIN_SIGNAL_TO_NOISE * noise, MIN_STRONG_INK * strongest)
    if strongest < max(MIN_CONTRAST, lowest):
        return None
    strong = counts[int(lowest / step) :]
    rank = max(1, int(strong.sum()) // STRONG_PIXELS_PER_RANK)
    full = lowest + step * _rank_from_top(strong, rank)
    floor = min(FLOOR_TO_NOISE * noise, MAX_FLOOR * full)
    faint = max(FAINT_INK * full, min(FAINT_SIGNAL_TO_NOISE * noise, MAX_FAINT_INK * full))
    return InkLevels(floor, faint, SURE_INK * full, full)


def _noise(ink: Gray) -> float:
    if min(ink.shape) < MIN_SIDE_FOR_NOISE:
        return 0.0
    # Every fourth row tells enough.
    difference = np.abs(ink[::4, PAIR_DISTANCE:] - ink[::4, :-PAIR_DISTANCE]).ravel()
    # Sorting is faster than np.partition here, which is slow where many values are equal.
    ordered = np.sort(difference)
    if np.count_nonzero(ink > ink.max() / 2) > MUCH_INK * ink.size:
        return float(ordered[int(QUANTILE_IN_MUCH * ordered.size)]) / NORMAL_QUANTILE_IN_MUCH
    return float(ordered[int(NOISE_QUANTILE * ordered.size)]) / NORMAL_QUANTILE


def _histogram(ink: Gray) -> tuple[NDArray[np.intp], float]:
    highest = max(float(ink.max()), 1e-6)
    bins = np.maximum(ink * np.float32(N_BINS / highest), 0).astype(np.uint8)
    return np.bincount(bins.ravel(), minlength=N_BINS + 1), highest / N_BINS


def _rank_from_top(counts: NDArray[np.intp], rank: int) -> int:
    """Return the bin in which the value lies that `rank` - 1 others exceed."""
    from_top = np.cumsum(counts[::-1])
    return len(counts) - 1 - int(np.searchsorted(from_top, rank))
