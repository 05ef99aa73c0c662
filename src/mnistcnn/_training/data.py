"""The data of a fit, validated: what everything from the split to the last batch reads."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Images with their targets, of which some rows take part.

    Parameters
    ----------
    pixels : ndarray of shape (n, h * w * c), uint8 or float32
        One image a row; they are never copied as a whole.
    targets : ndarray of shape (n,), int32
        The index of each image's label in `classes`.
    weights : ndarray of shape (n,), float32, or None
        The weight of each image in the loss, 1 on average; None where all weigh the same.
    rows : ndarray of shape (m,), int32
        The images that take part.
    image_shape : tuple of 3 int
        Height, width and channels of one image.
    classes : ndarray of shape (n_classes,)
        The labels, sorted.
    columns : dict
        What scikit-learn keeps of the columns: `n_features_in_`, and `feature_names_in_` if any.
    """

    pixels: NDArray[Any]
    targets: NDArray[np.int32]
    weights: NDArray[np.float32] | None
    rows: NDArray[np.int32]
    image_shape: tuple[int, int, int]
    classes: NDArray[Any]
    columns: dict[str, Any]

    def part(self, rows: NDArray[np.int32]) -> "TrainingData":
        """Return the same images, of which other rows take part."""
        return replace(self, rows=rows)

    def n_batches(self, batch_size: int) -> int:
        """Return the number of batches in one epoch, the short last one counted in."""
        return -(-len(self.rows) // batch_size)

    def arrays(self) -> list[NDArray[Any]]:
        """Return what Keras takes for an image: pixels, target and, if there is one, weight."""
        arrays: list[NDArray[Any]] = [self.pixels, self.targets]
        return arrays if self.weights is None else [*arrays, self.weights]
