"""Describes what a Keras model computes, as text: equal texts mean equal programs."""

import json
import warnings
from functools import partial
from types import FunctionType, MethodType
from typing import Any

import keras

from mnistcnn._training.keras_internals import layers_of
from mnistcnn._training.stored_as_keras import own_names

# Whose functions and classes the text of a config tells apart.
KNOWN_PACKAGES = {"keras", "mnistcnn", "builtins", "tensorflow", "jax", "torch", "numpy", "optree"}

# What Keras calls them in a config.
FUNCTIONS = {"function", "__lambda__"}


def describe(model: keras.Model) -> str | None:
    """Return all that a model computes as text, except for the names of its layers.

    None where a config does not tell it: see `is_defined_by_config`.
    """
    config = _config(model)
    return None if config is None or not _is_defined(model, config) else _text(model, config)


def text_of_config(model: keras.Model) -> str | None:
    """Return the config of a model's layers as text, except for their names.

    It may not tell all: see `is_defined_by_config`. None where Keras cannot store the model.
    """
    config = _config(model)
    return None if config is None else _text(model, {**config, "compile_config": None})


def is_defined_by_config(model: keras.Model) -> bool:
    """Tell whether all functions and classes in a model are Keras's own or this library's.

    Others a config holds by name only, so that two of the same name look alike, and one that is
    called like one of Keras's comes back as Keras's.
    """
    config = _config(model)
    return config is not None and _is_defined(model, config)


def own_parts(model: keras.Model) -> list[Any]:
    """Return the user's own classes of a model's layers, and what callable they hold.

    Functions that a layer hands to operations are not among them.
    """
    return [
        part
        for layer in layers_of(model)
        for part in _parts_of_layer(layer)
        if not (isinstance(part, keras.layers.Layer) or _is_known_callable(part))
    ]


def _is_defined(model: keras.Model, config: dict[str, Any]) -> bool:
    return all(map(_is_known_layer, layers_of(model))) and is_known(config)


def _text(model: keras.Model, config: dict[str, Any]) -> str:
    names = {layer.name: f"layer {i}" for i, layer in enumerate(layers_of(model))}
    return json.dumps(_renamed(config, names), sort_keys=True)


def _config(model: keras.Model) -> dict[str, Any] | None:
    with warnings.catch_warnings():
        # Keras warns of lambdas when they are stored; here nothing is.
        warnings.simplefilter("ignore")
        try:
            with own_names():
                config: dict[str, Any] = keras.saving.serialize_keras_object(model)
            json.dumps(config)
        except (TypeError, ValueError, NotImplementedError):
            return None
    return config


def _is_known_layer(layer: keras.layers.Layer) -> bool:
    made_of = _parts_of_layer(layer)
    return not isinstance(layer, keras.layers.Lambda) and all(map(_is_known_callable, made_of))


def _parts_of_layer(layer: keras.layers.Layer) -> list[Any]:
    """Return a layer's class, and what is callable in its attributes."""
    attributes = vars(layer).items()
    # Keras wraps some of a layer's methods and keeps them in the layer.
    held = [value for name, value in attributes if not hasattr(keras.layers.Layer, name)]
    return [type(layer), *filter(callable, held)]


def _is_known_callable(part: object) -> bool:
    if isinstance(part, partial):
        return _is_known_callable(part.func)
    owner = part if isinstance(part, type | FunctionType | MethodType) else type(part)
    return owner.__module__.split(".")[0] in KNOWN_PACKAGES


def is_known(part: object) -> bool:
    """Tell whether all that a config names is Keras's own or this library's.

    A function that is handed to an operation, such as `keras.ops.vectorized_map`, is named without
    the module that it comes from.
    """
    if isinstance(part, dict):
        package = str(part.get("module") or part.get("registered_name") or "keras")
        is_of_package = package.replace(">", ".").split(".")[0] in KNOWN_PACKAGES
        is_function = part.get("class_name") in FUNCTIONS
        return is_of_package and not is_function and all(map(is_known, part.values()))
    return all(map(is_known, part)) if isinstance(part, list | tuple) else True


# Where a config tells layers by their names.
NAMING = {"name", "keras_history", "input_layers", "output_layers"}


def _renamed(part: object, names: dict[str, str], naming: bool = False) -> Any:
    if isinstance(part, dict):
        return {key: _renamed(value, names, key in NAMING) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [_renamed(value, names, naming) for value in part]
    return names.get(part, part) if naming and isinstance(part, str) else part
