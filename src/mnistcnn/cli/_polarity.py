"""Notices images whose light and dark are exchanged, compared with those of the training."""

from math import isqrt
from typing import Any

from mnistcnn.cli._messages import say

SOME = 1000
# How many standard deviations of the training's pixels a background may be off their mean. That of
# thin strokes is 0.4 off, of very fat ones 0.8, and the ink itself 1.2 to 3 in the other direction.
FAR = 1.2

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


def warn_of_polarity(classifier: Any, X: Any) -> None:
    """Say it where the background of the images is what the ink was in the training.

    Parameters
    ----------
    classifier : estimator
        Others than those that learn the pixels' mean, as DigitCNNClassifier does by default, give
        no warning.
    X : ndarray of shape (n, h * w), (n, h, w) or (n, h, w, c)
        The images; the first thousand are looked at.
    """
    statistics = _training_pixels(classifier)
    edge = _edge(X[:SOME])
    if statistics is None or edge is None:
        return
    mean, deviation = statistics
    distance = (edge - mean) / deviation
    if abs(distance) > FAR:
        say(DARK_INK if distance > 0 else LIGHT_INK)


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
