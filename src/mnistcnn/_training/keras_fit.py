"""Keras's own `fit`, where it runs the epochs: step by step, and fed by NumPy."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from mnistcnn._training import backends
from mnistcnn._training.callbacks import BetweenBatches, watches_batches
from mnistcnn._training.configuration import TrainingConfig
from mnistcnn._training.data import TrainingData
from mnistcnn._training.epoch_order import (
    VALIDATION_BATCH,
    EpochPlan,
    EpochRunner,
    EpochRunners,
    Logs,
    ShuffledOrder,
    Transform,
    effective_batch_size,
)
from mnistcnn._training.interrupts import signals_held
from mnistcnn._training.transforms import transform_for


def fit_of_keras(
    model: keras.Model,
    order: ShuffledOrder,
    validation: TrainingData | None,
    config: TrainingConfig,
    callbacks: list[Any],
    first_epoch: int,
    whole_epochs: EpochRunners | None = None,
) -> None:
    """Run all epochs in Keras's `fit`.

    If somebody has patched `fit` to listen, its first step may run the whole epoch or validation
    by the two functions in `whole_epochs`.
    """
    transform = transform_for(config.augmentation)
    with signals_held() as held:
        listed = [
            BetweenBatches(held.deliver),
            *callbacks,
            *backends.current().step_callbacks(),
        ]
        with nullcontext() if whole_epochs is None else _whole_epochs_within(listed, *whole_epochs):
            model.fit(
                GatheredBatches(order.data, config.batch_size, order.current, transform),
                validation_data=validation and _validation_batches(validation),
                epochs=config.epochs,
                initial_epoch=first_epoch,
                callbacks=listed,
                verbose=config.verbose,
                shuffle=False,
            )


def _validation_batches(validation: TrainingData) -> "GatheredBatches":
    plan = EpochPlan(validation.indices)
    return GatheredBatches(validation, VALIDATION_BATCH, lambda: plan, None)


class GatheredBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """The feed of Keras's own `fit`: NumPy gathers each batch.

    Parameters
    ----------
    data : TrainingData
        The images.
    batch_size : int
        Images per batch (mini-batch size).
    plan : callable
        Returns the present epoch.
    transform : callable or None
        Changes a batch of images.
    """

    def __init__(
        self,
        data: TrainingData,
        batch_size: int,
        plan: Callable[[], EpochPlan],
        transform: Transform | None,
    ) -> None:
        super().__init__()
        self._data = data
        self._batch_size = effective_batch_size(batch_size, len(data.indices))
        self._plan = plan
        self._transform = transform

    def __len__(self) -> int:
        """Return the number of batches in one epoch."""
        return self._data.n_batches(self._batch_size)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Return batch number `index` of this epoch."""
        batch = slice(index * self._batch_size, (index + 1) * self._batch_size)
        order, *changes = (column[batch] for column in self._plan().arrays())
        pixels, *others = (column[order] for column in self._data.arrays())
        images = pixels.reshape(-1, *self._data.image_shape)
        if self._transform is not None and changes:
            full = (self._filled_up(column) for column in (images, *changes))
            images = self._transform(*full)[: len(order)]
        return (images, *others)

    def _filled_up(self, column: NDArray[Any]) -> NDArray[Any]:
        """Pad a column to the rows of a full batch, since XLA recompiles for other numbers."""
        missing = self._batch_size - len(column)
        return np.pad(column, [(0, missing)] + [(0, 0)] * (column.ndim - 1))


@contextmanager
def _whole_epochs_within(
    listed: list[Any], train: EpochRunner, test: EpochRunner | None
) -> Iterator[None]:
    """Let a patched `fit` of Keras run programs, if its listeners act on whole epochs."""
    whole_epochs = WholeEpochs(listed, train, test)
    listed.append(whole_epochs)
    try:
        yield
    finally:
        whole_epochs.uninstall()


class WholeEpochs(keras.callbacks.Callback):  # type: ignore[misc]
    """Lets the first step of an epoch in Keras's `fit` run all of it, and the others nothing.

    MLflow's autologging adds a callback to the list that its `fit` is given, so that it is known
    here whether that one acts at epochs. A patch that adds none, or one elsewhere, is served step
    by step.

    Parameters
    ----------
    listed : list of keras.callbacks.Callback
        Those given to `fit`; this one comes last.
    train, test : callable
        Run the present epoch, or the validation, and return its metrics; `test` is None where
        there are no validation images.
    """

    def __init__(self, listed: list[Any], train: EpochRunner, test: EpochRunner | None) -> None:
        super().__init__()
        self._listed = listed
        self._train, self._test = train, test
        self._is_installed = self._is_due = False
        self._logs: Logs = {}

    def on_train_begin(self, logs: Logs | None = None) -> None:  # noqa: ARG002
        """Replace Keras's functions."""
        added = self._listed[self._listed.index(self) + 1 :]
        if added and not any(map(watches_batches, added)):
            self._is_installed = True
            self.model.train_function = partial(self._once, self._train)
            if self._test is not None:
                self.model.test_function = partial(self._once, self._test)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:  # noqa: ARG002
        """Run an epoch."""
        self._is_due = True

    def on_test_begin(self, logs: Logs | None = None) -> None:  # noqa: ARG002
        """Run the validation."""
        self._is_due = True

    def uninstall(self) -> None:
        """Restore Keras's functions."""
        if self._is_installed:
            self.model.train_function = self.model.test_function = None

    def _once(self, run_all: EpochRunner, _batches: object) -> Logs:
        if self._is_due:
            self._logs, self._is_due = run_all(), False
        return self._logs
