"""Converts any kind of image to gray values from 0 to 1."""

import os
from collections.abc import Mapping
from functools import reduce
from typing import Any, BinaryIO, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mnistcnn._types import ImageLike, Path
from mnistcnn.exceptions import UnreadableImageError
from mnistcnn.images._image_files import damage_named, name_of_file, open_image, upright_image
from mnistcnn.images._modes import array_of, bands_of, in_plain_mode
from mnistcnn.images._transparency import is_light_ink
from mnistcnn.images._white import Levels, levels_of_image, white_of

__all__ = ["ReadableImage", "gray_over_white"]

# Anything that holds one image, or the path of one.
ReadableImage: TypeAlias = "ImageLike | Path | bytes | BinaryIO | Mapping[str, Any]"
Pixels = NDArray[Any]
Gray = NDArray[np.float32]

# ITU-R BT.601, as in Pillow's and JPEG's gray.
LUMINANCE = np.array([0.299, 0.587, 0.114], dtype=np.float32)
# A channel is taken for the gray if its contrast is more than this multiple of the luminance's,
# which noise alone does not reach. A sample of so many pixels a side is compared.
MIN_CONTRAST_RATIO, SAMPLE_SIDE = 1.6, 40
# Of larger images, every second or third pixel shows the edge of the ink.
MAX_SIDE = 1000
# Less contrast than this, as a fraction of white's, cannot be seen.
MIN_CONTRAST = 0.03
KINDS = "an array (h, w), (h, w, 3) or (h, w, 4), a PIL image, a path, bytes or a sketchpad's dict"


def gray_over_white(image: ReadableImage) -> Gray:
    """Return the gray values of an image of any kind.

    Parameters
    ----------
    image : array-like, PIL image, str, path-like, bytes, binary file or dict
        One image: an array of shape (h, w), (h, w, 1), (h, w, 3) or (h, w, 4) of any numeric
        dtype; a Pillow image of any mode; the path or content of a file; or the value of Gradio's
        sketchpad, a dict with ``"composite"``, ``"layers"`` and ``"background"``.

    Returns
    -------
    ndarray of shape (h, w), dtype float32
        0 is black, 1 is white. White is 255 in files and Pillow images of 8 bits. In arrays it is
        the lowest of 1, 16, 255, 1023, 4095, 16383 and 65535 that no value exceeds, or otherwise
        the highest value, with two exceptions. In arrays of floats that are not all whole numbers,
        values up to 2 belong to 1, and those up to a quarter above another of these numbers to that
        number, since smooth enlarging, noise and rounding exceed white; they become white. In
        arrays of uint8 with values above 1 it is 255, unless they are gray and the highest is from
        12 to 16. In images of 16 and more bits it is the lowest of these numbers from 255 on.

    Raises
    ------
    ValueError
        If `image` is none of these, has no pixels, or contains values that are negative or not
        finite.
    UnreadableImageError
        If a file cannot be read as an image.
    OSError
        If a path cannot be opened.

    Warns
    -----
    UserWarning
        If a Pillow image is derived from an opened photograph, as by ``convert`` or ``rotate``, and
        still has the EXIF orientation, by which it is rotated.

    Notes
    -----
    Transparent images are drawn over white, unless nothing would be visible there: white strokes on
    a transparent background are drawn over black, also where they become darker at their edges.
    Gray is luminance, unless one of red, green and blue shows much more contrast, as blue does for
    yellow ink on white paper.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.images import gray_over_white
    >>> gray_over_white(np.array([[0, 51], [204, 255]], dtype=np.uint8))
    array([[0. , 0.2],
           [0.8, 1. ]], dtype=float32)
    >>> transparent = np.zeros((2, 2, 4), dtype=np.uint8)
    >>> transparent[0, 0, 3] = 255
    >>> gray_over_white(transparent)
    array([[0., 1.],
           [1., 1.]], dtype=float32)
    """
    try:
        return _gray_of(*_pixels(image))
    except UnreadableImageError:
        raise
    except ValueError as error:
        # TIFF files can hold numbers that are negative or not finite.
        if _is_file(image):
            raise UnreadableImageError(f"{name_of_file(image)} {error}") from error
        raise


def _gray_of(pixels: Pixels, levels: Levels | None) -> Gray:
    white = white_of(pixels, levels)
    if pixels.dtype.kind == "f" and pixels.max() > white:
        pixels = np.minimum(pixels, white)
    n_channels = pixels.shape[2] if pixels.ndim == 3 else 1
    if n_channels in (2, 4):
        return _over_a_background(pixels, white)
    if n_channels == 3:
        return _clearest_gray(pixels, white)
    return _in_unit(pixels.reshape(pixels.shape[:2]), white)


def _in_unit(pixels: Pixels, white: float) -> Gray:
    # Multiplying by the inverse would not bring white to exactly 1.
    return np.divide(pixels, white, dtype=np.float32, casting="unsafe")


def _pixels(image: ReadableImage) -> tuple[Pixels, Levels | None]:
    """Return the pixels, and the possible values of white if their source is known."""
    if isinstance(image, Mapping):
        return _sketch(image)
    if _is_file(image):
        image = open_image(image)
    if not isinstance(image, Image.Image):
        return _checked(_as_array(image)), None
    with damage_named(str(getattr(image, "filename", "") or "the image")):
        plain = in_plain_mode(upright_image(image))
        pixels = array_of(plain)
    return _checked(pixels), levels_of_image(plain)


def _is_file(image: ReadableImage) -> TypeGuard["Path | bytes | BinaryIO"]:
    return isinstance(image, str | os.PathLike | bytes) or hasattr(image, "read")


def _as_array(image: object) -> Pixels:
    try:
        return np.asarray(image)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"must be {KINDS}, got rows of different lengths.") from error


