"""What stands beside digits on paper and is none: letters, signs and scribbles."""

from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Images = NDArray[np.uint8]
Generator = np.random.Generator

SIDE = 40
# Those that nobody takes for a digit, and those that are told from one by their neighbors alone.
UNLIKE_DIGITS = "ACEFHJKLMNPQRTUVWXYadefhjkmnprtuwxy%&#@?+=*"
LIKE_DIGITS = "BDGIOSZbgiloqsz"
FONTS = ("DejaVuSans", "DejaVuSans-Oblique", "DejaVuSerif", "DejaVuSerif-Italic", "DejaVuSansMono")
SCRIBBLES = 0.3


def other_glyph(rng: Generator) -> Images:
    """Return a letter, a sign or a scribble that nobody takes for a digit.

    Parameters
    ----------
    rng : numpy Generator
        Chooses it.

    Returns
    -------
    ndarray of shape (40, 40), uint8
        Light ink on black.
    """
    if rng.random() < SCRIBBLES:
        return _scribble(rng)
    return _drawn(UNLIKE_DIGITS[rng.integers(len(UNLIKE_DIGITS))], _font(rng))


def word(n_letters: int, rng: Generator) -> Images:
    """Return letters of one font, those that alone would be digits among them.

    Parameters
    ----------
    n_letters : int
        How many.
    rng : numpy Generator
        Chooses them.

    Returns
    -------
    ndarray of shape (n_letters, 40, 40), uint8
        Light ink on black.
    """
    font = _font(rng)
    letters = [*filter(str.isalpha, UNLIKE_DIGITS), *LIKE_DIGITS]
    return np.stack([_drawn(letters[rng.integers(len(letters))], font) for _ in range(n_letters)])


def _scribble(rng: Generator) -> Images:
    canvas = Image.new("L", (SIDE, SIDE))
    points = rng.uniform(8, SIDE - 8, (int(rng.integers(4, 12)), 2))
    ImageDraw.Draw(canvas).line([(float(x), float(y)) for x, y in points], fill=255, width=3)
    return np.asarray(canvas)


def _drawn(letter: str, font: ImageFont.FreeTypeFont) -> Images:
    canvas = Image.new("L", (SIDE, SIDE))
    middle = (SIDE / 2, SIDE / 2)
    ImageDraw.Draw(canvas).text(middle, letter, fill=255, font=font, anchor="mm")
    return np.asarray(canvas)


def _font(rng: Generator) -> ImageFont.FreeTypeFont:
    return _loaded_font(FONTS[rng.integers(len(FONTS))], int(rng.integers(18, 28)))


@cache
def _loaded_font(name: str, size: int) -> ImageFont.FreeTypeFont:
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return ImageFont.truetype(folder / f"{name}.ttf", size)
