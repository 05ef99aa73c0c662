"""Arrays in NumPy's archives, the form in which Keras hands out MNIST."""

import os
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["read_npz_pair"]


def read_npz_pair(
    path: str | os.PathLike[str], *pairs: tuple[str, str]
) -> tuple[NDArray[Any], NDArray[Any]]:
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
    with open(path, "rb") as file:
        if not zipfile.is_zipfile(file):
            raise ValueError(f"{os.fspath(path)} is not a whole .npz archive of NumPy.")
        file.seek(0)
        with np.load(file, allow_pickle=False) as archive:
            first, second = _names_in(archive.files, pairs, path)
            try:
                return archive[first], archive[second]
            # A damaged header can also ask for more memory than there is.
            except (ValueError, EOFError, zipfile.BadZipFile, zlib.error, MemoryError) as error:
                raise ValueError(
                    f"{os.fspath(path)} is not a whole .npz archive of NumPy: {error}"
                ) from error


def _names_in(
    names: list[str], pairs: tuple[tuple[str, str], ...], path: str | os.PathLike[str]
) -> tuple[str, str]:
    for pair in pairs:
        if set(pair) <= set(names):
            return pair
    allowed = ", or ".join(f"{first!r} and {second!r}" for first, second in pairs)
    raise ValueError(f"{os.fspath(path)} must hold the arrays {allowed}, got {sorted(names)}.")
