"""The two files of Kaggle's "Digit Recognizer", checked against each other."""

import os
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mnistcnn._types import Path
from mnistcnn.datasets._csv import (
    cells_of,
    label_column,
    misplaced_image,
    open_lines,
    separator_of,
)
from mnistcnn.datasets._csv_columns import LABELS
from mnistcnn.datasets._emnist_tables import read_upright_table
from mnistcnn.datasets._opening import as_value_error, open_file

__all__ = ["fault_in_order", "read_digit_recognizer"]

Data = tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.uint8]]

DIGITS = replace(LABELS, lowest=0, highest=9)
# Of a submission, whatever their case.
COLUMNS = ["imageid", "label"]


def read_digit_recognizer(
    train: Path, test: Path, *, sample_submission: Path | None = None
) -> Data:
    """Read the labeled and the unlabeled digits of the competition.

    Parameters
    ----------
    train : str or path-like
        A file as `read_kaggle_csv` takes it, with the labels 0 to 9.
    test : str or path-like
        Such a file without labels. Where a column ``ImageId`` numbers its images, they must lie in
        that order, counted from 0 or 1; those that a column ``id`` numbers may count from any
        number. The numbers of lines in an index of pandas, or a column ``index`` or ``row``, may
        have gaps and begin again, but must not fall otherwise.
    sample_submission : str, path-like or None, default=None
        A file with the columns ``ImageId`` and ``Label``, whose lines are counted.

    Returns
    -------
    X : ndarray of shape (n, 784), dtype uint8
        The training images.
    y : ndarray of shape (n,), dtype int64
        Their labels.
    X_test : ndarray of shape (m, 784), dtype uint8
        The images to predict.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If a file is damaged or not of this form, the same file was given twice, the files were
        exchanged, the lines of the test file are in another order than its numbers, or the sample
        submission has another number of lines than the test file images.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from mnistcnn import load_sample_digits
    >>> from mnistcnn.datasets import read_digit_recognizer
    >>> digits = load_sample_digits(as_frame=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     train, test = Path(folder, "train.csv"), Path(folder, "test.csv")
    ...     digits.frame.head(5).to_csv(train, index=False)
    ...     digits.data.tail(3).to_csv(test, index=False)
    ...     X, y, X_test = read_digit_recognizer(train, test)
    >>> X.shape, y, X_test.shape
    ((5, 784), array([0, 1, 2, 3, 4]), (3, 784))
    """
    _check_are_two(train, test)
    _check_labels(train, test)
    n_predictions = None if sample_submission is None else _count_predictions(sample_submission)
    fault = fault_in_order(test)
    if fault is not None:
        raise ValueError(fault)
    X_test, _ = read_upright_table(test, None)
    if sample_submission is not None and n_predictions != len(X_test):
        raise ValueError(
            f"{os.fspath(test)} must hold as many images as {os.fspath(sample_submission)} has "
            f"predictions, got {len(X_test):,} images and {n_predictions:,} predictions: one of "
            "the two is truncated or belongs to other data."
        )
    X, y = read_upright_table(train, DIGITS)
    assert y is not None
    return X, y, X_test


def _check_are_two(train: Path, test: Path) -> None:
    places = [os.path.expanduser(path) for path in (train, test)]
    if all(map(os.path.exists, places)) and os.path.samefile(*places):
        raise ValueError(
            f"The training and the test file must be different, got {os.fspath(test)} twice."
        )


def _check_labels(train: Path, test: Path) -> None:
    """Check by the first lines alone which file has labels."""
    of_train, of_test = label_column(train), label_column(test)
    names = os.fspath(train), os.fspath(test)
    if of_train is None and of_test is not None:
        raise ValueError(
            f"The training file must have labels and the test file none, got {names[0]} without "
            f"and {names[1]} with a column {of_test!r}: swap the two files."
        )
    if of_test is not None:
        raise ValueError(
            f"The test file must have no labels, got {names[1]} with a column {of_test!r}: give "
            "the file whose labels are to be predicted, or remove the column."
        )


def fault_in_order(path: Path) -> str | None:
    """Describe where the order of a file's images differs from its numbers; None if nowhere.

    Parameters
    ----------
    path : str or path-like
        A file as `read_kaggle_csv` takes it, with or without labels.

    Raises
    ------
    OSError
        If there is no such file, or it is not a regular one.
    ValueError
        If its first line cannot be read, or names columns that are wrong or ambiguous.
    """
    misplaced = misplaced_image(path)
    if misplaced is None:
        return None
    return (
        f"{os.fspath(path)} is not in order: its {misplaced}; a submission numbers the images line "
        "by line, from 1. Sort the lines, or remove the column if it numbers something else."
    )


def _count_predictions(path: Path) -> int:
    """Return the number of predictions in a submission, whose images count from 1."""
    with open_file(path) as file, as_value_error(path, "a sample submission"):
        lines = open_lines(file)
        header = lines.take()
        separator = separator_of(header)
        names = cells_of(header, separator)
        if [name.casefold() for name in names] != COLUMNS:
            raise ValueError(f"its first line must be ImageId,Label, got {header.strip()[:60]!r}.")
        n_predictions = 0
        for n_predictions, line in enumerate(lines, start=1):
            cells = cells_of(line, separator)
            if len(cells) != len(COLUMNS) or cells[0] != str(n_predictions):
                raise ValueError(
                    f"its line {lines.n_taken} must be {n_predictions},Label, got "
                    f"{line.strip()[:60]!r}."
                )
    return n_predictions