def _sketch(sketch: Mapping[Any, Any]) -> tuple[Pixels, Levels | None]:
    """Return the composite of a Gradio sketchpad or, where that is empty, its drawn layers.

    Gradio 5 composes gray canvases ("L") to zeros throughout (its issue 8198).
    """
    layers = sketch.get("layers")
    if not isinstance(layers, list | tuple):
        layers = ()
    parts = [part for part in (sketch.get("composite"), *layers) if part is not None]
    if not parts:
        raise ValueError(
            "must hold a 'composite' or 'layers' with a drawing, as Gradio's sketchpad gives, got "
            f"a dict with {sorted(map(str, sketch))}."
        )
    drawings, levels = zip(*map(_pixels, parts), strict=True)
    drawn = [drawing for drawing in drawings if drawing.min() < drawing.max()]
    if not drawn or drawn[0] is drawings[0] or len({drawing.shape for drawing in drawn}) > 1:
        return (drawn or drawings)[0], levels[0]
    return _one_over_the_other(drawn), levels[0]


def _one_over_the_other(layers: list[Pixels]) -> Pixels:
    if layers[0].ndim == 3 and layers[0].shape[2] == 4:
        images = [Image.fromarray(layer.astype(np.uint8), "RGBA") for layer in layers]
        return np.asarray(reduce(Image.alpha_composite, images))
    # Dark on light, as Gradio draws without transparency.
    return np.asarray(np.minimum.reduce(layers))


def _checked(pixels: Pixels) -> Pixels:
    if pixels.dtype == bool:
        pixels = pixels.view(np.uint8)
    if pixels.dtype.kind not in "uif":
        raise ValueError(f"must be {KINDS}, got values of dtype {pixels.dtype}.")
    is_image = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (1, 2, 3, 4))
    if not is_image or pixels.size == 0:
        is_channels_first = pixels.ndim == 3 and pixels.shape[0] in (1, 3, 4)
        remedy = "; channels come last, as after numpy.moveaxis(image, 0, -1)"
        raise ValueError(
            f"must be {KINDS}, got an array of shape {pixels.shape}"
            f"{remedy if is_channels_first else ''}."
        )
    return pixels


def _over_a_background(pixels: Pixels, white: float) -> Gray:
    """Lay what is transparent over white or, if nothing could be seen there, over black.

    Of light ink, no more than a dark edge could be seen over white.
    """
    over_white = _clearest_gray(pixels, white, "white")
    if np.ptp(over_white) > MIN_CONTRAST and not _shows_light_ink(pixels, white):
        return over_white
    over_black = _clearest_gray(pixels, white, "black")
    return over_black if np.ptp(over_black) > MIN_CONTRAST else over_white


def _shows_light_ink(pixels: Pixels, white: float) -> bool:
    if pixels[..., -1].min() == white:
        return False
    steps = (max(1, side // MAX_SIDE) for side in pixels.shape[:2])
    sample = _in_unit(pixels[tuple(slice(None, None, step) for step in steps)], white)
    colors, opacity = sample[..., :-1], sample[..., -1]
    gray = colors[..., 0] if colors.shape[2] == 1 else colors @ LUMINANCE
    return is_light_ink(gray, opacity)


def _clearest_gray(pixels: Pixels, white: float, background: str | None = None) -> Gray:
    """Return the luminance, or the one channel that shows much more; over a background if named.

    Photographs have so many pixels that all their colors would not fit as floats.
    """
    steps = (max(1, side // SAMPLE_SIDE) for side in pixels.shape[:2])
    sample = pixels[tuple(slice(None, None, step) for step in steps)]
    color = _clearest_channel(_colors(sample, white, background)[0])
    height, width = pixels.shape[:2]
    gray = np.empty((height, width), dtype=np.float32)
    for rows in bands_of(height, width):
        colors, unit = _colors(pixels[rows], white, background)
        gray[rows] = (
            _luminance(colors, unit) if color is None else _in_unit(colors[..., color], unit)
        )
    return gray


def _colors(pixels: Pixels, white: float, background: str | None) -> tuple[Pixels, float]:
    """Return the colors over a background, and the value of white in them."""
    if background is None:
        return pixels, white
    if pixels.dtype == np.uint8 and white == 255:
        image = Image.fromarray(np.ascontiguousarray(pixels)).convert("RGBA")
        paper = Image.new("RGBA", image.size, background)
        return np.asarray(Image.alpha_composite(paper, image).convert("RGB")), 255.0
    unit = _in_unit(pixels, white)
    opaque = unit[..., -1:]
    return unit[..., :-1] * opaque + (background == "white") * (1 - opaque), 1.0


def _clearest_channel(colors: Pixels) -> int | None:
    """Return the number of the one channel that shows much more than the luminance."""
    if colors.shape[2] == 1:
        return 0
    # Products of matrices are many times faster than means along the long axis.
    sample = colors.reshape(-1, 3).astype(np.float64)
    mean = np.full(len(sample), 1 / len(sample)) @ sample
    covariance = sample.T @ sample / len(sample) - np.outer(mean, mean)
    contrast = covariance.diagonal()
    clearest = int(contrast.argmax())
    is_clear = contrast[clearest] > MIN_CONTRAST_RATIO**2 * (LUMINANCE @ covariance @ LUMINANCE)
    return clearest if is_clear else None


def _luminance(colors: Pixels, white: float) -> Gray:
    if colors.dtype == np.uint8:
        gray = np.asarray(Image.fromarray(np.ascontiguousarray(colors)).convert("L"))
        return _in_unit(gray, white)
    return _in_unit(colors.astype(np.float32) @ LUMINANCE, white)
