"""MNIST, from any of its file formats on disk, or from the internet."""

from typing import Any

import numpy as np

from mnistcnn._scikit_learn import validate_params
from mnistcnn._types import OnProgress
from mnistcnn._types import Path as PathLike
from mnistcnn.datasets._catalogue import MNIST
from mnistcnn.datasets._fetching import CONSTRAINTS, fetch_parts, result_of
from mnistcnn.datasets._writers import read_writers

__all__ = ["fetch_mnist"]


@validate_params(CONSTRAINTS, prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
def fetch_mnist(
    *,
    subset: str = "train",
    data_home: PathLike | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
    on_progress: OnProgress | None = None,
) -> Any:
    """Load MNIST, the standard benchmark of handwritten digits; download it if necessary.

    The folder may contain MNIST in any of these forms, of which the first one found is read:
    ``mnist.npz`` with the names of Keras; the four original IDX files, with or without ``.gz``,
    also as ``train-images.idx3-ubyte``, in folders of the same names as on Kaggle, or in
    ``MNIST/raw`` as in torchvision; ``mnist_train.csv`` and ``mnist_test.csv``, compressed or not,
    whose columns are recognized as by :func:`read_kaggle_csv`. Files with MNIST's names in a folder
    named after other data, such as ``fashion-mnist``, are not read as MNIST.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        The 60,000 training digits, the 10,000 test digits, or the former followed by the latter.
    data_home : str, path-like or None, default=None
        The folder of the data. None means the folder in the environment variable ``MNISTCNN_DATA``
        or, if that is not set, ``mnistcnn`` in the user's cache folder (``XDG_CACHE_HOME``, or
        ``~/.cache``); in that case Keras's folder ``~/.keras/datasets`` is searched, too.
    download_if_missing : bool, default=True
        Whether to download missing files, about 11 MB.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Whether `data` is a DataFrame and `target` a Series.
    on_progress : callable, default=None
        Called during a download with the number of bytes of the current file so far and that of the
        whole file, in a thread of its own.

    Returns
    -------
    :class:`~sklearn.utils.Bunch` or tuple
        ``(data, target)`` if `return_X_y`, otherwise a Bunch with

        data : ndarray or DataFrame of shape (n, 784), dtype uint8
            One image per row, 0 (background) to 255 (ink); columns ``pixel0`` to ``pixel783``.
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
            The writer of each digit, as a number, for the `groups` of a splitter; None if there is
            no ``writer-ids.npz`` in the folder. The training and the test set have no writer in
            common.

    Raises
    ------
    FileNotFoundError
        If MNIST is missing and `download_if_missing` is False.
    OSError
        If it could not be downloaded. The folder then contains no partial file, and the message
        says where to put files by hand.
    ValueError
        If a file in the folder is damaged or one of Fashion-MNIST's or KMNIST's, or if `data_home`
        is not a folder; the message names it.

    Warns
    -----
    UserWarning
        If a table has fewer or more images than MNIST, for example because it was truncated, or
        if all labels occur equally often, as in other data sets.

    See Also
    --------
    load_sample_digits : Load digits for a first try, without a download.
    fetch_emnist : Load letters and digits in the same form.
    fetch_fashion_mnist : Load clothes in the same form.
    fetch_kmnist : Load characters of classical Japanese in the same form.

    Examples
    --------
    ``fetch_mnist()`` is usually all that is needed. Here a folder contains MNIST's first two
    digits:

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
    parts = fetch_parts(
        MNIST,
        subset=subset,
        data_home=data_home,
        download_if_missing=download_if_missing,
        on_progress=on_progress,
    )
    result = result_of(MNIST, parts, subset=subset, return_X_y=return_X_y, as_frame=as_frame)
    if not return_X_y:
        writers = [read_writers(part.folder, part.split, part.target) for part in parts]
        known = [one for one in writers if one is not None]
        result.writers = np.concatenate(known) if known else None
    return result
