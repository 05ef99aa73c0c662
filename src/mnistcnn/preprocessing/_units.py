"""Detects pixels in another unit than those that a classifier was trained on."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcnn.preprocessing._training_pixels import (
    PixelRange,
    Situation,
    TrainingPixels,
)

__all__ = [
    "MIN_INK_FRACTION",
    "MOST_OF_16",
    "another_unit",
    "are_scaled_before",
    "contradiction",
    "fills_little",
]

# Of an image that shows anything, at least this fraction of the pixels is ink.
MIN_INK_FRACTION = 0.005

# Full ink in the units in use, where it is not 1.
FACTORS = (16, 255, 65535)

# The highest pixel of some images in 16 levels, such as those of scikit-learn's load_digits, lies
# in this range. Bytes of which none does are dark images.
MOST_OF_16 = (12, 16)

# A background below zero is this far below it, as a fraction of the largest pixel; interpolation
# reaches a tenth below zero where the background is zero.
MIN_DEPTH = 1 / 8

# Fewer pixels than those of an image of 8x8 are no image, and lack negative values by chance; so do
# a few photographs, in which the background is not known to be the lowest.
MIN_PIXELS, MIN_IMAGES, MAX_LEVEL = 64, 8, 0.4

# Divided by 255 before a scaler does so again, pixels fill less than this fraction of its range,
# and more than what rounding errors do.
SCALED_TWICE = (1e-6, 1 / 200)


# Smooth enlarging and sharpening exceed a range by less than once more its width.
MOST_OF_RANGE = 2


def another_unit(training: TrainingPixels, some: NDArray[Any], situation: Situation) -> str | None:
    """Return the message for pixels that are certainly in another unit than the training's.

    None where they are not, or where nothing is known of the training.
    """
    known = training.range
    if known is None or known[0] == known[1]:
        return None
    # Unsigned pixels, those of the quickest calls, are looked through once.
    low, high = 0.0 if some.dtype.kind in "bu" else float(some.min()), float(some.max())
    if _is_usual(known, low, high) or some.min() == high:
        return None
    pixels = some.astype(np.float64)
    if _is_in_another_unit(known, pixels) or _has_no_background(known, training, pixels):
        return _other_unit(known, (low, high), situation)
    return None


def _is_usual(known: PixelRange, low: float, high: float) -> bool:
    """Tell quickly, for nearly all images, that their unit is right."""
    extreme = max(abs(known[0]), abs(known[1]))
    if known[0] < 0 <= low:
        return False
    return low >= min(known[0], 0) - extreme / 4 and extreme / 10 < high < 2 * extreme


def _is_in_another_unit(known: PixelRange, pixels: NDArray[np.float64]) -> bool:
    sizes = np.abs(pixels)
    begins_at_zero, extreme = known[0] >= 0, max(abs(known[0]), abs(known[1]))
    if begins_at_zero and _is_fraction(extreme, pixels.min(), sizes.max()):
        return _are_many(sizes >= sizes.max() / 2)
    if not begins_at_zero and are_scaled_before(known, pixels):
        return True
    most = min(2.0, 10 * extreme) if begins_at_zero and extreme <= 1 else _greatest(extreme)
    # A background far below that of the training is another background.
    least = -extreme / 4 if begins_at_zero else -np.inf
    return _are_many(sizes > most) or _are_many(pixels < least)


def _greatest(extreme: float) -> float:
    """Return the maximum of a pixel in the unit of the training."""
    # Up to 12 bits may be meant where a trained network was wrapped with pixel_scaling="unit".
    return (20 if extreme > 100 else 10) * extreme


def _is_fraction(extreme: float, lowest: float, largest: float) -> bool:
    """Tell whether pixels are as small as those of bytes that were divided by 255 or by 16."""
    of_sixteen = extreme > 100 and MOST_OF_16[0] <= largest <= MOST_OF_16[1]
    divided = extreme / 1000 <= largest <= extreme / 200
    of_one = extreme >= 10 and 0.1 <= largest <= 1
    standardized = lowest < 0 and largest <= extreme / 50
    return divided or of_sixteen or of_one or standardized


def are_scaled_before(expected: PixelRange, pixels: NDArray[Any]) -> bool:
    """Tell whether pixels fill only the lowest end of a range, but are not blank."""
    low, width = expected[0], expected[1] - expected[0]
    fills = (float(pixels.max()) - low) / width
    least, most = SCALED_TWICE
    if pixels.shape[1] < MIN_PIXELS or not least < fills <= most:
        return False
    # Rounding may leave pixels a little below the end.
    is_inside = float(pixels.min()) >= low - least * width
    return is_inside and _are_many(pixels - low >= fills * width / 2) and np.ptp(pixels) > 0


def _has_no_background(
    known: PixelRange, training: TrainingPixels, pixels: NDArray[np.float64]
) -> bool:
    """Tell whether pixels lack the negative background of the training's."""
    extreme = max(abs(known[0]), abs(known[1]))
    level = training.mean_level
    is_lowest = level is not None and min(level, 1 - level) <= MAX_LEVEL
    return bool(
        known[0] <= -MIN_DEPTH * extreme
        and pixels.min() >= 0
        and pixels.max() > extreme / 10
        and pixels.shape[1] >= MIN_PIXELS
        and (is_lowest or len(pixels) >= MIN_IMAGES)
        and _are_many(pixels >= pixels.max() / 2)
    )


