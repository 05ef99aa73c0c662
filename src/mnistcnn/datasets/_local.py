"""Reads data in MNIST's form from disk, in any of its file formats; nothing is written."""

import os
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcnn.datasets._catalogue import MNIST, SIDE, WITH_MNIST_NAMES, DataSet
from mnistcnn.datasets._csv import read_digit_table
from mnistcnn.datasets._csv_columns import LABELS
from mnistcnn.datasets._emnist_tables import as_stored, transpose_images
from mnistcnn.datasets._idx import read_idx, read_zipped_idx
from mnistcnn.datasets._mislabeled_files import (
    check_is_not_of_other_data,
    warn_of_balanced_labels,
    warn_of_cut_table,
)
from mnistcnn.datasets._npz import read_npz_pair

__all__ = [
    "Split",
    "data_set_of",
    "find_idx",
    "folder_of_downloads",
    "forms",
    "read_split",
    "searched_places",
]

Split = tuple[NDArray[np.uint8], NDArray[np.int64]]

# Where torchvision puts the files, in a folder of the data set's name.
RAW = "raw"
TABLE_SUFFIXES = (".csv", ".CSV", ".csv.gz", ".csv.bz2", ".csv.xz", ".csv.zip")


def read_split(folder: Path, data: DataSet, split: str) -> Split | None:
    """Read the training or the test set from a folder, in any of its file formats.

    Parameters
    ----------
    folder : Path
        The folder to search.
    data : DataSet
        The data set to find.
    split : {"train", "test"}
        The split to read.

    Returns
    -------
    tuple of 2 ndarray, or None
        Upright images of shape (n, 28, 28) and dtype uint8, and labels from 0 on of shape (n,) and
        dtype int64; None if the folder holds no form of them.

    Raises
    ------
    ValueError
        If a file is damaged or holds something else.

    Warns
    -----
    UserWarning
        If a table has fewer or more images than the set, or labels as balanced as those of
        other data sets.
    """
    found = _found(folder, data, split)
    if found is None:
        return None
    path, images, labels = found
    stored = as_stored(path, data)
    _check(path, images, labels, stored)
    if path.name.lower().partition(".csv")[0] == data.tables[split]:
        warn_of_cut_table(path, len(images), data, split)
    warn_of_balanced_labels(path, labels, data, split)
    if stored.is_transposed:
        transpose_images(images)
    return images, labels.astype(np.int64) - stored.first_label


def find_idx(folder: Path, data: DataSet, name: str) -> Path | None:
    """Return the path of one of the IDX files, or of the zip archive that holds it, or None."""
    dotted = name.replace("-idx", ".idx")
    names = [name, f"{name}.gz", dotted, f"{dotted}.gz", f"{name}/{name}", f"{dotted}/{dotted}"]
    places = _places(folder, data)
    return _first_file(places, names) or _first_file(places, data.zips)


def folder_of_downloads(home: Path, data: DataSet) -> Path:
    """Return the folder of downloads, apart from other data sets with the same file names."""
    is_own = data is MNIST is data_set_of(home) or _name(home) == data.folders[0]
    return home if is_own else home / data.folders[0]


def searched_places(folder: Path, data: DataSet) -> list[Path]:
    """Return the folder and those in it that are searched for a data set, there or not."""
    # Files that bear the data set's name are looked for in the folder, whatever it is called.
    return list(dict.fromkeys([folder, *_places(folder, data)]))


def forms(data: DataSet) -> str:
    """Return the forms in which a folder may hold a data set, as part of a sentence."""
    tables = " and ".join(f"{stem}.csv" for stem in data.tables.values())
    first_idx = data.idx_names["train"][0]
    where = "" if data is MNIST or not data.has_mnist_names else f" in a folder {data.folders[0]}"
    idx = f"the four IDX files{where} ({first_idx}.gz and so on, packed or not)"
    others = [*filter(None, [data.archive]), idx, *data.zips[:1]]
    return f"{', '.join(others)}, or {tables}"


def data_set_of(folder: Path) -> DataSet:
    """Return the data set to which files with MNIST's names belong, by the name of their folder."""
    name = _letters(_name(folder / "..") if _name(folder) == RAW else _name(folder))
    return next((data for data in WITH_MNIST_NAMES if _letters(data.title) == name), MNIST)


def _name(folder: Path) -> str:
    # The current folder has one, too.
    return os.path.basename(os.path.abspath(folder))


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name)).casefold()


def _places(folder: Path, data: DataSet) -> list[Path]:
    """Return the folders to search for files with MNIST's names, or the data set's own."""
    is_own = not data.has_mnist_names or data_set_of(folder) is data
    inside = [folder / name for name in data.folders]
    named = [folder, *inside] if _name(folder) in data.folders else inside
    return [*([folder] if is_own else []), *inside, *(place / RAW for place in named)]


def _first_file(places: Iterable[Path], names: Iterable[str]) -> Path | None:
    candidates = (place / name for place, name in product(places, names))
    return next((path for path in candidates if path.exists() and not path.is_dir()), None)


def _found(folder: Path, data: DataSet, split: str) -> tuple[Path, NDArray[Any], Any] | None:
    places = searched_places(folder, data)
    archive = _first_file(places, [data.archive] if data.archive else [])
    if archive:
        return archive, *read_npz_pair(archive, (f"x_{split}", f"y_{split}"))
    image_name, label_name = data.idx_names[split]
    images, labels = find_idx(folder, data, image_name), find_idx(folder, data, label_name)
    if images and labels:
        n_images = data.n_images[split]
        return (
            images,
            _read_idx(images, image_name, data, n_images * SIDE * SIDE),
            _read_idx(labels, label_name, data, n_images),
        )
    table = _first_file(places, [data.tables[split] + suffix for suffix in TABLE_SUFFIXES])
    if table:
        pixels, target = read_digit_table(table, LABELS)
        return table, pixels.reshape(-1, SIDE, SIDE), target
    return None


def _read_idx(path: Path, name: str, data: DataSet, max_bytes: int) -> NDArray[Any]:
    if path.name in data.zips:
        return read_zipped_idx(path, f"{name}.gz", max_bytes=max_bytes)
    check_is_not_of_other_data(path, data)
    return read_idx(path)


def _check(path: Path, images: NDArray[Any], labels: NDArray[Any] | None, data: DataSet) -> None:
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
    lowest, highest = data.first_label, data.first_label + data.n_classes - 1
    if not len(labels) or labels.min() < lowest or labels.max() > highest:
        raise ValueError(
            f"{path} must come with labels from {lowest} to {highest}, got {np.unique(labels)}."
        )
