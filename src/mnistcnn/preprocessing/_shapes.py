"""Resolves the shape of images in rows of pixels, for every `image_shape` parameter."""

from collections.abc import Sequence
from math import isqrt, prod
from numbers import Integral
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse

from mnistcnn._types import Images, ImageShape
from mnistcnn.preprocessing._containers import as_array, check_in_memory

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "ImageShapeParameter",
    "as_rows",
    "check_channels_last",
    "check_image_shape",
    "is_positive_integer",
    "pad_columns",
    "resolve_image_shape",
]

# What the parameter of that name may be.
ImageShapeParameter: TypeAlias = str | Sequence[int]

_ALLOWED = "'auto', 'pad', (height, width) or (height, width, channels) in positive integers"
_REMEDY = (
    "State image_shape=(height, width) or (height, width, channels), "
    "or use image_shape='pad' to pad the rows with zeros."
)
_LABELS_AMONG_THEM = "If one of them holds the labels, pass it as y and leave it out of X."


def is_positive_integer(value: object) -> bool:
    """Tell whether a value can be a size, of Python's type or of NumPy's.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.preprocessing._shapes import is_positive_integer
    >>> [is_positive_integer(value) for value in (28, np.uint8(28), 28.0, True, 0)]
    [True, True, False, False, False]
    """
    # bool is an Integral in Python, but never a size.
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) > 0


def check_image_shape(image_shape: object) -> None:
    """Refuse a value that cannot stand for `image_shape` at all, whatever the data.

    Examples
    --------
    >>> from mnistcnn.preprocessing._shapes import check_image_shape
    >>> check_image_shape((28, 28))
    >>> check_image_shape((28, 0))
    Traceback (most recent call last):
        ...
    ValueError: image_shape must be 'auto', 'pad', (height, width) or (height, width, channels)
    in positive integers, got (28, 0).
    """
    if isinstance(image_shape, str):
        valid = image_shape in ("auto", "pad")
    else:
        valid = (
            isinstance(image_shape, tuple | list)
            and len(image_shape) in (2, 3)
            and all(is_positive_integer(side) for side in image_shape)
        )
    if not valid:
        raise ValueError(f"image_shape must be {_ALLOWED}, got {image_shape!r}.")


def resolve_image_shape(
    image_shape: ImageShapeParameter, array_shape: tuple[int, ...]
) -> ImageShape:
    """Return the height, width and number of channels of the images in an array.

    Parameters
    ----------
    image_shape : {"auto", "pad"}, tuple of 2 int or tuple of 3 int
        - ``"auto"``: flat rows are square images with one channel; images keep their shape.
        - ``"pad"``: as ``"auto"``, but rows are treated as padded to the next square.
        - ``(height, width)`` or ``(height, width, channels)``: must fit the array.
    array_shape : tuple of int
        ``(n, p)`` for flat rows, ``(n, h, w)`` or ``(n, h, w, c)`` for images.

    Returns
    -------
    tuple of 3 int
        Height, width and channels.

    Raises
    ------
    ValueError
        If `image_shape` is none of these, or the array does not fit it.

    Examples
    --------
    >>> from mnistcnn.preprocessing._shapes import resolve_image_shape
    >>> resolve_image_shape("auto", (100, 784))
    (28, 28, 1)
    >>> resolve_image_shape("pad", (100, 783))
    (28, 28, 1)
    >>> resolve_image_shape((32, 32, 3), (100, 3072))
    (32, 32, 3)
    """
    check_image_shape(image_shape)
    _check_array_shape(array_shape)
    if isinstance(image_shape, str):
        return _shape_read_from(image_shape, array_shape)
    height, width, channels = (int(side) for side in (*image_shape, 1)[:3])
    stated = (height, width, channels)
    if len(array_shape) == 2:
        _check_columns(image_shape, stated, array_shape)
    elif _own_shape(array_shape) != stated:
        raise ValueError(
            f"image_shape={image_shape!r} does not fit images in an array of shape "
            f"{array_shape}; use 'auto' or {array_shape[1:]}."
        )
    return stated


