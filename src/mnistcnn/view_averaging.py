"""Averages the predictions for an image and for copies of it shifted by a pixel or two."""

from itertools import product
from math import prod
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from mnistcnn._meta_estimator import (
    WrapperClassifier,
    check_rejects_nothing,
    nested_estimators,
    parameters_of_fit,
)
from mnistcnn._scikit_learn import (
    HasMethods,
    Interval,
    validate_parameter,
    validate_parameters,
)
from mnistcnn._types import Classifier, Estimator, Images, ImageShape, Labels
from mnistcnn.preprocessing import (
    AccuracyMixin,
    as_array,
    as_rows,
    labels_to_learn,
    pad_columns,
    resolve_image_shape,
    warn_of_row_order,
)
from mnistcnn.storage import SavableMixin

__all__ = ["TestTimeAugmentationClassifier"]

# Views in one call to the estimator: enough to be quick, few enough to be small in memory.
VIEWS_AT_A_TIME = 8192

# An image is moved by this part of its smaller side at most, which leaves most of a digit inside.
MAX_SHIFT_FRACTION = 1 / 4

Shift = tuple[int, int]


class TestTimeAugmentationClassifier(SavableMixin, AccuracyMixin, WrapperClassifier):
    """A classifier that averages the probabilities for several shifted views of each image.

    The views of an image are the image itself and the same image moved by a pixel or two. Averaging
    over moved or cropped images is as old as the networks that won with it [1]_ [2]_. It can be
    fitted, or wrapped around a fitted estimator, such as that of `mnistcnn.load_pretrained`.

    Parameters
    ----------
    estimator : estimator
        A classifier with `predict_proba`. If it is already fitted, `fit` need not be called; in a
        :class:`~sklearn.frozen.FrozenEstimator`, `fit` does not change it either.
    n_views : int, default=5
        Number of views to average, in the order of their distance: the image itself, the 4 moved by
        one pixel, the 4 moved by one pixel along a diagonal, the 4 moved by two pixels, and so on.
        With 1, 5, 9 or 13 views, an image is moved equally far to all sides. A number set after
        `fit` takes effect immediately.

    Attributes
    ----------
    estimator_ : estimator
        The fitted classifier, if `fit` was called.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Number of values in one image.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if there are any.

    See Also
    --------
    mnistcnn.DigitEnsembleClassifier : Several classifiers that each predict an image once.
    mnistcnn.RejectingClassifier : Can wrap this classifier, but cannot be wrapped by it.

    Notes
    -----
    The side that a moved image leaves empty is filled with the pixels of its edge, because they are
    background whatever its value: 0 in MNIST, 255 for dark ink on white, a negative number after
    standardization. A fixed number or the lowest pixel would draw a bar of ink into some of these.

    With ``n_views=1`` all predictions are those of the estimator. Averaging corrects some, and less
    often makes a right one wrong [3]_. Prediction takes `n_views` times as long.

    References
    ----------
    .. [1] A. Krizhevsky, I. Sutskever and G. E. Hinton, "ImageNet Classification with Deep
       Convolutional Neural Networks", NeurIPS 2012.
    .. [2] K. Simonyan and A. Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
       Recognition", arXiv:1409.1556, 2014.
    .. [3] D. Shanmugam, D. Blalock, G. Balakrishnan and J. Guttag, "Better Aggregation in Test-Time
       Augmentation", ICCV 2021.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn import TestTimeAugmentationClassifier, load_pretrained, load_sample_digits
    >>> X, y = load_sample_digits(return_X_y=True)
    >>> X = X[:5]
    >>> once = load_pretrained()
    >>> five_times = TestTimeAugmentationClassifier(once, n_views=5)
    >>> five_times.predict(X)
    array([0, 1, 2, 3, 4])
    >>> bool(np.allclose(five_times.predict_proba(X), once.predict_proba(X)))
    False
    >>> alone = five_times.set_params(n_views=1).predict_proba(X)
    >>> bool((alone == once.predict_proba(X)).all())
    True
    """

    # Its name begins as pytest's classes of tests do.
    __test__: ClassVar[bool] = False

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "n_views": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, estimator: Classifier, n_views: int = 5) -> None:
        self.estimator = estimator
        self.n_views = n_views

    def fit(self, X: Images, y: Labels, sample_weight: ArrayLike | None = None) -> Self:
        """Train a clone of the estimator on the unmoved images.

        Parameters
        ----------
        X : array-like of shape (n, h * w), (n, h, w) or (n, h, w, c)
            Images, in a form that the estimator accepts.
        y : array-like of shape (n,)
            Labels.
        sample_weight : array-like of shape (n,), default=None
            Weights of the images, passed to the estimator's `fit`. If metadata routing is enabled,
            it must request them: ``estimator.set_fit_request(sample_weight=True)``.

        Returns
        -------
        self : TestTimeAugmentationClassifier
            The fitted classifier. If anything fails, it is left unchanged.

        Raises
        ------
        ValueError
            If a parameter is not as described, if the estimator rejects images or does not accept
            the given weights, if the images are too small for `n_views`, if the image shape of flat
            rows is unknown, or if labels are one-hot rows.
        TypeError
            If `X` or `y` is not in memory, such as a dataset in batches, a generator or a query.
        """
        validate_parameters(self)
        _check_answers_all(self.estimator, self.n_views)
        labels = labels_to_learn(X, y)
        warn_of_row_order(X, y=y, sample_weight=sample_weight)
        estimator = clone(self.estimator)
        if self.n_views > 1:
            _shifts(self.n_views, _image_shape(estimator, as_rows(X)[1]))
        weights = None if sample_weight is None else np.asarray(sample_weight)
        routed = parameters_of_fit(self, estimator, {"sample_weight": weights})
        self.estimator_ = estimator.fit(X, labels, **routed)
        return self

    def predict(self, X: Images) -> NDArray[Any]:
        """Return the most probable label of each image.

        Parameters
        ----------
        X : array-like of shape (n, h * w), (n, h, w) or (n, h, w, c)
            Images, in a form that the estimator accepts.

        Returns
        -------
        labels : ndarray of shape (n,)
            Predicted labels, with the dtype of `classes_`.

        Raises
        ------
        ValueError
            If `n_views` is not as described, or if the images are too small for so many views.
        """
        estimator = self._validated_snapshot()
        if self.n_views == 1:
            return np.asarray(estimator.predict(X))
        _check_has_probabilities(estimator)
        probabilities = _mean_over_views(estimator, X, self.n_views)
        labels: NDArray[Any] = np.asarray(estimator.classes_)[probabilities.argmax(axis=1)]
        return labels

    def predict_proba(self, X: Images) -> NDArray[np.float64]:
        """Return the estimator's probabilities, averaged over the views.

        Parameters
        ----------
        X : array-like of shape (n, h * w), (n, h, w) or (n, h, w, c)
            Images, in a form that the estimator accepts.

        Returns
        -------
        probabilities : ndarray of shape (n, n_classes)
            Columns in the order of `classes_`; each row sums to 1.

        Raises
        ------
        ValueError
            If `n_views` is not as described, or if the images are too small for so many views.
        """
        estimator = self._validated_snapshot()
        _check_has_probabilities(estimator)
        if self.n_views == 1:
            return np.asarray(estimator.predict_proba(X))
        return _mean_over_views(estimator, X, self.n_views)

    def predict_log_proba(self, X: Images) -> NDArray[np.float64]:
        """Return the logarithms of the estimator's probabilities, averaged over the views.

        Parameters
        ----------
        X : array-like of shape (n, h * w), (n, h, w) or (n, h, w, c)
            Images, in a form that the estimator accepts.

        Returns
        -------
        log_probabilities : ndarray of shape (n, n_classes)
            Columns in the order of `classes_`; minus infinity where a probability is 0. With
            ``n_views=1`` they are the estimator's own.

        Raises
        ------
        ValueError
            If `n_views` is not as described, or if the images are too small for so many views.
        """
        estimator = self._validated_snapshot()
        if self.n_views == 1 and hasattr(estimator, "predict_log_proba"):
            return np.asarray(estimator.predict_log_proba(X))
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def _validated_snapshot(self) -> Any:
        """Return a snapshot of the fitted estimator, whose `n_views` is valid."""
        check_is_fitted(self)
        validate_parameter(self, "n_views")
        estimator = self._estimator_snapshot()
        _check_answers_all(estimator, self.n_views)
        return estimator


