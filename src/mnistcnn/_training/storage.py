"""A network as plain data, so that an estimator can be pickled.

Keras's own pickling is not used: importing scikeras replaces it for the whole process.
"""

from copy import copy
from typing import Any

import keras

from mnistcnn._training.network import Network

State = dict[str, Any]


def network_state(network: Network) -> State:
    """Return the network as its config and arrays, with the optimizer's where there is one."""
    return {
        "config": keras.saving.serialize_keras_object(network.model),
        "image_shape": network.image_shape,
        "emits_logits": network.emits_logits,
        "precision": network.precision,
        "values": network.values(),
        "moments": network.moments(),
    }


def restore_network(state: State) -> Network:
    """Return the network that `network_state` described."""
    config = {**state["config"], "compile_config": None}
    network = Network(
        model=keras.saving.deserialize_keras_object(config),
        image_shape=state["image_shape"],
        emits_logits=state["emits_logits"],
        precision=state["precision"],
        stored_moments=state["moments"],
    )
    network.assign_values(state["values"])
    return network


def detached_callbacks(callbacks: list[Any]) -> list[Any]:
    """Return shallow copies of Keras callbacks that no longer hold the model they watched."""
    detached = [copy(callback) for callback in callbacks]
    for callback in detached:
        callback.set_model(None)
    return detached
