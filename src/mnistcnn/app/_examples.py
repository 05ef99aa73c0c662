"""Makes the examples to click on from digits in MNIST's form."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Digits = Sequence[NDArray[np.uint8]]

# Of light ink, from 0 to 1: what is paper, and how much more is full ink, so that an enlarged
# stroke has a pen's edge.
PAPER_BELOW, FULL_INK = 0.35, 0.2
PAPER, INK = 228.0, 40.0
SIDE = 224
# What a sheet shows, as rows of places among the examples.
ROWS = ((3, 1, 4, 1), (5, 9, 2, 6), (8, 0, 7))
CELL = 112


def pen_strokes(digit: NDArray[np.uint8], side: int = SIDE) -> NDArray[np.float64]:
    """Return a digit as a pen writes it, enlarged: ink from 0 to 1, of shape (side, side).

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.app._examples import pen_strokes
    >>> digit = np.zeros((28, 28), dtype=np.uint8)
    >>> digit[4:24, 13:16] = 255
    >>> ink = pen_strokes(digit)
    >>> ink.shape, float(ink.min()), float(ink.max())
    ((224, 224), 0.0, 1.0)
    """
    enlarged = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    ink: NDArray[np.float64] = np.clip((np.asarray(enlarged) / 255 - PAPER_BELOW) / FULL_INK, 0, 1)
    return ink


def transparent(digit: NDArray[np.uint8]) -> Image.Image:
    """Return a digit in black ink on nothing, which takes any color."""
    alpha = np.rint(255 * pen_strokes(digit)).astype(np.uint8)
    return Image.merge("LA", (Image.new("L", alpha.shape), Image.fromarray(alpha)))


def digit_on_paper(digits: Digits) -> Image.Image:
    """Return one digit as a photograph shows it: dark ink on gray paper, off the center."""
    ink = np.zeros((360, 440))
    ink[90 : 90 + SIDE, 120 : 120 + SIDE] = pen_strokes(digits[5 % len(digits)])
    return _photographed(ink)


def digits_on_paper(digits: Digits) -> Image.Image:
    """Return a sheet with lines of the digits in dark ink on gray paper."""
    ink = np.zeros((CELL * len(ROWS), CELL * max(map(len, ROWS))))
    for row, places in enumerate(ROWS):
        for column, place in enumerate(places):
            there = np.s_[row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL]
            ink[there] = pen_strokes(digits[place % len(digits)], CELL)
    return _photographed(np.pad(ink, CELL // 4))


def _photographed(ink: NDArray[np.float64]) -> Image.Image:
    """Put ink on paper that light falls on from one side."""
    light = np.linspace(1, 0.85, ink.shape[1])
    pixels = (PAPER * (1 - ink) + INK * ink) * light
    return Image.fromarray(np.rint(pixels).astype(np.uint8))
