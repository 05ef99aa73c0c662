"""Converts images from Pillow's many modes to a few, and to arrays."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["array_of", "bands_of", "bytes_a_pixel", "in_plain_mode"]

PIXELS_A_BAND = 1 << 20


def in_plain_mode(image: Image.Image) -> Image.Image:
    """Return the image in gray or in color, with its transparency."""
    if image.mode in ("L", "LA", "RGB", "RGBA", "I", "F") or image.mode.startswith("I;16"):
        is_transparent = image.mode in ("L", "RGB") and "transparency" in image.info
        return image.convert("RGBA") if is_transparent else image
    if image.mode == "1":
        return image.convert("L")
    has_alpha = image.mode in ("PA", "La", "RGBa") or "transparency" in image.info
    return image.convert("RGBA" if has_alpha else "RGB")


def bytes_a_pixel(image: Image.Image) -> int:
    """Return the memory that a pixel takes, in Pillow or while it is decoded.

    Examples
    --------
    >>> from PIL import Image
    >>> from mnistcnn.images._modes import bytes_a_pixel
    >>> [bytes_a_pixel(Image.new(mode, (1, 1))) for mode in ("1", "L", "I;16", "RGB", "F")]
    [1, 1, 2, 4, 4]
    """
    if image.mode in ("1", "L", "P"):
        return 1
    if image.mode.startswith("I;16"):
        return 2
    # Pillow keeps 8 bits of each color, but takes all 16 from the file.
    is_deep = any(";16" in str(tile.args) for tile in getattr(image, "tile", ()))
    return 2 * len(image.getbands()) if is_deep and len(image.getbands()) > 2 else 4


def bands_of(height: int, width: int) -> list[slice]:
    """Return the rows of an image in parts that take little memory at a time."""
    step = max(1, PIXELS_A_BAND // max(width, 1))
    return [slice(top, min(top + step, height)) for top in range(0, height, step)]


def array_of(image: Image.Image) -> NDArray[np.generic]:
    """Return an image's pixels; NumPy's own way holds all of them three times for a while."""
    width, height = image.size
    bands = bands_of(height, width)
    if len(bands) < 2:
        return np.asarray(image)
    first = np.asarray(image.crop((0, 0, width, 1)))
    pixels = np.empty((height, *first.shape[1:]), dtype=first.dtype)
    for rows in bands:
        pixels[rows] = np.asarray(image.crop((0, rows.start, width, rows.stop)))
    return pixels
