"""EMNIST: handwritten letters and digits in MNIST's form."""

from typing import Any

from mnistcnn._scikit_learn import validate_params
from mnistcnn._types import OnProgress
from mnistcnn._types import Path as PathLike
from mnistcnn._wording import suggestion
from mnistcnn.datasets._catalogue import EMNIST
from mnistcnn.datasets._fetching import CONSTRAINTS, fetch_parts, result_of

__all__ = ["fetch_emnist"]


@validate_params({"split": [str], **CONSTRAINTS}, prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
def fetch_emnist(
    split: str = "balanced",
    *,
    subset: str = "train",
    data_home: PathLike | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
    on_progress: OnProgress | None = None,
) -> Any:
    """Load EMNIST, handwritten letters and digits; download them if necessary.

    Like MNIST's digits, they are from NIST, brought to the same form [1]_. The files contain each
    image with rows and columns exchanged; here they are upright. Six splits combine the same images
    in different ways:

    ============ ======= ============ ========== =============================================
    `split`      classes to train on  to test on what they are
    ============ ======= ============ ========== =============================================
    ``balanced`` 47      112,800      18,800     digits, capitals, and lowercase letters that
                                                 differ from their capitals; balanced classes
    ``byclass``  62      697,932      116,323    digits, capitals and lowercase letters
    ``bymerge``  47      697,932      116,323    the classes of ``balanced`` with their natural
                                                 frequencies
    ``letters``  26      124,800      20,800     letters, capital and lowercase as one class
    ``digits``   10      240,000      40,000     digits
    ``mnist``    10      60,000       10,000     digits, as many as in MNIST
    ============ ======= ============ ========== =============================================

    The folder may contain the IDX files, ``emnist-letters-train-images-idx3-ubyte`` and so on, with
    or without ``.gz``, either directly or in a folder ``emnist``, ``gzip`` or ``EMNIST/raw`` (as in
    torchvision); NIST's archive of them, ``gzip.zip``, which is not unpacked to disk; or
    ``emnist-letters-train.csv`` and so on, as on Kaggle or, with a line of column names, as written
    from the DataFrame of this function.

    Parameters
    ----------
    split : {"balanced", "byclass", "bymerge", "letters", "digits", "mnist"}, default="balanced"
        The split to load.
    subset : {"train", "test", "all"}, default="train"
        The training images, the test images, or the former followed by the latter.
    data_home : str, path-like or None, default=None
        As in :func:`fetch_mnist`. Downloads go to its folder ``emnist``.
    download_if_missing : bool, default=True
        Whether to download missing files: one archive of all splits, 562 MB.
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
            The classes, counted from 0, as indices into `target_names`; the Series is named
            ``label``. In the files of ``letters``, they are counted from 1.
        images : ndarray of shape (n, 28, 28), dtype uint8
            The same pixels in the same memory, upright.
        frame : DataFrame of shape (n, 785), or None
            Data and target, if `as_frame`.
        feature_names : list of str
            The names of the columns.
        target_names : ndarray of shape (n_classes,), dtype str
            The character of each class: ``target_names[target]`` are letters and digits.
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
        Also if there is no such split; the message lists all splits and names the most similar one.

    See Also
    --------
    fetch_mnist : Load MNIST's digits.
    mnistcnn.handwriting.to_emnist_form : Bring an image to EMNIST's form.

    References
    ----------
    .. [1] G. Cohen, S. Afshar, J. Tapson and A. van Schaik, "EMNIST: an extension of MNIST to
       handwritten letters", arXiv:1702.05373, 2017.
       https://www.nist.gov/itl/products-and-services/emnist-dataset

    Examples
    --------
    ``fetch_emnist("letters")`` is usually all that is needed. Here a folder contains two images:

    >>> import tempfile
    >>> import numpy as np
    >>> from mnistcnn import fetch_emnist, write_idx
    >>> with tempfile.TemporaryDirectory() as home:
    ...     start = f"{home}/emnist-letters-train"
    ...     write_idx(f"{start}-images-idx3-ubyte.gz", np.zeros((2, 28, 28), np.uint8))
    ...     write_idx(f"{start}-labels-idx1-ubyte.gz", np.array([1, 26], np.uint8))
    ...     letters = fetch_emnist("letters", data_home=home)
    >>> letters.target, letters.target_names[letters.target].tolist()
    (array([ 0, 25]), ['A', 'Z'])
    """
    if split not in EMNIST:
        raise ValueError(
            f"Unknown split {split!r}{suggestion(split, EMNIST)} split must be one of "
            f"{', '.join(EMNIST)}."
        )
    data = EMNIST[split]
    parts = fetch_parts(
        data,
        subset=subset,
        data_home=data_home,
        download_if_missing=download_if_missing,
        on_progress=on_progress,
    )
    return result_of(data, parts, subset=subset, return_X_y=return_X_y, as_frame=as_frame)
