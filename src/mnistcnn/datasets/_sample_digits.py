"""The bundled digits: scikit-learn's own, brought to MNIST's form."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from mnistcnn._scikit_learn import validate_params
from mnistcnn.datasets._bunch import digits_result
from mnistcnn.handwriting import to_mnist_form

__all__ = ["load_sample_digits", "sample_images"]

DESCRIPTION = """\
Sample digits in MNIST's form
-----------------------------

1,797 handwritten digits of 43 people: the test set of "Optical Recognition of Handwritten Digits"
(E. Alpaydin and C. Kaynak, UCI Machine Learning Repository, 1998, CC BY 4.0,
https://doi.org/10.24432/C50P49), which comes with scikit-learn as 8x8 images of 17 grays. Here
each is enlarged smoothly, its strokes are sharpened, and it is brought to 28x28 pixels as MNIST's
images were: 20x20 for the digit, center of gravity in the middle, ink up to 255 on a background
of 0.

These are not MNIST's digits: they were written by other people and have lost detail at 8x8. Use
them to try things out, and MNIST to report results.

:Number of instances: 1,797, about 180 per digit
:Number of attributes: 784, integers from 0 to 255
"""

ENLARGEMENT = 8
MARGIN = 2
# Of the 16 grays of an image: below is background, above is full ink. Chosen by looking, and by how
# many of the digits a support-vector machine trained on MNIST's training set recognizes.
BACKGROUND, FULL_INK = 5, 12


@validate_params(
    {"return_X_y": ["boolean"], "as_frame": ["boolean"]}, prefer_skip_nested_validation=True
)  # type: ignore[untyped-decorator]
def load_sample_digits(*, return_X_y: bool = False, as_frame: bool = False) -> Any:
    """Load 1,797 handwritten digits in MNIST's form, without a download.

    They are scikit-learn's own digits (:func:`sklearn.datasets.load_digits`), enlarged from 8x8
    to MNIST's 28x28. The pixels are the same on every machine and never change between versions.

    Parameters
    ----------
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Whether `data` is a DataFrame and `target` a Series.

    Returns
    -------
    :class:`~sklearn.utils.Bunch` or tuple
        ``(data, target)`` if `return_X_y`, otherwise a Bunch with

        data : ndarray or DataFrame of shape (1797, 784), dtype uint8
            One image per row, 0 (background) to 255 (ink); columns ``pixel0`` to ``pixel783``.
        target : ndarray or Series of shape (1797,), dtype int64
            The digits 0 to 9; the Series is named ``label``.
        images : ndarray of shape (1797, 28, 28), dtype uint8
            The same pixels in the same memory.
        frame : DataFrame of shape (1797, 785), or None
            Data and target, if `as_frame`.
        feature_names : list of str
            The names of the columns.
        target_names : ndarray of shape (10,)
            The digits.
        DESCR : str
            Where the digits come from.

    See Also
    --------
    fetch_mnist : Load the 70,000 digits of MNIST.

    Examples
    --------
    >>> from mnistcnn import load_sample_digits
    >>> digits = load_sample_digits()
    >>> digits.data.shape, digits.images.dtype, digits.target[:5]
    ((1797, 784), dtype('uint8'), array([0, 1, 2, 3, 4]))
    """
    images, target = _sample_digits()
    return digits_result(
        images.copy(),
        target.copy(),
        description=DESCRIPTION,
        return_X_y=return_X_y,
        as_frame=as_frame,
    )


def sample_images(places: Sequence[int]) -> NDArray[np.uint8]:
    """Return the images at some places among those of `load_sample_digits`, and make no others.

    All 1,797 take half a second.

    Examples
    --------
    >>> from mnistcnn.datasets import sample_images
    >>> sample_images([0, 8]).shape
    (2, 28, 28)
    """
    return _in_mnist_form(load_digits().images[list(places)])


@lru_cache(maxsize=1)
def _sample_digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    digits = load_digits()
    return _in_mnist_form(digits.images), digits.target.astype(np.int64)


def _in_mnist_form(small: NDArray[np.float64]) -> NDArray[np.uint8]:
    padded = np.pad(small, ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN)))
    weights = _bicubic_weights(padded.shape[1])
    # One by one, since the enlarged images together would not fit into any cache.
    images = [to_mnist_form(_sharpened(weights @ image @ weights.T)) for image in padded]
    return np.stack(images)


# Bicubic weights (R. Keys, "Cubic convolution interpolation for digital image processing", IEEE
# Transactions on Acoustics, Speech, and Signal Processing, 1981, with a = -1/2) have this common
# denominator at the centers of the small pixels. Whole numbers below 2**53 are exact in float64, so
# no machine rounds differently.
_HALF_STEPS = 2 * ENLARGEMENT
_ONE = 2 * _HALF_STEPS**3


def _bicubic_weights(length: int) -> NDArray[np.float64]:
    """Say how much each of `length` pixels gives to each small one, in parts of `_ONE`."""
    centers = 2 * np.arange(length * ENLARGEMENT) + 1
    source_centers = _HALF_STEPS * np.arange(length) + ENLARGEMENT
    m, n = np.abs(centers[:, np.newaxis] - source_centers), _HALF_STEPS
    near = 3 * m**3 - 5 * n * m**2 + 2 * n**3
    far = -(m**3) + 5 * n * m**2 - 8 * n**2 * m + 4 * n**3
    return np.where(m <= n, near, np.where(m < 2 * n, far, 0)).astype(np.float64)


def _sharpened(enlarged: NDArray[np.float64]) -> NDArray[np.float64]:
    background, full_ink = (gray * _ONE**2 for gray in (BACKGROUND, FULL_INK))
    ink = np.clip(enlarged, background, full_ink) - background
    return np.floor(255 * ink / (full_ink - background))
