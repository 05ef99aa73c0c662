"""Trains a compiled network: each epoch as one program, or step by step in Keras's `fit`."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from mnistcnn._training import backends
from mnistcnn._training.backup import with_backup
from mnistcnn._training.callbacks import (
    AveragedValidation,
    BestEpoch,
    CompleteHistory,
    FiniteLoss,
    RecordedRate,
    watches_batches,
)
from mnistcnn._training.compiled_network import CompiledNetwork
from mnistcnn._training.configuration import TrainingConfig
from mnistcnn._training.data import TrainingData
from mnistcnn._training.epoch_order import (
    VALIDATION_BATCH,
    EpochPlan,
    EpochRunner,
    Logs,
    ShuffledOrder,
)
from mnistcnn._training.interrupts import signals_held
from mnistcnn._training.keras_fit import fit_of_keras
from mnistcnn._training.keras_internals import (
    build_metrics,
    first_epoch_of,
    forget_first_epoch,
    is_fit_patched,
)
from mnistcnn._training.network import Network, value_of
from mnistcnn._training.transforms import transform_for
from mnistcnn.exceptions import NonFiniteLossError

History = dict[str, list[float]]


def train(
    compiled: CompiledNetwork,
    training: TrainingData,
    validation: TrainingData | None,
    config: TrainingConfig,
    seed: Sequence[int],
) -> History:
    """Train a prepared network and return Keras's history.

    With validation images and patience, the weights of the best epoch are kept. A callback that
    asks for backups has the fit go on from the last one.

    Parameters
    ----------
    compiled : CompiledNetwork
        After `compile_or_reset` or `compile_or_continue`.
    training, validation : TrainingData
        What to train on, and what to look at after each epoch; None looks at nothing.
    config : TrainingConfig
        How to train.
    seed : sequence of int
        Of the order of the images, of what an augmentation draws, and of dropout under PyTorch.

    Raises
    ------
    NonFiniteLossError
        If the loss or a weight becomes NaN or infinite.
    """
    network, model = compiled.network, compiled.network.model
    order = ShuffledOrder(training, seed, config.augmentation, config.augmented_epochs)
    callbacks = _all_callbacks(order, network, config)
    _build_metrics(model, training)
    with backends.current().generator_kept():
        data = training, validation
        callbacks, first_epoch = with_backup(callbacks, compiled, data, config, seed)
        try:
            history = _run_epochs(compiled, order, validation, config, callbacks, first_epoch)
        finally:
            forget_first_epoch(model)
    _check_scores(network, training)
    _check_weights(network)
    return {name: [float(value) for value in values] for name, values in history.items()}


def _all_callbacks(order: ShuffledOrder, network: Network, config: TrainingConfig) -> list[Any]:
    """Return the user's callbacks between those of this library, in the order of their calls."""
    first: list[Any] = [order, FiniteLoss(), RecordedRate()]
    schedule = config.optimizer.schedule
    if schedule.name == "plateau":
        monitor = "loss" if config.patience is None else "val_loss"
        first.append(
            keras.callbacks.ReduceLROnPlateau(
                monitor, factor=schedule.decay_rate, patience=schedule.patience
            )
        )
    if config.optimizer.takes_average and not any(map(_swaps_averages, config.callbacks)):
        first.append(AveragedValidation())
    last: list[Any] = [CompleteHistory()]
    if config.patience is not None:
        # In the end its weights are those of the network, whatever others may have restored.
        last.append(BestEpoch(config.patience, network))
    return [*first, *config.callbacks, *last]


def _swaps_averages(callback: keras.callbacks.Callback) -> bool:
    return isinstance(callback, keras.callbacks.SwapEMAWeights)


@signals_held()
def _build_metrics(model: keras.Model, training: TrainingData) -> None:
    index = training.indices[:1]
    pixels, *others = (column[index] for column in training.arrays())
    build_metrics(model, (pixels.reshape(-1, *training.image_shape), *others))


def _run_epochs(
    compiled: CompiledNetwork,
    order: ShuffledOrder,
    validation: TrainingData | None,
    config: TrainingConfig,
    callbacks: list[Any],
    first_epoch: int,
) -> dict[str, list[Any]]:
    """Run all epochs and return Keras's history.

    Keras's `fit` feeds every batch from Python. Where no callback asks for that, an epoch is one
    call into a compiled program that gathers the batches itself; what it does with each is Keras's
    own step all the same. Keras's `fit` runs the epochs instead where a callback acts on batches,
    where somebody has patched it to listen, where private names of Keras are missing, and on
    backends without compiled epochs: PyTorch, and JAX on a CPU.
    """
    model, programs = compiled.network.model, compiled.epoch_programs()
    is_patched, can_replace = is_fit_patched(), backends.current().has_replaceable_steps
    in_steps = any(map(watches_batches, callbacks)) or (is_patched and not can_replace)
    if programs is None or in_steps:
        return fit_of_keras(model, order, validation, config, callbacks, first_epoch)
    train_epoch = _training_of(model, programs, order, config)
    validate = _validation_of(model, programs, validation)
    if is_patched:
        whole_epochs = train_epoch, validate
        return fit_of_keras(model, order, validation, config, callbacks, first_epoch, whole_epochs)
    listening = _callback_list(model, order, config, callbacks)
    model.stop_training = False
    logs: Logs = {}
    listening.on_train_begin()
    for epoch in range(max(first_epoch, first_epoch_of(model)), config.epochs):
        listening.on_epoch_begin(epoch)
        logs = train_epoch()
        if validation is not None:
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
    history: dict[str, list[Any]] = model.history.history
    return history


def _training_of(
    model: keras.Model,
    programs: backends.EpochPrograms,
    order: ShuffledOrder,
    config: TrainingConfig,
) -> EpochRunner:
    """Return a function that trains the current epoch and returns its metrics."""
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
    model: keras.Model, programs: backends.EpochPrograms, validation: TrainingData | None
) -> EpochRunner:
    """Return a function that computes the validation metrics, if there are validation images."""
    if validation is None:
        return dict
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


def _check_scores(network: Network, training: TrainingData) -> None:
    """Check that the scores after the last update, which no loss includes, are finite."""
    if not np.isfinite(network.inference.scores(training.pixels[training.indices[:2]])).all():
        raise NonFiniteLossError(
            "The training became unstable: the last update left scores that are NaN or infinite. "
            "Try a lower learning_rate; the estimator is unchanged."
        )


def _check_weights(network: Network) -> None:
    """Check that all weights are finite: ReLU turns NaN into 0, so that the loss stays finite."""
    trained = network.model.trainable_variables
    if not all(np.isfinite(value_of(variable)).all() for variable in trained):
        raise NonFiniteLossError(
            "The training became unstable: it left weights that are NaN or infinite. Try a lower "
            "learning_rate, or another optimizer; the estimator is unchanged."
        )
