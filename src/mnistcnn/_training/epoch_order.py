"""Orders the images of each epoch, and draws their augmentation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from mnistcnn._training import backends
from mnistcnn._training.data import TrainingData
from mnistcnn.augmentation import Augmentation

# Changes a batch of images, given the columns that an augmentation has drawn for it.
Transform = Callable[..., Any]

# The metrics of an epoch by their names.
Logs = dict[str, Any]

# Runs a whole epoch, or a validation, and returns its metrics.
EpochRunner = Callable[[], Logs]

# Trains the current epoch, and validates it; None without validation images.
EpochRunners = tuple[EpochRunner, EpochRunner | None]

VALIDATION_BATCH = 512


@dataclass(frozen=True, eq=False)
class EpochPlan:
    """One pass over the training images: their order, and the augmentation of each.

    Parameters
    ----------
    order : ndarray of shape (m,), int32
        The indices of the images as they come.
    changes : list of ndarray of shape (m, ...)
        What an augmentation has drawn for each; empty where images stay as they are.
    """

    order: NDArray[np.int32]
    changes: list[NDArray[np.float32]] = field(default_factory=list)

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """Return the order and the augmentation."""
        return (self.order, *self.changes)


class ShuffledOrder(keras.callbacks.Callback):  # type: ignore[misc]
    """An epoch depends on the seed and its number, and on nothing else.

    Keras may begin one and drop it, so an order drawn from the state of a generator would
    depend on how often it does.

    Parameters
    ----------
    data : TrainingData
        The images that take part.
    seed : sequence of int
        The seed.
    augmentation : Augmentation or None
        Draws the changes.
    augmented_epochs : int
        How many epochs there are changes in; those after them have none.
    """

    def __init__(
        self,
        data: TrainingData,
        seed: Sequence[int],
        augmentation: Augmentation | None,
        augmented_epochs: int,
    ) -> None:
        super().__init__()
        self.data = data
        self._seed = seed
        self._augmentation = augmentation
        self._augmented_epochs = augmented_epochs
        self._begin(0)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Draw an epoch, and have its dropout drawn from a seed of its own."""
        backends.current().seed_epoch([*self._seed, epoch])
        if epoch != self._epoch:
            self._begin(epoch)

    def current(self) -> EpochPlan:
        """Return the present epoch."""
        return self._plan

    def _begin(self, epoch: int) -> None:
        self._epoch, self._plan = epoch, self._drawn(epoch)

    def _drawn(self, epoch: int) -> EpochPlan:
        generator = np.random.default_rng([*self._seed, epoch])
        order = generator.permutation(self.data.indices)
        if self._augmentation is None or epoch >= self._augmented_epochs:
            return EpochPlan(order)
        changes = self._augmentation.draw(len(order), self.data.image_shape, generator)
        return EpochPlan(order, changes.columns())


def effective_batch_size(batch_size: int, n_images: int) -> int:
    """Return the batch size in use: the one asked for or, for fewer images, a power of two.

    It is the next power of two, so that folds which differ by an image share one program.
    """
    return min(batch_size, 1 << (n_images - 1).bit_length())
