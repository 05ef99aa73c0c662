"""The steps of a fit: each returns a new fitted state, and the estimator stays as it is."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from mnistcnn._training.feed import Examples
from mnistcnn._training.fitting import (
    Outcome,
    Regime,
    fit_increment,
    fit_network,
    prepare_network,
)
from mnistcnn._training.network import Network, assemble_network, renew_constants
from mnistcnn._training.pool import POOL, Lease
from mnistcnn.classifier._callbacks import rate_conflict
from mnistcnn.classifier._inputs import (
    Problem,
    encode_labels,
    read_training_data,
    with_weights_of_mean_one,
)
from mnistcnn.classifier._pixel_range import (
    Range,
    stated_range,
    warn_of_needless_scaling,
    widened_range,
)
from mnistcnn.classifier._scikit_learn_callbacks import epoch_callbacks
from mnistcnn.classifier._settings import (
    build_function,
    regime_for,
    resolve_architecture,
    resolve_precision,
    seed_sequence,
)
from mnistcnn.classifier._trained_features import TrainedFeatures
from mnistcnn.preprocessing._statistics import pixel_statistics

State = dict[str, Any]

# Offset and scale of the pixels, where they do not depend on the data.
FIXED_SCALING = {"unit": (0.0, 255.0), None: (0.0, 1.0)}


def fitted_state(estimator: Any, X: Any, y: Any, sample_weight: Any) -> State:
    """Train as `fit` promises and return the fitted attributes."""
    previous = vars(estimator).get("_network") if estimator.warm_start else None
    problem = read_training_data(
        estimator, X, y, sample_weight, known_classes=previous and estimator.classes_
    )
    problem = with_weights_of_mean_one(problem)
    seeds = seed_sequence(estimator.random_state).spawn(3)
    training, validation = _split(estimator, problem, seeds[0])
    architecture = resolve_architecture(estimator.architecture)
    regime = regime_for(estimator, architecture, len(training.rows), estimator.lr_schedule)
    fresh = _assemble(estimator, architecture, problem, seeds[1])
    if previous is None:
        pixel_range = _set_pixel_scaling(fresh, estimator, architecture, training)
    else:
        pixel_range = widened_range(vars(estimator).get("_pixel_range"), training)
        _continue_from(fresh, previous, architecture)
    lease = _lease(fresh, regime)
    state = {**_state(problem, lease, regime), "_pixel_range": pixel_range}
    reported = epoch_callbacks(estimator, X, y, lambda: state)
    regime = replace(regime, callbacks=[*regime.callbacks, *reported])
    with lease.training() as network, _failures_explained(regime):
        prepare_network(network, regime, regime.epochs * training.n_batches(regime.batch_size))
        outcome = fit_network(network, training, validation, regime, _integers(seeds[2]))
    return {**state, **_results(outcome)}


def increment_state(estimator: Any, X: Any, y: Any, classes: Any, sample_weight: Any) -> State:
    """Train one epoch as `partial_fit` promises and return the fitted attributes."""
    _check_can_increment(estimator)
    fitted = vars(estimator)
    problem = read_training_data(
        estimator,
        X,
        y,
        sample_weight,
        known_classes=_classes_of_all_calls(estimator, classes),
        same_columns="_network" in fitted,
        min_samples=1,
    )
    problem = with_weights_of_mean_one(problem)
    seeds = seed_sequence(estimator.random_state).spawn(3)
    architecture = resolve_architecture(estimator.architecture)
    training = _examples(problem, problem.rows)
    regime = replace(regime_for(estimator, architecture, len(training.rows), "constant"), epochs=1)
    if "_network" in fitted:
        lease = _lease_on(fitted["_lease"], regime)
        pixel_range = widened_range(fitted.get("_pixel_range"), training)
    else:
        fresh = _assemble(estimator, architecture, problem, seeds[1])
        pixel_range = _set_pixel_scaling(fresh, estimator, architecture, training)
        lease = _lease(fresh, regime)
    n_before = fitted.get("n_iter_", 0)
    with lease.training() as network, _failures_explained(regime):
        outcome = fit_increment(network, training, regime, [*_integers(seeds[2]), n_before])
    history = _joined(fitted.get("history_", {}), outcome.history)
    counts = {"history_": history, "n_iter_": n_before + outcome.n_epochs}
    state = _state(problem, lease, regime)
    return {**state, **counts, "_pixel_range": pixel_range}


@contextmanager
def unchanged_by_failure(estimator: Any) -> Iterator[None]:
    """Leave an estimator and its network as they were if anything fails or is interrupted."""
    attributes = vars(estimator)
    network = attributes.get("_network")
    with network.unchanged_by_failure() if network is not None else nullcontext():
        try:
            yield
        except BaseException:
            estimator.__dict__ = attributes
            raise


def wrapped_state(estimator: Any, model: keras.Model, classes: Any) -> State:
    """Return the fitted attributes of an estimator around a copy of a trained model.

    Raises
    ------
    ValueError
        If `classes` are not ascending, or not as many as the model's outputs.
    """
    template = estimator.architecture
    labels = np.arange(template.n_classes) if classes is None else np.asarray(classes)
    if len(labels) != template.n_classes or not np.array_equal(np.unique(labels), labels):
        raise ValueError(
            f"classes must be {template.n_classes} different labels in ascending order, one for "
            f"each output of model, got {labels.tolist()}."
        )
    if estimator.pixel_scaling == "standard":
        raise ValueError(
            "pixel_scaling must be 'unit' or None for a trained model, since there are no "
            "training pixels to take a mean from, got 'standard'."
        )
    height, width, *channels = estimator.image_shape
    image_shape = (height, width, channels[0] if channels else 1)
    network = assemble_network(
        template,
        image_shape,
        len(labels),
        precision=resolve_precision(estimator.precision, template),
        seed=0,
    )
    _adopt_weights(network, model)
    network.set_pixel_scaling(*FIXED_SCALING[estimator.pixel_scaling])
    return _state_around(network, labels, stated_range(estimator.pixel_scaling, network))


def stored_state(
    estimator: Any,
    *,
    image_shape: tuple[int, int, int],
    classes: NDArray[Any],
    weights: list[NDArray[np.float32]],
    history: dict[str, list[float]],
    pixel_range: Range,
) -> State:
    """Return the fitted attributes of an estimator whose network was trained and stored before.

    Raises
    ------
    ValueError
        If the weights are not those of the estimator's architecture.
    """
    architecture = resolve_architecture(estimator.architecture)
    network = assemble_network(
        build_function(architecture),
        image_shape,
        len(classes),
        precision=resolve_precision(estimator.precision, architecture),
        seed=0,
    )
    network.model.set_weights(weights)
    # A few pictures, of a few digits perhaps, would lead the moving averages astray.
    network.freeze_normalization()
    counts = {"history_": history, "n_iter_": len(history["loss"])}
    return {**_state_around(network, classes, pixel_range), **counts}


def _state_around(network: Network, classes: NDArray[Any], pixel_range: Range | None) -> State:
    return {
        "n_features_in_": int(np.prod(network.image_shape)),
        "image_shape_": network.image_shape,
        "classes_": classes,
        "precision_": network.precision,
        "callbacks_": [],
        "history_": {},
        "n_iter_": 0,
        "_network": network,
        "_lease": POOL.lease_for_good(network),
        "_pixel_range": pixel_range,
    }


def _adopt_weights(network: Network, model: keras.Model) -> None:
    """Copy a trained model's weights and see that the copy computes what the model does."""
    core = network.model.layers[-1]
    core.set_weights(model.get_weights())
    renew_constants(core)
    probe = np.random.default_rng(0).uniform(size=(2, *model.input_shape[1:])).astype(np.float32)
    given, copied = (
        keras.ops.convert_to_numpy(one(probe, training=False)).astype(np.float64)
        for one in (model, core)
    )
    if not np.allclose(given, copied, rtol=1e-3, atol=1e-4):
        raise ValueError(
            "model holds functions of your own that a config does not tell, so its copy computes "
            "something else; pass architecture=a function that builds it, and fit."
        )


