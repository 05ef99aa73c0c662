"""Tables of digits in text files: one image a line, a label among 784 pixels."""

import csv
import io
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from mnistcnn._types import Path
from mnistcnn.datasets._csv_columns import LABELS, SIDE, Columns, LabelColumn, columns_of, is_header
from mnistcnn.datasets._opening import as_value_error, open_file, unpacked

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["label_column", "read_digit_table"]

LINES_A_BLOCK = 2048
# 785 numbers of 25 characters are 20,000; a line without an end would fill the memory.
_LONGEST_LINE = 1 << 18
_SEPARATORS = ",;\t"
# Beyond it, floats no longer hold every integer.
_LARGEST_LABEL = 2**53
_WANTED = "a table of digits"

Table = tuple[NDArray[np.uint8], NDArray[np.int64] | None]


class _Lines:
    """A text whose first lines were taken already, and none of whose lines is too long."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._start = ""
        self._open_length = 0
        self.n_taken = 0

    def take(self) -> str:
        """Take the next line that is not blank; an empty string at the end."""
        while line := self._text.readline(_LONGEST_LINE):
            self._check(line)
            self.n_taken += 1
            if line.strip():
                return line
        return ""

    def put_back(self, line: str) -> None:
        """Give the line again; for blank lines before it, the parser counts lines as we do."""
        self._start = "\n" * (self.n_taken - 1) + line

    def read(self, size: int = -1) -> str:
        """Read a piece, as the parser does."""
        start, self._start = self._start, ""
        piece = start or self._text.read(size)
        self._check(piece)
        return piece

    def __iter__(self) -> Iterator[str]:
        return iter(self.take, "")

    def _check(self, piece: str) -> None:
        last_end = max(piece.rfind("\n"), piece.rfind("\r"))
        self._open_length = len(piece) - 1 - last_end + (self._open_length if last_end < 0 else 0)
        if self._open_length >= _LONGEST_LINE:
            raise ValueError(f"it has a line of more than {_LONGEST_LINE:,} characters.")


def read_digit_table(path: Path, label: LabelColumn | None) -> Table:
    """Read images and their labels, block by block, so that memory holds each pixel once.

    Parameters
    ----------
    path : str or path-like
        The file: cells separated by commas, semicolons or tabs, with or without a line of column
        names, packed or not.
    label : LabelColumn, or None
        Which column holds the labels; None if none does.

    Returns
    -------
    pixels : ndarray of shape (n, 784), dtype uint8
        One image a row.
    target : ndarray of shape (n,), dtype int64, or None
        The labels.

    Raises
    ------
    OSError
        If there is no such file, or it is not a regular one.
    ValueError
        If columns are wrong or ambiguous, a line is longer or shorter, or a cell is not an integer
        in its range; the message names the file, line and column.
    """
    name = os.fspath(path)
    with open_file(path) as file:
        with as_value_error(path, _WANTED):
            lines = _opened(file)
            first = lines.take()
            separator = _separator(first)
            cells = _cells(first, separator)
        if not first:
            raise ValueError(f"{name} is empty: it must hold lines of digits.")
        columns = columns_of(cells, label, name)
        named = is_header(cells)
        _go_to_digits(lines, first, separator, name, skip_first=named)
        table = _read(lines, separator, columns, name)
    if not named and label is not None:
        _refuse_labels_at_the_end(table, name)
    return table


def label_column(path: Path) -> str | None:
    """Return the name of a table's column of labels; None where it has none.

    Raises
    ------
    OSError
        If there is no such file, or it is not a regular one.
    ValueError
        If its first line cannot be read.
    """
    with open_file(path) as file, as_value_error(path, _WANTED):
        first = _opened(file).take()
        cells = _cells(first, _separator(first))
    if not is_header(cells):
        return LABELS.names[0] if len(cells) > SIDE * SIDE else None
    return next((cell for cell in cells if cell.lower() in LABELS.names), None)


def _opened(file: BinaryIO) -> _Lines:
    # The parser sees the ends of lines as they are in the file.
    return _Lines(io.TextIOWrapper(unpacked(file), encoding="utf-8-sig", newline=""))


def _separator(line: str) -> str:
    found = [separator for separator in _SEPARATORS if separator in line]
    if len(found) > 1:
        raise ValueError(f"its first line holds {' and '.join(map(repr, found))}; separate by one.")
    return found[0] if found else ","


def _cells(line: str, separator: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]


def _go_to_digits(
    lines: _Lines, first: str, separator: str, name: str, *, skip_first: bool
) -> None:
    """Stand before the first line of numbers; the parser takes its length for that of all lines."""
    n_columns = len(_cells(first, separator))
    with as_value_error(name, _WANTED):
        line = lines.take() if skip_first else first
        cells = _cells(line, separator)
    if not line:
        raise ValueError(f"{name} is empty: it must hold lines of digits.")
    if len(cells) != n_columns:
        raise ValueError(
            f"{name} must have {n_columns} cells in each line, got {len(cells)} in line "
            f"{lines.n_taken}."
        )
    lines.put_back(line)


def _read(lines: _Lines, separator: str, columns: Columns, name: str) -> Table:
    pixels, labels = [], []
    for block in _blocks(lines, separator, columns, name):
        pixels.append(_integers(name, block.iloc[:, columns.pixels], 0, 255).astype(np.uint8))
        if columns.label is not None:
            label = block.iloc[:, [columns.label]]
            numbers = _integers(name, label, -_LARGEST_LABEL, _LARGEST_LABEL)
            labels.append(numbers.astype(np.int64))
    return np.concatenate(pixels), np.concatenate(labels).ravel() if labels else None


def _blocks(lines: _Lines, separator: str, columns: Columns, name: str) -> Iterator["pd.DataFrame"]:
    import pandas as pd

    n_before = lines.n_taken
    with (
        as_value_error(name, _WANTED),
        pd.read_csv(  # type: ignore[call-overload]
            lines, sep=separator, header=None, low_memory=False, chunksize=LINES_A_BLOCK
        ) as blocks,
    ):
        for block in blocks:
            block.columns = columns.names
            block.index += n_before
            yield block


def _integers(name: str, block: "pd.DataFrame", lowest: int, highest: int) -> NDArray[Any]:
    numbers = _numbers(block)
    allowed = (numbers >= lowest) & (numbers <= highest)
    if numbers.dtype.kind == "f":
        allowed &= np.floor(numbers) == numbers
    if not allowed.all():
        line, column = np.argwhere(~allowed)[0]
        raise ValueError(
            f"{name} must hold integers from {lowest} to {highest} here, got "
            f"{str(block.iat[line, column])[:60]!r} in line {block.index[line]}, column "
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


def _refuse_labels_at_the_end(table: Table, name: str) -> None:
    """Refuse a table without names whose last column looks like labels, not like an edge."""
    pixels, labels = table
    last = pixels[:, -1]
    if last.any() and (last.max() <= 9 or not np.any(labels)):
        raise ValueError(
            f"{name} has no line of column names, and its last column could hold the labels as "
            "well as its first one. Put a line of names first: label,pixel0,...,pixel783 in the "
            "order of the columns."
        )
