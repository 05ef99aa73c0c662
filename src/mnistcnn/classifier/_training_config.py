"""Resolves the parameters of an estimator for the data at hand."""

import math
from collections.abc import Sequence
from copy import deepcopy
from itertools import pairwise
from numbers import Real
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from mnistcnn._training.configuration import TrainingConfig
from mnistcnn._training.optimization import RATE_RELATIVE_TO_ADAM, OptimizerConfig
from mnistcnn._training.runtime import fastest_precision
from mnistcnn._training.schedules import LAST_FRACTION, SCHEDULED, ScheduleConfig
from mnistcnn._types import RandomState
from mnistcnn.architectures import get_architecture
from mnistcnn.augmentation import PRESETS, Augmentation
from mnistcnn.classifier._callbacks import callbacks_for_fit, check_averages
from mnistcnn.classifier._types import ArchitectureLike

if TYPE_CHECKING:
    from mnistcnn.classifier._estimator import DigitCNNClassifier

BATCH_SIZES = (32, 64, 128, 256)
BATCHES_PER_EPOCH = 64

# For an architecture that states no rate of its own: Adam's.
USUAL_RATE = 1e-3
USUAL_BETAS = (0.9, 0.999)

# A peak is passed through quickly; what stays must be lower.
CONSTANT_RELATIVE_TO_PEAK = 0.2

# What lr_decay_rate="auto" multiplies the rate by at each boundary or plateau.
USUAL_DECAY_RATES = {"step": 0.1, "plateau": 0.5}


def resolve_architecture(architecture: ArchitectureLike) -> Any:
    """Return an architecture object for a name, a copy of an object, a callable as it is.

    Raises
    ------
    ValueError
        If a name is unknown, or a class came where an instance is wanted.
    """
    if isinstance(architecture, str):
        return get_architecture(architecture)
    check_builds_new(architecture)
    # A copy, so that what the user changes in the object later is not taken for what was fitted.
    can_change = hasattr(architecture, "build") or hasattr(architecture, "set_params")
    return deepcopy(architecture) if can_change else architecture


def check_builds_new(architecture: object) -> None:
    """Refuse a class in place of its instance, and a network in place of what builds new ones.

    Examples
    --------
    >>> from mnistcnn.architectures import Fast
    >>> from mnistcnn.classifier import check_builds_new
    >>> check_builds_new(Fast())
    >>> check_builds_new(Fast)
    Traceback (most recent call last):
        ...
    ValueError: architecture must be a name, an architecture object or a callable, got the class
    Fast; pass an instance, Fast().
    """
    if isinstance(architecture, type):
        raise ValueError(
            f"architecture must be a name, an architecture object or a callable, got the class "
            f"{architecture.__name__}; pass an instance, {architecture.__name__}()."
        )
    if isinstance(architecture, keras.Model):
        raise ValueError(
            "architecture must be a name, an architecture object or a function that builds a new "
            f"keras.Model from (input_shape, n_classes), got the {type(architecture).__name__} "
            "itself; DigitCNNClassifier.from_keras_model wraps a trained one."
        )


def resolve_batch_size(batch_size: int | str, n_examples: int) -> int:
    """Return the batch size; ``"auto"`` is the power of two nearest to n / 64, 32 to 256."""
    if not isinstance(batch_size, str):
        return int(batch_size)
    wanted = max(1.0, n_examples / BATCHES_PER_EPOCH)
    return min(BATCH_SIZES, key=lambda size: abs(math.log2(size) - math.log2(wanted)))


def resolve_precision(precision: str, architecture: ArchitectureLike) -> str:
    """Return the precision to compute in.

    ``"auto"`` is that of layers that are trained already, the fastest of this machine for
    architectures whose output layer is known to compute in float32, and float32 for networks from
    a callable.
    """
    if precision != "auto":
        return precision
    if hasattr(architecture, "trained_precision"):
        return str(architecture.trained_precision)
    return fastest_precision() if hasattr(architecture, "build") else "float32"


