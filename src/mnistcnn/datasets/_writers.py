"""Reads the writer of each digit of MNIST, from a file beside the digits."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcnn.datasets._npz import read_npz_pair

__all__ = ["WRITERS_FILE", "read_writers"]

WRITERS_FILE = "writer-ids.npz"
# The columns of QMNIST's extended labels.
LABEL, WRITER = 0, 2


def read_writers(folder: Path, split: str, target: NDArray[Any]) -> NDArray[np.int64] | None:
    """Read the number of each digit's writer.

    Parameters
    ----------
    folder : Path
        The folder of the digits.
    split : {"train", "test"}
        Their split.
    target : ndarray of shape (n,)
        The labels of the digits, which the file must repeat.

    Returns
    -------
    ndarray of shape (n,), or None
        The numbers; None if the folder holds no such file.

    Raises
    ------
    ValueError
        If the file is damaged, or of other digits.
    """
    path = folder / WRITERS_FILE
    if not path.exists():
        return None
    rows = dict(zip(("train", "test"), read_npz_pair(path, ("train", "test")), strict=True))[split]
    if rows.ndim != 2 or rows.shape[1] <= WRITER or rows.dtype.kind not in "iu":
        raise ValueError(
            f"{path} must hold QMNIST's rows of 8 integers, got shape {rows.shape} and dtype "
            f"{rows.dtype}."
        )
    # QMNIST goes on after MNIST's own test digits.
    rows = rows[: len(target)]
    if not np.array_equal(rows[:, LABEL], target):
        raise ValueError(f"{path} must be of MNIST's {split} digits, got other labels than theirs.")
    return rows[:, WRITER].astype(np.int64)
