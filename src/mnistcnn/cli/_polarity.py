"""Notices images whose light and dark are exchanged, compared with those of the training."""

from collections.abc import Callable
from math import isqrt
from typing import Any

from mnistcnn.cli._messages import say

SOME = 1000
# How many standard deviations of the training's pixels a background may be off their mean. That of
# thin strokes is 0.4 off, of very fat ones 0.8, and the ink itself 1.2 to 3 in the other direction.
FAR = 1.2
# An accuracy below which something may be wrong with the images, and by how much more must be right
# once light and dark are exchanged.
DOUBTFUL, MUCH = 0.5, 0.3

DARK_INK = (
    "warning: the images show dark ink on a light background, and the classifier was trained on "
    "light ink on a dark one, so its answers are likely to be wrong; DigitNormalizer brings images "
    "to that form."
)
LIGHT_INK = (
    "warning: the images show light ink on a dark background, and the classifier was trained on "
    "dark ink on a light one, so its answers are likely to be wrong; train it on images that "
    "DigitNormalizer has brought to one form."
)


def warn_of_polarity(classifier: Any, X: Any) -> bool:
    """Say it where the background of the images is what the ink was in the training.

    Parameters
    ----------
    classifier : estimator
        Others than those that learn the pixels' mean, as DigitCNNClassifier does by default, give
        no warning.
    X : ndarray of shape (n, h * w), (n, h, w) or (n, h, w, c)
        The images; the first thousand are looked at.

    Returns
    -------
    bool
        Whether there was a warning.
    """
    statistics = _training_pixels(classifier)
    edge = _edge(X[:SOME])
    if statistics is None or edge is None:
        return False
    mean, deviation = statistics
    distance = (edge - mean) / deviation
    if abs(distance) <= FAR:
        return False
    say(DARK_INK if distance > 0 else LIGHT_INK)
    return True


def warn_if_better_exchanged(
    predict: Callable[[Any], Any], X: Any, y: Any, accuracy: float
) -> None:
    """Say it where many more images would be right with light and dark exchanged.

    Parameters
    ----------
    predict : callable
        Any classifier's.
    X, y : ndarray
        Images and labels, of which the first thousand are tried.
    accuracy : float
        That of the images as they are.
    """
    if accuracy >= DOUBTFUL:
        return
    some = X[:SOME]
    exchanged = some.max() - (some - some.min())
    share = float((predict(exchanged) == y[:SOME]).mean())
    if share > accuracy + MUCH:
        say(
            f"warning: with light and dark exchanged {100 * share:.0f} % of these images would be "
            "right, so they show dark ink where the classifier was trained on light ink, or the "
            "other way round; DigitNormalizer brings images to one form."
        )


def _training_pixels(classifier: Any) -> tuple[float, float] | None:
    """Return mean and standard deviation of the pixels that a network was trained on."""
    network = vars(classifier).get("_network")
    if network is None or classifier.pixel_scaling != "standard":
        return None
    return float(network.pixel_layer.offset), float(network.pixel_layer.scale)


def _edge(X: Any) -> float | None:
    """Return the median of the outermost pixels, None where no edge is known or all is even."""
    import numpy as np

    side = isqrt(X[0].size)
    images = X.reshape(-1, side, side) if X.ndim == 2 and side * side == X[0].size else X
    if images.ndim < 3 or images.min() == images.max():
        return None
    edges = (images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1])
    return float(np.median(np.concatenate([edge.ravel() for edge in edges])))
