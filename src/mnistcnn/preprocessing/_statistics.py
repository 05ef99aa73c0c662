"""Computes the mean and deviation of pixels in one pass, without a float copy of all."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

PIXELS_A_BLOCK = 1 << 20


def pixel_statistics(
    pixels: NDArray[Any], rows: NDArray[np.integer[Any]] | None = None
) -> tuple[float, float]:
    """Return the mean and the standard deviation of the pixels in some rows, or in all.

    The same values give the same bits, whatever their dtype: each block is taken to float64 first.
    The deviation is 1.0 where all pixels are the same.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.preprocessing._statistics import pixel_statistics
    >>> pixel_statistics(np.array([[0, 2], [4, 2]], dtype=np.uint8))
    (2.0, 1.4142135623730951)
    """
    n_rows = len(pixels) if rows is None else len(rows)
    count = n_rows * pixels[0].size
    # Sums of squares lose digits far from zero, so they are taken around a pixel of the data.
    origin = float(pixels.flat[0])
    total = total_of_squares = 0.0
    for block in _blocks(pixels, rows):
        total += block.sum()
        block -= origin
        total_of_squares += np.dot(block, block)
    mean = total / count
    variance = total_of_squares / count - (mean - origin) ** 2
    return float(mean), float(np.sqrt(variance)) if variance > 0 else 1.0


def _blocks(
    pixels: NDArray[Any], rows: NDArray[np.integer[Any]] | None
) -> Iterator[NDArray[np.float64]]:
    n_rows = len(pixels) if rows is None else len(rows)
    step = max(1, PIXELS_A_BLOCK // pixels[0].size)
    for start in range(0, n_rows, step):
        chosen = slice(start, start + step)
        part = pixels[chosen] if rows is None else pixels[rows[chosen]]
        yield part.astype(np.float64, order="C").ravel()