def _lease(fresh: Network, regime: Regime) -> Lease:
    """Return a network with the values of a fresh one, which the user's callbacks may keep."""
    lease = POOL.lease(fresh, regime.program)
    if regime.callbacks:
        lease.keep()
    return lease


def _lease_on(lease: Lease, regime: Regime) -> Lease:
    """Return the lease as it is; a network that is compiled anew never serves another fit."""
    if regime.callbacks or not lease.network.is_compiled_for(regime.program):
        lease.keep()
    return lease


def _split(
    estimator: Any, problem: Problem, seed: np.random.SeedSequence
) -> tuple[Examples, Examples | None]:
    if not estimator.early_stopping:
        return _examples(problem, problem.rows), None
    try:
        training, validation = train_test_split(
            problem.rows,
            test_size=float(estimator.validation_fraction),
            stratify=problem.targets[problem.rows],
            random_state=_integer(seed),
        )
    except ValueError as error:
        raise ValueError(
            f"early_stopping=True cannot set validation_fraction={estimator.validation_fraction} "
            f"of {len(problem.rows)} pictures aside with every class in both parts: {error}"
        ) from error
    return _examples(problem, training), _examples(problem, validation)


def _examples(problem: Problem, rows: NDArray[np.int32]) -> Examples:
    return Examples(problem.pixels, problem.targets, problem.weights, rows, problem.image_shape)


