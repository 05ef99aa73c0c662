"""Detects images that are inverted, compared with the training images."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcnn._types import ImageShape
from mnistcnn.preprocessing._training_pixels import Situation, TrainingPixels

__all__ = ["are_inverted", "inverted"]

# The background is known where the mean of the training's pixels, as a fraction of their range, is
# below this or above the rest of 1: it is 0.13 for MNIST, 0.29 for Fashion-MNIST, 0.33 for digits
# that fill their frame, and about 0.5 for photographs, whose background may be light or dark.
MAX_LEVEL = 0.4
# How many standard deviations from the training's mean a pixel is that was no background there.
# That background is 0.4 off, of very fat strokes 0.8, and the ink 1.2 to 3 in the other direction.
MIN_DISTANCE = 1.2
# The fraction of such pixels in the edge of an inverted image. It is up to 0.4 in the images of
# Fashion-MNIST as they are, and at least 0.6 in inverted digits that touch their frame.
MIN_EDGE = 0.6
# A narrower image has no edge to speak of.
MIN_SIDE = 5
# A blank image has a smaller range of levels.
MIN_CONTRAST = 0.05


def inverted(
    training: TrainingPixels,
    some: NDArray[Any],
    image_shape: ImageShape,
    situation: Situation,
) -> str | None:
    """Return the message for images that are inverted, compared with the training images.

    None where it is not, or where the background of the training is not known.
    """
    if not are_inverted(training, some, image_shape) or training.range is None:
        return None
    is_dark, total = _has_dark_background(training), sum(training.range)
    (given, known) = ("dark ink on a light", "light ink on a dark")[:: 1 if is_dark else -1]
    further = (
        "DigitNormalizer also brings images to that form."
        if is_dark
        else "Or train it on images normalized by DigitNormalizer."
    )
    return (
        f"The images show {given} background, but {situation.learned} {known} one, "
        f"{situation.consequence}. Invert the pixels: pass {total:.4g} - X. {further}"
    )


def are_inverted(training: TrainingPixels, some: NDArray[Any], image_shape: ImageShape) -> bool:
    """Tell whether at least half of the images are inverted, not counting blank ones.

    Each image is looked at by itself: most of its edge, and of the image, must be what only the
    ink was in the training, and the edge must be more so than the image.
    """
    level = training.mean_level
    is_known = level is not None and min(level, 1 - level) <= MAX_LEVEL
    # Two corners suffice for nearly all images.
    if not is_known or min(image_shape[:2]) < MIN_SIDE or not _have_ink_in_corners(training, some):
        return False
    levels = _levels(training, some)
    means = levels.mean(axis=1)
    edges = _edges(levels.reshape(-1, *image_shape))
    is_ink = edges > _least_of_ink(training)
    exchanged = (means > 0.5) & (is_ink.mean(axis=1) >= MIN_EDGE) & (edges.mean(axis=1) > means)
    shown = np.ptp(levels, axis=1) >= MIN_CONTRAST
    return bool((exchanged & shown).sum() * 2 >= max(shown.sum(), 1))


def _have_ink_in_corners(training: TrainingPixels, some: NDArray[Any]) -> bool:
    mean, deviation = training.statistics or (0.0, 1.0)
    corners = some[:, :: some.shape[1] - 1]
    if _has_dark_background(training):
        return bool(corners.max() > mean + MIN_DISTANCE * deviation)
    return bool(corners.min() < mean - MIN_DISTANCE * deviation)


def _has_dark_background(training: TrainingPixels) -> bool:
    level = training.mean_level
    return level is not None and level < 0.5


def _levels(training: TrainingPixels, pixels: NDArray[Any]) -> NDArray[np.float64]:
    """Scale pixels so that the background of the training images is 0, and full ink 1."""
    low, high = training.range or (0.0, 1.0)
    levels: NDArray[np.float64] = (pixels.astype(np.float64) - low) / (high - low)
    return levels if _has_dark_background(training) else 1 - levels


def _least_of_ink(training: TrainingPixels) -> float:
    low, high = training.range or (0.0, 1.0)
    mean, deviation = training.statistics or (0.0, 1.0)
    level = (mean - low) / (high - low)
    return min(level, 1 - level) + MIN_DISTANCE * deviation / (high - low)


def _edges(images: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the outermost pixels of each image, one image per row."""
    sides = (images[:, 0], images[:, -1], images[:, 1:-1, 0], images[:, 1:-1, -1])
    return np.concatenate([side.reshape(len(images), -1) for side in sides], axis=1)
