"""Type aliases and protocols for user input; importing this module loads nothing heavy."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import joblib
    import numpy as np
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray
    from PIL import Image

Path: TypeAlias = str | os.PathLike[str]

# Images as arrays, data frames or nested lists, and labels likewise.
Images: TypeAlias = "ArrayLike | pd.DataFrame | Sequence[ArrayLike]"
Labels: TypeAlias = "ArrayLike | pd.Series"

# What holds one image: an array, or an image of Pillow's.
ImageLike: TypeAlias = "ArrayLike | Image.Image"

# What either has become, and one label of it.
Array: TypeAlias = "NDArray[Any]"
Label: TypeAlias = str | int | float

# Height, width and channels of one image.
ImageShape: TypeAlias = tuple[int, int, int]

# Where fits are kept.
Memory: TypeAlias = "Path | joblib.Memory | None"

# Takes how much is done so far, and the total.
OnProgress: TypeAlias = Callable[[int, int], None]

RandomState: TypeAlias = "int | np.random.RandomState | None"


class Estimator(Protocol):
    """An estimator in scikit-learn's form: a classifier, a pipeline, a search."""

    def get_params(self, deep: bool = True) -> "dict[str, Any]":
        """Return the parameters by their names."""

    def fit(self, X: Images, y: Labels) -> Self:
        """Learn from labeled images."""


class Transformer(Protocol):
    """A fitted transformer of images in scikit-learn's form."""

    def transform(self, X: "Sequence[ImageLike]") -> Images:
        """Return the transformed images."""


class Classifier(Estimator, Protocol):
    """A classifier in scikit-learn's form."""

    classes_: "NDArray[np.generic]"

    def predict(self, X: Images) -> "NDArray[np.generic]":
        """Return the label of each image."""

    def predict_proba(self, X: Images) -> "NDArray[np.float64]":
        """Return the probability of each class."""
