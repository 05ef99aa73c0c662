"""Digits as a pen draws them: the middle lines of MNIST's strokes, drawn anew with any pen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from benchmarks._thinning import middle_lines

# Strokes are thinned at this many times MNIST's resolution, so that their lines are smooth.
ENLARGEMENT = 4
Points = NDArray[np.float64]


@dataclass(frozen=True)
class Strokes:
    """The middle lines of one digit.

    Parameters
    ----------
    points : ndarray of shape (n, 2)
        x and y; the digit's box is centered on 0 and its longer side is 1.
    links : ndarray of shape (m, 2)
        Which two points are joined by a line.
    """

    points: Points
    links: NDArray[np.intp]


def strokes_of(image: NDArray[np.uint8]) -> Strokes:
    """Return the middle lines of an image of MNIST."""
    side = ENLARGEMENT * image.shape[0]
    enlarged = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
    line = middle_lines(np.pad(np.asarray(enlarged) > 110, 1)[np.newaxis])[0, 1:-1, 1:-1]
    rows, columns = np.nonzero(line)
    number = np.full(line.shape, -1)
    number[rows, columns] = np.arange(len(rows))
    points = _smoothed(line)[rows, columns]
    low, high = points.min(axis=0), points.max(axis=0)
    return Strokes((points - (low + high) / 2) / max((high - low).max(), 1), _links(number))


def _smoothed(line: NDArray[np.bool_]) -> Points:
    """Return for each pixel the center (x, y) of the line around it, without stairs."""
    y, x = np.indices(line.shape)
    weight = np.maximum(ndimage.uniform_filter(line.astype(float), 5), 1e-9)
    center = [ndimage.uniform_filter(np.where(line, axis, 0.0), 5) / weight for axis in (x, y)]
    return np.stack(center, axis=-1)


def _links(number: NDArray[np.intp]) -> NDArray[np.intp]:
    height, width = number.shape
    pairs = []
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        here = number[: height - down, max(0, -right) : width - max(0, right)]
        there = number[down:, max(0, right) : width + min(0, right)]
        both = (here >= 0) & (there >= 0)
        pairs.append(np.stack([here[both], there[both]], axis=1))
    return np.concatenate(pairs)


@dataclass(frozen=True)
class Pen:
    """What a digit is drawn with, on a canvas in pixels.

    Parameters
    ----------
    width : float
        Width of the line in pixels.
    smooth : bool
        Whether edges are anti-aliased.
    dash : float
        Part of the line that is missing in short gaps.
    """

    width: float
    smooth: bool = True
    dash: float = 0.0


def draw(
    strokes: Strokes, points: Points, shape: tuple[int, int], pen: Pen, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Draw lines between points.

    Parameters
    ----------
    strokes : Strokes
        Says which points are joined.
    points : ndarray of shape (n, 2)
        Where the points are on the canvas, x and y in pixels.
    shape : tuple of 2 int
        Height and width of the canvas.
    pen : Pen
        The pen.
    rng : numpy Generator
        Chooses the gaps.

    Returns
    -------
    ndarray of shape `shape`, dtype float32
        1 where there is ink, 0 where there is none.
    """
    factor = 3 if pen.smooth and max(shape) <= 700 else 1
    canvas = Image.new("L", (factor * shape[1], factor * shape[0]))
    pencil = ImageDraw.Draw(canvas)
    width = pen.width * factor
    places = points * factor
    gaps = _gaps(places, pen, factor, rng)
    radius = width / 2 - 0.5
    for start, end in strokes.links:
        if gaps[start] or gaps[end]:
            continue
        pencil.line(
            [tuple(places[start]), tuple(places[end])], fill=255, width=max(1, round(width))
        )
        if width > 2.5:
            for x, y in (places[start], places[end]):
                pencil.ellipse([x - radius, y - radius, x + radius, y + radius], fill=255)
    if factor > 1:
        canvas = canvas.reduce(factor)
    return np.asarray(canvas, dtype=np.float32) / 255


def _gaps(places: Points, pen: Pen, factor: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return which points are within gaps of about twice the pen's width."""
    if not pen.dash:
        return np.zeros(len(places), dtype=bool)
    reach = factor * max(1.2 * pen.width, 2.0)
    extent = max(np.ptp(places, axis=0).max(), 1)
    n_gaps = max(1, round(pen.dash * len(places) * extent / (len(places) * 2 * reach) * 2.5))
    middles = places[rng.integers(len(places), size=n_gaps)]
    distance = np.abs(places[:, np.newaxis] - middles).max(axis=2).min(axis=1)
    return np.asarray(distance < reach)
