"""A drawing to be normalized, and how far two results are apart."""

import numpy as np

from mnistcnn import DigitNormalizer


def normalized(image, **parameters):
    """Return one image in MNIST's form."""
    return DigitNormalizer(**parameters).transform([image])[0]


def difference(one, other):
    """Ink that differs, as a part of all ink, leaving differences of a pixel's shift out."""
    one, other = one.astype(float), other.astype(float)
    shifts = [np.roll(other, (y, x), axis=(0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return min(np.abs(one - shifted).sum() for shifted in shifts) / one.sum()


def drawing(side=200):
    """A black stroke on white."""
    image = np.full((side, side), 255, dtype=np.uint8)
    image[side // 5 : side * 4 // 5, side // 2 - side // 25 : side // 2 + side // 25] = 0
    return image
