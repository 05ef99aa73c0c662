"""Notices pixels in another unit than those that a classifier was trained on."""

import sys
import warnings
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mnistcnn.exceptions import PixelRangeWarning

__all__ = ["PixelRange", "callers_level", "some_of", "warn_of_another_unit", "warn_of_pixels"]

# The lowest and the highest of the training pixels.
PixelRange: TypeAlias = tuple[float, float]

# A unit is a matter of the whole array, so some images tell it.
IMAGES_LOOKED_AT = 32

# Of an image that shows anything, at least this fraction of the pixels is ink.
MIN_INK_FRACTION = 0.005

# Full ink in the units in use, where it is not 1.
FACTORS = (16, 255, 65535)

# The highest pixel of some images in 16 levels, such as those of scikit-learn's load_digits.
MOST_OF_16 = (12, 16)

IN_PREDICTION = "so its answers are mostly wrong"


def warn_of_another_unit(
    known: PixelRange | None, pixels: NDArray[Any], consequence: str = IN_PREDICTION
) -> None:
    """Warn if pixels are certainly in another unit than those of the training, if known."""
    if known is None or known[0] == known[1]:
        return
    some = some_of(pixels, IMAGES_LOOKED_AT)
    # Unsigned pixels, those of the quickest calls, are looked through once.
    low, high = 0.0 if some.dtype.kind in "bu" else float(some.min()), float(some.max())
    if _is_usual(known, low, high) or some.min() == high:
        return
    if _is_in_another_unit(known, some):
        warn_of_pixels(_other_unit(known, (low, high), consequence))


def some_of(images: NDArray[Any], n_wanted: int) -> NDArray[Any]:
    """Return up to so many images, from all parts of the array."""
    return images[:: -(-len(images) // n_wanted) or 1]


def _is_usual(known: PixelRange, low: float, high: float) -> bool:
    """Tell quickly, for nearly all images, that their unit is right."""
    extreme = max(abs(known[0]), abs(known[1]))
    return low >= min(known[0], 0) - extreme / 4 and extreme / 10 < high < 2 * extreme


def _is_in_another_unit(known: PixelRange, pixels: NDArray[Any]) -> bool:
    pixels = pixels.astype(np.float64)
    sizes = np.abs(pixels)
    begins_at_zero, extreme = known[0] >= 0, max(abs(known[0]), abs(known[1]))
    if begins_at_zero and _is_fraction(extreme, pixels.min(), sizes.max()):
        return _are_many(sizes >= sizes.max() / 2)
    most = min(2.0, 10 * extreme) if begins_at_zero and extreme <= 1 else _greatest(extreme)
    # A background far below that of the training is another background.
    least = -extreme / 4 if begins_at_zero else -np.inf
    return _are_many(sizes > most) or _are_many(pixels < least)


def _greatest(extreme: float) -> float:
    """Return what no pixel exceeds in the unit of the training."""
    # Up to 12 bits may be meant where a trained network was wrapped with pixel_scaling="unit".
    return (20 if extreme > 100 else 10) * extreme


def _is_fraction(extreme: float, lowest: float, largest: float) -> bool:
    """Tell whether pixels are as small as those of bytes that were divided by 255 or by 16."""
    of_sixteen = extreme > 100 and MOST_OF_16[0] <= largest <= MOST_OF_16[1]
    divided = extreme / 1000 <= largest <= extreme / 200
    of_one = extreme >= 10 and 0.1 <= largest <= 1
    standardized = lowest < 0 and largest <= extreme / 50
    return divided or of_sixteen or of_one or standardized


def _are_many(chosen: NDArray[np.bool_]) -> bool:
    return bool(chosen.mean() >= MIN_INK_FRACTION)


def _other_unit(known: PixelRange, given: PixelRange, consequence: str) -> str:
    return (
        f"The pixels range from {given[0]:.4g} to {given[1]:.4g}, but the classifier was trained "
        f"on pixels from {known[0]:.4g} to {known[1]:.4g}, {consequence}. {_remedy(known, given)}"
    )


def _remedy(known: PixelRange, given: PixelRange) -> str:
    larger, smaller = max(known[1], given[1]), min(known[1], given[1])
    ratio = larger / smaller if smaller > 0 else 0.0
    factor = min(FACTORS, key=lambda each: abs(ratio / each - 1))
    if given[0] < 0 or abs(ratio / factor - 1) > 0.25:
        return "Bring the pixels to the unit of the training."
    return f"{'Divide' if given[1] > known[1] else 'Multiply'} the pixels by {factor}."


def warn_of_pixels(message: str) -> None:
    """Warn of pixels, at the user's own line."""
    warnings.warn(message, PixelRangeWarning, stacklevel=callers_level())


def callers_level() -> int:
    """Return how many calls up the user's own line is."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and _is_inner(frame.f_globals.get("__name__", "")):
        level, frame = level + 1, frame.f_back
    return level


def _is_inner(module: str) -> bool:
    return module.split(".")[0] in ("mnistcnn", "sklearn", "joblib")
