"""Reads digits from text files with one image per line: 784 pixels, and a label among them."""

import csv
import io
import os
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from mnistcnn._types import Path
from mnistcnn.datasets._csv_columns import (
    LABELS,
    N_PIXELS,
    Columns,
    LabelColumn,
    columns_of,
    is_header,
)
from mnistcnn.datasets._csv_plain import plain_cells
from mnistcnn.datasets._image_numbers import Misplaced, first_misplaced
from mnistcnn.datasets._opening import as_value_error, open_file, unpacked
from mnistcnn.preprocessing import callers_level

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Lines", "cells_of", "has_header", "label_column", "misplaced_image", "open_lines",
           "read_digit_table", "separator_of"]  # fmt: skip

# Small enough that the arrays of one piece stay in the processor's cache.
CHARACTERS_A_PIECE = 1 << 20
# 785 numbers of 25 characters are 20,000; a line without an end would fill the memory.
_MAX_LINE_LENGTH = 1 << 18
_SEPARATORS = ",;\t"
_WANTED = "a table of digits"

_WHITE = 255

Table = tuple[NDArray[np.uint8], NDArray[np.int64] | None]
# Some lines of a table; without labels their array is empty.
Part = tuple[NDArray[np.uint8], NDArray[np.int64]]


class Lines:
    """A text file, read by line or in pieces; lines that are too long are refused."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._start = ""
        self._open_length = 0
        self.n_taken = 0

    def take(self) -> str:
        """Take the next line that is not blank; an empty string at the end."""
        while line := self._text.readline(_MAX_LINE_LENGTH):
            self._check(line)
            self.n_taken += 1
            if line.strip():
                return line
        return ""

    def take_piece(self) -> str:
        """Take many whole lines; an empty string at the end."""
        piece, self._start = self._start or self._text.read(CHARACTERS_A_PIECE), ""
        self._check(piece)
        if not piece.endswith("\n"):
            rest = self._text.readline(_MAX_LINE_LENGTH)
            self._check(rest)
            piece += rest
        self.n_taken += piece.count("\n")
        if "\r" in piece:
            self.n_taken += piece.count("\r") - piece.count("\r\n")
        return piece

    def put_back(self, line: str) -> None:
        """Give the line again that was taken last."""
        self._start = line
        self.n_taken -= 1

    def __iter__(self) -> Iterator[str]:
        return iter(self.take, "")

    def _check(self, piece: str) -> None:
        last_end = max(piece.rfind("\n"), piece.rfind("\r"))
        self._open_length = len(piece) - 1 - last_end + (self._open_length if last_end < 0 else 0)
        if self._open_length >= _MAX_LINE_LENGTH:
            raise ValueError(f"it has a line of more than {_MAX_LINE_LENGTH:,} characters.")


def read_digit_table(path: Path, label: LabelColumn | None) -> Table:
    """Read images and their labels, block by block, so that memory holds each pixel once.

    It warns of images without labels that lie in another order than their column ``ImageId`` says:
    that is left out, and a submission numbers predictions line by line.

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
            lines = open_lines(file)
            first = lines.take()
            separator = separator_of(first)
            cells = cells_of(first, separator)
        if not first:
            raise ValueError(f"{name} is empty: it must hold lines of digits.")
        columns = columns_of(cells, label, name)
        named = is_header(cells)
        _go_to_digits(lines, first, separator, name, skip_first=named)
        table = _read(lines, separator, columns, label, name)
    if not named and label is not None:
        _refuse_labels_at_the_end(table, name)
    if label is None:
        _warn_of_order(path, columns)
    return table


def has_header(path: Path) -> bool:
    """Say whether a table's first line names its columns.

    Raises
    ------
    OSError
        If there is no such file, or it is not a regular one.
    ValueError
        If its first line cannot be read.
    """
    return is_header(_cells_of_first_line(path))


def label_column(path: Path) -> str | None:
    """Return the name of a table's column of labels; None where it has none.

    Raises
    ------
    OSError
        If there is no such file, or it is not a regular one.
    ValueError
        If its first line cannot be read.
    """
    return _named_labels(_cells_of_first_line(path))


def misplaced_image(path: Path) -> Misplaced | None:
    """Return a table's first image that is not where its columns of numbers say; None if none is.

    Raises
    ------
    OSError
        If there is no such file, or it is not a regular one.
    ValueError
        If its first line cannot be read, or names columns that are wrong or ambiguous.
    """
    cells = _cells_of_first_line(path)
    label = None if _named_labels(cells) is None else LABELS
    columns = columns_of(cells, label, os.fspath(path))
    return _misplaced(path, columns, columns.identifiers)


def _cells_of_first_line(path: Path) -> list[str]:
    with open_file(path) as file, as_value_error(path, _WANTED):
        # A text that is dropped before its file is closed warns of the file.
        lines = open_lines(file)
        first = lines.take()
        return cells_of(first, separator_of(first))


def _named_labels(first: list[str]) -> str | None:
    """Return the name of the column of labels by a table's first line; None where it has none."""
    if not is_header(first):
        return LABELS.names[0] if len(first) > N_PIXELS else None
    return next((cell for cell in first if cell.lower() in LABELS.names), None)


