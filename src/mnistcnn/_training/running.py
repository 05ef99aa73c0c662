"""Runs the epochs of a fit: each as one program, or Keras's own `fit` step by step."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

from mnistcnn._training import backends
from mnistcnn._training.callbacks import BetweenBatches, watches_batches
from mnistcnn._training.compiled_network import CompiledNetwork
from mnistcnn._training.configuration import TrainingConfig
from mnistcnn._training.data import TrainingData
from mnistcnn._training.epochs import FixedOrder, GatheredBatches, ShuffledOrder
from mnistcnn._training.interrupts import signals_held
from mnistcnn._training.keras_internals import first_epoch_of, forget_first_epoch, is_fit_patched
from mnistcnn._training.transforms import transform_for

VALIDATION_BATCH = 512

Logs = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Run:
    """All that the epochs of a fit take.

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


def run_epochs(run: Run) -> dict[str, list[Any]]:
    """Run all epochs and return Keras's history.

    Keras's `fit` feeds every batch from Python. Where neither a callback nor somebody who has
    patched `fit` asks for that, an epoch is one call into a compiled program that gathers the
    batches itself; what it does with each is Keras's own step all the same.
    """
    programs = run.compiled.epoch_programs()
    try:
        if programs is None or is_fit_patched() or any(map(watches_batches, run.callbacks)):
            return _run_steps(run)
        return _run_programs(run, programs)
    finally:
        forget_first_epoch(run.model)


def _run_steps(run: Run) -> dict[str, list[Any]]:
    config, validation = run.config, run.validation
    transform = transform_for(config.augmentation)
    with signals_held() as held:
        history: dict[str, list[Any]] = run.model.fit(
            GatheredBatches(run.training, config.batch_size, run.order, transform),
            validation_data=validation
            and GatheredBatches(validation, VALIDATION_BATCH, FixedOrder(validation), None),
            epochs=config.epochs,
            initial_epoch=run.first_epoch,
            callbacks=[
                BetweenBatches(held.deliver),
                *run.callbacks,
                *backends.current().step_callbacks(),
            ],
            verbose=config.verbose,
            shuffle=False,
        ).history
    return history


def _run_programs(run: Run, programs: backends.EpochPrograms) -> dict[str, list[Any]]:
    model, epochs = run.model, run.config.epochs
    train, validate = _training_function(run, programs), _validation_function(run, programs)
    listening = _callback_list(run)
    model.stop_training = False
    logs: Logs = {}
    listening.on_train_begin()
    for epoch in range(max(run.first_epoch, first_epoch_of(model)), epochs):
        listening.on_epoch_begin(epoch)
        logs = {**train(), **validate(listening)}
        listening.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    # The weights that an optimizer has averaged take the place of the last ones.
    model.optimizer.finalize_variable_values(model.trainable_variables)
    listening.on_train_end(logs)
    history: dict[str, list[Any]] = model.history.history
    return history


def _training_function(run: Run, programs: backends.EpochPrograms) -> Callable[[], Logs]:
    """Return what trains the present epoch and returns its metrics."""
    arrays = programs.on_device(run.training)
    transform = transform_for(run.config.augmentation)

    @signals_held()
    def train() -> Logs:
        run.model.reset_metrics()
        programs.train(arrays, run.order.current(), run.config.batch_size, transform)
        return dict(run.model.get_metrics_result())

    return train


def _validation_function(
    run: Run, programs: backends.EpochPrograms
) -> Callable[[keras.callbacks.CallbackList], Logs]:
    """Return what tells callbacks of the validation images' metrics and returns them."""
    validation = run.validation
    if validation is None:
        return lambda _: {}
    arrays, plan = programs.on_device(validation), FixedOrder(validation).current()

    @signals_held()
    def test() -> Logs:
        run.model.reset_metrics()
        programs.test(arrays, plan, VALIDATION_BATCH)
        return dict(run.model.get_metrics_result())

    def validate(listening: keras.callbacks.CallbackList) -> Logs:
        listening.on_test_begin()
        tested = test()
        listening.on_test_end(tested)
        return {f"val_{name}": value for name, value in tested.items()}

    return validate


def _callback_list(run: Run) -> keras.callbacks.CallbackList:
    config = run.config
    return keras.callbacks.CallbackList(
        run.callbacks,
        add_progbar=config.verbose != 0,
        verbose=config.verbose,
        epochs=config.epochs,
        steps=run.training.n_batches(config.batch_size),
        model=run.model,
    )
