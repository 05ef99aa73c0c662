"""Trains a compiled network."""

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
)
from mnistcnn._training.compiled_network import CompiledNetwork
from mnistcnn._training.configuration import TrainingConfig
from mnistcnn._training.data import TrainingData
from mnistcnn._training.epoch_loop import TrainingJob, run_epochs
from mnistcnn._training.epoch_order import ShuffledOrder
from mnistcnn._training.interrupts import signals_held
from mnistcnn._training.keras_internals import build_metrics
from mnistcnn._training.network import Network, value_of
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
    network = compiled.network
    order = ShuffledOrder(training, seed, config.augmentation, config.augmented_epochs)
    job = TrainingJob(
        compiled, training, validation, config, order, _all_callbacks(order, network, config)
    )
    _build_metrics(network.model, training)
    with backends.current().generator_kept():
        history = run_epochs(with_backup(job, seed))
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
