"""The return value of every loader: scikit-learn's `Bunch`, or data and target."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

__all__ = ["TARGET_NAME", "digits_result", "pixel_names"]

TARGET_NAME = "label"


def digits_result(
    images: NDArray[Any],
    target: NDArray[Any] | None,
    *,
    description: str,
    return_X_y: bool,
    as_frame: bool,
    target_names: Sequence[str] | None = None,
) -> Any:
    """Return digits as scikit-learn's own loaders do.

    Parameters
    ----------
    images : ndarray of shape (n, h, w) or (n, h, w, c)
        In one piece of memory.
    target : ndarray of shape (n,), or None
        Labels; None where the file has none.
    description : str
        The description of the data, for `DESCR`.
    return_X_y : bool
        Whether to return ``(data, target)`` instead of a Bunch.
    as_frame : bool
        Whether `data` is a DataFrame and `target` a Series.
    target_names : sequence of str, or None, default=None
        The names of the labels from 0 on; None if they stand for themselves.

    Returns
    -------
    Bunch or tuple
        The Bunch holds `data`, `target`, `frame` (None unless `as_frame`), `feature_names`,
        `target_names`, `images` and `DESCR`. `data` shares its memory with `images`.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.datasets._bunch import digits_result
    >>> images = np.zeros((2, 28, 28), dtype=np.uint8)
    >>> bunch = digits_result(
    ...     images, np.array([7, 3]), description="Two", return_X_y=False, as_frame=False
    ... )
    >>> bunch.data.shape, bunch.target_names
    ((2, 784), array([3, 7]))
    """
    data: Any = images.reshape(len(images), -1)
    names = pixel_names(data.shape[1])
    labels: Any = target
    frame = None
    if as_frame:
        frame, data, labels = _frames(data, names, target)
    if return_X_y:
        return data, labels
    return Bunch(
        data=data,
        target=labels,
        frame=frame,
        feature_names=names,
        target_names=_target_names(target, target_names),
        images=images,
        DESCR=description,
    )


def _target_names(
    target: NDArray[Any] | None, target_names: Sequence[str] | None
) -> NDArray[Any] | None:
    if target_names is not None:
        return np.array(target_names)
    return None if target is None else np.unique(target)


def pixel_names(n_pixels: int) -> list[str]:
    """Return the names of the columns: ``pixel0``, ``pixel1`` and so on, as Kaggle has them."""
    return [f"pixel{index}" for index in range(n_pixels)]


def _frames(
    data: NDArray[Any], names: list[str], target: NDArray[Any] | None
) -> tuple[Any, Any, Any]:
    import pandas as pd

    pixels = pd.DataFrame(data, columns=names, copy=False)
    if target is None:
        return pixels, pixels, None
    labels = pd.Series(target, name=TARGET_NAME)
    return pd.concat([pixels, labels], axis=1), pixels, labels
