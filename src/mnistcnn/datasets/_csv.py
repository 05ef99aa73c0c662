"""Tables of digits in text files: one picture a line, a label among 784 pixels."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["N_PIXELS", "read_digit_lines", "read_first_line"]

N_PIXELS = 784
LINES_A_BLOCK = 2048


def read_first_line(path: str | os.PathLike[str]) -> list[str]:
    """Return the cells of a table's first line.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty or no text.
    """
    [first] = _blocks(path, nrows=1, chunksize=1, dtype=str, keep_default_na=False)
    return [str(cell) for cell in first.iloc[0]]


def read_digit_lines(
    path: str | os.PathLike[str],
    columns: list[str],
    *,
    target: int | None,
    n_header_lines: int,
) -> tuple[NDArray[np.uint8], NDArray[np.int64] | None]:
    """Read pictures and their labels, block by block, so that memory holds each pixel once.

    Parameters
    ----------
    path : str or path-like
        The file.
    columns : list of str
        The names of all columns, for messages.
    target : int, or None
        Which of the columns holds the labels; None if none does.
    n_header_lines : int
        How many lines come before the digits.

    Returns
    -------
    pixels : ndarray of shape (n, 784), dtype uint8
        One picture a row.
    target : ndarray of shape (n,), dtype int64, or None
        The labels.

    Raises
    ------
    ValueError
        If the number of columns is wrong, a line is longer or shorter, or a cell is no whole
        number in its range; the message names file, line and column.
    """
    places = [place for place in range(len(columns)) if place != target]
    if len(places) != N_PIXELS:
        raise ValueError(
            f"{os.fspath(path)} must have {N_PIXELS} columns of pixels, got {len(places)}."
        )
    pixels, labels = [], []
    for block in _named_blocks(path, columns, n_header_lines):
        pixels.append(_whole_numbers(path, block.iloc[:, places], 0, 255).astype(np.uint8))
        if target is not None:
            label = block.iloc[:, [target]]
            labels.append(_whole_numbers(path, label, -(2**63), 2**63 - 1).astype(np.int64))
    return np.concatenate(pixels), np.concatenate(labels).ravel() if labels else None


def _named_blocks(
    path: str | os.PathLike[str], columns: list[str], n_header_lines: int
) -> Iterator["pd.DataFrame"]:
    for block in _blocks(path, skiprows=n_header_lines, chunksize=LINES_A_BLOCK):
        if block.shape[1] != len(columns):
            raise ValueError(
                f"{os.fspath(path)} must have {len(columns)} cells in each line, got "
                f"{block.shape[1]} in line {n_header_lines + 1}."
            )
        block.columns = columns
        block.index += n_header_lines + 1
        yield block


def _blocks(path: str | os.PathLike[str], **options: Any) -> Iterator["pd.DataFrame"]:
    import pandas as pd

    try:
        with pd.read_csv(path, header=None, low_memory=False, **options) as blocks:
            yield from blocks
    except pd.errors.EmptyDataError as error:
        raise ValueError(f"{os.fspath(path)} is empty: it must hold lines of digits.") from error
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise ValueError(f"{os.fspath(path)} is not a table of digits: {error}") from error


def _whole_numbers(
    path: str | os.PathLike[str], block: "pd.DataFrame", lowest: int, highest: int
) -> NDArray[Any]:
    numbers = _numbers(block)
    allowed = (numbers >= lowest) & (numbers <= highest)
    if numbers.dtype.kind == "f":
        allowed &= np.floor(numbers) == numbers
    if not allowed.all():
        line, column = np.argwhere(~allowed)[0]
        raise ValueError(
            f"{os.fspath(path)} must hold whole numbers from {lowest} to {highest} here, got "
            f"{str(block.iat[line, column])!r} in line {block.index[line]}, column "
            f"{block.columns[column]!r}."
        )
    return numbers


def _numbers(block: "pd.DataFrame") -> NDArray[Any]:
    """Return the cells as numbers, those that are none as NaN."""
    import pandas as pd

    if all(dtype.kind in "iuf" for dtype in block.dtypes):
        return block.to_numpy()
    # pandas takes True for a number unless it is spelled out.
    numbers = block.astype(str).apply(pd.to_numeric, errors="coerce")
    return np.asarray(numbers, dtype=np.float64)
