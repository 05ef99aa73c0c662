"""The size normalization that made MNIST's images, as QMNIST reconstructed it."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mnistcnn.handwriting._components import bounding_box

__all__ = ["SIDE", "checked_ink", "mnist_form", "to_mnist_form"]

SIDE = 28
DIGIT_SIDE = 20
MIN_SQUARE_SIDE = 10


def to_mnist_form(image: ArrayLike) -> NDArray[np.uint8]:
    """Bring an image of one digit to the size, position and grays of MNIST's images.

    The steps are those with which the authors of QMNIST [1]_ reproduced MNIST's training images:
    cut out the ink, center it in a square of at least 10x10 pixels, shrink (or enlarge) the square
    to 20x20 by averaging areas, stretch the grays to 0 ... 255, and place the result in 28x28
    pixels so that the center of gravity of the ink is in the middle.

    Parameters
    ----------
    image : array-like of shape (h, w), any numeric dtype
        Light ink on a dark background, in any unit: the background is 0, ink is greater. An image
        of dark ink on light paper has to be inverted first, so that its paper is 0.

    Returns
    -------
    ndarray of shape (28, 28), dtype uint8
        The digit in MNIST's form: background 0, ink up to 255.

    Raises
    ------
    ValueError
        If the image has no ink, is not two-dimensional, or contains values that are negative or not
        finite.

    Notes
    -----
    Averaging counts a pixel as 0.99 of its size if the border between two target pixels cuts it.
    This mistake of the original program is kept, because it is why the ink of MNIST's strokes is
    252 to 254 more often than 255. Unlike in that program, a digit that is much heavier on one side
    is never moved over the edge.

    References
    ----------
    .. [1] C. Yadav and L. Bottou, "Cold Case: The Lost MNIST Digits", NeurIPS 2019,
       https://arxiv.org/abs/1905.10498

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.handwriting import to_mnist_form
    >>> scan = np.zeros((300, 200))
    >>> scan[50:250, 20:60] = 1.0
    >>> digit = to_mnist_form(scan)
    >>> digit.shape, digit.dtype, int(digit.max())
    ((28, 28), dtype('uint8'), 255)
    >>> np.flatnonzero(digit.any(axis=1))[[0, -1]], np.flatnonzero(digit.any(axis=0))
    (array([ 5, 24]), array([13, 14, 15, 16]))
    """
    return mnist_form(checked_ink(image))


def mnist_form(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Do the same with an image that is known to be valid and to have ink."""
    ink = image[bounding_box(image)].astype(np.float64, copy=False)
    square_side = max(*ink.shape, MIN_SQUARE_SIDE)
    down, across = (_weights(length, square_side) for length in ink.shape)
    return _centered(_stretched(down @ ink @ across.T))


def checked_ink(image: ArrayLike) -> NDArray[np.float64]:
    """Return an image of light ink as floats, refusing one that has no ink or negative values."""
    from sklearn.utils.validation import check_array

    # Up to 2**53, integers stay exact in float64 whatever the order of additions, so the result
    # is the same on every machine.
    values: NDArray[np.float64] = check_array(image, dtype=np.float64, input_name="image")
    if values.min() < 0:
        raise ValueError(f"image must hold no negative values, got {values.min()}.")
    if values.max() == 0:
        raise ValueError("image must hold some ink, got only zeros.")
    return values


@lru_cache(maxsize=1024)
def _weights(length: int, square_side: int) -> NDArray[np.float64]:
    """Return the weight of each pixel of a centered line in each of the 20 target pixels.

    They are whole numbers: a target pixel is ``5 * side`` wide, `side` being that of the square
    after doubling.
    """
    # A pixel cut in two loses 0.01 of itself, so doubling small squares first does matter.
    doubled = 2 if square_side < DIGIT_SIDE else 1
    side = doubled * square_side
    first = (square_side - length) // 2 * doubled
    start = 100 * (first + np.arange(doubled * length))
    lower = 5 * side * np.arange(DIGIT_SIDE)[:, np.newaxis]
    overlap = np.minimum(start + 99, lower + 5 * side) - np.maximum(start, lower)
    whole = (start >= lower) & (start + 99 <= lower + 5 * side)
    weights = np.where(whole, 100, np.maximum(overlap, 0))
    pairs = weights.reshape(DIGIT_SIDE, length, doubled)
    summed = np.asarray(pairs.sum(axis=2), dtype=np.float64)
    summed.flags.writeable = False
    return summed


def _stretched(digit: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.asarray(np.floor(digit * 255 / digit.max() + 0.5), dtype=np.int64)


def _centered(digit: NDArray[np.int64]) -> NDArray[np.uint8]:
    image = np.zeros((SIDE, SIDE), dtype=np.uint8)
    top, left = (_offset(digit.sum(axis=axis)) for axis in (1, 0))
    image[top : top + DIGIT_SIDE, left : left + DIGIT_SIDE] = digit
    return image


def _offset(ink_along_axis: NDArray[np.int64]) -> int:
    """Return the shift that brings the center of gravity to more than 14 and at most 15."""
    total = int(ink_along_axis.sum())
    twice_center = int(ink_along_axis @ (2 * np.arange(DIGIT_SIDE) + 1))
    shift = (30 * total - twice_center) // (2 * total)
    return min(max(shift, 0), SIDE - DIGIT_SIDE)
