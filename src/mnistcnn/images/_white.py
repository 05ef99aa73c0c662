"""Finds the value of white, from the source of the pixels or else from their values."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mnistcnn.preprocessing import MOST_OF_16, are_signed_bytes

__all__ = ["Levels", "in_one_unit", "levels_of_image", "white_of"]

Levels = tuple[int, ...]
Pixels = NDArray[Any]

# White in the units that occur: 0-1, scikit-learn's digits, and 8 to 16 bits.
LEVELS: Levels = (1, 16, 255, 1023, 4095, 16383, 65535)
# Cameras of 10 to 14 bits write files of 16 bits, which do not say so.
OF_BYTES, OF_MORE_BITS = (255,), LEVELS[2:]
# Enlarging smoothly, noise and rounding bring some fractions above white, by a quarter of it at
# most. Of an image from 0 to 1, nothing else is as small.
MAX_OVERSHOOT, MAX_OVERSHOOT_OF_1 = 1.25, 2.0
# No integer type has more than this, and float32 holds its products.
MAX_VALUE = 2.0**64
COLORS = (2, 3, 4)


def white_of(pixels: Pixels, levels: Levels | None = None) -> float:
    """Return the value of white in one image.

    Parameters
    ----------
    pixels : ndarray of shape (h, w) or (h, w, c)
        The image.
    levels : tuple of int, or None
        The values that may be white; None if the type and the values tell which.

    Raises
    ------
    ValueError
        If values are negative, not finite or above 2**64.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.images._white import white_of
    >>> white_of(np.array([[0.0, 0.5, 1.1]])), white_of(np.array([[0, 1, 2]]))
    (1.0, 16.0)
    >>> white_of(np.array([[3, 5]], dtype=np.uint8))
    255.0
    """
    high = float(pixels.max())
    low = 0.0 if pixels.dtype.kind == "u" else float(pixels.min())
    # NaN is passed on by both, infinity by one of them.
    if not np.isfinite(low + high):
        raise ValueError("must hold finite numbers only, got NaN or infinity.")
    if high > MAX_VALUE:
        raise ValueError(f"must hold values of at most 2**64 = {MAX_VALUE:.3g}, got {high:g}.")
    if low < 0:
        raise ValueError(f"must hold no negative values, got {low:g}; {_remedy(pixels)}.")
    return _white([pixels], levels)


def levels_of_image(image: Image.Image) -> Levels | None:
    """Return the possible values of white in a Pillow image; None if its mode does not tell."""
    if image.mode.startswith("I;16"):
        return OF_MORE_BITS
    return None if image.mode in ("I", "F") else OF_BYTES


def in_one_unit(X: object, images: Sequence[Any]) -> list[Any]:
    """Scale an image to 0-1 if its values suggest another unit than those of the other images.

    By itself, a dark image among lighter ones would be brightened. All images of one array have one
    unit, as do all arrays of bytes in a list; other types may be mixed in a list.

    Parameters
    ----------
    X : ndarray of shape (n, h, w) or (n, h, w, c), or anything else
        The container of the images.
    images : sequence of n images
        The images in it, one by one.

    Returns
    -------
    list of n images
        The same images, except for such ones.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.images import in_one_unit
    >>> X = np.array([[[0, 255]], [[0, 1]]], dtype=np.uint8)
    >>> in_one_unit(X, list(X))[1]
    array([[0.        , 0.00392157]], dtype=float32)
    """
    is_one_array = isinstance(X, np.ndarray) and X.dtype.kind in "uif" and X.size > 0
    places = [i for i, image in enumerate(images) if is_one_array or _are_bytes(image)]
    result = list(images)
    white = _white([images[place] for place in places]) if len(places) > 1 else np.nan
    # What is not finite is refused later, by its place.
    for place in places if np.isfinite(white) else ():
        image = images[place]
        if _white([image]) != white and image.min() >= 0:
            result[place] = np.divide(image, white, dtype=np.float32, casting="unsafe")
    return result


def _are_bytes(image: object) -> bool:
    return isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.size > 0


def _white(images: Sequence[Pixels], levels: Levels | None = None) -> float:
    """Return the value of white in images of one unit."""
    high = max(float(image.max()) for image in images)
    for level in levels or _levels_of_arrays(images, high):
        most = level * (MAX_OVERSHOOT_OF_1 if level == 1 else MAX_OVERSHOOT)
        if high <= level or (high <= most and any(map(_has_fractions, images))):
            return float(level)
    return high


def _levels_of_arrays(images: Sequence[Pixels], high: float) -> Levels:
    """Return the possible values of white: bytes may come from files, cameras, masks or digits."""
    if images[0].dtype != np.uint8:
        return LEVELS
    is_colored = any(image.ndim > 2 and image.shape[-1] in COLORS for image in images)
    is_of_16 = not is_colored and MOST_OF_16[0] <= high <= MOST_OF_16[1]
    return (1, 16, *OF_BYTES) if is_of_16 else (1, *OF_BYTES)


def _has_fractions(image: Pixels) -> bool:
    return image.dtype.kind == "f" and bool(np.any(image != np.rint(image)))


def _remedy(pixels: Pixels) -> str:
    if are_signed_bytes(pixels):
        return "bytes that were read with a sign need .astype(numpy.uint8)"
    return "shift them to begin at 0"
