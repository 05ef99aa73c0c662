"""Reads image files as arrays, with labels."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from mnistcnn._scikit_learn import StrOptions, validate_params
from mnistcnn.datasets._image_labels import labels_of
from mnistcnn.exceptions import UnreadableImageError
from mnistcnn.images import find_image_files, gray_over_white, open_image

__all__ = ["read_images"]

_Image = NDArray[np.uint8]


@validate_params(
    {
        "source": [str, os.PathLike, Iterable],
        "return_labels": [StrOptions({"folder", "filename"}), callable, None],
        "unreadable": [StrOptions({"error", "skip"})],
        "return_X_y": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)  # type: ignore[untyped-decorator]
def read_images(
    source: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    return_labels: str | Callable[[Path], Any] | None = None,
    unreadable: str = "error",
    return_X_y: bool = False,
) -> Any:
    """Read image files in gray, each in its own size.

    The images stay as they were drawn, scanned or photographed. `DigitNormalizer` brings images of
    single digits to MNIST's form, and `find_digits` finds the digits of a whole sheet.

    Parameters
    ----------
    source : str, path-like, or iterable of these
        What to read, as BMP, GIF, JPEG, PNG, PPM, TIFF or WEBP:

        - a file;
        - a folder: all images in it and in its subfolders, by their suffixes; links to folders are
          followed, but not to those above, and names that begin with a dot are left out.
          Photographs in HEIF or AVIF (``.heic``, ``.heif``, ``.avif``) cannot be read, and are
          handled as `unreadable` says;
        - a pattern with ``*``, ``?`` and ``[...]``, and ``**`` for any subfolders.

        Files of a folder or a pattern are read in natural order (``2.png`` before ``10.png``,
        folder by folder), those of a list in the order of the list.
    return_labels : {"folder", "filename"}, callable or None, default=None
        The source of the labels.

        - ``"folder"``: the name of the folder that contains the file, as in ``digits/7/photo.jpg``.
        - ``"filename"``: the one digit in the file's name that has no other digit beside it, as in
          ``my_digits_7.png``, ``7_003.png``, ``digit-7.png`` and ``IMG_2034_7.jpg``. Names with no
          such digit, or with two different ones, such as ``7_1.png``, are refused.
        - a function: called with each file's path, it returns the label.
        - None: there are no labels.
    unreadable : {"error", "skip"}, default="error"
        How to handle files that are missing, damaged, too large or not images.

        - ``"error"``: an error that lists all of them.
        - ``"skip"``: read the others, and list them in the Bunch.
    return_X_y : bool, default=False
        Whether to return ``(images, target)`` instead of a Bunch.

    Returns
    -------
    :class:`~sklearn.utils.Bunch` or tuple
        ``(images, target)`` if `return_X_y`, otherwise a Bunch with

        images : list of ndarray of shape (h, w), dtype uint8
            0 is black, 255 is white: ink is as dark or as light as in the file. Transparent images
            are drawn over white; photographs are rotated by their EXIF orientation.
        target : ndarray of shape (n,), or None
            The labels: int64 from file names, and from folders whose names are all whole numbers;
            otherwise str, or the values that the function returned.
        target_names : ndarray, or None
            The labels that occur.
        filenames : list of str
            The file of each image.
        unreadable : dict
            The files that were skipped, and why.
        DESCR : str
            A description with the number of images.

    Raises
    ------
    FileNotFoundError
        If a folder contains no image, or if a pattern matches nothing.
    UnreadableImageError
        If files cannot be read and `unreadable` is ``"error"``, or if no file can be read.
    ValueError
        If a parameter is invalid, or if file names give no label; the message lists them.

    See Also
    --------
    DigitNormalizer : Brings such images to MNIST's form.
    find_digits : Find the digits on a sheet.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from PIL import Image
    >>> from mnistcnn import read_images
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, size in [("digit-3.png", (40, 60)), ("digit-10.png", (50, 50))]:
    ...         Image.new("RGB", size, "white").save(Path(folder, name))
    ...     digits = read_images(folder)
    >>> [image.shape for image in digits.images], digits.images[0].dtype
    ([(60, 40), (50, 50)], dtype('uint8'))
    >>> [Path(name).name for name in digits.filenames]
    ['digit-3.png', 'digit-10.png']
    """
    paths = find_image_files(source)
    labels = None if return_labels is None else labels_of(paths, return_labels)
    images, failures = _read_all(paths)
    if failures and (unreadable == "error" or not images):
        raise UnreadableImageError(_failure_message(failures, len(paths)))
    target = None if labels is None else labels[list(images)]
    if return_X_y:
        return list(images.values()), target
    return Bunch(
        images=list(images.values()),
        target=target,
        target_names=None if target is None else np.unique(target),
        filenames=[os.fspath(paths[place]) for place in images],
        unreadable={os.fspath(paths[place]): reason for place, reason in failures.items()},
        DESCR=f"{len(images):,} images read from files.",
    )


def _read_all(paths: list[Path]) -> tuple[dict[int, _Image], dict[int, str]]:
    """Return by their places the images, and the reasons why there are no others."""
    images, failures = {}, {}
    for place, path in enumerate(paths):
        try:
            images[place] = _gray(path)
        except OSError as error:
            failures[place] = f"{path}: {error.strerror or error}"
        except UnreadableImageError as error:
            failures[place] = str(error)
        except ValueError as error:
            failures[place] = f"{path}: {error}"
    return images, failures


def _gray(path: Path) -> _Image:
    gray = gray_over_white(open_image(path))
    return np.asarray(np.rint(gray * 255), dtype=np.uint8)


def _failure_message(failures: dict[int, str], n_files: int) -> str:
    reasons = "\n".join(failures.values())
    return f"{len(failures)} of {n_files} files cannot be read:\n{reasons}"
