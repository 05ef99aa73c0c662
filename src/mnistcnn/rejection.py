"""Rejects images instead of labeling them if a classifier is not sure enough."""

from collections.abc import Callable, Mapping
from math import prod
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import StratifiedKFold
from sklearn.utils import _safe_indexing, check_consistent_length, indexable
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from mnistcnn._meta_estimator import (
    WrapperClassifier,
    nested_estimators,
    parameters_of_fit,
    snapshot_of,
)
from mnistcnn._scikit_learn import (
    HasMethods,
    Interval,
    StrOptions,
    validate_parameter,
    validate_parameters,
)
from mnistcnn._types import Classifier, Images, Label, Labels
from mnistcnn.preprocessing import (
    AccuracyMixin,
    as_array,
    as_numbers,
    checked_weights,
    labels_to_learn,
    warn_of_row_order,
)
from mnistcnn.storage import SavableMixin

__all__ = ["RejectingClassifier"]

# With calibrated probabilities this rejects if a prediction would be wrong more often than once
# in ten times (Chow 1970): right where a wrong digit costs ten times what asking again does.
DEFAULT_THRESHOLD = 0.9

# Of images like those of fit, with threshold="auto".
REJECTION_RATE = 0.01
N_FOLDS = 3

# Red, green, blue and opacity; a longer last axis is one of the image itself.
MAX_CHANNELS = 4


def _estimator_has(method: str) -> Callable[["RejectingClassifier"], bool]:
    def check(classifier: "RejectingClassifier") -> bool:
        return hasattr(getattr(classifier, "estimator_", classifier.estimator), method)

    return check


