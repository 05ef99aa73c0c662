"""Images that are moved by hand, as views of them are."""

import numpy as np

NINE = [(0, 0), *[(-1, 0), (0, -1), (0, 1), (1, 0)], *[(-1, -1), (-1, 1), (1, -1), (1, 1)]]


def moved(X, down, right, shape=(8, 8)):
    """Move images as `numpy.pad` with ``mode="edge"`` does."""
    height, width = shape
    padded = np.pad(X.reshape(-1, height, width), [(0, 0), (4, 4), (4, 4)], mode="edge")
    part = padded[:, 4 - down : 4 - down + height, 4 - right : 4 - right + width]
    return part.reshape(len(X), -1)
