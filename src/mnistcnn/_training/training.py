"""Trains a compiled network: each epoch as one program, or step by step in Keras's `fit`."""

from collections.abc import Sequence
from typing import Any

import keras

from mnistcnn._training import backends
from mnistcnn._training.backup import with_backup
from mnistcnn._training.callbacks import (
    AveragedValidation,
    BestEpoch,
    CompleteHistory,
    RecordedRate,
    watches_batches,
)
from mnistcnn._training.compiled_network import CompiledNetwork
from mnistcnn._training.configuration import TrainingConfig
from mnistcnn._training.data import TrainingData
from mnistcnn._training.epoch_order import ShuffledOrder
from mnistcnn._training.finiteness import FiniteLoss, check_scores, check_weights
from mnistcnn._training.interrupts import signals_held
from mnistcnn._training.keras_fit import fit_of_keras
from mnistcnn._training.keras_internals import build_metrics, forget_first_epoch, is_fit_patched
from mnistcnn._training.network import Network
from mnistcnn._training.program_fit import epoch_runners, fit_of_programs

History = dict[str, list[float]]


def train(
    compiled: CompiledNetwork,
    training: TrainingData,
    validation: TrainingData | None,
    config: TrainingConfig,
    seed: Sequence[int],
    reports: Sequence[keras.callbacks.Callback] = (),
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
    reports : sequence of keras.callbacks.Callback
        Called after the user's own; they keep neither the network nor anything of it.

    Raises
    ------
    NonFiniteLossError
        If the loss or a weight becomes NaN or infinite.
    """
    network, model = compiled.network, compiled.network.model
    order = ShuffledOrder(training, seed, config.augmentation, config.augmented_epochs)
    history = CompleteHistory()
    callbacks = [
        *_first_callbacks(order, config),
        *config.callbacks,
        *reports,
        history,
        *_last_callbacks(network, config),
    ]
    _build_metrics(model, training)
    with backends.current().generator_kept():
        data = training, validation
        callbacks, first_epoch = with_backup(callbacks, compiled, data, config, seed)
        try:
            _run_epochs(compiled, order, validation, config, callbacks, first_epoch)
        finally:
            forget_first_epoch(model)
    check_scores(network, training)
    check_weights(network)
    return {name: [float(value) for value in values] for name, values in history.history.items()}


def _first_callbacks(order: ShuffledOrder, config: TrainingConfig) -> list[Any]:
    """Return this library's callbacks that are called before the user's."""
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
    return first


def _last_callbacks(network: Network, config: TrainingConfig) -> list[Any]:
    """Return those that are called after the user's, whose weights the network may have then."""
    return [] if config.patience is None else [BestEpoch(config.patience, network)]


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
) -> None:
    """Run all epochs as programs, or in Keras's `fit` where that is asked for.

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
        fit_of_keras(model, order, validation, config, callbacks, first_epoch)
        return
    runners = epoch_runners(model, programs, order, validation, config)
    if is_patched:
        fit_of_keras(model, order, validation, config, callbacks, first_epoch, runners)
    else:
        fit_of_programs(model, order, runners, config, callbacks, first_epoch)
