"""Brings the training pictures to Keras a batch at a time, never as a float copy of them all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from mnistcnn.augmentation import Augmentation

Warp = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Examples:
    """Pictures with their targets, of which some rows take part.

    Parameters
    ----------
    pixels : ndarray of shape (n, h * w * c), uint8 or float32
        All pictures; they are never copied as a whole.
    targets : ndarray of shape (n,), int32
        The class index of each picture.
    weights : ndarray of shape (n,), float32, or None
        The weight of each picture in the loss.
    rows : ndarray of shape (m,), int32
        The pictures that take part.
    image_shape : tuple of 3 int
        Height, width and channels of one picture.
    """

    pixels: NDArray[Any]
    targets: NDArray[np.int32]
    weights: NDArray[np.float32] | None
    rows: NDArray[np.int32]
    image_shape: tuple[int, int, int]

    def n_batches(self, batch_size: int) -> int:
        """Return the number of batches in one epoch, the short last one counted in."""
        return -(-len(self.rows) // batch_size)

    def columns(self) -> list[NDArray[Any]]:
        """Return what Keras takes for a picture: pixels, target and, if there is one, weight."""
        columns = [self.pixels, self.targets]
        return columns if self.weights is None else [*columns, self.weights]


@dataclass(frozen=True, eq=False)
class Pass:
    """One pass over the rows: their order, and what changes each picture.

    Parameters
    ----------
    rows : ndarray of shape (m,), int32
        The pictures in the order in which they come.
    warps : list of ndarray of shape (m, ...)
        The columns of `RandomTransforms`; empty where pictures stay as they are.
    """

    rows: NDArray[np.int32]
    warps: list[NDArray[np.float32]] = field(default_factory=list)

    def columns(self) -> tuple[NDArray[Any], ...]:
        """Return the rows and what goes with them."""
        return (self.rows, *self.warps)


class FixedPasses:
    """Every pass is the same: the rows as they stand, the pictures as they are.

    Parameters
    ----------
    rows : ndarray of shape (m,), int32
        The pictures that take part.
    """

    def __init__(self, rows: NDArray[np.int32]) -> None:
        self._pass = Pass(rows)

    def current(self) -> Pass:
        """Return the present pass."""
        return self._pass


class ShuffledPasses(keras.callbacks.Callback):  # type: ignore[misc]
    """A pass depends on the seed and the number of its epoch, and on nothing else.

    Keras may begin a pass and drop it, so an order drawn from the state of a generator would
    depend on how often it does.

    Parameters
    ----------
    examples : Examples
        The pictures that take part.
    seed : sequence of int
        The seed.
    augmentation : Augmentation or None
        Draws the changes.
    """

    def __init__(
        self, examples: Examples, seed: Sequence[int], augmentation: Augmentation | None
    ) -> None:
        super().__init__()
        self._examples = examples
        self._seed = seed
        self._augmentation = augmentation
        self._pass = self._drawn(0)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Draw the pass of an epoch."""
        self._pass = self._drawn(epoch)

    def current(self) -> Pass:
        """Return the pass of the present epoch."""
        return self._pass

    def _drawn(self, epoch: int) -> Pass:
        generator = np.random.default_rng([*self._seed, epoch])
        rows = generator.permutation(self._examples.rows)
        if self._augmentation is None:
            return Pass(rows)
        warps = self._augmentation.draw(len(rows), self._examples.image_shape, generator)
        return Pass(rows, warps.columns())


Passes = FixedPasses | ShuffledPasses


def full_size(batch_size: int, n_rows: int) -> int:
    """Return how many pictures a batch is filled up to before it is warped.

    It is the batch size, unless all rows are far fewer: then a power of two, so that folds which
    differ by a row share one compiled warp.
    """
    return min(batch_size, 1 << (n_rows - 1).bit_length())


class GatheredBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """The feed of Keras's own `fit`: NumPy gathers each batch.

    Parameters
    ----------
    examples : Examples
        The pictures.
    batch_size : int
        Pictures a batch.
    passes : FixedPasses or ShuffledPasses
        The order of each pass.
    warp : callable or None
        Changes a batch of pictures.
    """

    def __init__(
        self, examples: Examples, batch_size: int, passes: Passes, warp: Warp | None
    ) -> None:
        super().__init__()
        self._examples = examples
        self._batch_size = full_size(batch_size, len(examples.rows))
        self._passes = passes
        self._warp = warp

    def __len__(self) -> int:
        """Return the number of batches in one pass."""
        return self._examples.n_batches(self._batch_size)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Return batch number `index` of this pass."""
        batch = slice(index * self._batch_size, (index + 1) * self._batch_size)
        rows, *warps = (column[batch] for column in self._passes.current().columns())
        pixels, *others = (column[rows] for column in self._examples.columns())
        images = pixels.reshape(-1, *self._examples.image_shape)
        if self._warp is not None:
            full = (self._filled_up(column) for column in (images, *warps))
            images = self._warp(*full)[: len(rows)]
        return (images, *others)

    def _filled_up(self, column: NDArray[Any]) -> NDArray[Any]:
        """Bring a column to the rows of a full batch, as XLA compiles anew for each number."""
        missing = self._batch_size - len(column)
        return np.pad(column, [(0, missing)] + [(0, 0)] * (column.ndim - 1))