def _assemble(
    estimator: Any, architecture: Any, problem: Problem, seed: np.random.SeedSequence
) -> Network:
    return assemble_network(
        build_function(architecture),
        problem.image_shape,
        len(problem.classes),
        precision=resolve_precision(estimator.precision, architecture),
        seed=_integer(seed),
    )


def _integer(seed: np.random.SeedSequence) -> int:
    return int(seed.generate_state(1)[0])


def _integers(seed: np.random.SeedSequence) -> list[int]:
    return [int(word) for word in seed.generate_state(4)]


def _set_pixel_scaling(
    network: Network, estimator: Any, architecture: Any, training: Examples
) -> Range:
    """Set the scaling that the layers were trained with, or one for the training pixels.

    It returns the range of the pixels that the network then knows.
    """
    if isinstance(architecture, TrainedFeatures):
        network.set_pixel_scaling(*architecture.pixel_scaling)
        return widened_range(architecture.pixel_range, training)
    _learn_pixel_scaling(network, estimator.pixel_scaling, training)
    pixel_range = widened_range(None, training)
    warn_of_needless_scaling(estimator.pixel_scaling, pixel_range, network)
    return pixel_range


def _learn_pixel_scaling(network: Network, pixel_scaling: str | None, training: Examples) -> None:
    if pixel_scaling == "standard":
        network.set_pixel_scaling(*pixel_statistics(training.pixels, training.rows))
    else:
        network.set_pixel_scaling(*FIXED_SCALING[pixel_scaling])


def _continue_from(network: Network, previous: Network, architecture: Any) -> None:
    if network.layout() != previous.layout():
        raise ValueError(
            "warm_start=True needs the same architecture, image_shape and number of classes as in "
            "the previous fit, got others; use warm_start=False for a fresh network."
        )
    # Whether trained features learn is a parameter, which may have changed.
    if not isinstance(architecture, TrainedFeatures):
        network.assign_trainability(previous.trainability())
    network.assign_values(previous.values())


def _state(problem: Problem, lease: Lease, regime: Regime) -> State:
    return {
        **problem.columns,
        "image_shape_": problem.image_shape,
        "classes_": problem.classes,
        "precision_": lease.network.precision,
        "callbacks_": regime.callbacks,
        "_network": lease.network,
        "_lease": lease,
    }


def _results(outcome: Outcome) -> State:
    results: State = {"history_": outcome.history, "n_iter_": outcome.n_epochs}
    if outcome.best_epoch is not None:
        results["best_epoch_"] = outcome.best_epoch
        results["validation_scores_"] = outcome.validation_scores
    return results


def _check_can_increment(estimator: Any) -> None:
    if estimator.early_stopping:
        raise ValueError(
            "early_stopping must be False in partial_fit, which has no validation part, got True."
        )
    if isinstance(estimator.class_weight, str):
        raise ValueError(
            "class_weight must be a dict or None in partial_fit, which sees a part of the labels "
            f"at a time, got {estimator.class_weight!r}."
        )


def _classes_of_all_calls(estimator: Any, classes: Any) -> NDArray[Any]:
    known = vars(estimator).get("classes_")
    if known is None and classes is None:
        raise ValueError("classes must be passed on the first call to partial_fit, got None.")
    if known is None:
        return encode_labels(np.asarray(classes), None)[0]
    if classes is not None and not np.array_equal(np.unique(classes), known):
        raise ValueError(
            f"classes must be those of the first call, {known.tolist()}, or None, got {classes}."
        )
    return np.asarray(known)


def _joined(
    before: dict[str, list[float]], after: dict[str, list[float]]
) -> dict[str, list[float]]:
    return {name: [*before.get(name, []), *values] for name, values in after.items()}


@contextmanager
def _failures_explained(regime: Regime) -> Iterator[None]:
    try:
        yield
    except TypeError as error:
        if "learning rate is not settable" not in str(error):
            raise
        raise ValueError(rate_conflict("one that sets it", regime.optimization)) from error
