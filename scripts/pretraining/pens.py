"""MNIST's digits as other pens would have drawn them, so that the network knows more than one."""

import numpy as np
from benchmarks._thinning import middle_lines
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from pretraining.allographs import with_allographs

Pixels = NDArray[np.uint8]

# Lines are drawn at this many times MNIST's resolution.
ENLARGEMENT = 3

# Fraction of the images that come in so few pixels that each one is seen, that are enlarged from so
# few smoothly, that are stretched, and that are stretched to fill a square.
FEW_PIXELS, ENLARGED_AGAIN, STRETCHED, FILLING_A_SQUARE = 0.3, 0.5, 0.3, 0.1


def redrawn(images: Pixels, target: NDArray[np.int64], rng: np.random.Generator) -> list[Pixels]:
    """Return each digit drawn with another pen, its size and resolution changed too.

    Parameters
    ----------
    images : ndarray of shape (n, 28, 28), uint8
        MNIST's images.
    target : ndarray of shape (n,), int64
        Their digits.
    rng : numpy.random.Generator
        Chooses the pens.

    Returns
    -------
    list of n ndarray of shape (h, w), uint8
        Light ink on a dark background, each image of a size of its own.
    """
    enlarged = np.stack([_enlarged(image) for image in images])
    drawn = np.where(
        (rng.random(len(images)) < 0.75)[:, np.newaxis, np.newaxis],
        _drawn_along(with_allographs(middle_lines(enlarged > 110), target, rng), rng),
        _scanned(enlarged, rng),
    )
    return [_resized(image, rng) for image in drawn]


def _enlarged(image: Pixels) -> Pixels:
    side = ENLARGEMENT * image.shape[0]
    return np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC))


def _drawn_along(lines: NDArray[np.bool_], rng: np.random.Generator) -> Pixels:
    """Draw with pens of one width, from a hairline to a marker of a quarter of the digit."""
    radii = rng.uniform(0.5, 7.0, len(lines))
    images = np.empty(lines.shape, dtype=np.uint8)
    for image, line, radius in zip(images, lines, radii, strict=True):
        distance = ndimage.distance_transform_edt(~line)
        image[:] = 255 * np.clip(radius + 0.5 - distance, 0, 1)
    return images


def _scanned(enlarged: Pixels, rng: np.random.Generator) -> Pixels:
    """Make ink black and paper white at thresholds that leave thin or fat strokes."""
    levels = rng.uniform(50, 200, len(enlarged))[:, np.newaxis, np.newaxis]
    return np.where(enlarged > levels, np.uint8(255), np.uint8(0))


def _resized(image: Pixels, rng: np.random.Generator) -> Pixels:
    cut = _cut_out(image)
    height, width = cut.shape
    if rng.random() < STRETCHED:
        width *= np.exp(rng.uniform(-0.35, 0.35))
    if rng.random() < FILLING_A_SQUARE:
        width = height
    side = rng.uniform(8, 24) if rng.random() < FEW_PIXELS else rng.uniform(30, 90)
    factor = side / max(height, width)
    size = max(1, round(factor * width)), max(1, round(factor * height))
    resized = Image.fromarray(cut).resize(size, Image.Resampling.BOX)
    if rng.random() < ENLARGED_AGAIN:
        resized = resized.resize((4 * size[0], 4 * size[1]), Image.Resampling.BICUBIC)
    return np.asarray(resized)


def _cut_out(image: Pixels) -> Pixels:
    if not image.any():
        return image
    rows, columns = (np.flatnonzero(image.any(axis=axis)) for axis in (1, 0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
