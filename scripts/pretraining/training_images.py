"""The images that the network is trained on, all of them made of MNIST's."""

import numpy as np
from numpy.typing import NDArray

from mnistcnn.handwriting import to_mnist_form
from pretraining.non_digits import non_digits
from pretraining.pens import redrawn

Images = NDArray[np.uint8]
Labels = NDArray[np.int64]

# Redrawn together: only so many large images are in memory at once.
AT_A_TIME = 1000
FRACTION_OF_NON_DIGITS = 0.1


def with_other_pens(images: Images, target: Labels, seed: int) -> Images:
    """Return the digits redrawn, in MNIST's form.

    Parameters
    ----------
    images : ndarray of shape (n, 28, 28), uint8
        MNIST's images.
    target : ndarray of shape (n,), int64
        Their digits.
    seed : int
        Chooses the pens.

    Returns
    -------
    ndarray of shape (n, 28, 28), uint8
        The same digits in the same order.
    """
    rng = np.random.default_rng(seed)
    chunks = (slice(start, start + AT_A_TIME) for start in range(0, len(images), AT_A_TIME))
    parts = (redrawn(images[chunk], target[chunk], rng) for chunk in chunks)
    return np.stack([to_mnist_form(image) for part in parts for image in part])


def training_images(
    images: Images, other_pens: Images, target: Labels, seed: int
) -> tuple[Images, Labels]:
    """Return digits as they are, as other pens drew them, and images of no digit.

    Parameters
    ----------
    images, other_pens : ndarray of shape (n, 28, 28), uint8
        MNIST's images, and what `with_other_pens` made of them.
    target : ndarray of shape (n,), int64
        Their digits.
    seed : int
        Chooses the images of no digit and their labels.

    Returns
    -------
    X : ndarray of shape (m, 28, 28), uint8
        2.1 n images.
    y : ndarray of shape (m,), int64
        Their digits, drawn at random for images of no digit.
    """
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(images), round(FRACTION_OF_NON_DIGITS * len(images)), replace=False)
    others = non_digits(images[chosen], target[chosen], rng)
    X = np.concatenate([images, other_pens, others])
    y = np.concatenate([target, target, rng.integers(10, size=len(others))])
    return X, y
