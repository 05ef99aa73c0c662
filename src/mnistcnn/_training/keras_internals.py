"""The only module that uses private names of Keras, with substitutes for missing ones.

With all of them, an epoch is one program and compiled networks are used again. Where a version of
Keras lacks one, `internals_available` is False: then Keras's public `fit` trains networks and its
`predict` asks them, with its own layers and optimizers, which is slower and equally correct.
"""

import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import get_ident
from types import FunctionType
from typing import Any

import keras

from mnistcnn._training.tensors import Operation, Tensor

try:
    from keras.src.backend.common import global_state
    from keras.src.random import seed_generator
except ImportError:
    global_state = seed_generator = None

# What Keras keeps for each thread: the names it gave, and where draws without a seed come from.
COUNTED_NAMES, UNSEEDED_DRAWS = "object_name_uids", "global_seed_generator"

# Of Keras's error where a callback sets a rate that follows a schedule.
FIXED_RATE = "learning rate is not settable"


@cache
def internals_available() -> bool:
    """Tell whether Keras has all private names that are used here; warn once if not."""
    try:
        _try_all()
    except Exception as error:  # whatever another version of Keras raises
        warnings.warn(
            f"Keras {keras.__version__} lacks a part that mnistcnn uses ({error}). Keras's own fit "
            "and predict are used instead, which is slower.",
            RuntimeWarning,
            stacklevel=2,
        )
        return False
    return True


def _try_all() -> None:
    with _names_counted_anew():
        inputs = keras.Input((1,))
        model = keras.Model(inputs, keras.layers.Dense(1, kernel_initializer="zeros")(inputs))
        _try_model(model)
        _try_optimizer(keras.optimizers.Adam(), model.trainable_variables)
    vars(seed_generator)["python_random"].randint  # noqa: B018
    keras.callbacks.Callback()._model  # noqa: B018


def _try_model(model: keras.Model) -> None:
    model._symbolic_build  # noqa: B018
    list(model._flatten_layers())
    operation, _ = origin_of(model.outputs[0])
    followers_of(operation)


def _try_optimizer(optimizer: keras.optimizers.Optimizer, variables: list[keras.Variable]) -> None:
    optimizer.build(variables)
    optimizer._track_variable  # noqa: B018
    rate_of(optimizer)
    adam_moments(optimizer, variables[0])


@contextmanager
def names_counted_anew() -> Iterator[None]:
    """Let Keras restart its layer names and unseeded random numbers, and restore both afterwards.

    So layers are called alike in every network. For each name of a variable TensorFlow keeps a
    kernel until the process ends: with names that count on, searches grew with every fit
    (`python -m benchmarks memory`).
    """
    if not internals_available():
        yield
        return
    with _names_counted_anew():
        yield


@contextmanager
def _names_counted_anew() -> Iterator[None]:
    callers = {
        name: global_state.get_global_attribute(name) for name in (COUNTED_NAMES, UNSEEDED_DRAWS)
    }
    for name in callers:
        global_state.set_global_attribute(name, None)
    try:
        yield
    finally:
        for name, value in callers.items():
            global_state.set_global_attribute(name, value)


class _GeneratorOfOneThread:
    """Takes the place of Python's `random` where Keras draws seeds, for the thread that makes it.

    Keras takes the seeds of initial weights and of dropout from Python's one global generator, from
    which any other thread may draw meanwhile. Those threads go on drawing from it.
    """

    def __init__(self, generator: random.Random) -> None:
        self._generator = generator
        self._thread = get_ident()

    def __getattr__(self, name: str) -> Any:
        """Return a function of the thread's generator, or of the global one elsewhere."""
        return getattr(self._generator if get_ident() == self._thread else random, name)


@contextmanager
def seeds_drawn_from(generator: random.Random) -> Iterator[None]:
    """Let Keras draw the seeds of weights and layers from a generator in this thread."""
    if not internals_available():
        with _global_generator_like(generator):
            yield
        return
    callers_source = seed_generator.python_random
    seed_generator.python_random = _GeneratorOfOneThread(generator)
    try:
        yield
    finally:
        seed_generator.python_random = callers_source


@contextmanager
def _global_generator_like(generator: random.Random) -> Iterator[None]:
    callers_state = random.getstate()
    random.setstate(generator.getstate())
    try:
        yield
    finally:
        random.setstate(callers_state)


