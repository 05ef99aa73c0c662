"""Refuses labels in a form that only Keras accepts, missing labels, and those of no clear kind."""

from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import column_or_1d

from mnistcnn._types import Images, Labels
from mnistcnn.preprocessing._containers import check_in_memory

__all__ = ["check_kind_of_labels", "check_one_label_each", "labels_to_learn", "one_label_each"]

# By the kind of all labels: the dtype that an array of objects becomes. True is an integer, too.
_DTYPES = ((bool | np.bool_, "bool"), (Integral, "int"), (Real, "float"), (str | Real, "str"))


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


def labels_to_learn(X: Images, y: Labels) -> NDArray[Any]:
    """Return the labels of images to train on, none of which may be missing or of no clear kind.

    Examples
    --------
    >>> from mnistcnn.preprocessing._labels import labels_to_learn
    >>> labels_to_learn([[0, 255], [255, 0]], [3, None])
    Traceback (most recent call last):
        ...
    ValueError: y must hold no missing labels, got None in row 1.
    """
    check_in_memory(X)
    check_one_label_each(y)
    check_kind_of_labels(y)
    return one_label_each(X, y)


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


def check_kind_of_labels(y: Labels, name: str = "y") -> None:
    """Refuse missing labels, and an array of objects that are not all strings.

    scikit-learn takes the latter for a regression target. The message calls them by their name.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.preprocessing._labels import check_kind_of_labels
    >>> check_kind_of_labels(np.array(["a", "b"], dtype=object))
    >>> check_kind_of_labels(np.array([3, 4], dtype=object))
    Traceback (most recent call last):
        ...
    ValueError: Unknown label type: y must hold strings if it is an array of objects, got objects
    of type int; pass y.astype(int).
    """
    dtypes = list(getattr(y, "dtypes", ())) if hasattr(y, "columns") else []
    try:
        labels = np.asarray(y)
    except ValueError:  # rows of different lengths, which scikit-learn's own check names
        return
    if labels.dtype != object or not labels.ndim or labels.shape[1:] not in ((), (1,)):
        return
    labels = labels.ravel()
    _check_none_missing(labels, name)
    # pandas has dtypes of its own, which NumPy reads as objects.
    [dtype] = dtypes or [getattr(y, "dtype", labels.dtype)]
    if isinstance(dtype, np.dtype):
        array = name if hasattr(y, "astype") else f"numpy.asarray({name})"
        _check_are_strings(labels, name, array)


def _check_none_missing(labels: NDArray[Any], name: str) -> None:
    from pandas import isna

    missing = np.flatnonzero(isna(labels))
    if len(missing):
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise ValueError(
            f"{name} must hold no missing labels, got {labels[missing[0]]!r} in row "
            f"{missing[0]}{more}."
        )


def _check_are_strings(labels: NDArray[Any], name: str, array: str) -> None:
    if all(isinstance(each, str) for each in labels):
        return
    kinds = sorted({type(each).__name__ for each in labels})
    raise ValueError(
        f"Unknown label type: {name} must hold strings if it is an array of objects, got objects "
        f"of type {' and '.join(kinds)}{_remedy(labels, array)}."
    )


def _remedy(labels: Iterable[Any], array: str) -> str:
    for kind, dtype in _DTYPES:
        if all(isinstance(each, kind) for each in labels):
            return f"; pass {array}.astype({dtype})"
    return "; pass integers or strings"


def _is_one_hot(rows: NDArray[Any]) -> bool:
    if rows.dtype.kind not in "buif":
        return False
    are_alone = np.count_nonzero(rows, axis=1) == 1
    return bool(are_alone.all() and (rows.max(axis=1) == 1).all())
