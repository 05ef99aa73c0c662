"""Allographs: forms of digits that are usual outside the USA, and so seldom in MNIST.

A flag at the upper end of a 1, and a foot; a bar through a 7; a hook at the end of a 9; a stroke
through a 0; and a 4 like a flash of lightning.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Line = NDArray[np.bool_]
Point = tuple[float, float]
Strokes = list[list[Point]]

FLAGGED, ON_A_FOOT, BARRED, HOOKED, STRUCK_THROUGH = 0.6, 0.2, 0.35, 0.4, 0.08
LIKE_A_FLASH, IN_ONE_STROKE = 0.4, 0.4
# A 1 that leans further to the right than this, in degrees, would look like a 7 with a flag.
LEANING = 30


def with_allographs(lines: Line, target: NDArray[np.int64], rng: np.random.Generator) -> Line:
    """Return middle lines of digits, some in a form that is usual elsewhere.

    Parameters
    ----------
    lines : ndarray of shape (n, h, w), bool
        Lines of one pixel.
    target : ndarray of shape (n,)
        The digits.
    rng : numpy.random.Generator
        Chooses the forms.

    Returns
    -------
    ndarray of shape (n, h, w), bool
        The lines with more strokes.
    """
    return np.stack(
        [
            _with_allograph(line, digit, rng)
            for line, digit in zip(lines, target.tolist(), strict=True)
        ]
    )


def _with_allograph(line: Line, digit: int, rng: np.random.Generator) -> Line:
    if not line.any():
        return line
    if digit == 4 and rng.random() < LIKE_A_FLASH:
        return _drawn(np.zeros_like(line), _flash(line, rng))
    return _drawn(line, ALLOGRAPHS[digit](line, rng)) if digit in ALLOGRAPHS else line


def _drawn(line: Line, strokes: Strokes) -> Line:
    canvas = Image.fromarray(line.astype(np.uint8))
    pencil = ImageDraw.Draw(canvas)
    for stroke in strokes:
        pencil.line(stroke, fill=1)
    return np.asarray(canvas) > 0


def _ends(line: Line) -> tuple[Point, Point, float]:
    """Return the highest and the lowest point as (x, y), and the height."""
    y, x = np.nonzero(line)
    top, bottom = (float(x[0]), float(y[0])), (float(x[-1]), float(y[-1]))
    return top, bottom, bottom[1] - top[1] + 1


def _one(line: Line, rng: np.random.Generator) -> Strokes:
    top, bottom, height = _ends(line)
    leaning = np.degrees(np.arctan2(top[0] - bottom[0], height))
    strokes = []
    if leaning < LEANING and rng.random() < FLAGGED:
        angle = np.radians(max(rng.uniform(25, 65), leaning + 20))
        length = height * rng.uniform(0.12, 0.75)
        strokes.append([top, _moved(top, -length * np.sin(angle), length * np.cos(angle))])
    if rng.random() < ON_A_FOOT:
        left, right = height * rng.uniform(0.1, 0.3, 2)
        strokes.append([_moved(bottom, -left, 0), _moved(bottom, right, 0)])
    return strokes


def _seven(line: Line, rng: np.random.Generator) -> Strokes:
    (_, highest), _, height = _ends(line)
    row = round(highest + height * rng.uniform(0.4, 0.6))
    stem = np.flatnonzero(line[row])
    if not len(stem) or rng.random() >= BARRED:
        return []
    middle = float(stem[-1]), float(row)
    half, rise = height * rng.uniform(0.12, 0.3), height * rng.uniform(-0.06, 0.06)
    return [[_moved(middle, -half, rise), _moved(middle, half, -rise)]]


def _nine(line: Line, rng: np.random.Generator) -> Strokes:
    _, bottom, height = _ends(line)
    if rng.random() >= HOOKED:
        return []
    width, depth = height * rng.uniform(0.2, 0.7), height * rng.uniform(0, 0.12)
    angles = np.linspace(0, np.pi * rng.uniform(0.5, 0.9), 8)
    across, down = (1 - np.cos(angles)) / 2, np.sin(angles)
    return [
        [
            _moved(bottom, -width * x, depth * y)
            for x, y in zip(across.tolist(), down.tolist(), strict=True)
        ]
    ]


def _flash(line: Line, rng: np.random.Generator) -> Strokes:
    """Draw a 4 in the place of another: down to the left, to the right, and a short stem."""
    (top, left), (bottom, right) = (
        extreme(np.argwhere(line), axis=0) for extreme in (np.min, np.max)
    )
    height = bottom - top + 1
    width = max(right - left + 1, height / 2)

    def point(x: float, y: float) -> Point:
        return float(left + x * width), float(top + y * height)

    lowest, bulge = rng.uniform(0.5, 0.88), rng.uniform(0, 0.2)
    start, corner = point(rng.uniform(0.3, 0.8), 0), point(rng.uniform(0, 0.15), lowest)
    halfway = (start[0] + corner[0]) / 2 - bulge * width, (start[1] + corner[1]) / 2
    end = _moved(corner, 0.95 * width, height * rng.uniform(-0.12, 0.08))
    foot = point(rng.uniform(0.4, 0.85), 1)
    if rng.random() < IN_ONE_STROKE:
        return [[start, halfway, corner, end, foot]]
    head = _moved(corner, width * rng.uniform(0.45, 0.75), -height * rng.uniform(0.05, 0.3))
    return [[start, halfway, corner, end], [head, foot]]


def _zero(line: Line, rng: np.random.Generator) -> Strokes:
    if rng.random() >= STRUCK_THROUGH:
        return []
    rows, columns = np.flatnonzero(line.any(axis=1)), np.flatnonzero(line.any(axis=0))
    beyond = rng.uniform(-3, 3)
    left, right = float(columns[0]) - beyond, float(columns[-1]) + beyond
    return [[(left, float(rows[-1]) + beyond), (right, float(rows[0]) - beyond)]]


def _moved(point: Point, x: float, y: float) -> Point:
    return point[0] + x, point[1] + y


ALLOGRAPHS: dict[int, Callable[[Line, np.random.Generator], Strokes]] = {
    0: _zero,
    1: _one,
    7: _seven,
    9: _nine,
}
