"""The size normalization that made EMNIST's images."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image
from scipy import ndimage

from mnistcnn.handwriting._components import bounding_box
from mnistcnn.handwriting._mnist_form import SIDE, checked_ink

__all__ = ["emnist_form", "to_emnist_form"]

BORDER = 2
# NIST's images of characters, which were blurred, have 128 pixels a side, and a character's
# longer side takes about this many of them.
SIGMA, USUAL_SIZE = 1.0, 90


def to_emnist_form(image: ArrayLike) -> NDArray[np.uint8]:
    """Bring an image of one digit to the size, position and grays of EMNIST's images.

    The steps are those of the paper [1]_: blur a little (standard deviation 1 for a digit of the
    size that it has in NIST's images), cut out the ink, center its box (not its center of gravity)
    in a square, leave a border of 2 pixels, shrink to 28x28 by bicubic interpolation, and stretch
    the grays to 0 ... 255.

    Parameters
    ----------
    image : array-like of shape (h, w), any numeric dtype
        Light ink on a dark background, in any unit: the background is 0, ink is greater.

    Returns
    -------
    ndarray of shape (28, 28), dtype uint8
        The digit in EMNIST's form, upright. EMNIST's own files store images transposed.

    Raises
    ------
    ValueError
        If the image has no ink, is not two-dimensional, or contains values that are negative or not
        finite.

    References
    ----------
    .. [1] G. Cohen, S. Afshar, J. Tapson and A. van Schaik, "EMNIST: an extension of MNIST to
       handwritten letters", 2017, https://arxiv.org/abs/1702.05373

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.handwriting import to_emnist_form
    >>> scan = np.zeros((300, 200))
    >>> scan[50:250, 20:60] = 1.0
    >>> digit = to_emnist_form(scan)
    >>> digit.shape, digit.dtype, int(digit.max())
    ((28, 28), dtype('uint8'), 255)
    """
    values = checked_ink(image)
    return emnist_form(values / values.max())


def emnist_form(ink: NDArray[Any]) -> NDArray[np.uint8]:
    """Do the same with ink from 0 to 1, of which there is some."""
    box = ink[bounding_box(ink)]
    longer = max(box.shape)
    inner = SIDE - 2 * BORDER
    # As a fraction of the square, the border is as broad as it is going to be.
    side = longer * SIDE / inner
    margins = [int(np.ceil((side - length) / 2)) + 1 for length in box.shape]
    padded = np.pad(box, [(margin, margin) for margin in margins]).astype(np.float32)
    blurred = ndimage.gaussian_filter(padded, SIGMA * longer / USUAL_SIZE)
    top, left = ((length - side) / 2 for length in padded.shape)
    window = (left, top, left + side, top + side)
    small = Image.fromarray(blurred).resize((SIDE, SIDE), Image.Resampling.BICUBIC, box=window)
    digit = np.clip(np.asarray(small), 0, None)
    return np.asarray(np.floor(digit * (255 / digit.max()) + 0.5), dtype=np.uint8)