def layers_of(model: keras.Model) -> list[keras.Layer]:
    """Return all layers of a model, each before those within it, the model itself first."""
    if internals_available():
        return list(model._flatten_layers())
    inner = getattr(model, "layers", [])
    return [model, *(layer for each in inner for layer in layers_of(each))]


def build_metrics(model: keras.Model, batch: tuple[Any, ...]) -> None:
    """Let Keras make its metrics' variables, which it does when it first sees data.

    Under PyTorch it runs the layers for that, dropout too, so no seed may be set before.
    """
    if internals_available():
        model._symbolic_build(data_batch=batch)


def origin_of(tensor: Tensor) -> tuple[Any, list[Any]]:
    """Return the operation that a symbolic tensor comes from, and that operation's inputs."""
    operation, node, _ = tensor._keras_history
    inbound = operation._inbound_nodes
    return operation, list(inbound[node].input_tensors) if inbound else []


def followers_of(operation: Operation) -> list[Any]:
    """Return the nodes of the graph that an operation leads to."""
    return list(operation._outbound_nodes)


def last_operation(model: keras.Model) -> Any:
    """Return the layer or operation that a model's output comes from."""
    last = origin_of(model.outputs[0])[0] if internals_available() else model.layers[-1]
    return last_operation(last) if isinstance(last, keras.Model) else last


def rate_of(optimizer: keras.optimizers.Optimizer) -> Any:
    """Return an optimizer's learning rate: a variable, or the schedule that it follows."""
    return optimizer._learning_rate


def track(optimizer: keras.optimizers.Optimizer, variables: list[keras.Variable]) -> None:
    """Count variables among an optimizer's, as JAX's programs take the values of those."""
    for variable in variables:
        optimizer._track_variable(variable)


def adam_moments(optimizer: keras.optimizers.Adam, variable: Tensor) -> tuple[Any, Any]:
    """Return the two moments that Adam keeps for a weight."""
    index = optimizer._get_variable_index(variable)
    return optimizer._momentums[index], optimizer._velocities[index]


def excludes_from_decay(optimizer: keras.optimizers.Optimizer) -> bool:
    """Tell whether `exclude_from_weight_decay` was called with something; no config holds it."""
    names = ("_exclude_from_weight_decay", "_exclude_from_weight_decay_pattern")
    return any(getattr(optimizer, name, None) for name in names)


def sum_over_one_replica(optimizer: keras.optimizers.Optimizer) -> None:
    """Let gradients pass as they are where Keras adds those of all replicas up.

    There is one replica. TensorFlow registers that sum as a function with a gradient of its own,
    which keeps the whole graph of a fit until the process ends.
    """
    optimizer._all_reduce_sum_gradients = list


def detach(callback: keras.callbacks.Callback) -> None:
    """Let a callback forget the model that it watched."""
    callback._model = None


def state_of(callback: keras.callbacks.Callback) -> dict[str, Any]:
    """Return what a callback holds, without what it is told of the fit that it watches."""
    return {
        name: value for name, value in vars(callback).items() if name not in ("_model", "params")
    }


def may_profile_batches(callback: keras.callbacks.Callback) -> bool:
    """Tell whether a callback is Keras's TensorBoard and traces batches, or might."""
    is_tensorboard = isinstance(callback, keras.callbacks.TensorBoard)
    return is_tensorboard and bool(getattr(callback, "_should_trace", True))


def first_epoch_of(model: keras.Model) -> int:
    """Return the epoch that a callback such as Keras's BackupAndRestore has a fit begin with."""
    return getattr(model, "_initial_epoch", None) or 0


def forget_first_epoch(model: keras.Model) -> None:
    """Let the next fit of a model begin at its beginning, which Keras leaves to the caller."""
    model._initial_epoch = None


def is_fit_patched() -> bool:
    """Tell whether another function, such as that of MLflow, is in the place of Keras's `fit`.

    A proxy, too, behaves like the function that it stands for, so its type counts.
    """
    fit = keras.Model.fit
    if type(fit) is not FunctionType:
        return True
    return Path(keras.__file__).parent not in Path(fit.__code__.co_filename).parents


def says_rate_is_fixed(error: TypeError) -> bool:
    """Tell whether Keras refuses to set a learning rate that follows a schedule."""
    return FIXED_RATE in str(error)
