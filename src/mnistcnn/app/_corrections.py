"""Stores digits with the labels that visitors corrected, in a file to train on."""

import os
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcnn._safe_writing import check_can_be_written, replaced_at_the_end
from mnistcnn._types import Label

# 8 MB. Whoever may open the page may fill the file.
MAX_IMAGES = 10_000
N_PIXELS = 28 * 28
NAMES = {"X", "y"}


class Corrections:
    """Digits and their labels in an archive of NumPy, as `load_labeled` and ``--data`` read it.

    Its array ``X`` has a row of 784 pixels from 0 to 255 for each digit, ``y`` the label. Digits
    are added to those that are there. Each time the file is read and rewritten, so that
    several programs may add to it in turn, and it is never left half written.

    Parameters
    ----------
    path : str or path-like
        The file, which need not be there yet; its name must end in .npz, and its folder exist.
    max_images : int, default=10,000
        The maximum number of digits in it.

    Raises
    ------
    OSError
        If the file cannot be read or written.
    ValueError
        If the name does not end in .npz, or the file holds something else.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from mnistcnn.app import Corrections
    >>> from mnistcnn.datasets import load_labeled
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     corrections = Corrections(Path(folder) / "corrected.npz")
    ...     n_images = corrections.add(np.zeros((28, 28), dtype=np.uint8), 4)
    ...     X, y = load_labeled(corrections.path)
    >>> n_images, X.shape, y
    (1, (1, 784), array([4]))
    """

    def __init__(self, path: str | os.PathLike[str], *, max_images: int = MAX_IMAGES) -> None:
        self.path = Path(path)
        self.max_images = max_images
        self._lock = Lock()
        if self.path.suffix.lower() != ".npz":
            raise ValueError(f"the file of corrections must be an .npz file, got {self.path}.")
        check_can_be_written(self.path)
        self._read()

    def check_labels(self, labels: Iterable[Label]) -> None:
        """Refuse labels of which some are text and some are numbers, with those in the file."""
        kept = self._read()
        kinds = {isinstance(label, str) for label in labels}
        if kept is not None:
            kinds.add(kept[1].dtype.kind == "U")
        if len(kinds) > 1:
            raise ValueError(
                f"all networks of the page, and {self.path}, must have labels of one kind, got "
                "both numbers and text."
            )

    def add(self, image: NDArray[np.uint8], label: Label) -> int:
        """Keep a digit of shape (28, 28); return how many digits the file holds.

        A digit that is there already gets the new label.

        Raises
        ------
        OSError
            If the file cannot be written.
        ValueError
            If it is full, or holds something else by now.
        """
        row, labels = image.reshape(1, N_PIXELS), np.array([label])
        with self._lock:
            kept = self._read()
            if kept is None:
                return self._write(row, labels)
            X, y = kept
            if (y.dtype.kind == "U") != (labels.dtype.kind == "U"):
                raise ValueError(f"{self.path.name} holds labels of another kind.")
            others = (row != X).any(axis=1)
            X, y = X[others], y[others]
            if len(X) >= self.max_images:
                raise ValueError(f"{self.path.name} is full: it holds {len(X):,} digits.")
            return self._write(np.concatenate([X, row]), np.concatenate([y, labels]))

    def _write(self, X: NDArray[np.uint8], y: NDArray[Any]) -> int:
        with replaced_at_the_end(self.path) as temporary:
            np.savez(temporary, X=X, y=y)
        return len(X)

    def _read(self) -> tuple[NDArray[np.uint8], NDArray[Any]] | None:
        """Return the content of the file; None if there is no file yet."""
        if not self.path.exists():
            return None
        try:
            X, y = _arrays_in(self.path)
        except (ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise self._other_data() from error
        if X.dtype != np.uint8 or X.ndim != 2 or X.shape[1] != N_PIXELS:
            raise self._other_data()
        if y.shape != X.shape[:1] or y.dtype.kind not in "iufU":
            raise self._other_data()
        return X, y

    def _other_data(self) -> ValueError:
        return ValueError(
            "the file of corrections must be new, or hold the arrays X, rows of 784 pixels of "
            f"dtype uint8, and y, a label for each, and nothing else; {self.path} does not."
        )


def _arrays_in(path: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    with path.open("rb") as file:
        archive = np.load(file, allow_pickle=False)
        if not isinstance(archive, np.lib.npyio.NpzFile) or set(archive.files) != NAMES:
            raise ValueError("it is not an archive, or has other arrays.")
        return archive["X"], archive["y"]
