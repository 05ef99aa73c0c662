"""The training configuration: all settings that do not depend on the data."""

from dataclasses import dataclass, field
from typing import Any

from mnistcnn._training.data import TrainingData
from mnistcnn._training.optimization import OptimizerConfig
from mnistcnn.augmentation import Augmentation


@dataclass(frozen=True)
class TrainingConfig:
    """The settings of a training.

    Parameters
    ----------
    epochs : int
        Passes over the training images, at most.
    batch_size : int
        Images per update (mini-batch size).
    optimizer : OptimizerConfig
        Optimizer, learning rate and schedule.
    label_smoothing : float
        Fraction of the target spread evenly over all classes.
    augmentation : Augmentation or None
        Random changes to the training images.
    unaugmented_epochs : int
        How many of the last epochs leave them as they are.
    patience : int or None
        Epochs without a better validation accuracy before the fit stops; None never stops.
    callbacks : list of keras.callbacks.Callback
        The user's own.
    verbose : int
        Keras's: 0 is silent, 1 a bar, 2 one line per epoch.
    """

    epochs: int
    batch_size: int
    optimizer: OptimizerConfig
    label_smoothing: float
    augmentation: Augmentation | None = None
    unaugmented_epochs: int = 0
    patience: int | None = None
    callbacks: list[Any] = field(default_factory=list)
    verbose: int = 0

    @property
    def trace_key(self) -> tuple[Any, ...]:
        """All that is traced into the program of a fit."""
        return (*self.optimizer.trace_key, self.label_smoothing)

    @property
    def description(self) -> tuple[Any, ...]:
        """The configuration as plain values, without callbacks; equal for equal configurations."""
        augmentation = self.augmentation and self.augmentation.get_params()
        sizes = (self.epochs, self.batch_size, self.label_smoothing, self.patience)
        augmented = (augmentation, self.augmented_epochs if augmentation else None)
        return self.optimizer.description, augmented, sizes

    @property
    def augmented_epochs(self) -> int:
        """The number of epochs with augmented images."""
        return max(0, self.epochs - self.unaugmented_epochs)

    def n_updates(self, training: TrainingData) -> int:
        """Return the number of updates of a whole fit."""
        return self.epochs * training.n_batches(self.batch_size)
