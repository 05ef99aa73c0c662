"""Labeled digits from a name or a path, as a command line states them."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from sklearn.utils import Bunch

from mnistcnn._scikit_learn import StrOptions, validate_params
from mnistcnn._types import OnProgress
from mnistcnn._wording import suggestion
from mnistcnn.datasets._catalogue import EMNIST, FASHION_MNIST, KMNIST, MNIST, DataSet
from mnistcnn.datasets._csv_columns import LABELS
from mnistcnn.datasets._emnist import fetch_emnist
from mnistcnn.datasets._emnist_tables import read_upright_table
from mnistcnn.datasets._fashion_mnist import fetch_fashion_mnist
from mnistcnn.datasets._fetching import is_searched
from mnistcnn.datasets._kmnist import fetch_kmnist
from mnistcnn.datasets._local import data_set_of, forms, read_split
from mnistcnn.datasets._mnist import fetch_mnist
from mnistcnn.datasets._npz import read_npz_pair
from mnistcnn.datasets._sample_digits import load_sample_digits

__all__ = ["DATA_NAMES", "is_other_than_named", "load_labeled"]

Labeled = tuple[NDArray[Any], NDArray[Any]]

_FETCHED: dict[str, Callable[..., Any]] = {
    "mnist": fetch_mnist,
    "fashion_mnist": fetch_fashion_mnist,
    "kmnist": fetch_kmnist,
    **{f"emnist-{split}": partial(fetch_emnist, split) for split in EMNIST},
}
_SEARCHED: dict[str, DataSet] = {
    "mnist": MNIST,
    "fashion_mnist": FASHION_MNIST,
    "kmnist": KMNIST,
    **{f"emnist-{split}": data for split, data in EMNIST.items()},
}
DATA_NAMES = ("digits", *_FETCHED)
_ALLOWED = (
    f"{', '.join(map(repr, DATA_NAMES))}, a .csv file, a .npz file, or a folder with MNIST's files"
)


@validate_params(
    {
        "source": [str, os.PathLike],
        "subset": [StrOptions({"train", "test"})],
        "on_progress": [callable, None],
    },
    prefer_skip_nested_validation=True,
)  # type: ignore[untyped-decorator]
def load_labeled(
    source: str | os.PathLike[str],
    *,
    subset: str = "train",
    on_progress: OnProgress | None = None,
) -> Labeled:
    """Load labeled images from a name or a path.

    Parameters
    ----------
    source : str or path-like
        - ``"digits"``: the digits of :func:`load_sample_digits`.
        - ``"mnist"``, ``"fashion_mnist"``, ``"kmnist"``: those of :func:`fetch_mnist`,
          :func:`fetch_fashion_mnist` and :func:`fetch_kmnist`, which may download them.
        - ``"emnist-letters"`` and so on: a split of :func:`fetch_emnist`.
        - a path to a ``.csv`` file (also packed, as ``.csv.gz``): what :func:`read_kaggle_csv`
          reads; the labels may also be called class, target, digit or y. Kaggle's tables of EMNIST,
          such as ``emnist-letters-train.csv`` without a line of names, are read as by
          :func:`fetch_emnist`.
        - a path to a ``.npz`` file: its arrays ``x_train`` and ``y_train`` (``x_test`` and
          ``y_test``), or ``X`` and ``y``.
        - a path to a folder: MNIST in any form that :func:`fetch_mnist` takes, or Fashion-MNIST or
          KMNIST in a folder of that name.

        A name stands for its data set even where a file or folder has that name, too;
        ``"./mnist"`` is the folder.
    subset : {"train", "test"}, default="train"
        Which part to load; a source without separate parts is loaded whole.
    on_progress : callable, default=None
        Called during a download, as by :func:`fetch_mnist`.

    Returns
    -------
    X : ndarray of shape (n, 784), dtype uint8
        One image per row, 0 (background) to 255 (ink); from a ``.npz`` file any dtype, and shape
        (n, p), (n, h, w) or (n, h, w, c).
    y : ndarray of shape (n,), dtype int64
        The labels; from a ``.npz`` file any dtype.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder, or the folder holds no such data; the message lists
        the names that there are.
    OSError
        If the data could not be downloaded.
    ValueError
        If the file has another form, or is damaged.

    Examples
    --------
    >>> from mnistcnn.datasets import load_labeled
    >>> X, y = load_labeled("digits")
    >>> X.shape, y.shape
    ((1797, 784), (1797,))
    """
    if source == "digits":
        return _pair(load_sample_digits())
    if source in _FETCHED:
        return _pair(_FETCHED[os.fspath(source)](subset=subset, on_progress=on_progress))
    if not os.fspath(source):
        raise ValueError(f"data must be {_ALLOWED}, got an empty string.")
    # Of names like ~nobody, which are no folder of anybody, this changes nothing.
    path = Path(os.path.expanduser(source))
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if not path.exists():
        name = os.fspath(source)
        raise FileNotFoundError(
            f"There is no {name!r}{suggestion(name, DATA_NAMES)} data must be {_ALLOWED}."
        )
    if path.is_dir():
        return _read_folder(path, subset)
    if ".csv" in suffixes:
        return _read_csv(path)
    if suffixes[-1:] == [".npz"]:
        return _read_npz(path, subset)
    raise ValueError(f"data must be {_ALLOWED}, got {os.fspath(path)!r}.")


def is_other_than_named(path: str) -> bool:
    """Say whether a path has the name of a data set, but is there and not where that is read from.

    Examples
    --------
    >>> from mnistcnn.datasets import is_other_than_named
    >>> is_other_than_named("no data set")
    False
    """
    if path not in DATA_NAMES or not os.path.exists(path):
        return False
    return path not in _SEARCHED or not is_searched(path, _SEARCHED[path])


def _pair(bunch: Bunch) -> Labeled:
    return bunch.data, bunch.target


def _read_folder(folder: Path, subset: str) -> Labeled:
    data = data_set_of(folder)
    split = read_split(folder, data, subset)
    if split is None:
        raise FileNotFoundError(
            f"The folder {folder} must hold {data.title}'s {subset} {data.items} as {forms(data)}, "
            "got none of them."
        )
    images, labels = split
    return images.reshape(len(images), -1), labels


def _read_csv(path: Path) -> Labeled:
    pixels, labels = read_upright_table(path, LABELS)
    assert labels is not None
    return pixels, labels


def _read_npz(path: Path, subset: str) -> Labeled:
    X, y = read_npz_pair(path, (f"x_{subset}", f"y_{subset}"), ("X", "y"))
    if X.ndim not in (2, 3, 4) or y.shape != X.shape[:1] or not y.size:
        raise ValueError(
            f"{path} must hold images and one label for each, got arrays of shape {X.shape} and "
            f"{y.shape}."
        )
    return X, y
