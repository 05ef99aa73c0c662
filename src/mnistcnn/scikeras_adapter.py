"""scikeras's classifier with its bugs fixed, for existing code that uses scikeras.

Importing this module imports scikeras, which replaces the way in which Keras pickles models,
losses, metrics and optimizers in the whole process. This cannot be undone, so no other module of
the library imports this one, and pickles of `mnistcnn.DigitCNNClassifier` need neither this module
nor scikeras.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import ClassifierTags
from sklearn.utils.validation import (
    _num_samples,
    check_array,
    check_consistent_length,
    validate_data,
)

from mnistcnn._quiet_start import start_up_silenced
from mnistcnn._types import Images, Labels

with start_up_silenced():
    import keras
    import scikeras.wrappers
    from tensorflow.python.eager import context
    from tensorflow.python.framework import config

__all__ = ["KerasClassifier"]


class _EndOfTags:
    """Answers where a chain of ``super().__sklearn_tags__()`` would run out of classes.

    scikeras inherits from ClassifierMixin after BaseEstimator, and scikit-learn 1.6 asks each of
    these classes for its tags.
    """

    def __sklearn_tags__(self) -> Any:
        return BaseEstimator.__sklearn_tags__(self)


class KerasClassifier(scikeras.wrappers.KerasClassifier, _EndOfTags):  # type: ignore[misc]
    """scikeras's `KerasClassifier`, recognized as a classifier by scikit-learn.

    It takes every parameter of scikeras's class [1]_ and differs from it as follows:

    - `sklearn.base.is_classifier` is True, so that `GridSearchCV` and `cross_validate` stratify
      their folds. Its support for multilabel and multioutput targets is declared, too.
    - A `random_state` leaves TensorFlow's op determinism and random seed as the caller set them.
    - Images are passed to Keras in its own float type, so that a network fitted on one dtype can
      predict from any other; the same holds for the dtype of the labels. Column names and counts
      are checked as in scikit-learn, and sparse matrices are refused.
    - `predict_proba` of a single sample has one row.
    - With `class_weight`, the array that is passed as `sample_weight` stays as it is; scikeras
      multiplies it in place.
    - `partial_fit` sorts `classes`, as `classes_` of other classifiers are, and refuses others
      after the first call.

    For new code, prefer `mnistcnn.DigitCNNClassifier`.

    Parameters
    ----------
    model : callable or keras.Model, default=None
        A Keras model or a function that returns one; the function may take ``meta``,
        ``compile_kwargs`` and ``params``.
    **parameters
        All other parameters of scikeras's class, keyword-only, with the same defaults.

    See Also
    --------
    mnistcnn.DigitCNNClassifier : The library's own classifier.

    References
    ----------
    .. [1] A. Garcia Badaracco, "scikeras", https://www.adriangb.com/scikeras

    Examples
    --------
    >>> import keras
    >>> from mnistcnn import load_sample_digits
    >>> from mnistcnn.scikeras_adapter import KerasClassifier
    >>> def build(meta):
    ...     layers = [keras.Input(meta["X_shape_"][1:]), keras.layers.Dense(10, "softmax")]
    ...     return keras.Sequential(layers)
    >>> X, y = load_sample_digits(return_X_y=True)
    >>> classifier = KerasClassifier(
    ...     build, loss="sparse_categorical_crossentropy", epochs=5, verbose=0, random_state=0
    ... )
    >>> classifier.fit(X[:1000] / 255, y[:1000]).score(X[1000:] / 255, y[1000:]) > 0.6
    True
    """

    def __sklearn_tags__(self) -> Any:
        """Return scikeras's tags in the current form of scikit-learn."""
        tags = super().__sklearn_tags__()
        tags.estimator_type = "classifier"
        tags.classifier_tags = ClassifierTags(multi_label=True)
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.input_tags.three_d_array = True
        return tags

    def fit(self, X: Images, y: Labels, sample_weight: Any = None, **kwargs: object) -> Self:
        """Build a new network and train it.

        Parameters
        ----------
        X : array-like of shape (n, n_features) or (n, ...)
            Samples.
        y : array-like of shape (n,) or (n, n_outputs)
            Labels.
        sample_weight : array-like of shape (n,), default=None
            Weights of the samples.
        **kwargs
            Arguments passed on to Keras's `fit`.

        Returns
        -------
        self : KerasClassifier
            The fitted classifier.
        """
        fitted: Self = super().fit(X, y, sample_weight=_own_weights(sample_weight), **kwargs)
        return fitted

    def partial_fit(
        self,
        X: Images,
        y: Labels,
        classes: Any = None,
        sample_weight: Any = None,
        **kwargs: object,
    ) -> Self:
        """Train for one epoch.

        Parameters
        ----------
        X : array-like of shape (n, n_features) or (n, ...)
            Samples.
        y : array-like of shape (n,) or (n, n_outputs)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that can occur in any call; None means those of the first call.
        sample_weight : array-like of shape (n,), default=None
            Weights of the samples.
        **kwargs
            Arguments passed on to Keras's `fit`.

        Returns
        -------
        self : KerasClassifier
            The fitted classifier.

        Raises
        ------
        ValueError
            If `classes` are not those of the first call.
        """
        known = getattr(self, "classes_", None)
        if classes is not None and np.ndim(classes) == 1:
            classes = np.unique(np.asarray(classes))
            if known is not None and not np.array_equal(classes, known):
                raise ValueError(
                    f"classes must be those of the first call, {np.asarray(known).tolist()}, or "
                    f"None, got {classes.tolist()}."
                )
        weights = _own_weights(sample_weight)
        fitted: Self = super().partial_fit(X, y, classes=classes, sample_weight=weights, **kwargs)
        return fitted

    def predict_proba(self, X: Images, **kwargs: object) -> NDArray[Any]:
        """Return the probability of each class, or what else the last layer gives.

        A network without softmax gives logits, which other classifiers must not take for
        probabilities.

        Parameters
        ----------
        X : array-like of shape (n, n_features) or (n, ...)
            Samples.
        **kwargs
            Arguments passed on to Keras's `predict`.

        Returns
        -------
        probabilities : ndarray of shape (n, n_classes), float32
            Columns in the order of `classes_`.
        """
        probabilities: NDArray[Any] = super().predict_proba(X, **kwargs)
        if _num_samples(X) == 1:
            # scikeras squeezes all axes of length one away, that of the samples too.
            probabilities = probabilities.reshape(1, -1)
        return probabilities

    def _validate_data(
        self,
        X: "Images | None" = None,
        y: "Labels | None" = None,
        reset: bool = False,
        y_numeric: bool = False,
    ) -> tuple[Any, Any]:
        if X is not None:
            X = validate_data(self, X, reset=reset, dtype=keras.config.floatx(), allow_nd=True)
        if reset:
            validated: tuple[Any, Any] = super()._validate_data(X, y, reset, y_numeric)
            return validated
        if X is not None:
            X, _ = super()._validate_data(X)
        return X, self._labels_of_any_dtype(X, y)

    def _labels_of_any_dtype(self, X: "Images | None", y: "Labels | None") -> NDArray[Any] | None:
        if y is None:
            return None
        check_consistent_length(X, y)
        labels: NDArray[Any] = check_array(y, ensure_2d=False, dtype=None, input_name="y")
        if labels.ndim != self.y_ndim_:
            raise ValueError(
                f"y has {labels.ndim} dimensions, but this {type(self).__name__} is expecting "
                f"{self.y_ndim_} dimensions in y, as in the first fit, got shape {labels.shape}."
            )
        return labels

    def _build_keras_model(self) -> keras.Model:
        with _tensorflow_as_it_was():
            return super()._build_keras_model()

    def _fit_keras_model(self, *args: object, **kwargs: object) -> None:
        with _tensorflow_as_it_was():
            super()._fit_keras_model(*args, **kwargs)


def _own_weights(sample_weight: Any) -> NDArray[Any] | None:
    """Return a copy that may be multiplied in place, also by fractions."""
    return None if sample_weight is None else np.array(sample_weight, dtype=np.float64)


@contextmanager
def _tensorflow_as_it_was() -> Iterator[None]:
    """Undo what scikeras leaves behind when it seeds TensorFlow.

    It asks whether ops are deterministic only after it has set the environment variable that says
    so, and hence never switches back; and setting the caller's seed again starts the caller's
    sequence from the beginning.
    """
    deterministic = config.is_op_determinism_enabled()
    attributes = vars(context.context())
    seeds = {name: attributes[name] for name in ("_seed", "_rng") if name in attributes}
    try:
        yield
    finally:
        attributes.update(seeds)
        if not deterministic:
            config.disable_op_determinism()
