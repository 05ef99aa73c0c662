"""KMNIST: characters of classical Japanese in MNIST's form."""

from typing import Any

from mnistcnn._scikit_learn import validate_params
from mnistcnn._types import OnProgress
from mnistcnn._types import Path as PathLike
from mnistcnn.datasets._catalogue import KMNIST
from mnistcnn.datasets._fetching import CONSTRAINTS, fetch_parts, result_of

__all__ = ["fetch_kmnist"]


@validate_params(CONSTRAINTS, prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
def fetch_kmnist(
    *,
    subset: str = "train",
    data_home: PathLike | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
    on_progress: OnProgress | None = None,
) -> Any:
    """Load KMNIST, ten characters of classical Japanese; download them if necessary.

    They come from books of the 18th century, in MNIST's form and shapes [1]_. Each character was
    written in several ways, so that they are harder than digits.

    The folder may contain it in the forms of :func:`fetch_mnist`: ``kmnist.npz``;
    ``kmnist_train.csv`` and ``kmnist_test.csv``; or the four IDX files. These have the same names
    as MNIST's, so they are only read from a folder called ``kmnist``, or ``KMNIST`` with a folder
    ``raw`` in it (as in torchvision), which is `data_home` itself or lies in it.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        The 60,000 training images, the 10,000 test images, or the former followed by the latter.
    data_home : str, path-like or None, default=None
        As in :func:`fetch_mnist`. Downloads go to its folder ``kmnist``.
    download_if_missing : bool, default=True
        Whether to download missing files, about 21 MB.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Whether `data` is a DataFrame and `target` a Series.
    on_progress : callable, default=None
        As in :func:`fetch_mnist`.

    Returns
    -------
    :class:`~sklearn.utils.Bunch` or tuple
        ``(data, target)`` if `return_X_y`, otherwise a Bunch with

        data : ndarray or DataFrame of shape (n, 784), dtype uint8
            One image per row, 0 (background) to 255 (ink); columns ``pixel0`` to ``pixel783``.
        target : ndarray or Series of shape (n,), dtype int64
            The classes 0 to 9; the Series is named ``label``.
        images : ndarray of shape (n, 28, 28), dtype uint8
            The same pixels in the same memory.
        frame : DataFrame of shape (n, 785), or None
            Data and target, if `as_frame`.
        feature_names : list of str
            The names of the columns.
        target_names : ndarray of shape (10,), dtype str
            The character of each class: ``target_names[target]`` are hiragana.
        DESCR : str
            Where the images come from.

    Raises
    ------
    FileNotFoundError
        If the images are missing and `download_if_missing` is False.
    OSError
        If they could not be downloaded. The folder then contains no partial file, and the message
        says where to put files by hand.
    ValueError
        If a file in the folder is damaged, or if `data_home` is not a folder; the message names it.

    See Also
    --------
    fetch_mnist : Load MNIST's digits.

    References
    ----------
    .. [1] T. Clanuwat, M. Bober-Irizar, A. Kitamoto, A. Lamb, K. Yamamoto and D. Ha, "Deep learning
       for classical Japanese literature", arXiv:1812.01718, 2018.
       https://github.com/rois-codh/kmnist

    Examples
    --------
    ``fetch_kmnist()`` is usually all that is needed. Here a folder contains two images:

    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from mnistcnn import fetch_kmnist, write_idx
    >>> with tempfile.TemporaryDirectory() as home:
    ...     folder = Path(home) / "KMNIST" / "raw"
    ...     folder.mkdir(parents=True)
    ...     write_idx(folder / "train-images-idx3-ubyte", np.zeros((2, 28, 28), np.uint8))
    ...     write_idx(folder / "train-labels-idx1-ubyte", np.array([8, 2], np.uint8))
    ...     characters = fetch_kmnist(data_home=home)
    >>> characters.target, characters.target_names[characters.target].tolist()
    (array([8, 2]), ['れ', 'す'])
    """
    parts = fetch_parts(
        KMNIST,
        subset=subset,
        data_home=data_home,
        download_if_missing=download_if_missing,
        on_progress=on_progress,
    )
    return result_of(KMNIST, parts, subset=subset, return_X_y=return_X_y, as_frame=as_frame)
