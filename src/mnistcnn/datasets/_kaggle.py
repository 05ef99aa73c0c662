"""The files of Kaggle's competition "Digit Recognizer"."""

import os
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils._param_validation import validate_params

from mnistcnn._files import replaced_at_the_end
from mnistcnn.datasets._bunch import TARGET_NAME, digits_result
from mnistcnn.datasets._csv import read_digit_lines, read_first_line

__all__ = ["read_kaggle_csv", "write_kaggle_submission"]

SIDE = 28


@validate_params(
    {
        "path": [str, os.PathLike],
        "target": [str, None],
        "return_X_y": ["boolean"],
        "as_frame": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)  # type: ignore[untyped-decorator]
def read_kaggle_csv(
    path: str | os.PathLike[str],
    *,
    target: str | None = TARGET_NAME,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    """Read digits from a CSV file in the form of Kaggle's "Digit Recognizer" [1]_.

    The first line names the columns: 784 of pixels, in reading order, and one of labels anywhere
    among them.

    Parameters
    ----------
    path : str or path-like
        The file, packed or not in any way that pandas unpacks.
    target : str or None, default="label"
        The name of the column of labels. None reads a file without labels, as Kaggle's
        ``test.csv`` is.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Whether `data` is a DataFrame and `target` a Series.

    Returns
    -------
    :class:`~sklearn.utils.Bunch` or tuple
        ``(data, target)`` if `return_X_y`, otherwise a Bunch with

        data : ndarray or DataFrame of shape (n, 784), dtype uint8
            One picture a row, 0 (ground) to 255 (ink); columns ``pixel0`` to ``pixel783``.
        target : ndarray or Series of shape (n,), dtype int64, or None
            The labels; the Series is named ``label``. None without labels.
        images : ndarray of shape (n, 28, 28), dtype uint8
            The same pixels in the same memory.
        frame : DataFrame, or None
            Data and target, if `as_frame`.
        feature_names : list of str
            The names of the columns of `data`.
        target_names : ndarray, or None
            The labels that occur.
        DESCR : str
            Where the digits come from.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty, lacks the column of labels, has another number of columns of pixels
        than 784, or holds text, gaps, or pixels that are no whole numbers from 0 to 255.

    See Also
    --------
    write_kaggle_submission : Writes predictions as Kaggle wants them.

    References
    ----------
    .. [1] https://www.kaggle.com/competitions/digit-recognizer/data

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from mnistcnn import load_sample_digits, read_kaggle_csv
    >>> frame = load_sample_digits(as_frame=True).frame.head(10)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "train.csv"
    ...     frame.to_csv(path, index=False)
    ...     digits = read_kaggle_csv(path)
    >>> digits.images.shape, digits.target
    ((10, 28, 28), array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
    """
    columns = read_first_line(path)
    pixels, labels = read_digit_lines(
        path, columns, target=_place_of(target, columns, path), n_header_lines=1
    )
    return digits_result(
        pixels.reshape(-1, SIDE, SIDE),
        labels,
        description=f"{len(pixels):,} digits read from {os.fspath(path)}.",
        return_X_y=return_X_y,
        as_frame=as_frame,
    )


def write_kaggle_submission(path: str | os.PathLike[str], predictions: ArrayLike) -> None:
    """Write predicted digits as Kaggle's "Digit Recognizer" wants them.

    The file has the columns ``ImageId``, counted from 1, and ``Label``; it takes the place of an
    older one only when it is whole.

    Parameters
    ----------
    path : str or path-like
        Where to write, in a folder that exists.
    predictions : array-like of shape (n,), integer
        The predicted digit of each picture, in the order of ``test.csv``.

    Raises
    ------
    ValueError
        If the predictions are no integers, not one-dimensional, or none at all.

    See Also
    --------
    read_kaggle_csv : Reads Kaggle's ``train.csv`` and ``test.csv``.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from mnistcnn import write_kaggle_submission
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "submission.csv"
    ...     write_kaggle_submission(path, [2, 0, 9])
    ...     print(path.read_text(), end="")
    ImageId,Label
    1,2
    2,0
    3,9
    """
    labels = np.asarray(predictions)
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or not len(labels):
        raise ValueError(
            "predictions must be a one-dimensional array of at least one integer, got an array "
            f"of shape {labels.shape} and dtype {labels.dtype}."
        )
    lines = [f"{image_id},{label}" for image_id, label in enumerate(labels.tolist(), start=1)]
    with replaced_at_the_end(path) as temporary:
        content = "\n".join(["ImageId,Label", *lines, ""])
        temporary.write_text(content, encoding="utf-8", newline="\n")


def _place_of(target: str | None, columns: list[str], path: str | os.PathLike[str]) -> int | None:
    if columns[0].isdigit():
        raise ValueError(
            f"{os.fspath(path)} must start with a line of column names, got {columns[0]!r} in it."
        )
    if target is None:
        return None
    if target not in columns:
        raise ValueError(
            f"{os.fspath(path)} must have a column {target!r}, got {len(columns)} columns: "
            f"{', '.join(columns[:3])[:60]} ... A file without labels is read with target=None."
        )
    return columns.index(target)
