"""The files of Kaggle's competition "Digit Recognizer"."""

import os
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mnistcnn._safe_writing import replaced_at_the_end
from mnistcnn._scikit_learn import validate_params
from mnistcnn._types import Path
from mnistcnn.datasets._bunch import TARGET_NAME, digits_result
from mnistcnn.datasets._catalogue import SIDE
from mnistcnn.datasets._csv_columns import LabelColumn
from mnistcnn.datasets._emnist_tables import emnist_of, read_upright_table

__all__ = ["read_kaggle_csv", "write_kaggle_submission"]

HIGHEST_DIGIT = 9
_OTHERWISE = (
    "A column of labels with another name is read with target='its name', a file without labels "
    "with target=None."
)


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
    path: Path,
    *,
    target: str | None = TARGET_NAME,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    """Read digits from a CSV file in the form of Kaggle's "Digit Recognizer" [1]_.

    The first line names the columns: 784 pixels and one label, in any order. Numbered names
    (``pixel0`` to ``pixel783``, ``pixel1`` to ``pixel784``, ``1x1`` to ``28x28``) give the position
    of each pixel in the image; pixels with other names are in reading order. A column that numbers
    the lines (``id``, ``index`` or without a name) is left out. In a file without a line of names,
    the label is the first column. Files that these rules leave ambiguous are refused.

    Kaggle's tables of EMNIST, whose images are transposed, are recognized by their file names, such
    as ``emnist-letters-train.csv``, and by the missing line of names, and read as by
    :func:`fetch_emnist`: upright, with labels from 0, as indices into `target_names`. A file of
    that name with a line of names is read as it stands.

    Parameters
    ----------
    path : str or path-like
        The file, with cells separated by commas, semicolons or tabs; it may be compressed with
        gzip, bzip2, xz, zip or tar.
    target : str or None, default="label"
        The name of the column of labels, case-insensitive. None reads a file without labels, such
        as Kaggle's ``test.csv``.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Whether `data` is a DataFrame and `target` a Series.

    Returns
    -------
    :class:`~sklearn.utils.Bunch` or tuple
        ``(data, target)`` if `return_X_y`, otherwise a Bunch with

        data : ndarray or DataFrame of shape (n, 784), dtype uint8
            One image per row, 0 (background) to 255 (ink); columns ``pixel0`` to ``pixel783``.
        target : ndarray or Series of shape (n,), dtype int64, or None
            The labels; the Series is named ``label``. None without labels.
        images : ndarray of shape (n, 28, 28), dtype uint8
            The same pixels in the same memory.
        frame : DataFrame, or None
            Data and target, if `as_frame`.
        feature_names : list of str
            The names of the columns of `data`.
        target_names : ndarray, or None
            The labels that occur; of EMNIST, the character of each label.
        DESCR : str
            Where the digits come from.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty or damaged, has no column of labels, does not have exactly 784 columns
        of pixels, names a column twice, or contains text, missing values, or pixels that are not
        integers from 0 to 255.

    See Also
    --------
    write_kaggle_submission : Write predictions in Kaggle's form.

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
    emnist = emnist_of(path)
    label = None if target is None else LabelColumn((target,), _OTHERWISE)
    pixels, labels = read_upright_table(path, label)
    return digits_result(
        pixels.reshape(-1, SIDE, SIDE),
        labels,
        description=f"{len(pixels):,} digits read from {os.fspath(path)}.",
        return_X_y=return_X_y,
        as_frame=as_frame,
        target_names=emnist.target_names if emnist and labels is not None else None,
    )


def write_kaggle_submission(path: Path, predictions: ArrayLike, *, overwrite: bool = False) -> None:
    """Write predicted digits in the form of Kaggle's "Digit Recognizer".

    The file has the columns ``ImageId``, counted from 1, and ``Label``.

    Parameters
    ----------
    path : str or path-like
        Where to write, in an existing folder.
    predictions : array-like of shape (n,), integer
        The predicted digit of each image, in the order of ``test.csv``.
    overwrite : bool, default=False
        Whether to replace an existing file, once the new one is complete.

    Raises
    ------
    FileExistsError
        If the file is there, unless `overwrite`.
    ValueError
        If the predictions are not integers from 0 to 9, such as the label for images that a
        `RejectingClassifier` rejects, not one-dimensional, or empty.

    See Also
    --------
    read_kaggle_csv : Read Kaggle's ``train.csv`` and ``test.csv``.

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
    wrong = np.flatnonzero((labels < 0) | (labels > HIGHEST_DIGIT))
    if wrong.size:
        raise ValueError(
            f"predictions must be digits from 0 to {HIGHEST_DIGIT}, as Kaggle scores no others, "
            f"got {labels[wrong[0]]} in predictions[{wrong[0]}]."
        )
    lines = [f"{image_id},{label}" for image_id, label in enumerate(labels.tolist(), start=1)]
    with replaced_at_the_end(path, overwrite=overwrite) as temporary:
        content = "\n".join(["ImageId,Label", *lines, ""])
        temporary.write_text(content, encoding="utf-8", newline="\n")