def _optimizer_config(
    estimator: "DigitCNNClassifier", architecture: ArchitectureLike, lr_schedule: str
) -> OptimizerConfig:
    return OptimizerConfig(
        name_or_template=estimator.optimizer,
        learning_rate=_resolve_learning_rate(estimator, architecture, lr_schedule),
        schedule=_schedule_config(estimator, lr_schedule),
        weight_decay=estimator.weight_decay,
        betas=getattr(architecture, "adam_betas", USUAL_BETAS),
        momentum=estimator.momentum,
        nesterov=estimator.nesterov,
        ema_momentum=estimator.ema_momentum,
    )


def _schedule_config(estimator: "DigitCNNClassifier", name: str) -> ScheduleConfig:
    decay_rate, is_stated = estimator.lr_decay_rate, not isinstance(estimator.lr_decay_rate, str)
    return ScheduleConfig(
        name,
        last_fraction=float(decay_rate) ** estimator.epochs if is_stated else LAST_FRACTION,
        decay_rate=float(decay_rate) if is_stated else USUAL_DECAY_RATES.get(name, 1.0),
        boundaries=_checked_boundaries(estimator.lr_boundaries),
        patience=int(estimator.lr_patience),
    )


def _checked_boundaries(boundaries: Sequence[float]) -> tuple[float, ...]:
    are_numbers = all(isinstance(each, Real) for each in boundaries)
    if not (are_numbers and len(boundaries) and _rise_within_fit([0, *boundaries, 1])):
        raise ValueError(
            "lr_boundaries must be one or more rising fractions of the fit, above 0 and below 1, "
            f"such as (0.5, 0.75), got {boundaries!r}."
        )
    return tuple(float(each) for each in boundaries)


def _rise_within_fit(fractions: Sequence[float]) -> bool:
    return all(earlier < later for earlier, later in pairwise(fractions))


def _resolve_learning_rate(
    estimator: "DigitCNNClassifier", architecture: ArchitectureLike, lr_schedule: str
) -> float | None:
    if not isinstance(estimator.learning_rate, str):
        return float(estimator.learning_rate)
    if not isinstance(estimator.optimizer, str):
        return None
    peak = getattr(architecture, "learning_rate", USUAL_RATE)
    peak *= RATE_RELATIVE_TO_ADAM[estimator.optimizer]
    return float(peak if lr_schedule in SCHEDULED else CONSTANT_RELATIVE_TO_PEAK * peak)


def training_config(
    estimator: "DigitCNNClassifier",
    architecture: ArchitectureLike,
    n_examples: int,
    lr_schedule: str,
) -> TrainingConfig:
    """Return the training configuration for a number of images."""
    optimizer = _optimizer_config(estimator, architecture, lr_schedule)
    callbacks = callbacks_for_fit(estimator.callbacks, optimizer, estimator.random_state)
    check_averages(callbacks, optimizer, early_stopping=estimator.early_stopping)
    return TrainingConfig(
        epochs=int(estimator.epochs),
        batch_size=resolve_batch_size(estimator.batch_size, n_examples),
        optimizer=optimizer,
        label_smoothing=estimator.label_smoothing,
        augmentation=_resolve_augmentation(estimator.augmentation),
        unaugmented_epochs=int(estimator.unaugmented_epochs),
        patience=estimator.n_iter_no_change if estimator.early_stopping else None,
        callbacks=callbacks,
        verbose=int(estimator.verbose),
    )


def _resolve_augmentation(augmentation: Augmentation | str | None) -> Augmentation | None:
    if isinstance(augmentation, str):
        return PRESETS[augmentation]
    if augmentation is not None:
        augmentation.validate()
    return augmentation


def seeds_of(random_state: RandomState) -> tuple[int, int, list[int]]:
    """Return the seeds of a fit: of the split, of the initial weights, and of the training.

    The last one is for order, augmentation and dropout. None takes fresh entropy, no global state.
    """
    split, weights, training = _seed_sequence(random_state).spawn(3)
    return (
        int(split.generate_state(1)[0]),
        int(weights.generate_state(1)[0]),
        [int(word) for word in training.generate_state(4)],
    )


def _seed_sequence(random_state: RandomState) -> np.random.SeedSequence:
    if random_state is None:
        return np.random.SeedSequence()
    if isinstance(random_state, np.random.RandomState):
        return np.random.SeedSequence(int(random_state.randint(2**31 - 1)))
    return np.random.SeedSequence(int(random_state))
