"""The validated data of a fit, which everything from the split to the last batch reads."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcnn._types import ImageShape


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Images with their targets, and the indices of those in use.

    Parameters
    ----------
    pixels : ndarray of shape (n, h * w * c), uint8 or float32
        One image a row; they are never copied as a whole.
    targets : ndarray of shape (n,), int32
        The index of each image's label in `classes`.
    weights : ndarray of shape (n,), float32, or None
        The weight of each image in the loss, 1 on average; None where all weigh the same.
    indices : ndarray of shape (m,), int32
        The images that take part.
    image_shape : tuple of 3 int
        Height, width and channels of one image.
    classes : ndarray of shape (n_classes,)
        The labels, sorted.
    feature_attributes : dict
        What scikit-learn keeps of the columns: `n_features_in_`, and `feature_names_in_` if any.
    """

    pixels: NDArray[Any]
    targets: NDArray[np.int32]
    weights: NDArray[np.float32] | None
    indices: NDArray[np.int32]
    image_shape: ImageShape
    classes: NDArray[Any]
    feature_attributes: dict[str, Any]

    def part(self, indices: NDArray[np.int32]) -> "TrainingData":
        """Return the same images with other indices in use."""
        return replace(self, indices=indices)

    def n_batches(self, batch_size: int) -> int:
        """Return the number of batches in one epoch, including a short last one."""
        return -(-len(self.indices) // batch_size)

    def arrays(self) -> list[NDArray[Any]]:
        """Return the arrays for Keras: pixels, targets and, if given, weights."""
        arrays: list[NDArray[Any]] = [self.pixels, self.targets]
        return arrays if self.weights is None else [*arrays, self.weights]
