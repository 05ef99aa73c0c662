"""The contents of a grid of images: pixels, cells and titles."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from math import isqrt, prod
from numbers import Integral
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from sklearn.utils import _safe_indexing

from mnistcnn._meta_estimator import inner_estimator_with, rejecting_estimator

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from mnistcnn._types import Classifier, ImageLike, Images

__all__ = [
    "as_given",
    "cells_of",
    "check_count",
    "check_titles",
    "first_images",
    "first_rows",
    "heading_of_mistakes",
    "images_and_shape",
    "labels_of",
    "probabilities_of_predictions",
    "shown",
]

RGB, RGBA = 3, 4
# White in fractions, in bytes, and in images of 10 to 16 bits.
WHITES = (1, 255, 1023, 4095, 16383, 65535)
# Enlarging smoothly brings fractions a little above white, by as much as images are read with.
MAX_OVERSHOOT, MAX_OVERSHOOT_OF_1 = 1.25, 2.0


def check_count(name: str, value: object) -> None:
    """Refuse anything but a positive integer."""
    if not _is_integer(value, lowest=1):
        raise ValueError(f"{name} must be a positive integer, got {value!r}.")


def check_titles(titles: object) -> None:
    """Refuse anything but a sequence of str, including a single str."""
    are_titles = isinstance(titles, Iterable) and not isinstance(titles, str)
    if not are_titles or not all(isinstance(title, str) for title in titles):  # type: ignore[attr-defined]
        raise ValueError(f"titles must be a sequence of str, got {titles!r}.")


def labels_of(name: str, labels: "ArrayLike") -> "NDArray[Any]":
    """Return labels as an array, which must have one dimension."""
    array = np.asarray(labels)
    if array.ndim != 1:
        raise ValueError(f"{name} must be of shape (n,), got an array of shape {array.shape}.")
    return array


def check_comparable(labels: "NDArray[Any]", predictions: "NDArray[Any]") -> None:
    """Refuse labels that are text with predictions that are numbers, and vice versa."""
    kinds = [{isinstance(label, str) for label in each.tolist()} for each in (labels, predictions)]
    if {True} in kinds and {False} in kinds:
        raise ValueError(
            "Mix of label input types (string and number): labels and predictions must both be "
            f"text or both numbers, got the label {labels.tolist()[0]!r} and the prediction "
            f"{predictions.tolist()[0]!r}."
        )


class Answers(NamedTuple):
    """The predictions of a classifier.

    Attributes
    ----------
    are_given : ndarray of shape (n,), bool
        Of which images; not of those that it rejects.
    predictions : ndarray of shape (n_given,)
        The classes.
    probabilities : ndarray of shape (n_given,), or None
        That of each prediction.
    """

    are_given: "NDArray[np.bool_]"
    predictions: "NDArray[Any]"
    probabilities: "NDArray[np.float64] | None"


def answers_of(estimator: "Classifier", X: "Images") -> Answers:
    """Predict labels and, if the classifier has them, their probabilities."""
    predictions = labels_of("the predictions of estimator", estimator.predict(X))
    classes = np.asarray(getattr(estimator, "classes_", np.unique(predictions))).tolist()
    places = {label: place for place, label in enumerate(classes)}
    columns = np.array([places.get(label, -1) for label in predictions.tolist()], dtype=np.intp)
    are_given = np.ones(len(predictions), dtype=bool)
    if rejecting_estimator(estimator) is not None:
        are_given = columns >= 0
    probabilities = None
    if hasattr(estimator, "predict_proba"):
        of_all, columns = np.asarray(estimator.predict_proba(X))[are_given], columns[are_given]
        of_predictions = of_all[np.arange(len(of_all)), columns]
        # A label that is none of its classes has no probability of its own.
        probabilities = np.where(columns >= 0, of_predictions, of_all.max(axis=1))
    return Answers(are_given, predictions[are_given], probabilities)


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
    fitted = inner_estimator_with(estimator, "image_shape_")
    shape: tuple[int, ...] | None = getattr(fitted, "image_shape_", None)
    if shape is None or rows.ndim != 2:
        return X, None
    n_missing = prod(shape) - rows.shape[1]
    if n_missing > 0 and getattr(fitted, "n_features_in_", None) == rows.shape[1]:
        rows = np.pad(rows, ((0, 0), (0, n_missing)))
    return (rows, shape) if prod(shape) == rows.shape[1] else (X, None)


def shown(
    images: "ArrayLike | Sequence[ArrayLike]", image_shape: tuple[int, ...] | None
) -> "list[NDArray[np.float64]]":
    """Return images as matplotlib takes them, from 0 to 1."""
    if image_shape is not None:
        _check_image_shape(image_shape)
    values = [_gray_or_rgb(image.astype(np.float64)) for image in _one_by_one(images, image_shape)]
    finite = np.concatenate([[], *(image[np.isfinite(image)] for image in values)])
    if not finite.size:
        return values
    lowest, highest = finite.min(), finite.max()
    return [((image - lowest) / ((highest - lowest) or 1.0)).clip(0, 1) for image in values]


def _one_by_one(
    images: "ArrayLike | Sequence[ArrayLike]", image_shape: tuple[int, ...] | None
) -> "list[NDArray[Any]]":
    if isinstance(images, list | tuple) and len({np.shape(image) for image in images}) > 1:
        several = [np.asarray(image) for image in images]
        if any(image.ndim not in (2, 3) for image in several):
            raise ValueError(
                "images of several shapes must be of shape (h, w) or (h, w, c), got "
                f"{[image.shape for image in several]}."
            )
        return several
    array = np.asarray(images)
    if array.ndim == 2:
        shape = _square(array.shape[1]) if image_shape is None else tuple(image_shape)
        if prod(shape) != array.shape[1]:
            raise ValueError(
                f"image_shape must be a shape of {array.shape[1]} pixels, which the images have, "
                f"got {image_shape!r}."
            )
        array = array.reshape(len(array), *shape)
    if array.ndim not in (3, 4):
        raise ValueError(
            "images must be of shape (n, h * w), (n, h, w) or (n, h, w, c), got an array of shape "
            f"{array.shape}; wrap a single image in a list, [image]."
        )
    return list(array)


def _gray_or_rgb(image: "NDArray[np.float64]") -> "NDArray[np.float64]":
    if image.ndim == 2 or image.shape[-1] == RGB:
        return image
    gray: NDArray[np.float64] = image.mean(axis=-1)
    return gray


def first_images(images: "Iterable[ImageLike]", n_images: int) -> "list[ImageLike]":
    """Return the first of several images; a single one is refused, and what holds none."""
    shape: tuple[int, ...] = getattr(images, "shape", ())
    looks_single = len(shape) == 2 or (len(shape) == 3 and shape[2] <= RGBA)
    is_no_iterable = not isinstance(images, Iterable) or isinstance(images, str | bytes | Mapping)
    if looks_single or is_no_iterable:
        raise ValueError(
            f"images must hold several images, got a single {type(images).__name__}; wrap it in a "
            "list, [image]."
        )
    return list(islice(images, n_images))


def first_rows(estimator: "Classifier", X: "Images", n: int) -> "Images":
    """Return the first images; one alone is left to be refused by the estimator."""
    shape = np.asarray(X).shape
    n_columns = shape[1] if len(shape) == 2 else None
    if n_columns is not None and n_columns != getattr(estimator, "n_features_in_", n_columns):
        return X
    some: Images = _safe_indexing(X, slice(n))
    return some


def as_given(image: "ImageLike", name: str) -> "NDArray[np.float64]":
    """Return an array or a Pillow image from 0 to 1, over white where it is transparent."""
    # Of more than 8 bits Pillow would cut off what is above 255.
    if hasattr(image, "convert") and not str(getattr(image, "mode", "")).startswith(("I", "F")):
        image = image.convert("RGBA")
    array = np.asarray(image)
    if array.ndim not in (2, 3) or array.dtype.kind not in "biuf":
        kind = type(image).__name__ + (f" of shape {array.shape}" if array.ndim else "")
        raise ValueError(
            f"{name} must be an array of shape (h, w) or (h, w, c) or a Pillow image, got "
            f"{kind}; mnistcnn.images.open_image opens a file."
        )
    values = _in_unit(array.astype(np.float64))
    if values.ndim == 3 and values.shape[-1] == RGBA:
        colors, opacity = values[..., :RGB], values[..., RGB:]
        values = colors * opacity + 1 - opacity
    return values


def _in_unit(values: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Return values from 0 to 1, in which white is that of the unit that they are in."""
    lowest, highest = values.min(), values.max()
    if lowest < 0:
        return np.asarray((values - lowest) / (np.ptp(values) or 1.0))
    has_fractions = bool(np.any(values != np.rint(values)))
    white = next((white for white in WHITES if highest <= _most(white, has_fractions)), highest)
    return np.asarray(values / white).clip(max=1.0)


