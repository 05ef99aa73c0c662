"""Measures the calibration of predicted probabilities."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import calibration_curve

__all__ = ["N_BINS", "Calibration"]

# As in the paper that measured networks this way.
N_BINS = 15


@dataclass(frozen=True, eq=False)
class Calibration:
    """The reliability curve of the most probable class, in bins of equal width.

    The accuracy of images whose highest probability is about the same, beside that probability
    [1]_; their mean distance is the expected calibration error [2]_.

    Parameters
    ----------
    confidences : ndarray of shape (n,), dtype float64
        The highest probability of each image.
    accuracies, mean_confidences : ndarray of shape (n_filled_bins,), dtype float64
        Of the images in each bin that holds any.
    counts : ndarray of shape (n_filled_bins,), dtype int64
        The number of these images.

    References
    ----------
    .. [1] C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, "On Calibration of Modern Neural
       Networks", ICML 2017.
    .. [2] M. P. Naeini, G. F. Cooper and M. Hauskrecht, "Obtaining Well Calibrated Probabilities
       Using Bayesian Binning", AAAI 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.evaluation._report._calibration import Calibration
    >>> half_sure = np.full((4, 2), 0.5)
    >>> Calibration.of(half_sure, np.array([0, 0, 0, 1])).expected_error
    0.25
    """

    confidences: NDArray[np.float64]
    accuracies: NDArray[np.float64]
    mean_confidences: NDArray[np.float64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, probabilities: NDArray[np.float64], true: NDArray[np.int64]) -> Self:
        """Sort the images into bins.

        Parameters
        ----------
        probabilities : ndarray of shape (n, n_classes), dtype float64
            From 0 to 1.
        true : ndarray of shape (n,), dtype int64
            The column of each image's label.
        """
        confidences = probabilities.max(axis=1)
        right = probabilities.argmax(axis=1) == true
        accuracies, means = calibration_curve(
            right.astype(int), confidences, n_bins=N_BINS, pos_label=1
        )
        # The same bins, each with its upper end.
        bins = np.searchsorted(np.linspace(0, 1, N_BINS + 1)[1:-1], confidences)
        counts = np.unique(bins, return_counts=True)[1]
        return cls(confidences, accuracies, means, counts)

    @property
    def expected_error(self) -> float:
        """The expected calibration error, from 0 to 1."""
        distances = np.abs(self.accuracies - self.mean_confidences)
        return float(np.average(distances, weights=self.counts))

    @property
    def excess(self) -> float:
        """The mean confidence minus the accuracy."""
        return float(np.average(self.mean_confidences - self.accuracies, weights=self.counts))
