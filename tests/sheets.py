"""Sheets of digits whose places are known: what `find_digits` is tested on."""

import numpy as np
from PIL import Image

PAPER, INK = 0.92, 0.15


def ink_of(digit, height):
    """Return a digit of 28x28 pixels as ink from 0 to 1, so many pixels high."""
    rows, columns = (np.flatnonzero((digit > 60).any(axis=axis)) for axis in (1, 0))
    tight = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    width = max(2, round(height * tight.shape[1] / tight.shape[0]))
    enlarged = Image.fromarray(tight).resize((width, height), Image.Resampling.BICUBIC)
    # Enlarged softly, then made as sharp as a pen.
    return np.clip((np.asarray(enlarged) / 255 - 0.3) / 0.4, 0, 1)


def sheet_of(rows_of_digits, height, *, seed=0, gap=0.7, jitter=0.0, slope=0.0, margin=1.0):
    """Lay rows of digits (28x28) out; return the ink (h, w) and the boxes in reading order."""
    random = np.random.default_rng(seed)
    pitch_x, pitch_y = height * (1 + gap), height * (1.6 + gap / 2)
    n_columns = max(map(len, rows_of_digits))
    border = margin * height
    drop = slope * n_columns * pitch_x
    size_x = round(2 * border + n_columns * pitch_x + height)
    size_y = round(2 * border + len(rows_of_digits) * pitch_y + abs(drop))
    ink, boxes = np.zeros((size_y, size_x)), []
    for row, digits in enumerate(rows_of_digits):
        for column, digit in enumerate(digits):
            strokes = ink_of(digit, max(8, round(height * random.uniform(1 - jitter, 1))))
            shift_x, shift_y = jitter * height * random.uniform(-0.5, 0.5, 2)
            x = round(border + column * pitch_x + shift_x + height * 0.25)
            y = border + row * pitch_y + shift_y + max(-drop, 0) + slope * column * pitch_x
            y = max(0, round(y))
            part = ink[y : y + strokes.shape[0], x : x + strokes.shape[1]]
            np.maximum(part, strokes, out=part)
            boxes.append(box_of(strokes, x, y))
    return ink, boxes


def box_of(strokes, x, y):
    rows, columns = (np.flatnonzero((strokes > 0.5).any(axis=axis)) for axis in (1, 0))
    return (
        *(x + columns[0], y + rows[0]),
        *(columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1),
    )


def photographed(ink, *, seed=0, light=0.0, noise=0.0, rules=None, specks=0, dark=False):
    """Return the ink on paper (uint8): slanting light, ruled lines, grain and dust."""
    random = np.random.default_rng(seed)
    height, width = ink.shape
    paper = np.full(ink.shape, PAPER)
    if rules is not None:
        paper = np.minimum(paper, rules)
    for _ in range(specks):
        y, x = random.integers(0, height - 2), random.integers(0, width - 2)
        paper[y : y + 2, x : x + 2] = 0.3
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    lit = (paper * (1 - ink) + INK * ink) * (1 - light * (0.5 + 0.3 * x + 0.2 * y * y))
    gray = lit + noise * random.standard_normal(ink.shape)
    pixels = np.clip(np.rint(255 * gray), 0, 255).astype(np.uint8)
    return 255 - pixels if dark else pixels
