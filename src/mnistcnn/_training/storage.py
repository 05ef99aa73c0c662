"""A network as plain data, so that an estimator can be pickled.

Keras's own pickling is not used: importing scikeras replaces it for the whole process.
"""

import pickle
from copy import copy
from typing import Any, Self

import keras
import numpy as np

from mnistcnn._training.building import build_network, isolated_building
from mnistcnn._training.compiled_network import CompiledNetwork
from mnistcnn._training.description import is_defined_by_config
from mnistcnn._training.keras_internals import detach
from mnistcnn._training.network import DTYPE_POLICIES, Build, Network
from mnistcnn._training.runtime import check_can_run, is_usable, prepare_runtime
from mnistcnn._training.stored_as_keras import own_names
from mnistcnn.architectures import RegisteredArchitecture, at_most_parameters
from mnistcnn.storage import name_of

State = dict[str, Any]


def network_state(compiled: CompiledNetwork) -> State:
    """Return a network as its architecture and arrays, and what its optimizer remembers.

    Of layers that no registered architecture has built there is Keras's config, or where that would
    not tell a user's own functions, what built the layers.
    """
    network = compiled.network
    architecture = registered_architecture(network.build)
    defined = architecture is None and is_defined_by_config(network.model)
    return {
        "architecture": architecture,
        "config": _config(network.model) if defined else None,
        "build": None if defined or architecture is not None else network.build,
        "n_classes": network.model.output_shape[-1],
        "image_shape": network.image_shape,
        "emits_logits": network.emits_logits,
        "precision": network.precision,
        "trainability": network.trainability(),
        "values": network.values(),
        "optimizer": compiled.optimizer_state(),
    }


def registered_architecture(build: Build | None) -> RegisteredArchitecture | None:
    """Return the architecture of this library whose method builds the layers, if one does."""
    owner = getattr(build, "__self__", None)
    return owner if isinstance(owner, RegisteredArchitecture) and name_of(owner) else None


def _config(model: keras.Model) -> dict[str, Any]:
    with own_names():
        config: dict[str, Any] = keras.saving.serialize_keras_object(model)
    return config


class UnusableNetwork:
    """A network in a process that cannot compute: each use of it raises an error.

    A pool of processes waits for ever, or says nothing of the reason, where a worker fails to read
    what it is sent; so reading succeeds, and the task says what is wrong.
    """

    @property
    def network(self) -> Self:
        """The network, compiled or not."""
        return self

    def __getattr__(self, name: str) -> Any:
        """Refuse."""
        if not name.startswith("__"):
            check_can_run()
        raise AttributeError(name)


def restore_network(state: State) -> Any:
    """Return the network that `network_state` described, or one that says why it is unusable."""
    if not is_usable():
        return UnusableNetwork()
    prepare_runtime()
    network = _rebuilt(state) if state["config"] is None else _deserialized(state)
    network.check_values(state["values"])
    network.assign_trainability(state["trainability"])
    network.assign_values(state["values"])
    return CompiledNetwork(network, state["optimizer"])


def in_float32(network: Network) -> Network:
    """Return a network that computes the same in float32; the network itself where it does so."""
    if network.precision == "float32":
        return network
    state = {**network_state(CompiledNetwork(network)), "precision": "float32"}
    half, single = DTYPE_POLICIES[network.precision], DTYPE_POLICIES["float32"]
    state["config"] = _renamed(state["config"], half, single)
    copied: Network = restore_network(state).network
    return copied


def _renamed(part: object, old: str, new: str) -> Any:
    """Return a config in which one dtype policy replaces another."""
    if isinstance(part, dict):
        return {key: _renamed(value, old, new) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [_renamed(value, old, new) for value in part]
    return new if part == old else part


def _deserialized(state: State) -> Network:
    config = {**state["config"], "compile_config": None}
    with isolated_building(0, DTYPE_POLICIES[state["precision"]]):
        model = keras.saving.deserialize_keras_object(config)
    return Network(
        model=model,
        emits_logits=state["emits_logits"],
        precision=state["precision"],
        build=state["build"],
    )


def _rebuilt(state: State) -> Network:
    # Earlier versions stored no architecture.
    architecture = state.get("architecture")
    # Layers that would be larger or more than the weights that are stored are not even made.
    sizes = [np.size(value) for value in state["values"]]
    with at_most_parameters(sum(sizes), len(sizes)):
        return build_network(
            state["build"] if architecture is None else architecture.build,
            state["image_shape"],
            state["n_classes"],
            precision=state["precision"],
            seed=0,
        )


def detached_callbacks(callbacks: list[Any]) -> list[Any]:
    """Return shallow copies of Keras callbacks that no longer hold the model they watched.

    One that holds what cannot be stored, such as an open file, is left out.
    """
    detached = [copy(callback) for callback in callbacks]
    for callback in detached:
        detach(callback)
    return [callback for callback in detached if _can_be_stored(callback)]


def _can_be_stored(callback: keras.callbacks.Callback) -> bool:
    try:
        pickle.dumps(callback)
    except Exception:  # whatever the user's own class raises
        return False
    return True
