"""The prediction methods of a fitted estimator."""

from copy import copy
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from mnistcnn._training.inference import BUCKETS
from mnistcnn._training.network import Network
from mnistcnn._training.pool import BorrowedNetwork
from mnistcnn._training.runtime import check_can_run
from mnistcnn._types import Images
from mnistcnn.classifier._out_of_memory import out_of_memory_explained
from mnistcnn.classifier._scores import as_decision, as_log_probabilities, as_probabilities
from mnistcnn.preprocessing import read_pixels

if TYPE_CHECKING:
    from mnistcnn.classifier._estimator import DigitCNNClassifier


class PredictionMixin:
    """Predicts with the network of a fit, with scores in the forms that scikit-learn uses."""

    classes_: NDArray[Any]
    _borrowed: BorrowedNetwork

    @property
    def _network(self) -> Network:
        return self._borrowed.network

    def predict(self, X: Images) -> NDArray[Any]:
        """Return the most probable label of each image.

        Parameters
        ----------
        X : array-like of shape (n, h * w), (n, h, w) or (n, h, w, c)
            Images.

        Returns
        -------
        labels : ndarray of shape (n,)
            Predicted labels, with the dtype of `classes_`.
        """
        fitted = self._snapshot()
        labels: NDArray[Any] = fitted.classes_[fitted._scores(X).argmax(axis=1)]
        return labels

    def predict_proba(self, X: Images) -> NDArray[np.float64]:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n, h * w), (n, h, w) or (n, h, w, c)
            Images.

        Returns
        -------
        probabilities : ndarray of shape (n, n_classes), float64
            Columns in the order of `classes_`; each row sums to 1.
        """
        fitted = self._snapshot()
        return as_probabilities(fitted._scores(X), fitted._network.emits_logits)

    def predict_log_proba(self, X: Images) -> NDArray[np.float64]:
        """Return the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n, h * w), (n, h, w) or (n, h, w, c)
            Images.

        Returns
        -------
        log_probabilities : ndarray of shape (n, n_classes), float64
            Columns in the order of `classes_`; finite even where a probability is rounded to 0.
        """
        fitted = self._snapshot()
        return as_log_probabilities(fitted._scores(X), fitted._network.emits_logits)

    def decision_function(self, X: Images) -> NDArray[np.float64]:
        """Return the logits, or log-probabilities where the network has none.

        Parameters
        ----------
        X : array-like of shape (n, h * w), (n, h, w) or (n, h, w, c)
            Images.

        Returns
        -------
        scores : ndarray of shape (n, n_classes), or (n,) for two classes, float64
            For two classes, the logit of the second minus that of the first, which is above 0 if
            the second is predicted.
        """
        fitted = self._snapshot()
        return as_decision(fitted._scores(X), fitted._network.emits_logits)

    def _snapshot(self) -> Self:
        """Return a snapshot, which another thread that refits this estimator does not change.

        It holds the borrowed network as well, so that its network serves no other fit meanwhile.
        """
        check_can_run()
        fitted = copy(self)
        check_is_fitted(fitted)
        return fitted

    def _scores(self, X: Images) -> NDArray[np.float32]:
        fitted = cast("DigitCNNClassifier", self)
        pixels = read_pixels(fitted, X)
        with out_of_memory_explained(
            fitted, self._network.image_shape, min(BUCKETS[-1], len(pixels))
        ):
            scores: NDArray[np.float32] = self._network.inference.scores(pixels)
        return scores
