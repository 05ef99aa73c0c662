"""Tells from the outputs of a network whether they are probabilities or logits."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from mnistcnn._training.keras_internals import internals_available, last_operation, origin_of
from mnistcnn._training.tensors import Operation, Tensor

# A few random images: what holds for all of them holds by construction, not by chance.
N_PROBES = 16

# Half-precision softmaxes sum to 1 within a few thousandths.
TOLERANCE = 0.01

# What Keras calls the layers and operations whose outputs are of the same kind as their inputs.
TRANSPARENT = {
    "Add",
    "Average",
    "Concatenate",
    "Divide",
    "Dropout",
    "Flatten",
    "Identity",
    "Mean",
    "Reshape",
    "Squeeze",
    "Stack",
    "TrueDivide",
}

# The names of activations, as layers and operations are called that apply them.
ACTIVATIONS = {name.replace("_", "") for name in dir(keras.activations)} - {
    "linear",
    "logsoftmax",
    "softmax",
}


def emits_logits(core: keras.Model) -> bool:
    """Tell whether a network's outputs are logits; otherwise they are probabilities.

    Probabilities are rows without negative numbers that sum to 1; outputs that are neither, as
    those of a sigmoid, are refused. Where the last layers are known to give one or the other the
    network need not be run.
    """
    if _is_softmax(last_operation(core)):
        return False
    endings = list(_endings(core.outputs[0])) if internals_available() else [last_operation(core)]
    if all(map(_is_plain_sum, endings)):
        return True
    scores = _probed(core)
    if _are_probabilities(scores):
        return False
    _check_can_be_logits(endings, scores)
    return True


def _endings(tensor: Tensor) -> Iterator[Any]:
    """Yield the operations that an output comes from, those left out that keep its kind."""
    operation, given = origin_of(tensor)
    if isinstance(operation, keras.Model) and hasattr(operation, "outputs"):
        yield from _endings(operation.outputs[0])
    elif _keeps_the_kind(operation):
        for each in given:
            yield from _endings(each)
    else:
        yield operation


def _keeps_the_kind(operation: Operation) -> bool:
    if isinstance(operation, layers.Activation):
        return bool(operation.activation is keras.activations.linear)
    kind = type(operation)
    return kind.__module__.startswith("keras.") and kind.__name__ in TRANSPARENT


def _is_softmax(operation: Operation) -> bool:
    # Not a class of the user's own that inherits from one of these.
    is_known = type(operation) in (layers.Dense, layers.Activation)
    return is_known and operation.activation is keras.activations.softmax


def _is_plain_sum(operation: Operation) -> bool:
    if isinstance(operation, layers.BatchNormalization):
        return True
    return type(operation) is layers.Dense and operation.activation is keras.activations.linear


def _probed(core: keras.Model) -> NDArray[np.float64]:
    shape = (N_PROBES, *core.input_shape[1:])
    probes = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    scores = keras.ops.stop_gradient(core(probes, training=False))
    scores = keras.ops.convert_to_numpy(keras.ops.cast(scores, "float32"))
    return np.asarray(scores, dtype=np.float64)


def _are_probabilities(scores: NDArray[np.float64]) -> bool:
    return bool((scores >= 0).all() and np.abs(scores.sum(axis=1) - 1).max() <= TOLERANCE)


def _check_can_be_logits(endings: list[Any], scores: NDArray[np.float64]) -> None:
    names = [name for name in map(_activation_name, endings) if name]
    if names:
        raise ValueError(
            "architecture must return a keras.Model that ends in softmax or in plain logits (no "
            f"activation), got {names[0]!r} as its last activation."
        )
    total = scores.sum(axis=1)
    if (scores >= 0).all() and np.ptp(scores) > 0 and np.ptp(total) <= TOLERANCE * total.mean():
        raise ValueError(
            "architecture must return a keras.Model whose outputs are probabilities that sum to 1 "
            f"or plain logits, got non-negative outputs that sum to {total.mean():.4g}."
        )


def _activation_name(operation: Operation) -> str | None:
    """Return the name of an activation after which nothing is a logit any more."""
    applied = getattr(operation, "activation", None)
    name = type(operation).__name__ if applied is None else _name(applied)
    if applied not in (None, keras.activations.linear, keras.activations.log_softmax):
        return name
    return name if name.lower() in ACTIVATIONS else None


def _name(activation: object) -> str:
    return getattr(activation, "__name__", type(activation).__name__)
