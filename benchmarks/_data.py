"""The images that every case is given, each in the form in which it wants them."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcnn import fetch_mnist

Pixels = NDArray[Any]
Labels = NDArray[np.int64]

SIDE = 28
SIZES = {"train": 60_000, "test": 10_000}
MISSING = "needs MNIST: name its folder in MNISTCNN_DATA"

FORMS: dict[str, Callable[[Pixels], Pixels]] = {
    "uint8 images": lambda X: X[..., np.newaxis],
    "float images": lambda X: _unit(X)[..., np.newaxis],
    "float rows": lambda X: _unit(X).reshape(len(X), -1),
    "channels first": lambda X: _unit(X)[:, np.newaxis],
}


@cache
def source() -> str:
    """Return ``"MNIST"`` where its files are, ``"synthetic"`` where they are not."""
    try:
        fetch_mnist(download_if_missing=False)
    except FileNotFoundError:
        return "synthetic"
    return "MNIST"


def load_images(n_images: int, *, subset: str = "train", side: int = SIDE) -> tuple[Pixels, Labels]:
    """Return the first images of MNIST, or synthetic ones which only serve to take times.

    Parameters
    ----------
    n_images : int
        Number of images.
    subset : {"train", "test"}, default="train"
        The part of MNIST.
    side : int, default=28
        Height and width in pixels, a multiple of 28: every pixel is repeated.

    Returns
    -------
    X : ndarray of shape (n_images, side, side), uint8
        The images.
    y : ndarray of shape (n_images,), int64
        Their digits.
    """
    X, y = _all_images(subset)
    X, y = X[:n_images], y[:n_images]
    factor = side // SIDE
    return (X if factor == 1 else X.repeat(factor, axis=1).repeat(factor, axis=2)), y


@cache
def _all_images(subset: str) -> tuple[Pixels, Labels]:
    if source() == "synthetic":
        return _synthetic(SIZES[subset])
    digits = fetch_mnist(subset=subset, download_if_missing=False)
    return digits.images, digits.target


def _synthetic(n_images: int) -> tuple[Pixels, Labels]:
    generator = np.random.default_rng(0)
    # As in MNIST, about a fifth of the pixels is ink.
    ink = generator.random((n_images, SIDE, SIDE), dtype=np.float32) < 0.2
    y = generator.integers(10, size=n_images)
    y[:10] = np.arange(10)
    return ink.astype(np.uint8) * np.uint8(255), y


def _unit(X: Pixels) -> Pixels:
    return X.astype(np.float32) / np.float32(255)
