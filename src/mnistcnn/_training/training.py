"""Trains a compiled network: whole epochs as programs, or Keras's own `fit` step by step."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from mnistcnn._training import backends
from mnistcnn._training.callbacks import (
    BestEpoch,
    BetweenBatches,
    FiniteLoss,
    RecordedRate,
    watches_batches,
)
from mnistcnn._training.compiled_network import CompiledNetwork
from mnistcnn._training.configuration import TrainingConfig
from mnistcnn._training.data import TrainingData
from mnistcnn._training.epochs import FixedOrder, GatheredBatches, ShuffledOrder
from mnistcnn._training.interrupts import signals_held
from mnistcnn._training.keras_internals import build_metrics
from mnistcnn._training.network import Network
from mnistcnn._training.transforms import transform_for
from mnistcnn.exceptions import NonFiniteLossError

VALIDATION_BATCH = 512

History = dict[str, list[float]]


def train(
    compiled: CompiledNetwork,
    training: TrainingData,
    validation: TrainingData | None,
    config: TrainingConfig,
    seed: Sequence[int],
) -> History:
    """Train a prepared network and return Keras's history.

    With validation images and patience, the weights of the best epoch are kept.

    Parameters
    ----------
    compiled : CompiledNetwork
        After `prepare` or `prepare_to_go_on`.
    training, validation : TrainingData
        What to train on, and what to look at after each epoch; None looks at nothing.
    config : TrainingConfig
        How to train.
    seed : sequence of int
        Of the order of the images and of what an augmentation draws.

    Raises
    ------
    NonFiniteLossError
        If the loss becomes NaN or infinite.
    """
    network = compiled.network
    best = None if config.patience is None else BestEpoch(config.patience, network.values)
    order = ShuffledOrder(training, seed, config.augmentation)
    callbacks = [order, *_own_callbacks(config, best), *config.callbacks]
    _build_metrics(network.model, training)
    with backends.current().seeded(seed):
        history = _run(compiled, training, validation, config, order, callbacks)
    if best is not None:
        network.assign_values(best.best_values)
    _check_scores(network, training)
    return {name: [float(value) for value in values] for name, values in history.items()}


def _own_callbacks(config: TrainingConfig, best: BestEpoch | None) -> list[Any]:
    own: list[Any] = [FiniteLoss(), RecordedRate()]
    if best is not None:
        own.append(best)
    if config.optimizer.lr_schedule == "plateau":
        monitor = "loss" if best is None else "val_loss"
        own.append(keras.callbacks.ReduceLROnPlateau(monitor=monitor, factor=0.5, patience=2))
    return own


@signals_held()
def _build_metrics(model: keras.Model, training: TrainingData) -> None:
    index = training.indices[:1]
    pixels, *others = (column[index] for column in training.arrays())
    build_metrics(model, (pixels.reshape(-1, *training.image_shape), *others))


def _run(
    compiled: CompiledNetwork,
    training: TrainingData,
    validation: TrainingData | None,
    config: TrainingConfig,
    order: ShuffledOrder,
    callbacks: list[Any],
) -> dict[str, list[Any]]:
    """Run all epochs and return Keras's history.

    Keras's `fit` feeds every batch from Python. Where no callback asks for that, an epoch is one
    call into a compiled program that gathers the batches itself; what it does with each is Keras's
    own step all the same.
    """
    programs = compiled.epoch_programs()
    if programs is None or any(map(watches_batches, callbacks)):
        return _run_steps(compiled.network.model, training, validation, config, order, callbacks)
    return _run_programs(compiled, programs, training, validation, config, order, callbacks)


def _run_steps(
    model: keras.Model,
    training: TrainingData,
    validation: TrainingData | None,
    config: TrainingConfig,
    order: ShuffledOrder,
    callbacks: list[Any],
) -> dict[str, list[Any]]:
    transform = transform_for(config.augmentation)
    with signals_held() as held:
        history: dict[str, list[Any]] = model.fit(
            GatheredBatches(training, config.batch_size, order, transform),
            validation_data=validation
            and GatheredBatches(validation, VALIDATION_BATCH, FixedOrder(validation), None),
            epochs=config.epochs,
            callbacks=[
                BetweenBatches(held.deliver),
                *callbacks,
                *backends.current().step_callbacks(),
            ],
            verbose=config.verbose,
            shuffle=False,
        ).history
    return history


def _run_programs(
    compiled: CompiledNetwork,
    programs: backends.EpochPrograms,
    training: TrainingData,
    validation: TrainingData | None,
    config: TrainingConfig,
    order: ShuffledOrder,
    callbacks: list[Any],
) -> dict[str, list[Any]]:
    model = compiled.network.model
    transform = transform_for(config.augmentation)
    training_arrays = programs.on_device(training)
    validation_arrays = [] if validation is None else programs.on_device(validation)

    @signals_held()
    def run_epoch() -> dict[str, Any]:
        model.reset_metrics()
        programs.train(training_arrays, order.current(), config.batch_size, transform)
        logs = dict(model.get_metrics_result())
        if validation is not None:
            model.reset_metrics()
            programs.test(validation_arrays, FixedOrder(validation).current(), VALIDATION_BATCH)
            tested = model.get_metrics_result()
            logs.update({f"val_{name}": value for name, value in tested.items()})
        return logs

    listening = _callback_list(model, config, callbacks, training.n_batches(config.batch_size))
    model.stop_training = False
    logs: dict[str, Any] = {}
    listening.on_train_begin()
    for epoch in range(config.epochs):
        listening.on_epoch_begin(epoch)
        logs = run_epoch()
        listening.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    listening.on_train_end(logs)
    history: dict[str, list[Any]] = model.history.history
    return history


def _callback_list(
    model: keras.Model, config: TrainingConfig, callbacks: list[Any], n_batches: int
) -> keras.callbacks.CallbackList:
    return keras.callbacks.CallbackList(
        callbacks,
        add_history=True,
        add_progbar=config.verbose != 0,
        verbose=config.verbose,
        epochs=config.epochs,
        steps=n_batches,
        model=model,
    )


def _check_scores(network: Network, training: TrainingData) -> None:
    """Check that the scores after the last update, which no loss tells of, are finite."""
    if not np.isfinite(network.inference.scores(training.pixels[training.indices[:2]])).all():
        raise NonFiniteLossError(
            "The training became unstable: the last update left scores that are NaN or infinite. "
            "Try a lower learning_rate; the estimator is as it was before."
        )
