"""Detects files whose contents do not match their names."""

import hashlib
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcnn.datasets._catalogue import MNIST, WITH_MNIST_NAMES, DataSet
from mnistcnn.preprocessing import callers_level

__all__ = ["check_is_not_of_other_data", "warn_of_balanced_labels", "warn_of_cut_table"]


def check_is_not_of_other_data(path: Path, data: DataSet) -> None:
    """Refuse an IDX file that is, byte for byte, one that another data set was published with.

    Parameters
    ----------
    path : Path
        The file, packed as it was published.
    data : DataSet
        The data set that its name and its folder indicate.

    Raises
    ------
    ValueError
        If it is a file of another data set; the message names the function that reads it.
    """
    size = path.stat().st_size
    others = [other for other in WITH_MNIST_NAMES if other is not data]
    files = [(file, other) for other in others for file in other.files.values()]
    # Files of other sizes need not be read for it.
    alike = {file.sha256: other for file, other in files if file.n_bytes == size}
    if not alike:
        return
    with path.open("rb") as file:
        other = alike.get(hashlib.file_digest(file, "sha256").hexdigest())
    if other is not None:
        folder = other.folders[0]
        raise ValueError(
            f"{path} must be a file of {data.title}, got one of {other.title}: put it into a "
            f"folder {folder} and read it with fetch_{folder}."
        )


def warn_of_cut_table(path: Path, n_images: int, data: DataSet, split: str) -> None:
    """Warn of a table with an unexpected number of images, the only sign that lines are missing.

    Files of other forms state how many images they hold.
    """
    expected = data.n_images[split]
    if n_images != expected:
        _warn(
            f"{path} holds {n_images:,} images, but the {split} set of {data.title} has "
            f"{expected:,}: the file is truncated, or is not the whole set. If this is intended, "
            "rename it and read it with read_kaggle_csv."
        )


def warn_of_balanced_labels(path: Path, labels: NDArray[Any], data: DataSet, split: str) -> None:
    """Warn of as many images as MNIST has, if all labels occur equally often.

    MNIST's classes differ in size; Fashion-MNIST's do not.
    """
    if data is not MNIST or len(labels) != data.n_images[split]:
        return
    if np.ptp(np.bincount(labels.astype(np.int64), minlength=data.n_classes)) == 0:
        _warn(
            f"{path} is read as {data.title}, but contains every label equally often, as "
            "Fashion-MNIST, KMNIST and EMNIST do. If it is one of these, put it into a folder of "
            "that name and read it with fetch_fashion_mnist, fetch_kmnist or fetch_emnist."
        )


def _warn(message: str) -> None:
    warnings.warn(message, UserWarning, stacklevel=callers_level())
