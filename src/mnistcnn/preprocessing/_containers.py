"""Refuses containers of images that are not in memory, such as generators."""

from collections.abc import Iterable, Mapping, Set
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse

from mnistcnn._types import Images

__all__ = ["as_array", "as_numbers", "check_in_memory"]

# Base classes, by package and name: none of the packages is imported to look.
_OF_BATCHES = {
    ("tensorflow", "DatasetV2"),
    ("tensorflow", "OwnedIterator"),
    ("torch", "DataLoader"),
}
_OF_NUMBERED_BATCHES = {("keras", "PyDataset")}
_OF_PAIRS = {("torch", "Dataset"), ("torch", "IterableDataset")}
_ARRAY_PROTOCOLS = ("__array__", "__array_interface__", "__dataframe__", "__dlpack__")

_CONVERSIONS = {
    "X": (
        "numpy.concatenate([images for images, _ in X])",
        "numpy.concatenate([X[i][0] for i in range(len(X))])",
        "numpy.stack([image for image, _ in X])",
        "numpy.stack(list(X))",
    ),
    "y": (
        "numpy.concatenate([labels for _, labels in y])",
        "numpy.concatenate([y[i][1] for i in range(len(y))])",
        "[label for _, label in y]",
        "list(y)",
    ),
    "sample_weight": (
        *2 * ("numpy.concatenate(list(sample_weight))",),
        *2 * ("list(sample_weight)",),
    ),
}


def check_in_memory(data: object, name: str = "X") -> None:
    """Refuse data that are not in memory, with a hint at what to pass instead.

    That is a dataset in batches, a generator, a query or a plan of a computation, a set or a dict.
    The message calls it by its name: X, y or sample_weight.

    Examples
    --------
    >>> from mnistcnn.preprocessing._containers import check_in_memory
    >>> check_in_memory([[0, 1]])
    >>> check_in_memory(image for image in [[0, 1]])
    Traceback (most recent call last):
        ...
    TypeError: X must be an array or array-like in memory, got a generator; pass
    numpy.stack(list(X)).
    """
    # One kind of sparse matrices is a dict; scikit-learn says whether it takes any.
    if data is None or isinstance(data, np.ndarray | list | tuple) or issparse(data):
        return
    conversion = _conversion(data, name)
    if conversion is not None:
        kind = type(data).__name__
        raise TypeError(
            f"{name} must be an array or array-like in memory, got a {kind}; pass {conversion}."
        )


def _conversion(data: object, name: str) -> str | None:
    """Return an expression that brings data into memory; None if they are there."""
    of_batches, of_numbered_batches, of_pairs, of_iterator = _CONVERSIONS[name]
    bases = {(base.__module__.split(".")[0], base.__name__) for base in type(data).__mro__}
    if bases & _OF_BATCHES:
        return of_batches
    if bases & _OF_NUMBERED_BATCHES:
        return of_numbered_batches
    if bases & _OF_PAIRS:
        return of_pairs
    if ("polars", "LazyFrame") in bases:
        return f"{name}.collect()"
    if _is_dask_plan(data):
        return f"{name}.compute()"
    if isinstance(data, Mapping):
        return f"what it holds, such as {name}[key]"
    return of_iterator if _comes_one_by_one(data) else None


def _is_dask_plan(data: object) -> bool:
    package, _, module = type(data).__module__.partition(".")
    # dask's arrays become NumPy's wherever NumPy asks for them.
    return package in ("dask", "dask_expr") and not module.startswith("array")


def _comes_one_by_one(data: object) -> bool:
    if any(hasattr(type(data), protocol) for protocol in _ARRAY_PROTOCOLS):
        return False
    is_sequence = hasattr(data, "__len__") and hasattr(data, "__getitem__")
    return isinstance(data, Set) or (isinstance(data, Iterable) and not is_sequence)


def as_array(images: Images) -> NDArray[Any]:
    """Return images as one array, also those that come one by one in an array of objects.

    An array is returned itself. Images that are not of one and the same shape are refused.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from mnistcnn.preprocessing._containers import as_array
    >>> as_array(pd.Series([np.zeros((8, 8)), np.ones((8, 8))])).shape
    (2, 8, 8)
    """
    try:
        array = images if isinstance(images, np.ndarray) else np.asarray(images)
        if array.dtype != object or array.ndim != 1:
            return array
        each = [np.asarray(image) for image in array]
    except ValueError as error:
        raise ValueError(f"X must hold images of one and the same shape: {error}") from error
    return _stacked(each) if any(image.ndim for image in each) else array


def as_numbers(array: NDArray[Any]) -> NDArray[Any] | None:
    """Return an array of numbers, also from one of objects; None for what are no numbers.

    Tables of nullable dtypes may become arrays of objects.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from mnistcnn.preprocessing._containers import as_numbers
    >>> as_numbers(np.array([7, 8.5], dtype=object))
    array([7. , 8.5])
    >>> as_numbers(np.array([7, pd.NA], dtype=object)) is None
    True
    """
    if array.dtype.kind in "buif":
        return array
    try:
        return array.astype(np.float64) if array.dtype == object else None
    except (TypeError, ValueError):
        return None


def _stacked(images: list[NDArray[Any]]) -> NDArray[Any]:
    shapes = {image.shape for image in images}
    if len(shapes) > 1:
        some = ", ".join(str(shape) for shape in sorted(shapes)[:5])
        raise ValueError(f"X must hold images of one and the same shape, got the shapes {some}.")
    return np.stack(images)
