"""Probabilities that are as good as they say: one temperature, made part of the last layer.

C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On Calibration of Modern Neural Networks", ICML
2017.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

BINS = 15


def best_temperature(logits: NDArray[np.float64], target: NDArray[np.int64]) -> float:
    """Return what logits must be divided by to predict held-out labels best.

    Parameters
    ----------
    logits : ndarray of shape (n, n_classes)
        Of images that the network has not seen.
    target : ndarray of shape (n,)
        The index of each image's class.

    Returns
    -------
    temperature : float
        The one of the lowest mean negative log-likelihood.
    """

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -float(scaled[np.arange(len(target)), target].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def temperature_scaled(
    weights: list[NDArray[np.float32]], temperature: float
) -> list[NDArray[np.float32]]:
    """Return a network's weights whose last layer, kernel and bias, is divided."""
    *others, kernel, bias = weights
    return [*others, kernel / np.float32(temperature), bias / np.float32(temperature)]


def expected_calibration_error(
    probabilities: NDArray[np.float64], target: NDArray[np.int64]
) -> float:
    """Return by how much confidence and accuracy differ, in the mean over 15 bins of confidence.

    Parameters
    ----------
    probabilities : ndarray of shape (n, n_classes)
        Predicted.
    target : ndarray of shape (n,)
        The index of each image's class.

    Returns
    -------
    error : float
        From 0 to 1; each bin counts with its share of the images.
    """
    confidence = probabilities.max(axis=1)
    is_right = probabilities.argmax(axis=1) == target
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    surplus = np.bincount(bins, weights=confidence - is_right, minlength=BINS)
    return float(np.abs(surplus).sum() / len(target))
