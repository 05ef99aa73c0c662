"""Extracts the trained layers of a network, without the last one, for other classes."""

from typing import Any

import keras

from mnistcnn._training.description import is_defined_by_config
from mnistcnn._training.keras_internals import layers_of, origin_of
from mnistcnn._training.network import Network, renew_constants, value_of
from mnistcnn._training.stored_as_keras import own_names
from mnistcnn._training.tensors import Tensor


def trained_features(network: Network) -> keras.Model:
    """Return a copy of a network's layers between the pixel scaling and the last with a kernel.

    Where several such layers come last, as in a `MultiColumn`, the model has as many outputs.
    Layers that are frozen in the network are frozen in the copy. What its layers draw in training
    depends on where Keras draws seeds from, not on the network. One without any kernel is refused.
    """
    features = _without_last_kernels(_copied_layers(network))
    if features is None:
        raise ValueError("fitted must have a layer with a kernel, got a network that has none.")
    return features


def _copied_layers(network: Network) -> keras.Model:
    core = network.model.layers[-1]
    copied = _built_anew(network, core)
    for variable, value in zip(copied.weights, map(value_of, core.weights), strict=True):
        variable.assign(value)
    renew_constants(copied)
    layers = zip(layers_of(copied), layers_of(core), strict=True)
    # Set needlessly, it would thaw variables that a layer froze one by one.
    for layer, original in [pair for pair in layers if pair[0].trainable != pair[1].trainable]:
        layer.trainable = original.trainable
    return copied


def _built_anew(network: Network, core: keras.Model) -> keras.Model:
    if network.build is not None and not is_defined_by_config(core):
        return network.build(network.image_shape, core.output_shape[-1])
    with own_names():
        config = keras.saving.serialize_keras_object(core)
    return keras.saving.deserialize_keras_object({**config, "compile_config": None})


def _without_last_kernels(model: keras.Model) -> keras.Model | None:
    """Return a model that ends where the last layers with a kernel begin, on the same layers."""
    tensors = _before_last_kernels(model.outputs[0])
    return keras.Model(model.inputs[0], tensors, name=model.name) if tensors else None


def _before_last_kernels(tensor: Tensor) -> list[Any]:
    operation, given = origin_of(tensor)
    if isinstance(operation, keras.Model):
        inner = _without_last_kernels(operation)
        return [] if inner is None else as_list(inner(given[0]))
    if any(len(weight.shape) > 1 for weight in getattr(operation, "weights", [])):
        return given
    return [each for before in given for each in _before_last_kernels(before)]


def as_list(outputs: Tensor) -> list[Any]:
    """Return the outputs of a model as a list, also a single one."""
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]
