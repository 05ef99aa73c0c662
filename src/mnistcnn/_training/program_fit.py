"""The fit of this library: each epoch is one call into a compiled program."""

from typing import Any

import keras

from mnistcnn._training import backends
from mnistcnn._training.configuration import TrainingConfig
from mnistcnn._training.data import TrainingData
from mnistcnn._training.epoch_order import (
    VALIDATION_BATCH,
    EpochPlan,
    EpochRunner,
    EpochRunners,
    Logs,
    ShuffledOrder,
)
from mnistcnn._training.interrupts import signals_held
from mnistcnn._training.keras_internals import first_epoch_of
from mnistcnn._training.transforms import transform_for


def fit_of_programs(
    model: keras.Model,
    order: ShuffledOrder,
    runners: EpochRunners,
    config: TrainingConfig,
    callbacks: list[Any],
    first_epoch: int,
) -> None:
    """Run all epochs, and call the callbacks as Keras's `fit` does."""
    train_epoch, validate = runners
    listening = _callback_list(model, order, config, callbacks)
    model.stop_training = False
    logs: Logs = {}
    listening.on_train_begin()
    # A callback may have set another one as the training began.
    for epoch in range(max(first_epoch, first_epoch_of(model)), config.epochs):
        listening.on_epoch_begin(epoch)
        logs = train_epoch()
        if validate is not None:
            listening.on_test_begin()
            tested = validate()
            listening.on_test_end(tested)
            logs.update({f"val_{name}": value for name, value in tested.items()})
        listening.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    # The weights that an optimizer has averaged replace the last ones.
    model.optimizer.finalize_variable_values(model.trainable_variables)
    listening.on_train_end(logs)


def epoch_runners(
    model: keras.Model,
    programs: backends.EpochPrograms,
    order: ShuffledOrder,
    validation: TrainingData | None,
    config: TrainingConfig,
) -> EpochRunners:
    """Return a function that trains the current epoch, and one that validates it.

    Both return the metrics.
    """
    train_epoch = _training_of(model, programs, order, config)
    validate = None if validation is None else _validation_of(model, programs, validation)
    return train_epoch, validate


def _training_of(
    model: keras.Model,
    programs: backends.EpochPrograms,
    order: ShuffledOrder,
    config: TrainingConfig,
) -> EpochRunner:
    arrays = programs.on_device(order.data)
    transform = transform_for(config.augmentation)

    @signals_held()
    def train_epoch() -> Logs:
        model.reset_metrics()
        plan = order.current()
        programs.train(arrays, plan, config.batch_size, transform if plan.changes else None)
        return dict(model.get_metrics_result())

    return train_epoch


def _validation_of(
    model: keras.Model, programs: backends.EpochPrograms, validation: TrainingData
) -> EpochRunner:
    arrays, plan = programs.on_device(validation), EpochPlan(validation.indices)

    @signals_held()
    def validate() -> Logs:
        model.reset_metrics()
        programs.test(arrays, plan, VALIDATION_BATCH)
        return dict(model.get_metrics_result())

    return validate


def _callback_list(
    model: keras.Model, order: ShuffledOrder, config: TrainingConfig, callbacks: list[Any]
) -> keras.callbacks.CallbackList:
    return keras.callbacks.CallbackList(
        callbacks,
        add_progbar=config.verbose != 0,
        verbose=config.verbose,
        epochs=config.epochs,
        steps=order.data.n_batches(config.batch_size),
        model=model,
    )
