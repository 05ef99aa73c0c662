"""Detects flat rows of RGBA images that are read as gray images of twice the side."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcnn.preprocessing._pixel_checks import IMAGES_LOOKED_AT
from mnistcnn.preprocessing._pixel_warnings import callers_level
from mnistcnn.preprocessing._shapes import ImageShapeParameter
from mnistcnn.preprocessing._training_pixels import some_of

__all__ = ["warn_of_opaque_alpha"]

# Red, green and blue are all below the maximum in at least this fraction of the pixels; the rest
# may be white paper. Strokes of a gray image that miss every fourth column cover less of it.
MIN_FRACTION_OF_INK = 0.25


def warn_of_opaque_alpha(
    image_shape: ImageShapeParameter, array_shape: tuple[int, ...], pixels: NDArray[Any]
) -> None:
    """Warn if flat rows, read as square gray images, are RGBA images without transparency.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.preprocessing import warn_of_opaque_alpha
    >>> gray = np.arange(256).reshape(4, 64)
    >>> warn_of_opaque_alpha("auto", gray.shape, gray)
    """
    n_columns = array_shape[1]
    if image_shape != "auto" or len(array_shape) != 2 or n_columns % 4:
        return
    some = some_of(pixels, IMAGES_LOOKED_AT)
    if not _are_opaque(some.reshape(len(some), -1, 4)):
        return
    side = round((n_columns // 4) ** 0.5)
    warnings.warn(
        f"X is read as gray images of {2 * side} x {2 * side} pixels, but every fourth value is "
        f"{some.max():.4g}, as in RGBA images without transparency. State image_shape="
        f"({side}, {side}, 4) if these are their values, or their height and width.",
        UserWarning,
        stacklevel=callers_level(),
    )


def _are_opaque(images: NDArray[Any]) -> bool:
    """Tell whether the last of four channels is at the maximum everywhere, and no other is."""
    highest = images.max()
    if images[..., 3].min() < highest:
        return False
    colors = images[..., :3]
    is_ink = (colors < highest).any(axis=0).all(axis=-1)
    # Images of one color, or of stripes that are the same in each, show nothing.
    varies = np.ptp(colors, axis=(0, 1)).all()
    return bool(varies and is_ink.mean() >= MIN_FRACTION_OF_INK)
