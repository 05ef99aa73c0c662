"""Recognizes Kaggle's EMNIST tables by name and missing header, and sets their images upright."""

import os
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcnn._types import Path
from mnistcnn.datasets._catalogue import EMNIST, SIDE, DataSet
from mnistcnn.datasets._csv import has_header, read_digit_table
from mnistcnn.datasets._csv_columns import N_PIXELS, LabelColumn

__all__ = ["as_stored", "emnist_of", "read_upright_table", "transpose_images"]

# Few enough images that the copy of them takes next to no memory.
BLOCK = 4096


def emnist_of(path: Path) -> DataSet | None:
    """Return the split of EMNIST whose table on Kaggle a file is; None if it is none of them.

    Kaggle's tables have no header. A file of the same name with one was written from a DataFrame,
    such as that of `fetch_emnist`, whose images are upright.

    Raises
    ------
    OSError
        If the file has such a name and cannot be opened.
    ValueError
        If it has such a name and its first line cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from mnistcnn.datasets._emnist_tables import emnist_of
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "emnist-letters-train.csv")
    ...     _ = path.write_text("23,0,0")
    ...     emnist_of(path).n_classes
    26
    >>> emnist_of("train.csv") is None
    True
    """
    stem, dot, _ = os.path.basename(os.fspath(path)).lower().partition(".csv")
    named = (data for data in EMNIST.values() if dot and stem in data.tables.values())
    data = next(named, None)
    return None if data is None or has_header(path) else data


def as_stored(path: Path, data: DataSet) -> DataSet:
    """Return how a file stores a data set: with a header, a table of EMNIST as it was fetched.

    Parameters
    ----------
    path : str or path-like
        The file: a table, or in another form.
    data : DataSet
        What is stored in it.
    """
    is_table = ".csv" in os.path.basename(os.fspath(path)).lower()
    if not data.is_transposed or not is_table or not has_header(path):
        return data
    return replace(data, is_transposed=False, first_label=0)


def read_upright_table(
    path: Path, label: LabelColumn | None
) -> tuple[NDArray[np.uint8], NDArray[np.int64] | None]:
    """Read a table of digits, one of EMNIST as `fetch_emnist` does: upright, with labels from 0.

    Parameters
    ----------
    path : str or path-like
        The file.
    label : LabelColumn, or None
        As in `read_digit_table`.

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
        As `read_digit_table`, also for labels that the split of EMNIST does not have.
    """
    data = emnist_of(path)
    if data is None:
        return read_digit_table(path, label)
    pixels, labels = read_digit_table(path, _of_classes(label, data))
    images = pixels.reshape(-1, SIDE, SIDE)
    transpose_images(images)
    return images.reshape(-1, N_PIXELS), None if labels is None else labels - data.first_label


def _of_classes(label: LabelColumn | None, data: DataSet) -> LabelColumn | None:
    if label is None:
        return None
    lowest, highest = data.first_label, data.first_label + data.n_classes - 1
    return replace(label, lowest=max(label.lowest, lowest), highest=min(label.highest, highest))


def transpose_images(images: NDArray[Any]) -> None:
    """Exchange rows and columns in the memory that the images have."""
    for start in range(0, len(images), BLOCK):
        block = images[start : start + BLOCK]
        block[...] = block.transpose(0, 2, 1).copy()
