"""Finds the labels of images from their folders or file names."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcnn._wording import abbreviated

__all__ = ["labels_of"]

_LONE_DIGIT = re.compile("(?<![0-9])[0-9](?![0-9])")
_MAX_NAMED = 20


def labels_of(paths: list[Path], rule: str | Callable[[Path], Any]) -> NDArray[Any]:
    """Return the label of each file.

    Parameters
    ----------
    paths : list of Path
        The files, of which the names alone are looked at.
    rule : {"folder", "filename"} or callable
        As `return_labels` of `read_images`.

    Returns
    -------
    ndarray of shape (n,)
        int64 where all labels of folders are whole numbers, or those of file names; str for other
        folders; what NumPy makes of the results of a callable.

    Raises
    ------
    ValueError
        If names of files do not tell a digit; all of them are listed.

    Examples
    --------
    >>> from pathlib import Path
    >>> from mnistcnn.datasets._image_labels import labels_of
    >>> labels_of([Path("digits/7/a.png"), Path("digits/3/a.png")], "folder")
    array([7, 3])
    >>> labels_of([Path("my_digits_7.png"), Path("3_002.png")], "filename")
    array([7, 3])
    """
    if rule == "folder":
        return _as_labels([Path(os.path.abspath(path)).parent.name for path in paths])
    if rule == "filename":
        return _digits_in_names(paths)
    assert callable(rule)
    return np.asarray([rule(path) for path in paths])


def _as_labels(names: list[str]) -> NDArray[Any]:
    if all(re.fullmatch("[0-9]{1,18}", name) for name in names):
        return np.array(names, dtype=np.int64)
    return np.array(names)


def _digits_in_names(paths: list[Path]) -> NDArray[np.int64]:
    found = [set(_LONE_DIGIT.findall(path.stem)) for path in paths]
    others = [path for path, digits in zip(paths, found, strict=True) if len(digits) != 1]
    if others:
        named = abbreviated([str(path) for path in others], _MAX_NAMED)
        raise ValueError(
            "return_labels='filename' needs names with one digit that has no other digit beside "
            "it, as in digit-7.png or 7_003.png; a function of the path can give labels for "
            f"other names. Got {named}."
        )
    return np.array([int(digits.pop()) for digits in found], dtype=np.int64)
