"""Notices images whose pixels are inverted, compared with those of the training."""

from collections.abc import Callable
from math import isqrt
from typing import TYPE_CHECKING, TypeGuard

from mnistcnn._types import Array, Classifier
from mnistcnn.cli._messages import say

if TYPE_CHECKING:
    from mnistcnn import DigitCNNClassifier

N_EXAMINED = 1000
# How many standard deviations of the training's pixels a background may be off their mean. That of
# thin strokes is 0.4 off, of very fat ones 0.8, and the ink itself 1.2 to 3 in the other direction.
MAX_DISTANCE = 1.2
# An accuracy below which something may be wrong with the images, and by how much inverting them
# must raise it.
LOW_ACCURACY, MIN_GAIN = 0.5, 0.3

DARK_INK = (
    "warning: the images show dark ink on a light background, but the classifier was trained on "
    "light ink on a dark one, so its predictions are likely to be wrong; DigitNormalizer brings "
    "images to that form."
)
LIGHT_INK = (
    "warning: the images show light ink on a dark background, but the classifier was trained on "
    "dark ink on a light one, so its predictions are likely to be wrong; train it on images that "
    "DigitNormalizer has brought to one form."
)


def warn_of_other_polarity(X: Array, X_test: Array) -> None:
    """Warn where the background of the test images is what the ink is in the training images.

    The first thousand of both are examined.
    """
    edge = _edge(X_test[:N_EXAMINED])
    mean, deviation = X[:N_EXAMINED].mean(), X[:N_EXAMINED].std()
    if edge is None or abs(edge - mean) <= MAX_DISTANCE * deviation or not deviation:
        return
    test, training = ("dark ink on light", "light ink on dark")[:: 1 if edge > mean else -1]
    say(
        f"warning: the test images show {test}, and the training images {training}, so the "
        "predictions are likely to be wrong; DigitNormalizer brings images to one form."
    )


def warn_of_polarity(classifier: Classifier, X: Array) -> bool:
    """Warn where the background of the images is what the ink was in the training; tell whether.

    The first thousand are examined. There is no warning for classifiers that have not learned the
    pixels' mean, as DigitCNNClassifier does by default.
    """
    statistics = _training_pixels(classifier)
    edge = _edge(X[:N_EXAMINED])
    if statistics is None or edge is None:
        return False
    mean, deviation = statistics
    distance = (edge - mean) / deviation
    if abs(distance) <= MAX_DISTANCE:
        return False
    say(DARK_INK if distance > 0 else LIGHT_INK)
    return True


def warn_if_better_inverted(
    predict: Callable[[Array], Array], X: Array, y: Array, accuracy: float
) -> None:
    """Warn where the accuracy would be much higher on inverted images, by the first thousand."""
    if accuracy >= LOW_ACCURACY:
        return
    some = X[:N_EXAMINED]
    inverted = some.max() - (some - some.min())
    accuracy_inverted = float((predict(inverted) == y[:N_EXAMINED]).mean())
    if accuracy_inverted > accuracy + MIN_GAIN:
        say(
            f"warning: with inverted pixels the accuracy would be {100 * accuracy_inverted:.0f} %, "
            "so the images show dark ink and the classifier was trained on light ink, or vice "
            "versa; DigitNormalizer brings images to one form."
        )


def _training_pixels(classifier: Classifier) -> tuple[float, float] | None:
    """Return mean and standard deviation of the pixels that a network was trained on."""
    # What onnxruntime computes has no such parameter, and states them itself.
    stated: tuple[float, float] | None = getattr(classifier, "pixel_statistics_", None)
    if stated is not None:
        return stated
    if not _standardizes(classifier):
        return None
    from mnistcnn import TrainedFeatures

    return TrainedFeatures(classifier).pixel_scaling


def _standardizes(classifier: Classifier) -> "TypeGuard[DigitCNNClassifier]":
    return getattr(classifier, "pixel_scaling", None) == "standard"


def _edge(X: Array) -> float | None:
    """Return the median of the outermost pixels, None where no edge is known or all are equal."""
    import numpy as np

    side = isqrt(X[0].size)
    images = X.reshape(-1, side, side) if X.ndim == 2 and side * side == X[0].size else X
    if images.ndim < 3 or images.min() == images.max():
        return None
    edges = (images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1])
    return float(np.median(np.concatenate([edge.ravel() for edge in edges])))
