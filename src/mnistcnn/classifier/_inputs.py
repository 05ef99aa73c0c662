"""Validates user input, and converts it to rows of pixels, integer targets and weights."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from mnistcnn._training.data import TrainingData
from mnistcnn._types import Images, ImageShape, Labels
from mnistcnn.classifier._fitted import Fitted, feature_attributes_of
from mnistcnn.classifier._pixel_range import measured_pixels
from mnistcnn.classifier._sample_weights import combined_weights, weights_of_mean_one
from mnistcnn.classifier._types import ClassWeight, Weights
from mnistcnn.preprocessing import (
    IN_VALIDATION,
    RETURNED,
    as_pixels,
    as_rows,
    check_in_memory,
    check_kind_of_labels,
    check_one_label_each,
    check_pixel_columns,
    check_same_shape,
    checked_pixels,
    resolve_image_shape,
    warn_of_opaque_alpha,
    warn_of_row_order,
    warn_of_unlike_images,
)

if TYPE_CHECKING:
    from mnistcnn.classifier._estimator import DigitCNNClassifier

# A validation set that is passed takes the place of the part that is held out.
DEFAULT_VALIDATION_FRACTION = 0.1

# In `fit`, weights are what follows X and y.
_NOT_WEIGHTS = "; weights of images are passed as sample_weight"


def read_training_data(
    estimator: "DigitCNNClassifier",
    X: Images,
    y: Labels,
    sample_weight: Weights,
    known_classes: NDArray[Any] | None,
    *,
    same_columns: bool = False,
    min_samples: int = 2,
) -> TrainingData:
    """Validate training data on behalf of an estimator, which stays as it is.

    `known_classes` are the only labels allowed, None takes those of `y`; with `same_columns` the
    columns must be those that the estimator was fitted on. The message of an error names what is
    wrong.
    """
    # validate_data notes the columns before later steps can fail, so it gets a copy.
    noted = copy(estimator)
    check_one_label_each(y)
    check_kind_of_labels(y)
    check_in_memory(sample_weight, "sample_weight")
    warn_of_row_order(X, y=y, sample_weight=sample_weight)
    flat, array_shape = as_rows(X)
    if not (same_columns and hasattr(estimator, "feature_names_in_")):
        check_pixel_columns(flat)
    flat, y = validate_data(
        noted, flat, y, dtype="numeric", reset=not same_columns, ensure_min_samples=min_samples
    )
    image_shape = _image_shape(estimator, array_shape, same_columns)
    if not same_columns:
        warn_of_opaque_alpha(estimator.image_shape, array_shape, flat)
    classes, targets = encode_labels(y, known_classes)
    data = TrainingData(
        pixels=as_pixels(flat, image_shape),
        targets=targets,
        weights=None,
        indices=np.arange(len(flat), dtype=np.int32),
        image_shape=image_shape,
        classes=classes,
        feature_attributes=feature_attributes_of(vars(noted)),
    )
    return _weighted(data, sample_weight, estimator.class_weight)


def as_continued(previous: Fitted, data: TrainingData) -> TrainingData:
    """Return the data of a warm start, with the names of the columns of the previous fit.

    Images of another shape, and columns in another order or with other names, are refused: the
    weights of the previous fit apply to its own pixels only.
    """
    before, now = previous.feature_attributes, data.feature_attributes
    shape, n_features = previous.network.image_shape, before["n_features_in_"]
    if data.image_shape != shape or now["n_features_in_"] != n_features:
        raise ValueError(
            f"warm_start=True needs images of the shape of the previous fit, {shape} in "
            f"{n_features} columns, got {data.image_shape} in {now['n_features_in_']}; use "
            "warm_start=False for a fresh network."
        )
    if "feature_names_in_" not in before:
        return data
    names = before["feature_names_in_"]
    _check_same_names(names.tolist(), now.get("feature_names_in_", names).tolist())
    return replace(data, feature_attributes={**now, "feature_names_in_": names})


def _check_same_names(expected: list[str], names: list[str]) -> None:
    if names == expected:
        return
    place = next(at for at, name in enumerate(expected) if names[at] != name)
    are_reordered = sorted(names) == sorted(expected)
    remedy = "pass X[classifier.feature_names_in_]" if are_reordered else "use warm_start=False"
    raise ValueError(
        "The feature names should match those that were passed during fit, in the same order. With "
        f"warm_start=True X must have the columns of the previous fit, got {names[place]!r} in "
        f"place {place}, where {expected[place]!r} belongs; {remedy}."
    )


def read_validation_data(
    estimator: "DigitCNNClassifier",
    training: TrainingData,
    X_val: "Images | None",
    y_val: "Labels | None",
    sample_weight_val: Weights,
) -> TrainingData | None:
    """Validate the user's validation set, which must have the form of the training data.

    None if no validation set was passed.
    """
    given = {"X_val": X_val, "y_val": y_val, "sample_weight_val": sample_weight_val}
    _check_given_together(given, estimator.validation_fraction)
    if X_val is None or y_val is None:
        return None
    warn_of_row_order(X_val, of="X_val", y_val=y_val, sample_weight_val=sample_weight_val)
    with _named("X_val"):
        pixels = checked_pixels(_as_if_fitted(estimator, training), X_val)
    with _named("y_val"):
        check_one_label_each(y_val)
        check_kind_of_labels(y_val)
        labels = column_or_1d(y_val, warn=True)
        check_consistent_length(pixels, labels)
        _, targets = encode_labels(labels, training.classes)
    if not RETURNED.includes(X_val):
        known, image_shape = measured_pixels(training), training.image_shape
        warn_of_unlike_images(known, pixels, image_shape, IN_VALIDATION)
    indices = np.arange(len(pixels), dtype=np.int32)
    data = replace(training, pixels=pixels, targets=targets, weights=None, indices=indices)
    with _named("sample_weight_val"):
        check_in_memory(sample_weight_val, "sample_weight")
        return _weighted(data, sample_weight_val, estimator.class_weight)


def _check_given_together(given: dict[str, Any], validation_fraction: float) -> None:
    passed = [name for name, value in given.items() if value is not None]
    missing = [name for name in ("X_val", "y_val") if name not in passed]
    if passed and missing:
        raise ValueError(
            f"X_val and y_val must be passed together, got {' and '.join(passed)} without "
            f"{missing[0]}."
        )
    if passed and validation_fraction != DEFAULT_VALIDATION_FRACTION:
        raise ValueError(
            f"validation_fraction must stay at {DEFAULT_VALIDATION_FRACTION}, its default, if "
            f"X_val is passed: no training images are held out then, got {validation_fraction}."
        )


def _as_if_fitted(estimator: "DigitCNNClassifier", training: TrainingData) -> "DigitCNNClassifier":
    """Return a copy that knows what a fit on these data would note of the images."""
    expecting = copy(estimator)
    parameters = estimator.get_params(deep=False)
    noted = {**training.feature_attributes, "image_shape_": training.image_shape}
    expecting.__dict__ = {**parameters, **noted}
    return expecting


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Begin a message about X or y, as scikit-learn's checks write it, with the name passed."""
    try:
        yield
    except TypeError as error:
        raise TypeError(f"{name}: {error}") from error
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _image_shape(
    estimator: "DigitCNNClassifier", array_shape: tuple[int, ...], same_columns: bool
) -> ImageShape:
    if not same_columns:
        return resolve_image_shape(estimator.image_shape, array_shape)
    if len(array_shape) > 2:
        check_same_shape(estimator, array_shape)
    fitted_shape: ImageShape = estimator.image_shape_
    return fitted_shape


