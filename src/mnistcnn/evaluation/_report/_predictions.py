"""The predictions for labeled images, and the scores computed from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.base import is_classifier
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support
from sklearn.utils import check_array
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d

from mnistcnn._batches import OnProgress, predict_in_batches
from mnistcnn._meta_estimator import rejecting_estimator
from mnistcnn._types import Classifier, Images, Labels
from mnistcnn.preprocessing import one_label_each, warn_of_row_order

__all__ = ["CONFIDENCE", "Predictions", "check_classifier", "codes_of_labels", "predictions_of"]

CONFIDENCE = 0.95


@dataclass(frozen=True, eq=False)
class Predictions:
    """The predictions for labeled images.

    Parameters
    ----------
    classes : list of length n_classes
        The labels that the classifier knows, as plain values.
    true : ndarray of shape (n,), dtype int64
        The place of each image's label among `classes`.
    predicted : ndarray of shape (n,), dtype int64
        The place of each prediction among `classes`; `n_classes` where it is none of them.
    probabilities : ndarray of shape (n, n_classes), dtype float64, or None
        Those of all classes; None where the classifier gives none.
    rejects : bool
        Whether a prediction that is none of `classes` means that the image is rejected.
    """

    classes: Sequence[Any]
    true: NDArray[np.int64]
    predicted: NDArray[np.int64]
    probabilities: NDArray[np.float64] | None
    rejects: bool

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each prediction is right; a rejected image's is not."""
        right: NDArray[np.bool_] = self.true == self.predicted
        return right

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Whether each prediction is one of the classes."""
        return self.predicted < len(self.classes)

    @property
    def accuracy(self) -> float:
        """The share of right predictions among all images."""
        return float(self.right.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval of the accuracy, at 95 % confidence (Wilson 1927)."""
        n_right, n = int(self.right.sum()), len(self.right)
        interval = binomtest(n_right, n).proportion_ci(CONFIDENCE, method="wilson")
        return float(interval.low), float(interval.high)

    @cached_property
    def shown(self) -> NDArray[np.int64]:
        """The places of the classes that images have or that were predicted."""
        return np.union1d(self.true, self.predicted[self.answered])

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """The confusion matrix of the shown classes, with a last column for no class."""
        n = len(self.classes)
        counts = confusion_matrix(self.true, self.predicted, labels=range(n + 1))
        kept: NDArray[np.int64] = counts[np.ix_(self.shown, np.append(self.shown, n))]
        return kept

    def scores(self, average: str | None = None) -> tuple[Any, Any, Any, Any]:
        """Return precision, recall, F1 and support as scikit-learn computes them."""
        scores: tuple[Any, Any, Any, Any] = precision_recall_fscore_support(
            self.true, self.predicted, labels=self.shown, average=average, zero_division=0.0
        )
        return scores

    @property
    def of_prediction(self) -> NDArray[np.float64] | None:
        """The probability that each image's prediction was given; None where there are none."""
        if self.probabilities is None:
            return None
        places = np.where(self.answered, self.predicted, self.probabilities.argmax(axis=1))
        return self.probabilities[np.arange(len(places)), places]

    @property
    def mistakes(self) -> NDArray[np.intp]:
        """The misclassified images, the most confident first."""
        places = np.flatnonzero(~self.right & self.answered)
        sure = self.of_prediction
        return places if sure is None else places[np.argsort(-sure[places], kind="stable")]


def check_classifier(classifier: object) -> None:
    """Refuse anything but a fitted classifier."""
    check_is_fitted(classifier)
    if not is_classifier(classifier) or not hasattr(classifier, "classes_"):
        raise ValueError(f"classifier must be a fitted classifier, got {classifier!r}.")
    if any(np.ndim(label) for label in classifier.classes_):
        raise ValueError(f"classifier must give one label per image, got {classifier!r}.")


def codes_of_labels(classes: Sequence[Any], X: Images, y: "Labels | None") -> NDArray[np.int64]:
    """Return the place of each label among the classes; labels that are not there are refused."""
    if y is None:
        raise ValueError("write_report requires y to be passed, but the target y is None.")
    labels = one_label_each(X, y)
    warn_of_row_order(X, y=y)
    check_consistent_length(X, labels)
    if not len(labels):
        raise ValueError(
            f"Found array with 0 sample(s) (shape={np.asarray(X).shape}) while a minimum of 1 is "
            "required by write_report."
        )
    if pd.isna(labels).any():
        raise ValueError("Input y contains NaN.")
    codes = _codes(classes, labels)
    unseen = list(dict.fromkeys(labels[codes == len(classes)].tolist()))
    if unseen:
        raise ValueError(
            f"y contains previously unseen labels: {unseen}; the classifier knows {list(classes)}."
        )
    return codes


def predictions_of(
    classifier: Classifier,
    X: Images,
    codes: NDArray[np.int64],
    classes: Sequence[Any],
    on_progress: OnProgress | None = None,
) -> Predictions:
    """Predict with a classifier; its probabilities are clipped to float64 from 0 to 1."""
    methods = [classifier.predict]
    if hasattr(classifier, "predict_proba"):
        methods.append(classifier.predict_proba)
    labels, *of_classes = predict_in_batches(methods, X, on_progress)
    predicted = column_or_1d(labels)
    check_consistent_length(predicted, codes)
    probabilities = None
    if of_classes:
        given = check_array(of_classes[0], dtype=np.float64, input_name="y_proba")
        # Rounding may lead a little beyond.
        probabilities = np.clip(given, 0, 1)
    return Predictions(
        classes=classes,
        true=codes,
        predicted=_codes(classes, predicted),
        probabilities=probabilities,
        rejects=rejecting_estimator(classifier) is not None,
    )


def _codes(classes: Sequence[Any], labels: NDArray[Any]) -> NDArray[np.int64]:
    # Of labels that are sorted or not, and equal as Python has it: 3.0 is 3, and '3' is not.
    places = {label: place for place, label in enumerate(classes)}
    codes = [places.get(label, len(classes)) for label in labels.tolist()]
    return np.array(codes, dtype=np.int64)
