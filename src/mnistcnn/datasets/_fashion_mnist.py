"""Fashion-MNIST: clothes in MNIST's form."""

from typing import Any

from mnistcnn._scikit_learn import validate_params
from mnistcnn._types import OnProgress
from mnistcnn._types import Path as PathLike
from mnistcnn.datasets._catalogue import FASHION_MNIST
from mnistcnn.datasets._fetching import CONSTRAINTS, fetch_parts, result_of

__all__ = ["fetch_fashion_mnist"]


@validate_params(CONSTRAINTS, prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
def fetch_fashion_mnist(
    *,
    subset: str = "train",
    data_home: PathLike | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
    on_progress: OnProgress | None = None,
) -> Any:
    """Load Fashion-MNIST, clothes, shoes and bags in MNIST's form; download it if necessary.

    It is harder than MNIST [1]_ and has the same shapes, so that it can be used wherever MNIST can.

    The folder may contain it in the forms of :func:`fetch_mnist`: ``fashion-mnist.npz``;
    ``fashion-mnist_train.csv`` and ``fashion-mnist_test.csv``, as on Kaggle; or the four IDX files.
    These have the same names as MNIST's, so they are only read from a folder called
    ``fashion_mnist``, ``fashion-mnist`` (as in Keras), ``FashionMNIST`` (with a folder ``raw`` in
    it, as in torchvision) or ``fashionmnist``, which is `data_home` itself or lies in it.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        The 60,000 training images, the 10,000 test images, or the former followed by the latter.
    data_home : str, path-like or None, default=None
        As in :func:`fetch_mnist`. Downloads go to its folder ``fashion_mnist``.
    download_if_missing : bool, default=True
        Whether to download missing files, about 31 MB.
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
            One image per row, 0 (background) to 255 (light); columns ``pixel0`` to ``pixel783``.
        target : ndarray or Series of shape (n,), dtype int64
            The classes 0 to 9; the Series is named ``label``.
        images : ndarray of shape (n, 28, 28), dtype uint8
            The same pixels in the same memory.
        frame : DataFrame of shape (n, 785), or None
            Data and target, if `as_frame`.
        feature_names : list of str
            The names of the columns.
        target_names : ndarray of shape (10,), dtype str
            The name of each class: ``target_names[target]`` are words, such as "Sneaker".
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
    .. [1] H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a novel image dataset for
       benchmarking machine learning algorithms", arXiv:1708.07747, 2017.
       https://github.com/zalandoresearch/fashion-mnist

    Examples
    --------
    ``fetch_fashion_mnist()`` is usually all that is needed. Here a folder contains two images:

    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from mnistcnn import fetch_fashion_mnist, write_idx
    >>> with tempfile.TemporaryDirectory() as home:
    ...     folder = Path(home) / "fashion-mnist"
    ...     folder.mkdir()
    ...     write_idx(folder / "train-images-idx3-ubyte", np.zeros((2, 28, 28), np.uint8))
    ...     write_idx(folder / "train-labels-idx1-ubyte", np.array([9, 0], np.uint8))
    ...     clothes = fetch_fashion_mnist(data_home=home)
    >>> clothes.target, clothes.target_names[clothes.target].tolist()
    (array([9, 0]), ['Ankle boot', 'T-shirt/top'])
    """
    parts = fetch_parts(
        FASHION_MNIST,
        subset=subset,
        data_home=data_home,
        download_if_missing=download_if_missing,
        on_progress=on_progress,
    )
    return result_of(FASHION_MNIST, parts, subset=subset, return_X_y=return_X_y, as_frame=as_frame)
