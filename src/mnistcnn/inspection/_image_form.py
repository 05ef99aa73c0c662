"""Converts between the form of images for a classifier and arrays ``(n, h, w, c)``."""

from math import isqrt, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from mnistcnn._meta_estimator import inner_estimator_with

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mnistcnn._types import Classifier, Estimator, Images

__all__ = ["images_of", "in_form_of"]


def images_of(X: "Images", estimator: "Classifier") -> "NDArray[Any]":
    """Return images as an array ``(n, h, w, c)``, flat ones in the shape that a classifier sees.

    Rows that the classifier pads are padded here, too.
    """
    array = np.asarray(X)
    if array.ndim == 2:
        shape = _shape_of_rows(array.shape[1], inner_estimator_with(estimator, "image_shape_"))
        missing = prod(shape) - array.shape[1]
        array = np.pad(array, ((0, 0), (0, missing))).reshape(-1, *shape)
    if array.ndim not in (3, 4) or array.dtype.kind not in "biuf":
        raise ValueError(
            "X must hold images of numbers in an array of shape (n, h * w), (n, h, w) or "
            f"(n, h, w, c), got one of shape {array.shape} and dtype {array.dtype}."
        )
    return array if array.ndim == 4 else array[..., None]


def in_form_of(X: "Images", images: "NDArray[Any]") -> Any:
    """Return images in the form of others: flat, with the same columns, or without channels."""
    given: Any = X
    shape = np.shape(given)
    if len(shape) != 2:
        return images.reshape(-1, *shape[1:])
    rows = images.reshape(len(images), -1)[:, : shape[1]]
    # Without its columns' names scikit-learn would warn that they are missing.
    return type(given)(rows, columns=given.columns) if hasattr(given, "columns") else rows


def _shape_of_rows(n_columns: int, fitted: "Estimator | None") -> tuple[int, ...]:
    seen: tuple[int, ...] | None = getattr(fitted, "image_shape_", None)
    is_padded = getattr(fitted, "n_features_in_", None) == n_columns
    if seen is not None and (prod(seen) == n_columns or (is_padded and prod(seen) > n_columns)):
        return seen
    side = isqrt(n_columns)
    if side * side != n_columns:
        raise ValueError(
            "X must hold flat images with a square number of pixels if the estimator has no "
            f"image_shape_ with their height and width, got {n_columns} pixels; pass images "
            "of shape (n, h, w) if it accepts them."
        )
    return side, side