def as_rows(X: Images) -> tuple[Any, tuple[int, ...]]:
    """Flatten images, so that scikit-learn's own checks can look at them; return their shape, too.

    A DataFrame or a sparse matrix is returned as it is, other rows are a view of `X` where that is
    possible; the shape is that of the array passed. Data that are not in memory are refused, and so
    are images of different shapes.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.preprocessing._shapes import as_rows
    >>> rows, array_shape = as_rows(np.zeros((5, 28, 28)))
    >>> rows.shape, array_shape
    ((5, 784), (5, 28, 28))
    """
    check_in_memory(X)
    if issparse(X) or hasattr(X, "columns"):
        table = cast("pd.DataFrame", X)
        _check_no_column_of_images(table)
        return table, table.shape
    array = as_array(X)
    if array.ndim <= 2:
        return array, array.shape
    return array.reshape(array.shape[0], prod(array.shape[1:])), array.shape


def _check_no_column_of_images(frame: "pd.DataFrame") -> None:
    """Refuse a table whose one column holds whole images, which scikit-learn cannot read."""
    if not hasattr(frame, "columns") or frame.shape[1] != 1 or not len(frame):
        return
    name = frame.columns[0]
    if np.ndim(frame[name].to_numpy()[0]):
        raise ValueError(
            "X must be the column of images itself, got a DataFrame that holds it; pass "
            f"X[{name!r}]."
        )


def pad_columns(X: NDArray[Any], image_shape: ImageShape) -> NDArray[Any]:
    """Fill flat rows up with zero columns until each holds a whole image.

    They are never changed, and returned themselves where no column is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.preprocessing._shapes import pad_columns
    >>> pad_columns(np.array([[1, 2, 3]], dtype=np.uint8), (2, 2, 1))
    array([[1, 2, 3, 0]], dtype=uint8)
    """
    missing = prod(image_shape) - X.shape[1]
    if missing == 0:
        return X
    return np.pad(X, ((0, 0), (0, missing)))


def _check_array_shape(array_shape: tuple[int, ...]) -> None:
    if not 2 <= len(array_shape) <= 4:
        raise ValueError(
            "X must hold flat rows (n, pixels) or images (n, height, width) or "
            f"(n, height, width, channels), got an array of shape {array_shape}."
        )
    if 0 in array_shape[1:]:
        raise ValueError(f"X must hold at least one pixel per image, got shape {array_shape}.")


def check_channels_last(array_shape: tuple[int, ...]) -> None:
    """Refuse what can only be (n, channels, height, width)."""
    first, *others = (*array_shape[1:], 1)[:3]
    if first <= 4 and min(others) > 4:
        raise ValueError(
            "X must hold images (n, height, width, channels), got an array of shape "
            f"{array_shape}, which has its channels first; pass numpy.moveaxis(X, 1, -1)."
        )


def _own_shape(array_shape: tuple[int, ...]) -> ImageShape:
    height, width, channels = (*array_shape[1:], 1)[:3]
    return height, width, channels


def _shape_read_from(image_shape: str, array_shape: tuple[int, ...]) -> ImageShape:
    if len(array_shape) > 2:
        check_channels_last(array_shape)
        return _own_shape(array_shape)
    n_columns = array_shape[1]
    below = isqrt(n_columns)
    above = isqrt(n_columns - 1) + 1
    if image_shape == "auto" and below != above:
        remedy = _LABELS_AMONG_THEM if n_columns == below**2 + 1 else _REMEDY
        raise ValueError(
            "image_shape='auto' needs flat rows with a square number of columns, got "
            f"{n_columns} columns; the next squares are {below**2} = {below} x {below} and "
            f"{above**2} = {above} x {above}. {remedy}"
        )
    return above, above, 1


def _check_columns(
    image_shape: ImageShapeParameter, stated: ImageShape, array_shape: tuple[int, ...]
) -> None:
    if prod(stated) != array_shape[1]:
        remedy = f" {_LABELS_AMONG_THEM}" if array_shape[1] == prod(stated) + 1 else ""
        raise ValueError(
            f"image_shape={image_shape!r} needs flat rows of {prod(stated)} columns, got "
            f"{array_shape[1]} columns.{remedy}"
        )
