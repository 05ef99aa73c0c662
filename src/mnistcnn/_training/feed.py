"""Brings the training pictures to Keras a batch at a time, never as a float copy of them all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray


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


class FixedOrder:
    """The order of every pass is that of the rows.

    Parameters
    ----------
    rows : ndarray of shape (m,), int32
        The pictures that take part.
    """

    def __init__(self, rows: NDArray[np.int32]) -> None:
        self._rows = rows

    def current(self) -> NDArray[np.int32]:
        """Return the rows in the order of the present pass."""
        return self._rows


class ShuffledOrder(keras.callbacks.Callback):  # type: ignore[misc]
    """The order of a pass depends on the seed and the number of its epoch, and on nothing else.

    Keras may begin a pass and drop it, so an order drawn from the state of a generator would
    depend on how often it does.

    Parameters
    ----------
    rows : ndarray of shape (m,), int32
        The pictures that take part.
    seed : sequence of int
        The seed.
    """

    def __init__(self, rows: NDArray[np.int32], seed: Sequence[int]) -> None:
        super().__init__()
        self._rows = rows
        self._seed = seed
        self._order = rows

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Draw the order of an epoch."""
        self._order = np.random.default_rng([*self._seed, epoch]).permutation(self._rows)

    def current(self) -> NDArray[np.int32]:
        """Return the rows in the order of the present epoch."""
        return self._order


def epoch_feed(examples: Examples, batch_size: int, order: FixedOrder | ShuffledOrder) -> Any:
    """Return what Keras's `fit` takes: one pass over the rows at a time."""
    if keras.backend.backend() == "tensorflow":
        return _tensorflow_feed(examples, batch_size, order)
    return GatheredBatches(examples, batch_size, order)


def _tensorflow_feed(examples: Examples, batch_size: int, order: FixedOrder | ShuffledOrder) -> Any:
    import tensorflow as tf

    with tf.device("CPU:0"):
        columns = [tf.convert_to_tensor(column) for column in examples.columns()]

    def gathered(rows: Any) -> tuple[Any, ...]:
        pixels, *others = (tf.gather(column, rows) for column in columns)
        return (tf.reshape(pixels, (-1, *examples.image_shape)), *others)

    def passes() -> Any:
        yield order.current()

    rows_of_pass = tf.data.Dataset.from_generator(
        passes, output_signature=tf.TensorSpec([len(examples.rows)], tf.int32)
    )
    batches = rows_of_pass.unbatch().batch(batch_size).map(gathered).prefetch(2)
    length = tf.data.experimental.assert_cardinality(examples.n_batches(batch_size))
    return batches.apply(length).with_options(_pipeline_options())


def _pipeline_options() -> Any:
    import tensorflow as tf

    options = tf.data.Options()
    # One gather feeds a training step many times over; more threads only take cores from it.
    options.threading.private_threadpool_size = 1
    options.autotune.enabled = False
    options.deterministic = True
    return options


class GatheredBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """The feed of the other backends: NumPy gathers each batch.

    Parameters
    ----------
    examples : Examples
        The pictures.
    batch_size : int
        Pictures a batch.
    order : FixedOrder or ShuffledOrder
        The order of each pass.
    """

    def __init__(
        self, examples: Examples, batch_size: int, order: FixedOrder | ShuffledOrder
    ) -> None:
        super().__init__()
        self._examples = examples
        self._batch_size = batch_size
        self._order = order

    def __len__(self) -> int:
        """Return the number of batches in one pass."""
        return self._examples.n_batches(self._batch_size)

    def __getitem__(self, index: int) -> tuple[NDArray[Any], ...]:
        """Return batch number `index` of this pass."""
        rows = self._order.current()[index * self._batch_size :][: self._batch_size]
        pixels, *others = (column[rows] for column in self._examples.columns())
        return (pixels.reshape(-1, *self._examples.image_shape), *others)
