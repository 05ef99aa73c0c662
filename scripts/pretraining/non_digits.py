"""Images of no digit, whose labels are drawn at random: the network learns to be unsure of them.

D. Hendrycks, M. Mazeika and T. Dietterich, "Deep Anomaly Detection with Outlier Exposure", ICLR
2019. A random label for each image comes in the mean to the even target used there.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from mnistcnn.handwriting import to_mnist_form

Images = NDArray[np.uint8]

SIDE = 28
CANVAS = 84
POINTS_A_STROKE = 24


def non_digits(images: Images, target: NDArray[np.int64], rng: np.random.Generator) -> Images:
    """Return as many images of no digit as images of digits are given.

    Parameters
    ----------
    images : ndarray of shape (n, 28, 28), uint8
        MNIST's images, from which some are made.
    target : ndarray of shape (n,), int64
        Their digits.
    rng : numpy.random.Generator
        Where everything random comes from.

    Returns
    -------
    ndarray of shape (n, 28, 28), uint8
        Even grays, noise, scribbles, digits on their sides, and pairs of digits, a fifth of each.
    """
    parts = np.array_split(np.arange(len(images)), 5)
    return np.concatenate(
        [
            even_grays(len(parts[0]), rng),
            noise(len(parts[1]), rng),
            np.stack([scribble(rng) for _ in parts[2]]),
            on_their_sides(images[parts[3]], target[parts[3]], rng),
            pairs(images[parts[4]], rng),
        ]
    )


def even_grays(n_images: int, rng: np.random.Generator) -> Images:
    """Return images without ink, half of them black, the others of one gray and faint noise."""
    grays = rng.integers(1, 256, (n_images, 1, 1)) * (rng.random((n_images, 1, 1)) < 0.5)
    deviations = 4 * rng.random((n_images, 1, 1)) * (grays > 0)
    noisy = grays + deviations * rng.standard_normal((n_images, SIDE, SIDE))
    return np.clip(np.round(noisy), 0, 255).astype(np.uint8)


def noise(n_images: int, rng: np.random.Generator) -> Images:
    """Return noise, from single pixels to clouds, on all or on a few of the pixels."""
    images = np.empty((n_images, SIDE, SIDE), dtype=np.uint8)
    for image in images:
        grains = rng.random((SIDE, SIDE))
        smooth = ndimage.gaussian_filter(grains, rng.choice([0, 0.5, 1, 2, 3]))
        share = rng.uniform(0.02, 1)
        lowest = np.quantile(smooth, 1 - share)
        image[:] = 255 * np.clip((smooth - lowest) / max(np.ptp(smooth), 1e-9), 0, 1)
    return images


def scribble(rng: np.random.Generator) -> Images:
    """Return a few curves, in MNIST's form."""
    canvas = Image.new("L", (CANVAS, CANVAS))
    pencil = ImageDraw.Draw(canvas)
    width = int(rng.integers(3, 12))
    for _ in range(rng.integers(2, 6)):
        stroke = _curve(rng.uniform(8, CANVAS - 8, (4, 2)))
        pencil.line([tuple(point) for point in stroke], fill=255, width=width, joint="curve")
    return to_mnist_form(np.asarray(canvas))


def _curve(controls: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points of Bézier's cubic curve."""
    t = np.linspace(0, 1, POINTS_A_STROKE)[:, np.newaxis]
    weights = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3]
    return sum(weight * control for weight, control in zip(weights, controls, strict=True))


def on_their_sides(images: Images, target: NDArray[np.int64], rng: np.random.Generator) -> Images:
    """Return digits turned by a quarter; scribbles for 0 and 1, which may well stay digits."""
    return np.stack(
        [
            scribble(rng) if digit < 2 else np.rot90(image, rng.choice([1, 3]))
            for image, digit in zip(images, target, strict=True)
        ]
    )


def pairs(images: Images, rng: np.random.Generator) -> Images:
    """Return each digit beside another one, in MNIST's form."""
    others = images[rng.permutation(len(images))]
    return np.stack([_beside(*pair) for pair in zip(images, others, strict=True)])


def _beside(left: Images, right: Images) -> Images:
    columns = [image[:, image.any(axis=0)] for image in (left, right)]
    gap = np.zeros((SIDE, 1), dtype=np.uint8)
    return to_mnist_form(np.hstack([columns[0], gap, columns[1]]))
