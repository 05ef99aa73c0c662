"""MNIST, from whichever form lies on the disk, or from the internet."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcnn._scikit_learn import StrOptions, validate_params
from mnistcnn._types import Path as PathLike
from mnistcnn.datasets._bunch import digits_result
from mnistcnn.datasets._csv import read_digit_table
from mnistcnn.datasets._csv_columns import LABELS
from mnistcnn.datasets._download import download
from mnistcnn.datasets._idx import read_idx
from mnistcnn.datasets._npz import read_npz_pair
from mnistcnn.datasets._writers import read_writers

__all__ = ["fetch_mnist", "read_local_split"]

Split = tuple[NDArray[np.uint8], NDArray[np.int64]]

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
SHA256 = {
    "train-images-idx3-ubyte.gz": (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
    ),
    "train-labels-idx1-ubyte.gz": (
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
    ),
    "t10k-images-idx3-ubyte.gz": (
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
    ),
    "t10k-labels-idx1-ubyte.gz": (
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
    ),
}
IDX_NAMES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
SIDE = 28
FORMS = (
    "mnist.npz, the four IDX files (train-images-idx3-ubyte.gz and so on, packed or not), or "
    "mnist_train.csv and mnist_test.csv"
)

DESCRIPTION = """\
MNIST
-----

Handwritten digits of about 500 people, size-normalised and centred in 28x28 pixels (Y. LeCun,
L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition",
Proceedings of the IEEE, 1998): 60,000 to train on and 10,000 to test on.

:Number of instances: {n:,} ({subset})
:Number of attributes: 784, integers from 0 (background) to 255 (ink)
:Read from: {folder}
"""


@validate_params(
    {
        "subset": [StrOptions({"train", "test", "all"})],
        "data_home": [str, os.PathLike, None],
        "download_if_missing": ["boolean"],
        "return_X_y": ["boolean"],
        "as_frame": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)  # type: ignore[untyped-decorator]
def fetch_mnist(
    *,
    subset: str = "train",
    data_home: PathLike | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    """Load MNIST, the digits that everyone compares on; download them if they are not there yet.

    The folder may hold MNIST in any of these forms, the first of which is taken: ``mnist.npz`` with
    the names of Keras; the four original IDX files, with ``.gz`` or without, also as
    ``train-images.idx3-ubyte``, in folders of their own names as Kaggle packs them, or in
    ``MNIST/raw`` where torchvision puts them; ``mnist_train.csv`` and ``mnist_test.csv``, packed or
    not, whose columns are recognised as by :func:`read_kaggle_csv`.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        The 60,000 digits to train on, the 10,000 to test on, or the former followed by the latter.
    data_home : str, path-like or None, default=None
        The folder. None takes the one that the environment variable ``MNISTCNN_DATA`` names, or,
        where that is not set either, ``mnistcnn`` in the user's cache folder (``XDG_CACHE_HOME``,
        or ``~/.cache``).
    download_if_missing : bool, default=True
        Whether to download what is not in the folder, about 11 MB.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Whether `data` is a DataFrame and `target` a Series.

    Returns
    -------
    :class:`~sklearn.utils.Bunch` or tuple
        ``(data, target)`` if `return_X_y`, otherwise a Bunch with

        data : ndarray or DataFrame of shape (n, 784), dtype uint8
            One image a row, 0 (background) to 255 (ink); columns ``pixel0`` to ``pixel783``.
        target : ndarray or Series of shape (n,), dtype int64
            The digits 0 to 9; the Series is named ``label``.
        images : ndarray of shape (n, 28, 28), dtype uint8
            The same pixels in the same memory.
        frame : DataFrame of shape (n, 785), or None
            Data and target, if `as_frame`.
        feature_names : list of str
            The names of the columns.
        target_names : ndarray of shape (10,)
            The digits.
        DESCR : str
            Where the digits come from.
        writers : ndarray of shape (n,), dtype int64, or None
            Who wrote each digit, as a number, for the `groups` of a splitter; None if there is no
            ``writer-ids.npz`` in the folder. The two sets have no writer in common.

    Raises
    ------
    FileNotFoundError
        If MNIST is not there and `download_if_missing` is False.
    OSError
        If it could not be downloaded. The folder then holds no half of a file, and the message
        says where to put one by hand.
    ValueError
        If a file in the folder is damaged, or the folder is none; the message names it.

    See Also
    --------
    load_sample_digits : Digits for a first try, without any network.

    Examples
    --------
    ``fetch_mnist()`` is all that most need. Here a folder holds MNIST's first two digits:

    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from mnistcnn import fetch_mnist, write_idx
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_idx(Path(folder) / "train-images-idx3-ubyte", np.zeros((2, 28, 28), np.uint8))
    ...     write_idx(Path(folder) / "train-labels-idx1-ubyte", np.array([5, 0], np.uint8))
    ...     digits = fetch_mnist(data_home=folder)
    >>> digits.data.shape, digits.images.shape, digits.target
    ((2, 784), (2, 28, 28), array([5, 0]))
    """
    folder = _folder(data_home)
    splits = ("train", "test") if subset == "all" else (subset,)
    parts = [_split(folder, split, download_if_missing) for split in splits]
    images, target = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
    result = digits_result(
        images,
        target,
        description=DESCRIPTION.format(n=len(target), subset=subset, folder=folder),
        return_X_y=return_X_y,
        as_frame=as_frame,
    )
    if not return_X_y:
        labels = (labels for _, labels in parts)
        writers = [read_writers(folder, *one) for one in zip(splits, labels, strict=True)]
        known = [one for one in writers if one is not None]
        result.writers = np.concatenate(known) if known else None
    return result


def read_local_split(folder: Path, split: str) -> Split | None:
    """Read the training or the test set from a folder, in whichever form lies there.

    Parameters
    ----------
    folder : Path
        Where to look.
    split : {"train", "test"}
        Which set.

    Returns
    -------
    tuple of 2 ndarray, or None
        Images of shape (n, 28, 28) and dtype uint8, and labels of shape (n,) and dtype int64;
        None if the folder holds no form of them.

    Raises
    ------
    ValueError
        If a file is damaged or holds something else.
    """
    archive, table = folder / "mnist.npz", _table_path(folder, split)
    images, labels = (_idx_path(folder, name) for name in IDX_NAMES[split])
    if archive.exists():
        return _checked(archive, *read_npz_pair(archive, (f"x_{split}", f"y_{split}")))
    if images and labels:
        return _checked(images, read_idx(images), read_idx(labels))
    if table:
        return _checked(table, *_read_table(table))
    return None


def _folder(data_home: PathLike | None) -> Path:
    name = "data_home" if data_home else "MNISTCNN_DATA"
    stated = data_home or os.environ.get("MNISTCNN_DATA")
    if not stated:
        return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "mnistcnn"
    try:
        folder = Path(stated).expanduser()
    except RuntimeError as error:
        raise ValueError(
            f"{name} names a user who has no home folder here, got {stated}."
        ) from error
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{name} must be a folder, got the file {folder}.")
    return folder


def _split(folder: Path, split: str, download_if_missing: bool) -> Split:
    local = read_local_split(folder, split)
    if local is not None:
        return local
    if not download_if_missing:
        raise FileNotFoundError(
            f"MNIST's {split} digits are not in {folder}, and download_if_missing is False. Put "
            f"there {FORMS}, or name another folder in data_home or MNISTCNN_DATA."
        )
    images, labels = (_downloaded(folder, name) for name in IDX_NAMES[split])
    return _checked(images, read_idx(images), read_idx(labels))


def _idx_path(folder: Path, name: str) -> Path | None:
    unpacked_name = name.replace("-idx", ".idx")
    names = [name, f"{name}.gz", unpacked_name, f"{unpacked_name}.gz"]
    names += [f"{name}/{name}", f"{unpacked_name}/{unpacked_name}"]
    candidates = (place / each for place in _places(folder) for each in names)
    return next((path for path in candidates if path.exists() and not path.is_dir()), None)


def _places(folder: Path) -> list[Path]:
    """Return where IDX files may lie; in any other folder ``raw`` they are another data set's."""
    torchvisions = folder / "raw" if folder.name == "MNIST" else folder / "MNIST" / "raw"
    return [folder, torchvisions]