def _check_answers_all(estimator: Classifier, n_views: int) -> None:
    if n_views > 1:
        check_rejects_nothing(
            estimator,
            "the mean of probabilities has no rejected label",
            "TestTimeAugmentationClassifier",
        )


def _check_has_probabilities(estimator: Classifier) -> None:
    if not hasattr(estimator, "predict_proba"):
        raise ValueError(f"estimator must have predict_proba, got {estimator!r}, which has none.")


def _mean_over_views(estimator: Classifier, X: Images, n_views: int) -> NDArray[np.float64]:
    """Return the mean of the probabilities, a bounded number of views at a time."""
    if issparse(X):
        raise TypeError(
            "Sparse data was passed for X, but dense data is required for n_views > 1; pass "
            "X.toarray()."
        )
    array_shape = as_rows(X)[1]
    image_shape, n_pixels = _image_shape(estimator, array_shape), prod(array_shape[1:])
    shifts = _shifts(n_views, image_shape)
    sources = [_source_columns(shift, image_shape)[:n_pixels] for shift in shifts]
    try:
        return _mean_over_sources(estimator, X, sources, image_shape)
    except (TypeError, ValueError):
        # Check the images themselves: an error for the views would give the wrong number of them.
        estimator.predict_proba(X)
        raise


def _mean_over_sources(
    estimator: Classifier,
    X: Images,
    sources: list[NDArray[np.intp]],
    image_shape: ImageShape,
) -> NDArray[np.float64]:
    (rows, array_shape), n_views = as_rows(X), len(sources)
    step = max(1, VIEWS_AT_A_TIME // n_views)
    parts = []
    for start in range(0, max(1, len(rows)), step):
        pixels = pad_columns(as_array(rows[start : start + step]), image_shape)
        views = np.concatenate([pixels.take(columns, axis=1) for columns in sources])
        probabilities = np.asarray(estimator.predict_proba(_in_the_form_of(X, views, array_shape)))
        parts.append(probabilities.reshape(n_views, len(pixels), -1).mean(axis=0))
    return np.concatenate(parts)


def _image_shape(estimator: Classifier, array_shape: tuple[int, ...]) -> ImageShape:
    """Return height, width and channels, by the estimator where flat rows do not tell."""
    if len(array_shape) < 2:
        raise ValueError(
            f"Expected 2D array or images, got an array of shape {array_shape}. Reshape your data: "
            "X must hold several images, so put a single one into a list, as in [image]."
        )
    if len(array_shape) > 2:
        return resolve_image_shape("auto", array_shape)
    _check_columns(estimator, array_shape[1])
    found = [_shape_seen_by(part, array_shape) for part in nested_estimators(estimator)]
    shapes = sorted({shape for shape in found if shape is not None})
    if len(shapes) > 1:
        raise ValueError(
            f"The estimator must know one image_shape for rows of {array_shape[1]} columns, for "
            f"n_views > 1, got {', '.join(map(str, shapes))}; pass images (n, height, width)."
        )
    if shapes:
        return shapes[0]
    try:
        return resolve_image_shape(getattr(estimator, "image_shape", "auto"), array_shape)
    except ValueError as error:
        raise ValueError(
            f"X must hold images (n, height, width) or flat rows whose image_shape the estimator "
            f"knows, for n_views > 1: {error}"
        ) from error


def _shape_seen_by(part: Estimator, array_shape: tuple[int, ...]) -> ImageShape | None:
    """Return the shape of flat rows that an estimator was fitted on, or states, if they fit it."""
    stated = getattr(part, "image_shape", "auto")
    fitted: ImageShape | None = getattr(part, "image_shape_", None)
    if fitted is not None and (stated == "pad" or prod(fitted) == array_shape[1]):
        return fitted
    if stated == "auto":
        return None
    try:
        return resolve_image_shape(stated, array_shape)
    except ValueError:
        # A later step of a pipeline may see other images; what none can read, `fit` refuses.
        return None


def _check_columns(estimator: Classifier, n_columns: int) -> None:
    expected = getattr(estimator, "n_features_in_", n_columns)
    if n_columns != expected:
        raise ValueError(
            f"X has {n_columns} features, but {type(estimator).__name__} is expecting {expected} "
            "features as input."
        )


def _shifts(n_views: int, image_shape: ImageShape) -> list[Shift]:
    """Return by how many pixels, down and to the right, each view is moved: the nearest first.

    Raises
    ------
    ValueError
        If so many would move the image too far.

    Examples
    --------
    >>> from mnistcnn.view_averaging import _shifts
    >>> _shifts(6, (28, 28, 1))
    [(0, 0), (-1, 0), (0, -1), (0, 1), (1, 0), (-1, -1)]
    """
    height, width, _ = image_shape
    greatest = MAX_SHIFT_FRACTION * min(height, width)
    steps = range(-int(greatest), int(greatest) + 1)
    near = [shift for shift in product(steps, steps) if _distance(shift) <= greatest**2]
    if n_views > len(near):
        raise ValueError(
            f"n_views must be at most {len(near)} for images of {height}x{width} pixels, so that "
            f"none is moved by more than a quarter of its side, got {n_views}."
        )
    return sorted(near, key=_distance)[:n_views]


def _distance(shift: Shift) -> int:
    return shift[0] ** 2 + shift[1] ** 2


def _source_columns(shift: Shift, image_shape: ImageShape) -> NDArray[np.intp]:
    """Return the column of a flat row that each pixel of a moved image comes from."""
    (down, right), (height, width, _) = shift, image_shape
    places = np.arange(np.prod(image_shape)).reshape(image_shape)
    from_rows = np.clip(np.arange(height) - down, 0, height - 1)
    from_columns = np.clip(np.arange(width) - right, 0, width - 1)
    return places[from_rows][:, from_columns].ravel()


def _in_the_form_of(X: Images, views: NDArray[Any], array_shape: tuple[int, ...]) -> Any:
    """Return flat views as the images came: with names, or as images."""
    if hasattr(X, "columns"):
        return pd.DataFrame(views, columns=list(X.columns))
    return views.reshape(-1, *array_shape[1:])