def _are_many(chosen: NDArray[np.bool_]) -> bool:
    return bool(chosen.mean() >= MIN_INK_FRACTION)


def _other_unit(known: PixelRange, given: PixelRange, situation: Situation) -> str:
    return (
        f"The pixels range from {given[0]:.4g} to {given[1]:.4g}, but {situation.learned} "
        f"pixels from {known[0]:.4g} to {known[1]:.4g}, {situation.consequence}. "
        f"{_remedy(known, given)}"
    )


def _remedy(known: PixelRange, given: PixelRange) -> str:
    larger, smaller = max(known[1], given[1]), min(known[1], given[1])
    ratio = larger / smaller if smaller > 0 else 0.0
    factor = min(FACTORS, key=lambda each: abs(ratio / each - 1))
    if min(given[0], known[0]) < 0 or abs(ratio / factor - 1) > 0.25:
        return "Bring the pixels to the unit of the training."
    return f"{'Divide' if given[1] > known[1] else 'Multiply'} the pixels by {factor}."


def contradiction(data_range: PixelRange, some: NDArray[Any]) -> str | None:
    """Return the message for pixels that are certainly not in the range that they are scaled by.

    None where they may be: dark and pale images fill a part of it, and enlarging smoothly exceeds
    it a little.
    """
    pixels = some.view(np.uint8) if some.dtype == bool else some
    given = float(pixels.min()), float(pixels.max())
    if are_scaled_before(data_range, pixels):
        return (
            f"The pixels range from {given[0]:.4g} to {given[1]:.4g}, as if they had already been "
            f"scaled, so dividing by data_range=({data_range[0]:.4g}, {data_range[1]:.4g}) leaves "
            "values close to zero. Pass unscaled pixels, or set data_range to their actual range."
        )
    if pixels.shape[1] < MIN_PIXELS or given[0] == given[1]:
        return None
    is_other = _fills_little(data_range, given) or _exceeds(data_range, pixels)
    return _of_another_range(data_range, given) if is_other else None


def fills_little(of_zero_to: float, given: PixelRange) -> bool:
    """Tell whether a range from zero is that of bytes, and the pixels are in 16 levels or signed.

    Signed ones, from -1 to 1 or standardized, begin far below zero.
    """
    low, high = given
    is_of_16 = of_zero_to > 100 and low >= 0 and MOST_OF_16[0] <= high <= MOST_OF_16[1]
    largest = max(abs(low), abs(high))
    is_signed = low <= -MIN_DEPTH * largest and largest <= max(1.01, of_zero_to / 50)
    return is_of_16 or (of_zero_to >= 10 and is_signed)


def _fills_little(data_range: PixelRange, given: PixelRange) -> bool:
    return data_range[0] == 0 and fills_little(data_range[1], given)


def _exceeds(data_range: PixelRange, pixels: NDArray[Any]) -> bool:
    """Tell whether many pixels are far outside a range; a few may be defects of a camera."""
    low, high = data_range
    width = high - low
    return _are_many(pixels > low + MOST_OF_RANGE * width) or _are_many(pixels < low - width / 2)


def _of_another_range(data_range: PixelRange, given: PixelRange) -> str:
    low, width = data_range[0], data_range[1] - data_range[0]
    scaled = [(end - low) / width for end in given]
    return (
        f"The pixels range from {given[0]:.4g} to {given[1]:.4g}, which is not the unit of "
        f"data_range=({low:.4g}, {data_range[1]:.4g}): scaling leaves values from {scaled[0]:.4g} "
        f"to {scaled[1]:.4g}. Set data_range to the lowest and the highest value that a pixel can "
        "have in the unit of X."
    )
