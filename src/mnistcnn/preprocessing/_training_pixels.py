"""The range and statistics of training pixels, and the sampling of images for comparison."""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "IN_CALIBRATION",
    "IN_PREDICTION",
    "IN_TRAINING",
    "IN_TRANSFORM",
    "IN_VALIDATION",
    "PixelRange",
    "PixelStatistics",
    "Situation",
    "TrainingPixels",
    "some_of",
]

# The lowest and the highest of the training pixels.
PixelRange: TypeAlias = tuple[float, float]

# Their mean and standard deviation.
PixelStatistics: TypeAlias = tuple[float, float]


class TrainingPixels(NamedTuple):
    """The range and statistics of training pixels; each is None if unknown."""

    range: PixelRange | None = None
    statistics: PixelStatistics | None = None

    @property
    def mean_level(self) -> float | None:
        """The mean as a fraction of the range, where both are known."""
        if self.range is None or self.statistics is None or self.range[0] == self.range[1]:
            return None
        return (self.statistics[0] - self.range[0]) / (self.range[1] - self.range[0])


class Situation(NamedTuple):
    """The parts of a warning that say who knows the earlier pixels, and the consequence."""

    learned: str
    consequence: str


IN_CALIBRATION = Situation(
    "the classifier was trained on", "so activations would be quantized to wrong ranges"
)
IN_PREDICTION = Situation("the classifier was trained on", "so its predictions are mostly wrong")
IN_TRAINING = Situation(
    "the classifier was trained on", "so what it has learned does not apply to these"
)
IN_VALIDATION = Situation(
    "the classifier was trained on", "so the results on the validation images are meaningless"
)
IN_TRANSFORM = Situation("the scaler was fitted on", "so they are not scaled as those were")


def some_of(images: NDArray[Any], n_wanted: int) -> NDArray[Any]:
    """Return up to so many images, from all parts of the array, the first and the last among them.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.preprocessing import some_of
    >>> some_of(np.arange(20), 5)
    array([ 0,  5, 10, 15, 19])
    """
    if len(images) <= n_wanted:
        return images
    step = -(-(len(images) - 1) // (n_wanted - 1))
    return np.concatenate([images[:-1:step], images[-1:]])
