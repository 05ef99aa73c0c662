"""Finds the rescaling that a network applies to its input before its first layer with weights."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from numbers import Real
from typing import Any

import keras

from mnistcnn._training.keras_internals import followers_of, internals_available, origin_of
from mnistcnn._training.tensors import Operation

MAX_FACTOR = 0.1

# Scale and offset of Keras's operations on a tensor and a number.
STEPS: dict[str, Callable[[float], tuple[float, float]]] = {
    "Add": lambda number: (1.0, number),
    "Divide": lambda number: (1 / number, 0.0),
    "Multiply": lambda number: (number, 0.0),
    "Subtract": lambda number: (1.0, -number),
    "TrueDivide": lambda number: (1 / number, 0.0),
}


@dataclass(frozen=True)
class Rescaling:
    """``pixels * scale + offset``."""

    scale: float = 1.0
    offset: float = 0.0

    @property
    def divides(self) -> bool:
        """Tell whether it expects pixels as files hold them."""
        return 0 < abs(self.scale) <= MAX_FACTOR

    def followed_by(self, scale: float, offset: float) -> "Rescaling":
        """Return both as one."""
        return Rescaling(self.scale * scale, self.offset * scale + offset)


def rescaling_of(core: keras.Model) -> Rescaling:
    """Return the scaling that a network begins with: layers and operations with plain numbers."""
    total = Rescaling()
    for node in _first_nodes(core):
        total = total.followed_by(*_step(node))
    return total


def _first_nodes(core: keras.Model) -> Iterator[Any]:
    """Yield the nodes of the graph that follow the input one by one and hold no weights."""
    if not internals_available():
        return
    operation, _ = origin_of(core.inputs[0])
    while (node := _only_follower(operation)) is not None:
        operation = node.operation
        if isinstance(operation, keras.Model) and hasattr(operation, "inputs"):
            yield from _first_nodes(operation)
            return
        if getattr(operation, "variables", None):
            return
        yield node


def _only_follower(operation: Operation) -> Any:
    # Keras may build a model several times over, which leaves as many nodes to the same operation.
    followers = {id(node.operation): node for node in followers_of(operation)}
    return next(iter(followers.values())) if len(followers) == 1 else None


def _step(node: Operation) -> tuple[float, float]:
    operation = node.operation
    if isinstance(operation, keras.layers.Rescaling):
        return _plain(operation.scale, 1.0), _plain(operation.offset, 0.0)
    number = next((each for each in node.arguments.args[1:] if isinstance(each, Real)), None)
    apply = STEPS.get(type(operation).__name__)
    return (1.0, 0.0) if apply is None or number is None else apply(float(number))


def _plain(value: object, otherwise: float) -> float:
    """Return a number as it is; one for each channel is left alone."""
    return float(value) if isinstance(value, Real) else otherwise