def encode_labels(
    y: Labels, known_classes: NDArray[Any] | None
) -> tuple[NDArray[Any], NDArray[np.int32]]:
    """Return the sorted labels and the index of each one of `y` among them.

    Targets that are not classification targets, hold only one class, or hold a label not known
    before, are refused.
    """
    if known_classes is None:
        check_classification_targets(y)
    else:
        _check_are_labels(y)
    labels, targets = np.unique(y, return_inverse=True)
    if known_classes is None:
        if len(labels) < 2:
            raise ValueError(
                f"y must hold at least 2 classes, got 1 class only: {labels.tolist()}."
            )
        return labels, targets.astype(np.int32)
    unknown = np.setdiff1d(labels, known_classes)
    if len(unknown):
        raise ValueError(
            f"y must contain only labels known to the estimator, {known_classes.tolist()}, but "
            f"also contains {unknown.tolist()}."
        )
    return known_classes, np.searchsorted(known_classes, labels)[targets].astype(np.int32)


def checked_classes(classes: ArrayLike | None) -> NDArray[Any]:
    """Return all labels that `partial_fit` may ever meet, sorted, from what was passed as classes.

    Examples
    --------
    >>> from mnistcnn.classifier._inputs import checked_classes
    >>> checked_classes(range(3))
    array([0, 1, 2])
    """
    wanted = "classes must hold all labels that can occur, such as range(10) or numpy.unique(y)"
    if classes is None or not hasattr(classes, "__len__") or np.ndim(classes) != 1:
        raise ValueError(f"{wanted}, got {classes!r}.")
    check_kind_of_labels(classes, "classes")
    try:
        _check_are_labels(classes)
    except ValueError as error:
        raise ValueError(f"{wanted}{_NOT_WEIGHTS}, got {_first(classes)}.") from error
    labels: NDArray[Any] = np.unique(np.asarray(classes))
    if len(labels) < 2:
        raise ValueError(
            f"{wanted}, at least 2 of them{_NOT_WEIGHTS}, got 1 class only: {labels.tolist()}."
        )
    return labels


def _check_are_labels(values: ArrayLike) -> None:
    """Refuse a regression target; where the classes are given, many different labels are none."""
    # scikit-learn takes labels for measurements unless most of them occur twice.
    twice = values.repeat(2) if hasattr(values, "repeat") else np.repeat(np.asarray(values), 2)
    check_classification_targets(twice)


def _first(values: ArrayLike) -> str:
    listed = np.asarray(values).tolist()
    return ", ".join(map(repr, listed[:3])) + (" ..." if len(listed) > 3 else "")


def _weighted(
    data: TrainingData, sample_weight: Weights, class_weight: ClassWeight
) -> TrainingData:
    """Return the data with normalized weights, without images of weight 0."""
    weights = combined_weights(data.targets, data.classes, sample_weight, class_weight)
    if weights is None:
        return data
    indices = np.flatnonzero(weights > 0).astype(np.int32)
    if not len(indices):
        raise ValueError("class_weight must leave at least one image a positive weight.")
    return replace(data, indices=indices, weights=weights_of_mean_one(weights, indices))
