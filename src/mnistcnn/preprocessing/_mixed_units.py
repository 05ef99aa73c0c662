"""Detects arrays that mix images in several units."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcnn.preprocessing._units import MIN_INK_FRACTION

__all__ = ["mixed_units"]

# The highest pixels of images in 0 ... 1, however dim, and those of images in bytes or above.
SMALL, LARGE = (0.1, 1.0), 100.0
MIN_FACTOR = 200


def mixed_units(some: NDArray[Any]) -> str | None:
    """Return the message for images of which some are in 0 ... 1 and others in bytes or above.

    None where they are not. Whole numbers are not: a highest pixel of 1 is noise then.
    """
    if some.dtype.kind in "bui" or len(some) < 2:
        return None
    highest = some.max(axis=1)
    largest = float(highest.max())
    if largest <= LARGE:
        return None
    is_small = (highest >= SMALL[0]) & (highest <= min(SMALL[1], largest / MIN_FACTOR))
    small = some[is_small & _shows_something(some, highest)]
    if not (small % 1).any():
        return None
    return (
        f"The images mix units: some have pixels up to {float(small.max()):.4g}, others up to "
        f"{largest:.4g}, so the former look blank beside the latter. Convert all images to the "
        "same unit before combining them."
    )


def _shows_something(some: NDArray[Any], highest: NDArray[Any]) -> NDArray[np.bool_]:
    ink = (some >= highest[:, np.newaxis] / 2).mean(axis=1)
    shows: NDArray[np.bool_] = (ink >= MIN_INK_FRACTION) & (some.min(axis=1) < highest)
    return shows
