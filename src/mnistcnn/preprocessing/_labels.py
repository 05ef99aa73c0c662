"""Refuses labels in a form that only Keras accepts, such as one-hot rows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import column_or_1d

from mnistcnn._types import Images, Labels
from mnistcnn.preprocessing._containers import check_in_memory

__all__ = ["check_one_label_each", "one_label_each"]


def one_label_each(X: Images, y: Labels) -> NDArray[Any]:
    """Return the labels of images in memory as an array of one dimension.

    Examples
    --------
    >>> from mnistcnn.preprocessing._labels import one_label_each
    >>> one_label_each([[0, 255], [255, 0]], [3, 8])
    array([3, 8])
    """
    check_in_memory(X)
    check_one_label_each(y)
    labels: NDArray[Any] = column_or_1d(y, warn=True)
    return labels


def check_one_label_each(y: Labels) -> None:
    """Refuse one-hot labels, and labels that are not in memory, with what to pass instead.

    Examples
    --------
    >>> from mnistcnn.preprocessing._labels import check_one_label_each
    >>> check_one_label_each([[0, 1], [1, 0]])
    Traceback (most recent call last):
        ...
    ValueError: y must hold one label per image, got one-hot rows of shape (2, 2); pass
    numpy.argmax(y, axis=1).
    """
    check_in_memory(y, "y")
    try:
        rows = np.asarray(y)
    except ValueError:  # rows of different lengths, which scikit-learn's own check names
        return
    if rows.ndim == 2 and rows.shape[1] > 1 and _is_one_hot(rows):
        raise ValueError(
            f"y must hold one label per image, got one-hot rows of shape {rows.shape}; pass "
            "numpy.argmax(y, axis=1)."
        )


def _is_one_hot(rows: NDArray[Any]) -> bool:
    if rows.dtype.kind not in "buif":
        return False
    are_alone = np.count_nonzero(rows, axis=1) == 1
    return bool(are_alone.all() and (rows.max(axis=1) == 1).all())
