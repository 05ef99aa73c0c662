"""Validates images for a fitted estimator, and returns them as rows of pixels."""

from math import prod
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mnistcnn._types import Images, ImageShape
from mnistcnn.preprocessing._pixel_checks import warn_of_unlike_images
from mnistcnn.preprocessing._pixel_columns import check_unseen_columns
from mnistcnn.preprocessing._pixel_warnings import RETURNED
from mnistcnn.preprocessing._shapes import as_rows, check_channels_last, pad_columns
from mnistcnn.preprocessing._signs import check_not_signed
from mnistcnn.preprocessing._training_pixels import IN_PREDICTION, TrainingPixels

__all__ = ["as_pixels", "check_same_shape", "checked_pixels", "read_pixels", "training_pixels_of"]


class FittedOnImages(Protocol):
    """The fitted attributes of an estimator of images; column names are optional.

    So is `_training_pixels`, what is known of the pixels of the training.
    """

    image_shape_: ImageShape
    n_features_in_: int


def read_pixels(estimator: FittedOnImages, X: Images) -> NDArray[Any]:
    """Validate images for a fitted estimator and return them as rows of pixels.

    Pixels in another unit than those of the training, in several, or inverted, are warned of.

    Parameters
    ----------
    estimator : FittedOnImages
        A fitted one.
    X : array-like of shape (n, h * w), (n, h, w) or (n, h, w, c)
        The input of the user.
    """
    if isinstance(X, np.ndarray) and _needs_no_check(estimator, X):
        pixels = X.reshape(len(X), -1)
    else:
        pixels = checked_pixels(estimator, X)
    if not RETURNED.includes(X):
        known = training_pixels_of(estimator)
        warn_of_unlike_images(known, pixels, estimator.image_shape_, IN_PREDICTION)
    return pixels


def training_pixels_of(estimator: object) -> TrainingPixels:
    """Return what an estimator knows of the pixels of its training: nothing, if of another kind."""
    known: TrainingPixels = vars(estimator).get("_training_pixels", TrainingPixels())
    return known


def checked_pixels(estimator: FittedOnImages, X: Images) -> NDArray[Any]:
    """Return images as rows of pixels, or refuse what the estimator was not fitted for."""
    from sklearn.utils.validation import validate_data

    rows, array_shape = as_rows(X)
    if len(array_shape) > 2:
        check_same_shape(estimator, array_shape)
    _check_not_alone(estimator, array_shape)
    pixels = validate_data(estimator, rows, dtype="numeric", reset=False)
    check_unseen_columns(estimator, rows)
    return as_pixels(pixels, estimator.image_shape_)


def _needs_no_check(estimator: FittedOnImages, X: NDArray[Any]) -> bool:
    """Tell whether X is such that scikit-learn's checks, a third of a short call, find nothing."""
    return (
        type(X) is np.ndarray
        and X.dtype == np.uint8
        and len(X) > 0
        and X.shape[1:] in [(estimator.n_features_in_,), *_shapes_of_one(estimator.image_shape_)]
        # Rows that are still to be padded have fewer columns than the image has pixels.
        and estimator.n_features_in_ == prod(estimator.image_shape_)
        and not hasattr(estimator, "feature_names_in_")
    )


def _shapes_of_one(image_shape: ImageShape) -> list[tuple[int, ...]]:
    """Return the shapes that one image may have, without its channel too where there is one."""
    return [image_shape[:2], image_shape] if image_shape[2] == 1 else [image_shape]


def _check_not_alone(estimator: FittedOnImages, array_shape: tuple[int, ...]) -> None:
    n_features = estimator.n_features_in_
    is_image = array_shape == estimator.image_shape_[:2] and array_shape[1] != n_features
    if is_image or array_shape == (n_features,):
        raise ValueError(
            f"Expected 2D array or images, got one image alone, of shape {array_shape}. "
            "Reshape your data: X must hold several, so put it into a list, as in [image]."
        )


def as_pixels(rows: NDArray[Any], image_shape: ImageShape) -> NDArray[Any]:
    """Return rows as uint8 where they hold such values, otherwise as float32, padded to shape."""
    return pad_columns(_compact(rows), image_shape)


def _compact(rows: NDArray[Any]) -> NDArray[Any]:
    check_not_signed(rows)
    if rows.dtype in (np.uint8, np.float32):
        return rows
    if rows.dtype.kind in "bui" and rows.min() >= 0 and rows.max() <= 255:
        return rows.astype(np.uint8, order="C")
    with np.errstate(over="ignore"):
        compact = rows.astype(np.float32, order="C")
    if not (np.isfinite(compact.min()) and np.isfinite(compact.max())):
        raise ValueError(f"X must hold values that fit into float32, got {np.abs(rows).max()}.")
    return compact


def check_same_shape(estimator: FittedOnImages, array_shape: tuple[int, ...]) -> None:
    """Refuse an array of images of another shape than those of the fit."""
    allowed = _shapes_of_one(estimator.image_shape_)
    if array_shape[1:] not in allowed:
        check_channels_last(array_shape)
        raise ValueError(
            f"X must hold images of shape {' or '.join(map(str, allowed))}, on which "
            f"{type(estimator).__name__} was fitted, or flat rows, got shape {array_shape}."
        )
