"""Refuses training and test images that do not belong together, before anything is trained."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import _safe_indexing, assert_all_finite, check_consistent_length
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _num_samples

from mnistcnn._types import Images, ImageShape, Labels
from mnistcnn.preprocessing import (
    Situation,
    TrainingPixels,
    as_pixels,
    as_rows,
    labels_to_learn,
    pixel_statistics,
    resolve_image_shape,
    some_of,
    warn_of_row_order,
    warn_of_unlike_images,
)

IMAGES_LOOKED_AT = 4096

IN_TEST = Situation("the training images have", "so the results on them are meaningless")


def checked_images(images: Sequence[Any]) -> tuple[Any, Any, Any, Any]:
    """Return images for training with their labels, and images for testing with theirs.

    The labels are arrays, and the test images have the form of the training images.

    Raises
    ------
    ValueError
        If there are not as many labels as images, if labels are not one for each image, or if
        test images differ from training images in their shape or in the kind of their labels.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.evaluation._image_checks import checked_images
    >>> X, y = np.eye(4), [0, 1, 0, 1]
    >>> _, labels, _, _ = checked_images([X, y, X, y])
    >>> labels
    array([0, 1, 0, 1])
    >>> checked_images([X, y, X, ["0", "1", "0", "1"]])
    Traceback (most recent call last):
        ...
    ValueError: y_test must hold only labels that occur in y, [0, 1], got also ['0', '1'].
    """
    if len(images) != 4:
        raise ValueError(
            f"images must be a DigitImages of X, y, X_test and y_test, got {len(images)} values."
        )
    X, y, X_test, y_test = images
    labels, test_labels = _labels(X, y, "y"), _labels(X_test, y_test, "y_test")
    _check_known(test_labels, labels)
    warn_of_row_order(X, y=y)
    warn_of_row_order(X_test, of="X_test", y_test=y_test)
    return X, labels, _in_form_of(X, X_test), test_labels


def _labels(X: Images, y: Labels, name: str) -> NDArray[Any]:
    try:
        labels = labels_to_learn(X, y)
        check_consistent_length(X, labels)
        assert_all_finite(labels, input_name=name)
        check_classification_targets(labels)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    if not len(labels):
        raise ValueError(f"{name} must hold at least one label, got none.")
    return labels


def _check_known(test_labels: NDArray[Any], labels: NDArray[Any]) -> None:
    known = set(labels.tolist())
    if len(known) < 2:
        raise ValueError(f"y must hold at least 2 classes, got 1 class only: {list(known)}.")
    unknown = sorted(set(test_labels.tolist()) - known)
    if unknown:
        raise ValueError(
            f"y_test must hold only labels that occur in y, {sorted(known)}, got also {unknown}."
        )


def _in_form_of(X: Images, X_test: Images) -> Any:
    """Return test images as rows or as images, as the training images are."""
    (rows, (_, *shape)), (test_rows, (_, *test_shape)) = as_rows(X), as_rows(X_test)
    is_other_form = len(shape) != len(test_shape) and prod(shape) == prod(test_shape)
    if not (is_other_form or shape == test_shape):
        raise ValueError(
            f"X_test must hold images of the shape of those in X, {tuple(shape)}, got "
            f"{tuple(test_shape)}."
        )
    _check_same_names(rows, test_rows)
    _warn_of_pixels(rows, test_rows, resolve_image_shape("auto", (len(rows), *shape)))
    return np.asarray(test_rows).reshape(-1, *shape) if is_other_form else X_test


def _check_same_names(rows: object, test_rows: object) -> None:
    names, test_names = (list(getattr(each, "columns", ())) for each in (rows, test_rows))
    if names and test_names and names != test_names:
        raise ValueError(
            "X_test must have the columns of X in the same order, got others; pass "
            "X_test[X.columns]."
        )


def _warn_of_pixels(rows: Images, test_rows: Images, image_shape: ImageShape) -> None:
    """Warn if test images are in another unit than training images, or inverted."""
    try:
        pixels, test_pixels = (
            as_pixels(np.asarray(_some(each)), image_shape) for each in (rows, test_rows)
        )
    except (TypeError, ValueError):
        # What is wrong with the images, the fit says before it trains.
        return
    pixel_range = float(pixels.min()), float(pixels.max())
    known = TrainingPixels(pixel_range, pixel_statistics(pixels))
    warn_of_unlike_images(known, test_pixels, image_shape, IN_TEST)


def _some(rows: Images) -> Images:
    some: Images = _safe_indexing(rows, some_of(np.arange(_num_samples(rows)), IMAGES_LOOKED_AT))
    return some