def _misplaced(path: Path, columns: Columns, places: list[int]) -> Misplaced | None:
    if not places:
        return None
    with open_file(path) as file, as_value_error(path, _WANTED):
        lines = open_lines(file)
        separator, n_cells = separator_of(lines.take()), places[-1] + 1
        rows = ((lines.n_taken, _first_cells(line, separator, n_cells)) for line in lines)
        return first_misplaced(columns.names, places, rows)


def _first_cells(line: str, separator: str, n_cells: int) -> list[str]:
    """Return the first cells of a line; taking all its pixels apart takes time."""
    if '"' in line:
        return cells_of(line, separator)
    return [cell.strip() for cell in line.split(separator, n_cells)[:n_cells]]


def _warn_of_order(path: Path, columns: Columns) -> None:
    misplaced = _misplaced(path, columns, columns.image_ids)
    if misplaced is not None:
        warnings.warn(
            f"The column {misplaced.column} of {os.fspath(path)} is left out, but the images are "
            f"not in its order: {misplaced}. write_kaggle_submission numbers predictions line by "
            "line, from 1; sort the lines first.",
            UserWarning,
            stacklevel=callers_level(),
        )


def open_lines(file: BinaryIO) -> Lines:
    """Return the lines of a file's text, packed or not, with or without a byte-order mark."""
    # The parser sees the ends of lines as they are in the file.
    return Lines(io.TextIOWrapper(unpacked(file), encoding="utf-8-sig", newline=""))


def separator_of(line: str) -> str:
    """Return the separator of the cells of a line: a comma, a semicolon or a tab."""
    found = [separator for separator in _SEPARATORS if separator in line]
    if len(found) > 1:
        raise ValueError(
            f"its first line contains {' and '.join(map(repr, found))}; use a single separator."
        )
    return found[0] if found else ","


def cells_of(line: str, separator: str) -> list[str]:
    """Return the cells of a line, without quotes and blanks around them."""
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]


def _go_to_digits(lines: Lines, first: str, separator: str, name: str, *, skip_first: bool) -> None:
    """Go to the first line of numbers; the parser takes its length for that of all lines."""
    n_columns = len(cells_of(first, separator))
    with as_value_error(name, _WANTED):
        line = lines.take() if skip_first else first
        cells = cells_of(line, separator)
    if not line:
        raise ValueError(f"{name} is empty: it must hold lines of digits.")
    _check_length(len(cells), n_columns, lines.n_taken, name)
    lines.put_back(line)


def _read(
    lines: Lines, separator: str, columns: Columns, label: LabelColumn | None, name: str
) -> Table:
    parts = []
    n_before = lines.n_taken
    while piece := _taken(lines, name):
        part = _read_plain(piece, separator, columns, label)
        if part is None:
            block = _cells_by_line(piece, n_before, separator, columns, name)
            part = _read_block(block, columns, label, name)
        parts.append(part)
        n_before = lines.n_taken
    pixels, labels = zip(*parts, strict=True)
    return np.concatenate(pixels), None if label is None else np.concatenate(labels)


def _taken(lines: Lines, name: str) -> str:
    with as_value_error(name, _WANTED):
        return lines.take_piece()


def _read_plain(
    piece: str, separator: str, columns: Columns, label: LabelColumn | None
) -> Part | None:
    """Read lines of whole numbers in their ranges; None where anything else is among them."""
    cells = plain_cells(piece, separator, len(columns.names))
    if cells is None:
        return None
    pixels = cells[:, columns.pixels]
    labels = np.zeros(0, np.int64)
    if label is not None:
        labels = cells[:, columns.label].astype(np.int64)
        if labels.min() < label.lowest or labels.max() > label.highest:
            return None
    return None if pixels.max() > _WHITE else (pixels.astype(np.uint8), labels)


def _read_block(
    block: "pd.DataFrame", columns: Columns, label: LabelColumn | None, name: str
) -> Part:
    pixels = _integers(name, block.iloc[:, columns.pixels], 0, _WHITE)
    labels = np.zeros(0)
    if label is not None and columns.label is not None:
        column = block.iloc[:, [columns.label]]
        labels = _integers(name, column, label.lowest, label.highest).ravel()
    return pixels.astype(np.uint8), labels.astype(np.int64)


def _cells_by_line(
    piece: str, n_before: int, separator: str, columns: Columns, name: str
) -> "pd.DataFrame":
    """Return the cells of lines that are not blank, under their columns and line numbers."""
    import pandas as pd

    # Every form of line end ends one.
    numbered = enumerate(io.StringIO(piece, newline=None), start=n_before + 1)
    lines = {number: line for number, line in numbered if line.strip()}
    for number, line in lines.items():
        _check_length(len(cells_of(line, separator)), len(columns.names), number, name)
    if not lines:
        return pd.DataFrame(columns=columns.names, dtype=np.int64)
    with as_value_error(name, _WANTED):
        block = pd.read_csv(
            io.StringIO("".join(lines.values())), sep=separator, header=None, low_memory=False
        )
    block.columns = pd.Index(columns.names)
    block.index = pd.Index(list(lines))
    return block


def _check_length(n_cells: int, n_columns: int, line: int, name: str) -> None:
    if n_cells != n_columns:
        raise ValueError(
            f"{name} must have {n_columns} cells in each line, got {n_cells} in line {line}."
        )


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
