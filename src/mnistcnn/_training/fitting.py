"""One fit of an assembled network."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from mnistcnn._training.callbacks import BestEpoch, FiniteLoss, RecordedRate
from mnistcnn._training.engines import Run, build_metrics, run_epochs
from mnistcnn._training.feed import Examples, ShuffledPasses
from mnistcnn._training.interrupts import signals_held
from mnistcnn._training.isolation import seeded_training
from mnistcnn._training.losses import crossentropy
from mnistcnn._training.network import Network
from mnistcnn._training.optimization import Optimization, store_as_keras_would
from mnistcnn._training.warping import warp_for
from mnistcnn.augmentation import Augmentation
from mnistcnn.exceptions import NonFiniteLossError


@dataclass(frozen=True)
class Regime:
    """How a network is trained.

    Parameters
    ----------
    epochs : int
        Passes over the training pictures, at most.
    batch_size : int
        Pictures an update.
    optimization : Optimization
        Optimizer, rate and schedule.
    label_smoothing : float
        Share of the target spread evenly over all classes.
    augmentation : Augmentation or None
        Random changes to the training pictures.
    patience : int or None
        Epochs without a better validation accuracy before the fit stops; None never stops.
    callbacks : list of keras.callbacks.Callback
        The user's own.
    verbose : int
        Keras's: 0 is silent, 1 a bar, 2 a line an epoch.
    """

    epochs: int
    batch_size: int
    optimization: Optimization
    label_smoothing: float
    augmentation: Augmentation | None = None
    patience: int | None = None
    callbacks: list[Any] = field(default_factory=list)
    verbose: int = 0

    @property
    def program(self) -> tuple[Any, ...]:
        """All that is traced into the program of a fit."""
        return (*self.optimization.program, self.label_smoothing)


@dataclass(frozen=True)
class Outcome:
    """What a fit leaves beside the trained network."""

    history: dict[str, list[float]]
    best_epoch: int | None = None
    validation_scores: list[float] | None = None

    @property
    def n_epochs(self) -> int:
        """The epochs that were run."""
        return len(self.history["loss"])


@signals_held()
def prepare_network(network: Network, regime: Regime, n_steps: int) -> None:
    """Give a network a fresh optimizer; what is compiled for the same program stays so."""
    if network.is_compiled_for(regime.program):
        network.reset_optimizer()
        regime.optimization.retune(network.model.optimizer, n_steps)
    else:
        _compile(network, regime, n_steps)


def _compile(network: Network, regime: Regime, n_steps: int) -> None:
    # What is interrupted half way is compiled for nothing.
    network.forget_compiled(network.stored_moments)
    network.model.compile(
        optimizer=_scaled_for(network.precision, regime.optimization.build(n_steps)),
        loss=crossentropy(regime.label_smoothing, from_logits=network.emits_logits),
        weighted_metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
    )
    network.model.optimizer.build(network.model.trainable_variables)
    store_as_keras_would(network.model.optimizer)
    network.note_compiled(regime.program)


def _scaled_for(
    precision: str, optimizer: keras.optimizers.Optimizer
) -> keras.optimizers.Optimizer:
    """Scale the loss under float16, which `compile` does too, but files would not tell."""
    return keras.optimizers.LossScaleOptimizer(optimizer) if precision == "float16" else optimizer


def fit_network(
    network: Network,
    training: Examples,
    validation: Examples | None,
    regime: Regime,
    shuffling_seed: Sequence[int],
) -> Outcome:
    """Train a compiled network; with validation pictures its best epoch's weights are kept.

    Raises
    ------
    NonFiniteLossError
        If the loss becomes NaN or infinite.
    """
    best = _best_epoch(network, regime)
    passes = ShuffledPasses(training, shuffling_seed, regime.augmentation)
    run = Run(
        network=network,
        training=training,
        validation=validation,
        passes=passes,
        warp=warp_for(regime.augmentation),
        epochs=regime.epochs,
        batch_size=regime.batch_size,
        callbacks=[passes, *_callbacks(regime, best)],
        verbose=regime.verbose,
    )
    build_metrics(network.model, training)
    with seeded_training(shuffling_seed):
        history = run_epochs(run)
    if best is not None:
        network.assign_values(best.best_values)
    _check_scores(network, training)
    if best is None:
        return Outcome(_as_floats(history))
    return Outcome(_as_floats(history), best.epoch, best.scores)


def _check_scores(network: Network, training: Examples) -> None:
    """See that the last update, which no loss has seen, left a network that works."""
    if not np.isfinite(network.inference.scores(training.pixels[training.rows[:2]])).all():
        raise NonFiniteLossError(
            "The training became unstable: the last update left scores that are NaN or infinite. "
            "Try a lower learning_rate; the estimator is as it was before."
        )


def fit_increment(
    network: Network, training: Examples, regime: Regime, shuffling_seed: Sequence[int]
) -> Outcome:
    """Train a network on, its optimizer's moments kept.

    Raises
    ------
    NonFiniteLossError
        If the loss becomes NaN or infinite.
    """
    moments = network.moments()
    prepare_network(network, regime, training.n_batches(regime.batch_size))
    network.assign_moments(moments)
    return fit_network(network, training, None, regime, shuffling_seed)


def _best_epoch(network: Network, regime: Regime) -> BestEpoch | None:
    return None if regime.patience is None else BestEpoch(regime.patience, network.values)


def _callbacks(regime: Regime, best: BestEpoch | None) -> list[Any]:
    own: list[Any] = [FiniteLoss(), RecordedRate()]
    if best is not None:
        own.append(best)
    if regime.optimization.lr_schedule == "plateau":
        monitor = "loss" if best is None else "val_loss"
        own.append(keras.callbacks.ReduceLROnPlateau(monitor=monitor, factor=0.5, patience=2))
    return [*own, *regime.callbacks]


def _as_floats(history: dict[str, list[Any]]) -> dict[str, list[float]]:
    return {name: [float(value) for value in values] for name, values in history.items()}
