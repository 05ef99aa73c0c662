"""MNIST's digits as other pens would have drawn them, so that the network knows more than one."""

import numpy as np
from benchmarks._thinning import middle_lines
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from pretraining.habits import with_habits

Picture = NDArray[np.uint8]

# Lines are drawn at this many times MNIST's resolution.
ENLARGEMENT = 3

# Share of the pictures that come in so few pixels that each one is seen, that are enlarged from so
# few smoothly, that are stretched, and that are stretched to fill a square.
FEW_PIXELS, ENLARGED_AGAIN, STRETCHED, FILLING_A_SQUARE = 0.3, 0.5, 0.3, 0.1


def redrawn(images: Picture, target: NDArray[np.int64], rng: np.random.Generator) -> list[Picture]:
    """Return each digit drawn with another pen, its size and resolution changed too.

    Parameters
    ----------
    images : ndarray of shape (n, 28, 28), uint8
        MNIST's pictures.
    target : ndarray of shape (n,), int64
        Their digits.
    rng : numpy.random.Generator
        Chooses the pens.

    Returns
    -------
    list of n ndarray of shape (h, w), uint8
        Light ink on a dark ground, each picture of a size of its own.
    """
    enlarged = np.stack([_enlarged(image) for image in images])
    drawn = np.where(
        (rng.random(len(images)) < 0.75)[:, np.newaxis, np.newaxis],
        _drawn_along(with_habits(middle_lines(enlarged > 110), target, rng), rng),
        _scanned(enlarged, rng),
    )
    return [_resized(picture, rng) for picture in drawn]


def _enlarged(image: Picture) -> Picture:
    side = ENLARGEMENT * image.shape[0]
    return np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC))


def _drawn_along(lines: NDArray[np.bool_], rng: np.random.Generator) -> Picture:
    """Draw with pens of one width, from a hairline to a marker of a quarter of the digit."""
    radii = rng.uniform(0.5, 7.0, len(lines))
    pictures = np.empty(lines.shape, dtype=np.uint8)
    for picture, line, radius in zip(pictures, lines, radii, strict=True):
        distance = ndimage.distance_transform_edt(~line)
        picture[:] = 255 * np.clip(radius + 0.5 - distance, 0, 1)
    return pictures


def _scanned(enlarged: Picture, rng: np.random.Generator) -> Picture:
    """Make ink black and paper white at thresholds that leave thin or fat strokes."""
    levels = rng.uniform(50, 200, len(enlarged))[:, np.newaxis, np.newaxis]
    return np.where(enlarged > levels, np.uint8(255), np.uint8(0))


def _resized(picture: Picture, rng: np.random.Generator) -> Picture:
    cut = _cut_out(picture)
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


def _cut_out(picture: Picture) -> Picture:
    if not picture.any():
        return picture
    rows, columns = (np.flatnonzero(picture.any(axis=axis)) for axis in (1, 0))
    return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
