"""Warns of likely mistakes in the pixels of images."""

from typing import Any

from numpy.typing import NDArray

from mnistcnn._types import ImageShape
from mnistcnn.preprocessing._mixed_units import mixed_units
from mnistcnn.preprocessing._pixel_warnings import warn_of_pixels
from mnistcnn.preprocessing._polarity import are_inverted, inverted
from mnistcnn.preprocessing._training_pixels import Situation, TrainingPixels, some_of
from mnistcnn.preprocessing._units import MIN_PIXELS, another_unit, contradiction

__all__ = [
    "IMAGES_LOOKED_AT",
    "look_inverted",
    "unlike_images",
    "warn_of_another_range",
    "warn_of_unlike_images",
    "warn_of_unlike_pixels",
]

# A unit is a matter of the whole array, so some images tell it.
IMAGES_LOOKED_AT = 32


def warn_of_unlike_images(
    training: TrainingPixels,
    pixels: NDArray[Any],
    image_shape: ImageShape,
    situation: Situation,
) -> None:
    """Warn once if images are in another unit than the training's, in several, or inverted."""
    message = unlike_images(training, pixels, image_shape, situation)
    if message:
        warn_of_pixels(message)


def unlike_images(
    training: TrainingPixels,
    pixels: NDArray[Any],
    image_shape: ImageShape,
    situation: Situation,
) -> str | None:
    """Return what to say of such images; None where they are like those of the training."""
    some = some_of(pixels, IMAGES_LOOKED_AT)
    return (
        mixed_units(some)
        or another_unit(training, some, situation)
        or inverted(training, some, image_shape, situation)
    )


def warn_of_unlike_pixels(
    training: TrainingPixels, pixels: NDArray[Any], situation: Situation
) -> bool:
    """Warn once if rows of pixels are in another unit than before, or in several; tell whether.

    Rows that are shorter than those of images are not looked at.
    """
    if pixels.shape[1] < MIN_PIXELS:
        return False
    some = some_of(pixels, IMAGES_LOOKED_AT)
    return _is_told(mixed_units(some) or another_unit(training, some, situation))


def warn_of_another_range(data_range: tuple[float, float], pixels: NDArray[Any]) -> bool:
    """Warn once if rows are not in the range that they are scaled by; tell whether."""
    some = some_of(pixels, IMAGES_LOOKED_AT)
    return _is_told(mixed_units(some) or contradiction(data_range, some))


def look_inverted(training: TrainingPixels, pixels: NDArray[Any], image_shape: ImageShape) -> bool:
    """Tell whether `warn_of_unlike_images` finds light and dark exchanged, if nothing before it."""
    return are_inverted(training, some_of(pixels, IMAGES_LOOKED_AT), image_shape)


def _is_told(message: str | None) -> bool:
    if message:
        warn_of_pixels(message)
    return message is not None
