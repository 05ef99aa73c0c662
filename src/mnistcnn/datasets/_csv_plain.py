"""The fast path for tables whose cells are all numbers of one to three digits."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["plain_cells"]

_ZERO, _LINE_END = ord("0"), ord("\n")
_MAX_DIGITS = 3


def plain_cells(text: str, separator: str, n_columns: int) -> NDArray[np.uint16] | None:
    r"""Return the numbers of whole lines; None where any cell is not one of one to three digits.

    It compares and adds whole arrays of bytes, in about a third of the time of a parser that
    looks at one cell after the other.

    Parameters
    ----------
    text : str
        Lines, the last of which may lack its end.
    separator : str
        A single character.
    n_columns : int
        The number of cells in each line.

    Examples
    --------
    >>> from mnistcnn.datasets._csv_plain import plain_cells
    >>> plain_cells("7,0,255\n3,12,0\n", ",", 3)
    array([[  7,   0, 255],
           [  3,  12,   0]], dtype=uint16)
    >>> plain_cells("7,0,-1\n", ",", 3)
    """
    if not text.isascii():
        return None
    content = text.encode("ascii")
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n")
    codes = np.frombuffer(content if content.endswith(b"\n") else content + b"\n", np.uint8)
    # Below zero an unsigned byte goes on from 255, so that one comparison has both bounds.
    digits = codes - np.uint8(_ZERO)
    ends = np.flatnonzero(digits > 9)
    if len(ends) % n_columns:
        return None
    n_digits = np.diff(ends, prepend=-1) - 1
    of_line = codes[ends].reshape(-1, n_columns)
    if (
        n_digits.min() < 1
        or n_digits.max() > _MAX_DIGITS
        or (of_line[:, :-1] != ord(separator)).any()
        or (of_line[:, -1] != _LINE_END).any()
    ):
        return None
    numbers = digits[ends - 1].astype(np.uint16)
    for place in range(1, _MAX_DIGITS):
        higher = np.flatnonzero(n_digits > place)
        # NumPy 1 would multiply bytes by a small number as bytes.
        numbers[higher] += digits[ends[higher] - 1 - place].astype(np.uint16) * 10**place
    return numbers.reshape(-1, n_columns)
