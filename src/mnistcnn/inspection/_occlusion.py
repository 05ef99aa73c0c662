"""Covers an image part by part, and measures how the predicted probabilities change."""

from collections.abc import Callable
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from mnistcnn.inspection._image_form import images_of, in_form_of
from mnistcnn.inspection._saliency import (
    Saliency,
    WantedClasses,
    probabilities_of,
    unit_was_checked,
    wanted_classes,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mnistcnn._types import Classifier, Images

__all__ = ["occlusion_saliency"]

# In one call to the classifier: enough to be quick, few enough to be small in memory.
IMAGES_AT_A_TIME = 512

# A window of this part of the smaller side hides a stroke, and little beside it.
USUAL_PART = 1 / 6


def occlusion_saliency(
    estimator: "Classifier",
    X: "Images",
    *,
    classes: WantedClasses = None,
    window_size: int | None = None,
    fill: float | None = None,
) -> Saliency:
    """Map the decisive pixels by covering them: without these, the probability falls.

    A square window is moved over the image pixel by pixel, and the probability of the class is
    computed at each position [1]_. The value of a pixel is the mean decrease of the probability
    over the windows that cover it. This works with any estimator that has `predict_proba`:
    pipelines, searches, ensembles, and classifiers that are not networks.

    Parameters
    ----------
    estimator : classifier
        A fitted classifier with `predict_proba`.
    X : array-like of shape (n, h * w), (n, h, w) or (n, h, w, c)
        Images, in a form that the estimator accepts; flat images have its image shape, or are
        square.
    classes : label or sequence of labels, default=None
        The classes for which maps of every image are computed; None means its predicted class.
    window_size : int, default=None
        Side of the window in pixels; None means a sixth of the smaller side of the images.
    fill : float, default=None
        The value of covered pixels; None means the background of each image, the median of its
        border.

    Returns
    -------
    Saliency
        Maps of differences of probability, from -1 to 1.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the classifier is not fitted.
    ValueError
        If `estimator` has no `predict_proba`, knows only one class or does not know one of
        `classes`, if the images differ in shape, or if another parameter is not as described.

    See Also
    --------
    mnistcnn.plotting.SaliencyDisplay : Draws the maps.
    mnistcnn.inspection.gradient_saliency : Faster, for networks only.

    Notes
    -----
    The classifier predicts once for each position of the window: 576 times for an image of 28x28
    pixels.

    References
    ----------
    .. [1] M. D. Zeiler and R. Fergus, "Visualizing and Understanding Convolutional Networks", ECCV
       2014.

    Examples
    --------
    >>> from mnistcnn import load_pretrained, load_sample_digits
    >>> from mnistcnn.inspection import occlusion_saliency
    >>> X, y = load_sample_digits(return_X_y=True)
    >>> saliency = occlusion_saliency(load_pretrained(), X[:2], classes=[0, 6])
    >>> saliency.maps.shape
    (2, 2, 28, 28)
    """
    probabilities = probabilities_of(estimator, X)
    columns = wanted_classes(classes, estimator.classes_, probabilities)
    images = images_of(X, estimator)
    side = _window_size(window_size, images)
    fills = _fills(fill, images)
    wanted = np.take_along_axis(probabilities, columns, axis=1)

    def predict(occluded: "NDArray[Any]", which: "NDArray[np.intp]") -> "NDArray[np.float64]":
        with unit_was_checked():
            answers = estimator.predict_proba(in_form_of(X, occluded))
        return np.take_along_axis(np.asarray(answers), columns[which], axis=1)

    falls = wanted[:, None, :] - _predict_at_each_place(predict, images, side, fills)
    return Saliency(
        images=images,
        maps=_averaged_over_windows(falls, images.shape[1:3], side),
        classes=estimator.classes_[columns],
        probabilities=wanted,
        method="occlusion",
    )


def _window_size(window_size: int | None, images: "NDArray[Any]") -> int:
    smaller: int = min(images.shape[1:3])
    if window_size is None:
        return max(1, round(smaller * USUAL_PART))
    is_integer = isinstance(window_size, Integral) and not isinstance(window_size, bool)
    if not is_integer or not 1 <= window_size <= smaller:
        raise ValueError(
            f"window_size must be None or an integer from 1 to {smaller}, the smaller side of the "
            f"images, got {window_size!r}."
        )
    return int(window_size)


def _fills(fill: float | None, images: "NDArray[Any]") -> "NDArray[Any]":
    """Return the pixel ``(n, 1, 1, c)`` that covers each image, of the images' dtype."""
    if fill is None:
        edges = (images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1])
        fills = np.median(np.concatenate(edges, axis=1), axis=1)
    elif isinstance(fill, Real) and np.isfinite(fill):
        fills = np.full((len(images), images.shape[3]), fill)
    else:
        raise ValueError(f"fill must be None or a finite number, got {fill!r}.")
    with np.errstate(invalid="ignore"):
        covering: NDArray[Any] = fills[:, None, None, :].astype(images.dtype)
    if fill is not None and (covering != fill).any():
        raise ValueError(f"fill must be a pixel of dtype {images.dtype}, got {fill!r}.")
    return covering


def _predict_at_each_place(
    predict: "Callable[[NDArray[Any], NDArray[np.intp]], NDArray[np.float64]]",
    images: "NDArray[Any]",
    side: int,
    fills: "NDArray[Any]",
) -> "NDArray[np.float64]":
    """Return the predictions for each image and place of the window, ``(n, n_places, ...)``."""
    masks = _masks(images.shape[1:3], side)
    total = len(images) * len(masks)
    answers = []
    for start in range(0, total, IMAGES_AT_A_TIME):
        numbers = np.arange(start, min(start + IMAGES_AT_A_TIME, total))
        which, place = np.divmod(numbers, len(masks))
        answers.append(predict(np.where(masks[place], fills[which], images[which]), which))
    joined = np.concatenate(answers)
    return cast("NDArray[np.float64]", joined.reshape(len(images), len(masks), -1))


def _masks(shape: tuple[int, ...], side: int) -> "NDArray[np.bool_]":
    """Return a mask for each place of the window, ``(n_places, h, w, 1)``, row by row."""
    height, width = shape
    tops, lefts = np.arange(height - side + 1), np.arange(width - side + 1)
    rows, columns = np.arange(height), np.arange(width)
    in_rows = (rows >= tops[:, None]) & (rows < tops[:, None] + side)
    in_columns = (columns >= lefts[:, None]) & (columns < lefts[:, None] + side)
    masks = in_rows[:, None, :, None] & in_columns[None, :, None, :]
    return masks.reshape(-1, height, width, 1)


def _averaged_over_windows(
    falls: "NDArray[np.float64]", shape: tuple[int, ...], side: int
) -> "NDArray[np.float64]":
    """Return for each pixel the mean over the windows that cover it, ``(n, n_wanted, h, w)``."""
    n_images, _, n_wanted = falls.shape
    places = (shape[0] - side + 1, shape[1] - side + 1)
    by_place = np.moveaxis(falls.reshape(n_images, *places, n_wanted), -1, 1)
    around = ((0, 0), (0, 0), (side - 1, side - 1), (side - 1, side - 1))
    # A window beyond the edge covers nothing.
    sums, counts = (
        sliding_window_view(np.pad(values, around), (side, side), axis=(2, 3)).sum(axis=(-2, -1))
        for values in (by_place, np.ones_like(by_place))
    )
    return cast("NDArray[np.float64]", sums / counts)
