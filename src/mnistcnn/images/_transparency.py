"""Tells light ink on a transparent background from dark ink and from a light card."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["is_light_ink"]

Gray = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Less than this fraction of full opacity is hardly seen.
MIN_OPACITY = 0.05
# Ink is light where a quarter of it is, apart from its edge. That is dark where half of it has at
# most a fraction of that light.
MIDDLE, MIN_LIGHT, MAX_OF_EDGE = 0.75, 0.5, 0.85
# There is always a little that is darker still.
DARKEST = 0.02
# Of a stroke, as a fraction of the longer side of the ink.
MAX_THICKNESS = 0.5
LEVELS = 255


def is_light_ink(gray: Gray, opacity: Gray) -> bool:
    """Tell whether light ink becomes darker towards the transparent background around it.

    As where black has been made transparent, or an image of light ink on black has become its own
    opacity: over white, nothing but the outline would be left. What is dark and enclosed by light,
    as the ink on a card, is no outline.

    Parameters
    ----------
    gray : ndarray of shape (h, w), dtype float32
        How light the colors are, from 0 to 1, whatever their opacity.
    opacity : ndarray of shape (h, w), dtype float32
        From 0, transparent, to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.images._transparency import is_light_ink
    >>> stroke = np.float32([[0, 0.3, 1, 1, 0.3, 0]] * 12)
    >>> is_light_ink(stroke, stroke), is_light_ink(1 - stroke, stroke)
    (True, False)
    """
    is_seen = opacity > MIN_OPACITY
    is_edge = is_seen & _beside(~is_seen)
    is_inner = is_seen & ~is_edge
    level = _quantile(MIDDLE, gray[is_inner], opacity[is_inner])
    edge = _quantile(1 / 2, gray[is_edge], opacity[is_edge])
    if level < MIN_LIGHT or not is_edge.any() or edge > MAX_OF_EDGE * level:
        return False
    darkest = _quantile(DARKEST, gray[is_seen], opacity[is_seen])
    is_dark = is_seen & (gray <= (level + darkest) / 2)
    return not _is_mostly_enclosed(is_dark, ~is_seen) and _is_thin(is_seen)


def _quantile(fraction: float, gray: Gray, weights: Gray) -> float:
    """Return a weighted quantile, of so many levels as bytes have."""
    if not gray.size:
        return 0.0
    levels = np.rint(gray.clip(0, 1) * LEVELS).astype(np.intp)
    up_to = np.cumsum(np.bincount(levels, weights))
    return float(np.searchsorted(up_to, fraction * up_to[-1])) / LEVELS


def _beside(mask: Mask) -> Mask:
    """Return the neighbors of what a mask holds, to the left, right, top and bottom of it."""
    beside = np.zeros_like(mask)
    beside[1:] |= mask[:-1]
    beside[:-1] |= mask[1:]
    beside[:, 1:] |= mask[:, :-1]
    beside[:, :-1] |= mask[:, 1:]
    return beside


def _is_mostly_enclosed(is_dark: Mask, is_outside: Mask) -> bool:
    """Tell whether most of what is dark does not reach the outside, as the ink on a card."""
    # Most images need none of it, and it takes time to load.
    from scipy import ndimage

    reached = ndimage.binary_propagation(is_outside, mask=is_dark | is_outside)
    return bool(2 * (is_dark & ~reached).sum() > is_dark.sum())


def _is_thin(mask: Mask) -> bool:
    """Tell whether a mask is nowhere as thick as a card."""
    from scipy import ndimage

    half = ndimage.distance_transform_edt(np.pad(mask, 1)).max()
    longer = max(np.ptp(places) + 1 for places in np.nonzero(mask))
    return bool(2 * half < MAX_THICKNESS * longer)
