"""Runs the epochs of a fit: each as one program, or Keras's own `fit` step by step."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras

from mnistcnn._training import backends
from mnistcnn._training.callbacks import BetweenBatches, watches_batches
from mnistcnn._training.compiled_network import CompiledNetwork
from mnistcnn._training.configuration import TrainingConfig
from mnistcnn._training.data import TrainingData
from mnistcnn._training.epoch_order import FixedOrder, GatheredBatches, ShuffledOrder
from mnistcnn._training.interrupts import signals_held
from mnistcnn._training.keras_internals import first_epoch_of, forget_first_epoch, is_fit_patched
from mnistcnn._training.transforms import transform_for

VALIDATION_BATCH = 512

Logs = dict[str, Any]


@dataclass(frozen=True, eq=False)
class TrainingJob:
    """The inputs of the epochs of a fit.

    Parameters
    ----------
    compiled : CompiledNetwork
        Prepared, with its metrics built.
    training, validation : TrainingData
        What to train on, and what to look at after each epoch; None looks at nothing.
    config : TrainingConfig
        How to train.
    order : ShuffledOrder
        The images of each epoch.
    callbacks : list of keras.callbacks.Callback
        All that listen, `order` and a `History` among them.
    first_epoch : int
        The epoch, counted from 0, to begin with.
    """

    compiled: CompiledNetwork
    training: TrainingData
    validation: TrainingData | None
    config: TrainingConfig
    order: ShuffledOrder
    callbacks: list[Any]
    first_epoch: int = 0

    @property
    def model(self) -> keras.Model:
        """The Keras model."""
        return self.compiled.network.model


def run_epochs(job: TrainingJob) -> dict[str, list[Any]]:
    """Run all epochs and return Keras's history.

    Keras's `fit` feeds every batch from Python. Where no callback asks for that, an epoch is one
    call into a compiled program that gathers the batches itself; what it does with each is Keras's
    own step all the same. Keras's `fit` runs the epochs instead where a callback acts on batches,
    where somebody has patched it to listen, where private names of Keras are missing, and on
    backends without compiled epochs: PyTorch, and JAX on a CPU.
    """
    programs = job.compiled.epoch_programs()
    if any(map(watches_batches, job.callbacks)):
        programs = None
    try:
        if programs is None or is_fit_patched():
            return _run_fit_of_keras(job, programs)
        return _run_programs(job, programs)
    finally:
        forget_first_epoch(job.model)


def _run_fit_of_keras(
    job: TrainingJob, programs: backends.EpochPrograms | None
) -> dict[str, list[Any]]:
    config, validation = job.config, job.validation
    transform = transform_for(config.augmentation)
    with signals_held() as held:
        listed = [
            BetweenBatches(held.deliver),
            *job.callbacks,
            *backends.current().step_callbacks(),
        ]
        with nullcontext() if programs is None else _whole_epochs_within(listed, job, programs):
            history: dict[str, list[Any]] = job.model.fit(
                GatheredBatches(job.training, config.batch_size, job.order, transform),
                validation_data=validation
                and GatheredBatches(validation, VALIDATION_BATCH, FixedOrder(validation), None),
                epochs=config.epochs,
                initial_epoch=job.first_epoch,
                callbacks=listed,
                verbose=config.verbose,
                shuffle=False,
            ).history
    return history


def _run_programs(job: TrainingJob, programs: backends.EpochPrograms) -> dict[str, list[Any]]:
    model = job.model
    train, test = _training_of(job, programs), _validation_of(job, programs)
    listening = _callback_list(job)
    model.stop_training = False
    logs: Logs = {}
    listening.on_train_begin()
    for epoch in range(max(job.first_epoch, first_epoch_of(model)), job.config.epochs):
        listening.on_epoch_begin(epoch)
        logs = train()
        if job.validation is not None:
            listening.on_test_begin()
            tested = test()
            listening.on_test_end(tested)
            logs.update({f"val_{name}": value for name, value in tested.items()})
        listening.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    # The weights that an optimizer has averaged replace the last ones.
    model.optimizer.finalize_variable_values(model.trainable_variables)
    listening.on_train_end(logs)
    history: dict[str, list[Any]] = model.history.history
    return history


def _training_of(job: TrainingJob, programs: backends.EpochPrograms) -> Callable[[], Logs]:
    """Return a function that trains the current epoch and returns its metrics."""
    arrays = programs.on_device(job.training)
    transform = transform_for(job.config.augmentation)

    @signals_held()
    def train_epoch() -> Logs:
        job.model.reset_metrics()
        plan = job.order.current()
        programs.train(arrays, plan, job.config.batch_size, transform if plan.changes else None)
        return dict(job.model.get_metrics_result())

    return train_epoch


def _validation_of(job: TrainingJob, programs: backends.EpochPrograms) -> Callable[[], Logs]:
    """Return a function that computes the validation metrics, if there are validation images."""
    if job.validation is None:
        return dict
    arrays, plan = programs.on_device(job.validation), FixedOrder(job.validation).current()

    @signals_held()
    def validate() -> Logs:
        job.model.reset_metrics()
        programs.test(arrays, plan, VALIDATION_BATCH)
        return dict(job.model.get_metrics_result())

    return validate


def _callback_list(job: TrainingJob) -> keras.callbacks.CallbackList:
    config = job.config
    return keras.callbacks.CallbackList(
        job.callbacks,
        add_progbar=config.verbose != 0,
        verbose=config.verbose,
        epochs=config.epochs,
        steps=job.training.n_batches(config.batch_size),
        model=job.model,
    )


@contextmanager
def _whole_epochs_within(
    listed: list[Any], job: TrainingJob, programs: backends.EpochPrograms
) -> Iterator[None]:
    """Let a patched `fit` of Keras run programs, if its listeners act on whole epochs."""
    if not backends.current().has_replaceable_steps:
        yield
        return
    whole_epochs = WholeEpochs(listed, _training_of(job, programs), _validation_of(job, programs))
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
        Run the present epoch, or the validation, and return its metrics.
    """

    def __init__(
        self, listed: list[Any], train: Callable[[], Logs], test: Callable[[], Logs]
    ) -> None:
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

    def _once(self, run_all: Callable[[], Logs], _batches: object) -> Logs:
        if self._is_due:
            self._logs, self._is_due = run_all(), False
        return self._logs