def _most(white: int, has_fractions: bool) -> float:
    """Return the highest value that images with this white have."""
    if not has_fractions:
        return white
    return white * (MAX_OVERSHOOT_OF_1 if white == 1 else MAX_OVERSHOOT)


def probabilities_of_predictions(y_proba: "ArrayLike") -> "NDArray[np.float64]":
    """Return the probability of each prediction, given alone or among those of all classes."""
    probabilities = np.asarray(y_proba, dtype=np.float64)
    if probabilities.ndim == 2:
        probabilities = probabilities.max(axis=1)
    if probabilities.ndim != 1 or not np.all((probabilities >= 0) & (probabilities <= 1)):
        raise ValueError(
            "y_proba must hold probabilities from 0 to 1, of shape (n,) or (n, n_classes), got "
            f"shape {np.shape(y_proba)} with values from {np.min(y_proba)} to {np.max(y_proba)}."
        )
    return probabilities


def heading_of_mistakes(n_shown: int, n_mistakes: int, n: int, are_ordered: bool) -> str:
    """Return the title above misclassified images, or in their place."""
    if not n_mistakes:
        return f"None of the {n:,} images is misclassified."
    if n_shown == n_mistakes:
        return f"{n_mistakes:,} of {n:,} images misclassified"
    which = "surest" if are_ordered else "first"
    return f"{n_mistakes:,} of {n:,} images misclassified, the {which} {n_shown}"


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
            "flat images must have a square number of pixels unless image_shape gives their height "
            f"and width, got {n_pixels} pixels; wrap a single image in a list, [image]."
        )
    return side, side
