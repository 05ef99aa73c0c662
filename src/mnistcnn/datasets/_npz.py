"""Reads arrays from NumPy's .npz archives, the form in which Keras distributes MNIST."""

import os
import zipfile
from typing import Any

from numpy.lib.format import magic, read_array
from numpy.typing import NDArray

from mnistcnn._types import Path
from mnistcnn.datasets._opening import as_value_error, open_file

__all__ = ["read_npz_pair"]

_SUFFIX = ".npy"
# How an array begins whose header has 65,535 bytes at most.
_SIMPLE = magic(1, 0)


def read_npz_pair(path: Path, *pairs: tuple[str, str]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Read the first of several pairs of arrays that an archive holds; never unpickle anything.

    Parameters
    ----------
    path : str or path-like
        The archive.
    *pairs : tuple of 2 str
        Names of arrays.

    Returns
    -------
    tuple of 2 ndarray
        The arrays of the first pair of which both are there.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, holds Python objects, or none of the pairs.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from mnistcnn.datasets._npz import read_npz_pair
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "digits.npz"
    ...     np.savez(path, X=np.zeros((2, 784)), y=[7, 3])
    ...     X, y = read_npz_pair(path, ("x_train", "y_train"), ("X", "y"))
    >>> X.shape, y
    ((2, 784), array([7, 3]))
    """
    with open_file(path) as file:
        with as_value_error(path, "a complete .npz archive of NumPy"):
            archive = zipfile.ZipFile(file)
        chosen = _names_in(_array_names(archive), pairs, path)
        with as_value_error(path, "a complete .npz archive of NumPy"):
            first, second = (_read_array(archive, name) for name in chosen)
    return first, second


def _array_names(archive: zipfile.ZipFile) -> list[str]:
    return [name.removesuffix(_SUFFIX) for name in archive.namelist() if name.endswith(_SUFFIX)]


def _read_array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    with archive.open(name + _SUFFIX) as member:
        _check_version(member.read(len(_SIMPLE)), name)
    with archive.open(name + _SUFFIX) as member:
        array: NDArray[Any] = read_array(member, allow_pickle=False)
        # zipfile checks the sum of a member only at its end.
        if member.read(1):
            raise ValueError(f"{name} continues after the values that its header states.")
    return array


def _check_version(start: bytes, name: str) -> None:
    """Refuse headers that may be gigabytes long, which NumPy reads before it looks at the length.

    It writes them for arrays with names of fields only.
    """
    if start != _SIMPLE:
        raise ValueError(f"{name} is not an array of numbers as NumPy writes it.")


def _names_in(names: list[str], pairs: tuple[tuple[str, str], ...], path: Path) -> tuple[str, str]:
    for pair in pairs:
        if set(pair) <= set(names):
            return pair
    allowed = ", or ".join(f"{first!r} and {second!r}" for first, second in pairs)
    raise ValueError(f"{os.fspath(path)} must hold the arrays {allowed}, got {sorted(names)}.")