class RejectingClassifier(SavableMixin, AccuracyMixin, WrapperClassifier):
    """A classifier that predicts `rejected_label` if it is not sure, as for letters and noise.

    It rejects an image if its highest probability is below the threshold [1]_, or if the image is
    blank, that is, if all its pixels have the same value or color. The classifier can be fitted,
    or wrapped around an estimator that is already fitted, such as the one that
    `mnistcnn.load_pretrained` returns.

    Parameters
    ----------
    estimator : estimator
        A classifier with `predict_proba`. If it is already fitted, `fit` need not be called; in a
        :class:`~sklearn.frozen.FrozenEstimator`, `fit` does not change it and only finds the
        threshold.
    threshold : {"auto"} or float, default="auto"
        The lowest probability, from 0 to 1, with which a label is predicted. For ``"auto"``, `fit`
        finds it by cross-validation with three folds, so that 99 % of the held-out images reach it;
        without `fit` it is 0.9, which suits calibrated probabilities. A number set after `fit`
        takes effect immediately.
    rejected_label : int, float or str, default=-1
        The label that `predict` returns for a rejected image. It must not be one of the labels, but
        must be of the same kind: a string if the labels are strings.

    Attributes
    ----------
    estimator_ : estimator
        The fitted classifier, if `fit` was called.
    threshold_ : float
        The threshold that `fit` found or was given, if it was called. It is used as long as
        `threshold` is ``"auto"``, and does not change if another number is set later.
    classes_ : ndarray of shape (n_classes,)
        The labels, without `rejected_label`.

    See Also
    --------
    mnistcnn.load_pretrained : A classifier trained to be unsure about images that are not digits.

    Notes
    -----
    `score` is the accuracy over all images; a rejected image counts as wrong.

    To reject what an ensemble is not sure of, wrap the ensemble, such as a
    :class:`~sklearn.ensemble.VotingClassifier` or :class:`~sklearn.ensemble.BaggingClassifier`, not
    its members: it averages their probabilities, from which nothing is rejected, or counts their
    votes, among which a rejected label has no place.

    References
    ----------
    .. [1] C. K. Chow, "On Optimum Recognition Error and Reject Tradeoff", IEEE Transactions on
       Information Theory 16 (1), 1970.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import LogisticRegression
    >>> from mnistcnn import RejectingClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> digits = RejectingClassifier(LogisticRegression(max_iter=100), threshold=0.8)
    >>> digits.fit(X[:900] / 16, y[:900]).predict(X[900:905] / 16)
    array([ 4, -1,  0, -1,  9])
    >>> digits.predict(np.zeros((1, 64)))
    array([-1])
    >>> digits.set_params(threshold=0.5).predict(X[900:905] / 16)
    array([4, 9, 0, 8, 9])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "threshold": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="both")],
        "rejected_label": [Integral, Real, str],
    }

    def __init__(
        self,
        estimator: Classifier,
        *,
        threshold: float | str = "auto",
        rejected_label: Label = -1,
    ) -> None:
        self.estimator = estimator
        self.threshold = threshold
        self.rejected_label = rejected_label

    def fit(self, X: Images, y: Labels, sample_weight: ArrayLike | None = None) -> Self:
        """Train a clone of the estimator and, for ``threshold="auto"``, find the threshold.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            Data that the estimator accepts.
        y : array-like of shape (n,)
            Labels; for ``threshold="auto"`` at least three images of each.
        sample_weight : array-like of shape (n,), default=None
            Weights of the images, for the threshold and the estimator's `fit`. If metadata routing
            is enabled, the estimator must request them, unless it is frozen:
            ``estimator.set_fit_request(sample_weight=True)``.

        Returns
        -------
        self : RejectingClassifier
            The fitted classifier.

        Raises
        ------
        ValueError
            If a parameter is not as described, if `rejected_label` is one of the labels or not of
            their kind, if labels are one-hot rows, if a label has too few images, if labels or
            weights are not as many as images, or if weights are negative, not finite or all 0.
        TypeError
            If `X` or `y` is not in memory, such as a dataset in batches, a generator or a query.
        """
        validate_parameters(self)
        labels = labels_to_learn(X, y)
        warn_of_row_order(X, y=y, sample_weight=sample_weight)
        check_consistent_length(X, labels)
        weights = None if sample_weight is None else checked_weights(sample_weight, labels)
        routed = parameters_of_fit(self, self.estimator, {"sample_weight": weights})
        fitted = clone(self.estimator).fit(X, labels, **routed)
        _check_rejected_label(self.rejected_label, fitted.classes_)
        threshold = self.threshold
        if isinstance(threshold, str):
            threshold = _found_threshold(self.estimator, X, labels, weights, routed)
        # One call: neither an interrupt nor another thread's predict finds one without the other.
        self.__dict__.update(estimator_=fitted, threshold_=float(threshold))
        return self

    def get_metadata_routing(self) -> Any:
        """Return how metadata passed to `fit` are routed to the estimator.

        A frozen estimator learns nothing from weights, so that the threshold alone needs them.

        Returns
        -------
        routing : MetadataRouter or MetadataRequest
            As scikit-learn's user guide describes it.
        """
        if not isinstance(self.estimator, FrozenEstimator):
            return super().get_metadata_routing()
        request = BaseEstimator.get_metadata_routing(self)
        request.fit.add_request(param="sample_weight", alias=True)
        return request

    def predict(self, X: Images) -> NDArray[Any]:
        """Return the most probable label of each image, or `rejected_label`.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            Data that the estimator accepts.

        Returns
        -------
        labels : ndarray of shape (n,)
            Labels and `rejected_label`.

        Raises
        ------
        ValueError
            If `threshold` is not as described, or `rejected_label` is one of the labels or not of
            their kind.
        """
        # Snapshots, for another thread may refit this one or the estimator meanwhile.
        fitted = snapshot_of(self)
        threshold, probabilities = fitted._threshold(), fitted.predict_proba(X)
        classes = fitted.classes_
        _check_rejected_label(self.rejected_label, classes)
        is_blank = _are_blank(X, fitted._fitted_estimator())
        is_rejected = (probabilities.max(axis=1) < threshold) | is_blank
        labels = classes[probabilities.argmax(axis=1)]
        # Integers of any size and strings of any length find room in the wider dtype.
        kind = object if classes.dtype == object else None
        answers: NDArray[Any] = np.where(
            is_rejected, np.asarray(self.rejected_label, dtype=kind), labels
        )
        return answers

    def predict_proba(self, X: Images) -> NDArray[Any]:
        """Return the estimator's probabilities, including those of rejected images.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            Data that the estimator accepts.

        Returns
        -------
        probabilities : ndarray of shape (n, n_classes)
            Columns in the order of `classes_`.
        """
        return self._answers_of("predict_proba", X)

    def predict_log_proba(self, X: Images) -> NDArray[Any]:
        """Return the estimator's log-probabilities, including those of rejected images.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            Data that the estimator accepts.

        Returns
        -------
        log_probabilities : ndarray of shape (n, n_classes)
            Columns in the order of `classes_`; minus infinity where the estimator gives a
            probability of 0 and has no `predict_log_proba`.
        """
        if hasattr(self._fitted_estimator(), "predict_log_proba"):
            return self._answers_of("predict_log_proba", X)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self._answers_of("predict_proba", X)))

    @available_if(_estimator_has("decision_function"))  # type: ignore[untyped-decorator]
    def decision_function(self, X: Images) -> NDArray[Any]:
        """Return the estimator's scores, including those of rejected images.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            Data that the estimator accepts.

        Returns
        -------
        scores : ndarray of shape (n, n_classes), or (n,) for two classes
            Columns in the order of `classes_`.
        """
        return self._answers_of("decision_function", X)

    def _answers_of(self, method: str, X: Images) -> NDArray[Any]:
        check_is_fitted(self)
        answers: NDArray[Any] = getattr(self._fitted_estimator(), method)(X)
        return answers

    def _threshold(self) -> float:
        """Return the threshold in use, which may have been set after `fit`."""
        validate_parameter(self, "threshold")
        if isinstance(self.threshold, str):
            return float(vars(self).get("threshold_", DEFAULT_THRESHOLD))
        return float(self.threshold)


def _found_threshold(
    estimator: Classifier,
    X: Images,
    y: NDArray[Any],
    weights: NDArray[np.float64] | None,
    routed: Mapping[str, NDArray[Any]],
) -> float:
    """Return the highest confidence that 99 % of the held-out images reach.

    Images weigh the same if `weights` is None; `routed` is what the estimator's `fit` takes of it.
    """
    (X,) = indexable(X)
    of_each = np.ones(len(y)) if weights is None else weights
    # An image of weight 0 counts as little as one that is not there.
    counted = np.flatnonzero(of_each)
    X, y, of_each = _safe_indexing(X, counted), y[counted], of_each[counted]
    if isinstance(estimator, FrozenEstimator):
        confidence = estimator.predict_proba(X).max(axis=1)
    else:
        _check_folds(y)
        routed = {name: values[counted] for name, values in routed.items()}
        confidence = _held_out_confidence(estimator, X, y, routed)
    return _quantile(confidence, of_each, REJECTION_RATE)


def _held_out_confidence(
    estimator: Classifier, X: Images, y: NDArray[Any], routed: Mapping[str, NDArray[Any]]
) -> NDArray[np.float64]:
    """Return each image's highest probability, from a clone that was not trained on it.

    `cross_val_predict` would train on numbers in place of the labels, which `class_weight` names.
    """
    confidence = np.empty(len(y))
    for training, others in StratifiedKFold(N_FOLDS).split(np.zeros(len(y)), y):
        of_fold = {name: values[training] for name, values in routed.items()}
        fitted = clone(estimator).fit(_safe_indexing(X, training), y[training], **of_fold)
        confidence[others] = fitted.predict_proba(_safe_indexing(X, others)).max(axis=1)
    return confidence


def _quantile(values: NDArray[Any], weights: NDArray[Any], share: float) -> float:
    """Return the highest of the values below which at most this share of the weight lies."""
    order = np.argsort(values)
    # Relative to the greatest, so that the sum is a number, too.
    up_to = np.cumsum(weights[order] / weights.max())
    place = np.searchsorted(up_to, share * up_to[-1], side="right")
    return float(values[order][min(place, len(values) - 1)])


def _check_folds(y: NDArray[Any]) -> None:
    labels, counts = np.unique(y, return_counts=True)
    if counts.min() < N_FOLDS:
        raise ValueError(
            f"threshold='auto' needs at least {N_FOLDS} images of each label, got "
            f"{counts.min()} of {labels.tolist()[counts.argmin()]!r}; pass a number from 0 to 1."
        )


def _check_rejected_label(rejected_label: Label, classes: NDArray[Any]) -> None:
    if rejected_label in classes.tolist():
        raise ValueError(
            f"rejected_label must not be one of the labels, {classes.tolist()}, got "
            f"{rejected_label!r}."
        )
    if not (isinstance(rejected_label, str) or float(rejected_label).is_integer()):
        raise ValueError(f"rejected_label must be an integer or a string, got {rejected_label!r}.")
    are_strings = isinstance(classes.tolist()[0], str)
    if are_strings != isinstance(rejected_label, str):
        raise ValueError(
            f"rejected_label must be a {'string' if are_strings else 'number'}, as the labels are, "
            f"got {rejected_label!r}."
        )


def _are_blank(X: Images, estimator: Classifier) -> NDArray[np.bool_] | bool:
    """Return for each image whether all its pixels are equal; False for what is not an array."""
    try:
        pixels = as_numbers(as_array(X))
    except ValueError:
        # Images of different sizes, which a pipeline may take.
        return False
    if pixels is None or pixels.ndim < 2 or not pixels.size:
        return False
    rows = pixels.reshape(len(pixels), -1, _n_channels(pixels.shape, estimator))
    if rows.shape[1] < 2:
        return False
    return np.asarray((rows == rows[:, :1]).all(axis=(1, 2)))


def _n_channels(array_shape: tuple[int, ...], estimator: Classifier) -> int:
    """Return the number of values per pixel, by the shape of the images or of the fit."""
    known = [array_shape[1:]]
    if len(array_shape) == 2:
        shapes = [getattr(part, "image_shape_", ()) for part in nested_estimators(estimator)]
        known = [shape for shape in shapes if shape and prod(shape) == array_shape[1]]
    of_colors = {shape[2] for shape in known if len(shape) == 3 and shape[2] <= MAX_CHANNELS}
    return int(max(of_colors, default=1))
