"""The types of the estimator's parameters."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import keras
from numpy.typing import ArrayLike

from mnistcnn.architectures import Architecture
from mnistcnn.augmentation import Augmentation

ArchitectureLike: TypeAlias = str | Architecture | Callable[..., keras.Model]
AugmentationLike: TypeAlias = str | Augmentation | None
Callbacks: TypeAlias = keras.callbacks.Callback | Callable[[], object] | Sequence[object] | None
ClassWeight: TypeAlias = Mapping[object, float] | str | None
Weights: TypeAlias = ArrayLike | None
ImageShapeParameter: TypeAlias = str | tuple[int, ...] | list[int]
OptimizerLike: TypeAlias = str | keras.optimizers.Optimizer
