"""A fit, step by step: it returns the fitted state, and leaves the estimator unchanged."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from mnistcnn._training.configuration import TrainingConfig
from mnistcnn._training.data import TrainingData
from mnistcnn._training.keras_internals import says_rate_is_fixed
from mnistcnn._training.network import Network
from mnistcnn._training.pool import POOL
from mnistcnn._training.runtime import check_can_run
from mnistcnn._training.training import History, train
from mnistcnn._types import Images, Labels
from mnistcnn.classifier._callbacks import rate_conflict
from mnistcnn.classifier._fitted import Fitted, n_epochs
from mnistcnn.classifier._inputs import (
    as_continued,
    checked_classes,
    read_training_data,
    read_validation_data,
)
from mnistcnn.classifier._memory import memory_of_fit
from mnistcnn.classifier._networks import (
    build_for,
    continue_from,
    learn_pixel_scaling,
    scaling_in_force,
    warn_of_kept_scaling,
)
from mnistcnn.classifier._out_of_memory import out_of_memory_explained
from mnistcnn.classifier._parameters import parameters_as_text
from mnistcnn.classifier._pixel_range import pixels_so_far
from mnistcnn.classifier._scikit_learn_callbacks import epoch_callbacks, report_without_epochs
from mnistcnn.classifier._training_config import resolve_architecture, seeds_of, training_config
from mnistcnn.classifier._types import ArchitectureLike, Weights
from mnistcnn.preprocessing import TrainingPixels, callers_level

if TYPE_CHECKING:
    from mnistcnn.classifier._estimator import DigitCNNClassifier

# Of the average of the weights that a fit ends with.
MAX_FRACTION_OF_FIRST_WEIGHTS = 0.5

# Parameters by which the network was made that is trained further, whatever they are set to since.
KEPT_BY_WARM_START = ("pixel_scaling",)
KEPT_BY_PARTIAL_FIT = ("architecture", "image_shape", "pixel_scaling", "precision")


def fit(
    estimator: "DigitCNNClassifier",
    X: Images,
    y: Labels,
    sample_weight: Weights,
    X_val: "Images | None",
    y_val: "Labels | None",
    sample_weight_val: Weights,
) -> Fitted:
    """Train as `DigitCNNClassifier.fit` promises."""
    check_can_run()
    previous = Fitted.of(estimator) if estimator.warm_start else None
    data = _data_of_fit(estimator, X, y, sample_weight, previous)
    split_seed, weights_seed, training_seed = seeds_of(estimator.random_state)
    validation = read_validation_data(estimator, data, X_val, y_val, sample_weight_val)
    training = data
    if validation is None and estimator.early_stopping:
        training, validation = _set_validation_aside(estimator, data, split_seed)
    architecture = resolve_architecture(estimator.architecture)
    config = _config_of_fit(estimator, architecture, training)
    fresh, pixels = _network_of_fit(estimator, architecture, training, previous, weights_seed)
    memory = memory_of_fit(estimator, fresh, training, validation, config, training_seed)
    remembered = memory.read_back(training, fresh, pixels, config)
    if remembered is not None:
        report_without_epochs(estimator, X, y, remembered.attributes)
        return remembered
    borrowed = POOL.take(fresh, config)
    fitted = Fitted.untrained(training, borrowed, pixels, config)
    with _failures_explained(estimator, training, config), borrowed.lent_for(config):
        reports = epoch_callbacks(estimator, X, y, fitted.attributes)
        compiled = borrowed.compiled
        compiled.compile_or_reset(config, config.n_updates(training))
        history = train(compiled, training, validation, config, training_seed, reports)
    return memory.keep(replace(fitted, history=history))


def partial_fit(
    estimator: "DigitCNNClassifier",
    X: Images,
    y: Labels,
    classes: ArrayLike | None,
    sample_weight: Weights,
) -> Fitted:
    """Train one epoch as `DigitCNNClassifier.partial_fit` promises."""
    _check_can_increment(estimator)
    previous = Fitted.of(estimator)
    data = read_training_data(
        estimator,
        X,
        y,
        sample_weight,
        _classes_of_all_calls(previous, classes),
        same_columns=previous is not None,
        min_samples=1,
    )
    _, weights_seed, training_seed = seeds_of(estimator.random_state)
    architecture = resolve_architecture(estimator.architecture)
    config = training_config(estimator, architecture, len(data.indices), "constant")
    config = replace(config, epochs=1, unaugmented_epochs=0)
    if previous is None:
        fresh, pixels = _network_of_fit(estimator, architecture, data, None, weights_seed)
        borrowed, earlier = POOL.take(fresh, config), {}
    else:
        pixels = pixels_so_far(previous.network, previous.pixels, data)
        borrowed, earlier = previous.borrowed, previous.history
    with _failures_explained(estimator, data, config), borrowed.lent_for(config):
        compiled, is_new = borrowed.compiled, previous is None
        compile_network = compiled.compile_or_reset if is_new else compiled.compile_or_continue
        compile_network(config, config.n_updates(data))
        history = train(compiled, data, None, config, [*training_seed, n_epochs(earlier)])
    fitted = Fitted.untrained(data, borrowed, pixels, config)
    return replace(fitted, history=_joined(earlier, history))


def settings_of_fit(estimator: "DigitCNNClassifier", kept: Sequence[str]) -> dict[str, str]:
    """Return the parameters of a fit as text, those that it kept with their earlier values."""
    texts, previous = parameters_as_text(estimator), Fitted.of(estimator)
    if previous is None:
        return texts
    earlier = {"pixel_scaling": repr(scaling_in_force(previous)), **(previous.settings or {})}
    return {**texts, **{name: earlier[name] for name in kept if name in earlier}}


@contextmanager
def unchanged_by_failure(estimator: "DigitCNNClassifier") -> Iterator[None]:
    """Leave an estimator and its network as they were if anything fails or is interrupted."""
    # What the network holds now could not be read either.
    check_can_run()
    attributes = vars(estimator)
    borrowed = attributes.get("_borrowed")
    with nullcontext() if borrowed is None else borrowed.compiled.unchanged_by_failure():
        try:
            yield
        except BaseException:
            estimator.__dict__ = attributes  # type: ignore[assignment]
            raise


def _data_of_fit(
    estimator: "DigitCNNClassifier",
    X: Images,
    y: Labels,
    sample_weight: Weights,
    previous: Fitted | None,
) -> TrainingData:
    """Read the training data, which must be like those of the previous fit, if it goes on."""
    if previous is None:
        return read_training_data(estimator, X, y, sample_weight, None)
    data = read_training_data(estimator, X, y, sample_weight, previous.classes)
    return as_continued(previous, data)


def _set_validation_aside(
    estimator: "DigitCNNClassifier", data: TrainingData, seed: int
) -> tuple[TrainingData, TrainingData]:
    try:
        training, validation = train_test_split(
            data.indices,
            test_size=float(estimator.validation_fraction),
            stratify=data.targets[data.indices],
            random_state=seed,
        )
    except ValueError as error:
        raise ValueError(
            "early_stopping=True cannot hold out validation_fraction="
            f"{estimator.validation_fraction} of {len(data.indices)} images with every class in "
            f"both parts: {error}"
        ) from error
    return data.part(training), data.part(validation)


def _config_of_fit(
    estimator: "DigitCNNClassifier", architecture: ArchitectureLike, training: TrainingData
) -> TrainingConfig:
    n_images = len(training.indices)
    config = training_config(estimator, architecture, n_images, estimator.lr_schedule)
    _warn_of_short_average(config.optimizer.average_momentum, config.n_updates(training))
    return config


def _network_of_fit(
    estimator: "DigitCNNClassifier",
    architecture: ArchitectureLike,
    training: TrainingData,
    previous: Fitted | None,
    seed: int,
) -> tuple[Network, TrainingPixels]:
    """Return the network before its training, and what it knows of the pixels.

    It goes on from the previous fit, if there is one.
    """
    shape, n_classes = training.image_shape, len(training.classes)
    fresh = build_for(estimator, architecture, shape, n_classes, seed)
    if previous is None:
        return fresh, learn_pixel_scaling(fresh, estimator, architecture, training)
    warn_of_kept_scaling(estimator.pixel_scaling, previous, architecture)
    return fresh, continue_from(previous, fresh, architecture, training)


def _warn_of_short_average(momentum: float | None, n_updates: int) -> None:
    """Warn where the average of the weights ends near those that the fit began with."""
    fraction = 0.0 if momentum is None else momentum ** (n_updates - 1)
    if fraction > MAX_FRACTION_OF_FIRST_WEIGHTS:
        warnings.warn(
            f"ema_momentum={momentum:g} leaves {100 * fraction:.0f} % of the initial weights in "
            f"the average after the {n_updates} updates of this fit: lower it, or train for more "
            "epochs.",
            ConvergenceWarning,
            stacklevel=callers_level(),
        )


def _check_can_increment(estimator: "DigitCNNClassifier") -> None:
    if estimator.early_stopping:
        raise ValueError(
            "early_stopping must be False in partial_fit, which holds out no validation set, got "
            "True."
        )
    if estimator.ema_momentum is not None or getattr(estimator.optimizer, "use_ema", False):
        raise ValueError(
            "ema_momentum must be None in partial_fit, and use_ema of the optimizer False: each "
            "call would end with the average, which hardly changes in so few updates."
        )
    if isinstance(estimator.class_weight, str):
        raise ValueError(
            "class_weight must be a dict or None in partial_fit, which sees only part of the "
            f"labels at a time, got {estimator.class_weight!r}."
        )


def _classes_of_all_calls(previous: Fitted | None, classes: ArrayLike | None) -> NDArray[Any]:
    if previous is None and classes is None:
        raise ValueError("classes must be passed on the first call to partial_fit, got None.")
    if previous is None:
        return checked_classes(classes)
    known = previous.classes
    if classes is not None and not np.array_equal(checked_classes(classes), known):
        raise ValueError(
            f"classes must be those of the first call, {known.tolist()}, or None, got {classes}."
        )
    return known


def _joined(before: History, after: History) -> History:
    """Return one value per epoch for each name, NaN where it was not measured."""
    return {
        name: [*_values_or_nan(before, name), *_values_or_nan(after, name)]
        for name in {**before, **after}
    }


def _values_or_nan(history: History, name: str) -> list[float]:
    n_epochs = max(map(len, history.values()), default=0)
    values = history.get(name, [])
    return [*values, *[float("nan")] * (n_epochs - len(values))]


@contextmanager
def _failures_explained(
    estimator: "DigitCNNClassifier", data: TrainingData, config: TrainingConfig
) -> Iterator[None]:
    try:
        with out_of_memory_explained(estimator, data.image_shape, config.batch_size):
            yield
    except TypeError as error:
        if not says_rate_is_fixed(error):
            raise
        raise ValueError(rate_conflict("one that sets it", config.optimizer)) from error