def _table_path(folder: Path, split: str) -> Path | None:
    suffixes = [".csv", ".CSV", *(f".csv{packed}" for packed in (".gz", ".bz2", ".xz", ".zip"))]
    candidates = (folder / f"mnist_{split}{suffix}" for suffix in suffixes)
    return next((path for path in candidates if path.exists()), None)


def _downloaded(folder: Path, name: str) -> Path:
    present = _idx_path(folder, name)
    if present:
        return present
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{name}.gz"
    urls = [mirror + target.name for mirror in MIRRORS]
    try:
        download(urls, target, sha256=SHA256[target.name])
    except OSError as error:
        raise OSError(
            f"{error}\nTo go on without the network, put the file into {folder} by hand, or name "
            f"a folder in data_home or MNISTCNN_DATA that holds {FORMS}."
        ) from error
    return target


def _read_table(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64] | None]:
    pixels, labels = read_digit_table(path, LABELS)
    return pixels.reshape(-1, SIDE, SIDE), labels


def _checked(path: Path, images: NDArray[Any], labels: NDArray[Any] | None) -> Split:
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (SIDE, SIDE):
        raise ValueError(
            f"{path} must hold images of shape (n, 28, 28) and dtype uint8, got shape "
            f"{images.shape} and dtype {images.dtype}."
        )
    if labels is None or labels.shape != images.shape[:1] or labels.dtype.kind not in "iu":
        raise ValueError(
            f"{path} must come with one integer label for each of its {len(images)} "
            f"images, got {'none' if labels is None else f'{labels.shape} of {labels.dtype}'}."
        )
    if not len(labels) or labels.min() < 0 or labels.max() > 9:
        raise ValueError(f"{path} must come with labels from 0 to 9, got {np.unique(labels)}.")
    return images, labels.astype(np.int64)
