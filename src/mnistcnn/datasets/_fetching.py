"""Fetches data in MNIST's form, from any of its file formats on disk, or from the internet."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mnistcnn._scikit_learn import StrOptions
from mnistcnn._types import OnProgress
from mnistcnn._types import Path as PathLike
from mnistcnn.datasets._bunch import digits_result
from mnistcnn.datasets._catalogue import MNIST, DataSet, RemoteFile
from mnistcnn.datasets._download import download
from mnistcnn.datasets._local import (
    data_set_of,
    find_idx,
    folder_of_downloads,
    forms,
    read_split,
    searched_places,
)

__all__ = ["CONSTRAINTS", "Part", "fetch_parts", "is_searched", "result_of"]

CONSTRAINTS = {
    "subset": [StrOptions({"train", "test", "all"})],
    "data_home": [str, os.PathLike, None],
    "download_if_missing": ["boolean"],
    "return_X_y": ["boolean"],
    "as_frame": ["boolean"],
    "on_progress": [callable, None],
}

DESCRIPTION = """\
{title}
{line}

{description}

:Number of instances: {n:,} ({subset})
:Number of attributes: 784, integers from 0 (background) to 255 (ink)
:Read from: {folders}
"""


class Part(NamedTuple):
    """A training or a test set, and the folder that it was found in."""

    split: str
    images: NDArray[np.uint8]
    target: NDArray[np.int64]
    folder: Path


def fetch_parts(
    data: DataSet,
    *,
    subset: str,
    data_home: PathLike | None,
    download_if_missing: bool,
    on_progress: OnProgress | None,
) -> list[Part]:
    """Read the sets that are asked for, and download what is not there.

    Parameters
    ----------
    data : DataSet
        The data set to fetch.
    subset : {"train", "test", "all"}
        The splits to fetch.
    data_home : str, path-like or None
        The folder to search; None as in `fetch_mnist`.
    download_if_missing : bool
        Whether to download.
    on_progress : callable or None
        Takes the number of bytes of a file downloaded so far, and that of the whole file.

    Raises
    ------
    FileNotFoundError
        If a set is not there and `download_if_missing` is False.
    OSError
        If a file could not be downloaded.
    ValueError
        If a file is damaged, or `data_home` is no folder.
    """
    folders = _folders(data_home)
    splits = ("train", "test") if subset == "all" else (subset,)
    return [_part(folders, data, split, download_if_missing, on_progress) for split in splits]


def is_searched(path: PathLike, data: DataSet) -> bool:
    """Say whether a data set is looked for in a folder where no `data_home` is stated."""
    places = [place for folder in _folders(None) for place in searched_places(folder, data)]
    return any(os.path.exists(place) and os.path.samefile(place, path) for place in places)


def result_of(
    data: DataSet, parts: list[Part], *, subset: str, return_X_y: bool, as_frame: bool
) -> Any:
    """Return the sets that were fetched, concatenated, as scikit-learn's loaders do."""
    images, target = parts[0].images, parts[0].target
    if len(parts) > 1:
        images = np.concatenate([part.images for part in parts])
        target = np.concatenate([part.target for part in parts])
    return digits_result(
        images,
        target,
        description=_description(data, len(target), subset, (part.folder for part in parts)),
        return_X_y=return_X_y,
        as_frame=as_frame,
        target_names=data.target_names,
    )


def _description(data: DataSet, n: int, subset: str, folders: Iterable[Path]) -> str:
    return DESCRIPTION.format(
        title=data.title,
        line="-" * len(data.title),
        description=data.description,
        n=n,
        subset=subset,
        folders=" and ".join(dict.fromkeys(map(str, folders))),
    )


def _folders(data_home: PathLike | None) -> list[Path]:
    """Return the folders to search; downloads go into the first of them."""
    name = "data_home" if data_home else "MNISTCNN_DATA"
    stated = data_home or os.environ.get("MNISTCNN_DATA")
    if not stated:
        caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        keras = os.environ.get("KERAS_HOME") or "~/.keras"
        return [Path(caches).expanduser() / "mnistcnn", Path(keras).expanduser() / "datasets"]
    try:
        folder = Path(stated).expanduser()
    except RuntimeError as error:
        raise ValueError(
            f"{name} must name a user with a home folder on this machine, got {stated}."
        ) from error
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{name} must be a folder, got the file {folder}.")
    return [folder]


def _part(
    folders: list[Path],
    data: DataSet,
    split: str,
    download_if_missing: bool,
    on_progress: OnProgress | None,
) -> Part:
    for folder in folders:
        local = read_split(folder, data, split)
        if local is not None:
            return Part(split, *local, folder)
    home = folders[0]
    if not download_if_missing:
        raise FileNotFoundError(
            f"{data.title}'s {split} {data.items} are not in {' or '.join(map(str, folders))}, and "
            f"download_if_missing is False. Put {forms(data)} there, or name another folder in "
            "data_home or MNISTCNN_DATA."
            f"{_of_other_data(folders, data)}"
        )
    for name in data.idx_names[split]:
        if find_idx(home, data, name) is None:
            _download(home, data, data.files[name], on_progress)
    downloaded = read_split(home, data, split)
    assert downloaded is not None
    return Part(split, *downloaded, home)


def _of_other_data(folders: list[Path], data: DataSet) -> str:
    """Name the folders that are called like other data sets, so that their files are not read."""
    if not data.has_mnist_names:
        return ""
    others = [str(folder) for folder in folders if data_set_of(folder) not in (data, MNIST)]
    if not others:
        return ""
    return (
        f" The name of {' and '.join(others)} is that of another data set, so IDX files in it are "
        "not read."
    )


def _download(home: Path, data: DataSet, file: RemoteFile, on_progress: OnProgress | None) -> None:
    folder = folder_of_downloads(home, data)
    folder.mkdir(parents=True, exist_ok=True)
    urls = [mirror + file.name for mirror in data.mirrors]
    target = folder / file.name
    try:
        download(
            urls,
            target,
            sha256=file.sha256,
            max_bytes=file.n_bytes,
            seconds=data.seconds,
            on_progress=on_progress,
        )
    except OSError as error:
        raise OSError(
            f"{error}\nTo continue without the network, put the file into {folder} by hand, or "
            f"name a folder in data_home or MNISTCNN_DATA that holds {forms(data)}."
        ) from error
