"""What a grid of images holds: which pixels, in which cells, under which titles."""

from collections.abc import Iterable, Sequence
from math import isqrt, prod
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from mnistcnn._types import Classifier, Images

__all__ = [
    "cells_of",
    "check_count",
    "check_titles",
    "images_and_shape",
    "labels_of",
    "shown",
]

RGB = 3


def check_count(name: str, value: object) -> None:
    """Refuse what is not a positive integer."""
    if not _is_integer(value, lowest=1):
        raise ValueError(f"{name} must be a positive integer, got {value!r}.")


def check_titles(titles: object) -> None:
    """Refuse what is not a sequence of str, and a single str."""
    are_titles = isinstance(titles, Iterable) and not isinstance(titles, str)
    if not are_titles or not all(isinstance(title, str) for title in titles):  # type: ignore[attr-defined]
        raise ValueError(f"titles must be a sequence of str, got {titles!r}.")


def labels_of(name: str, labels: "ArrayLike") -> "NDArray[Any]":
    """Return labels as an array, which must have one dimension."""
    array = np.asarray(labels)
    if array.ndim != 1:
        raise ValueError(f"{name} must be of shape (n,), got an array of shape {array.shape}.")
    return array


def cells_of(n_images: int, n_columns: int, rows: Sequence[int] | None) -> list[tuple[int, int]]:
    """Return the row and the column of each image."""
    if rows is None:
        return [divmod(place, n_columns) for place in range(n_images)]
    numbers = list(rows)
    if not all(_is_integer(row, lowest=0) for row in numbers) or numbers != sorted(numbers):
        raise ValueError(f"rows must be integers from 0 in ascending order, got {rows!r}.")
    fullest = max(map(numbers.count, set(numbers)), default=0)
    if fullest > n_columns:
        raise ValueError(
            f"rows must name no row more than n_columns={n_columns} times, got one {fullest} times."
        )
    return [(int(row), place - numbers.index(row)) for place, row in enumerate(numbers)]


def images_and_shape(
    estimator: "Classifier", X: "Images"
) -> "tuple[Images, tuple[int, ...] | None]":
    """Return the images and the shape that a classifier gives to those that are flat.

    It is None where the classifier knows none, or sees other features than the images' pixels.
    Rows that it fills up with zeros come back filled up.
    """
    rows = np.asarray(X)
    fitted = _last_of(estimator)
    shape: tuple[int, ...] | None = getattr(fitted, "image_shape_", None)
    if shape is None or rows.ndim != 2:
        return X, None
    n_missing = prod(shape) - rows.shape[1]
    if n_missing > 0 and getattr(fitted, "n_features_in_", None) == rows.shape[1]:
        rows = np.pad(rows, ((0, 0), (0, n_missing)))
    return (rows, shape) if prod(shape) == rows.shape[1] else (X, None)


def shown(images: "NDArray[Any]", image_shape: tuple[int, ...] | None) -> "NDArray[np.float64]":
    """Return the images as matplotlib takes them, from 0 to 1."""
    if image_shape is not None:
        _check_image_shape(image_shape)
    if images.ndim == 2:
        shape = _square(images.shape[1]) if image_shape is None else tuple(image_shape)
        if prod(shape) != images.shape[1]:
            raise ValueError(
                f"image_shape must be a shape of {images.shape[1]} pixels, which the images have, "
                f"got {image_shape!r}."
            )
        images = images.reshape(len(images), *shape)
    if images.ndim not in (3, 4):
        raise ValueError(
            "images must be of shape (n, h * w), (n, h, w) or (n, h, w, c), got an array of shape "
            f"{images.shape}."
        )
    values = images.astype(np.float64)
    if values.ndim == 4 and values.shape[-1] != RGB:
        values = values.mean(axis=-1)
    finite = values[np.isfinite(values)]
    if not finite.size:
        return values
    lowest, highest = finite.min(), finite.max()
    scaled: NDArray[np.float64] = (values - lowest) / ((highest - lowest) or 1.0)
    return scaled.clip(0, 1)


def _last_of(estimator: Any) -> Any:
    """Return what sees the images in the end: a last step, a search's best, one that is wrapped."""
    while not hasattr(estimator, "image_shape_"):
        inner = getattr(estimator, "best_estimator_", getattr(estimator, "estimator_", None))
        if inner is None and hasattr(estimator, "steps"):
            inner = estimator.steps[-1][1]
        if inner is None:
            break
        estimator = inner
    return estimator


def _check_image_shape(image_shape: object) -> None:
    is_shape = isinstance(image_shape, tuple | list) and len(image_shape) in (2, 3)
    if not is_shape or not all(_is_integer(side, lowest=1) for side in image_shape):  # type: ignore[attr-defined]
        raise ValueError(
            "image_shape must be None, (height, width) or (height, width, channels) in positive "
            f"integers, got {image_shape!r}."
        )


def _is_integer(value: object, *, lowest: int) -> bool:
    # bool is an Integral in Python, but never a number of something.
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= lowest


def _square(n_pixels: int) -> tuple[int, int]:
    side = isqrt(n_pixels)
    if side * side != n_pixels:
        raise ValueError(
            "flat images must have a square number of pixels unless image_shape says their height "
            f"and width, got {n_pixels} pixels."
        )
    return side, side
