"""A network: pixel scaling, layers, their weights and their scores."""

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from mnistcnn._training import backends
from mnistcnn._training.inference import Inference
from mnistcnn._training.keras_internals import layers_of
from mnistcnn._training.stored_as_keras import StoredAsKeras, are_own_names_asked
from mnistcnn._training.tensors import Tensor
from mnistcnn._types import ImageShape

Build = Callable[[ImageShape, int], keras.Model]

DTYPE_POLICIES = {
    "float32": "float32",
    "bfloat16": "mixed_bfloat16",
    "float16": "mixed_float16",
}


@keras.saving.register_keras_serializable(package="mnistcnn")
class PixelStandardization(StoredAsKeras, keras.layers.Layer):  # type: ignore[misc]
    """``(pixels - offset) / scale`` in float32, with both numbers as weights no optimizer moves.

    They are weights and not constants so that networks for other data stay the same program. Files
    of Keras's hold it as `keras.layers.Normalization`, where the two are constants.
    """

    stored_as = keras.layers.Normalization

    def build(self, input_shape: tuple[int | None, ...]) -> None:  # noqa: ARG002
        """Create the two numbers; until they are set the pixels pass unchanged."""
        self.offset = self.add_weight(shape=(), initializer="zeros", trainable=False, name="offset")
        self.scale = self.add_weight(shape=(), initializer="ones", trainable=False, name="scale")

    def call(self, pixels: Tensor) -> Any:
        """Shift and scale the pixels."""
        return (pixels - self.offset) / self.scale

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> Any:
        """Return the shape of the pixels, which stays."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor, or of that of Keras's layer."""
        config: dict[str, Any] = super().get_config()
        return config if are_own_names_asked() else {**config, "axis": None}

    def save_own_variables(self, store: MutableMapping[str, ArrayLike]) -> None:
        """Store what Keras's layer has: mean, variance and a count."""
        offset, scale = map(value_of, (self.offset, self.scale))
        # The root of a float's square is that float, so the way back gives the same bits.
        store["0"], store["1"], store["2"] = offset, np.square(scale), np.int32(0)

    def load_own_variables(self, store: Mapping[str, ArrayLike]) -> None:
        """Take what `save_own_variables` stored, or offset and scale as earlier files hold them."""
        self.offset.assign(store["0"])
        is_variance = "2" in store
        self.scale.assign(np.sqrt(store["1"]) if is_variance else store["1"])


@dataclass(eq=False)
class Network:
    """A Keras model that takes raw pixels, with its metadata.

    Parameters
    ----------
    model : keras.Model
        From pixels ``(n, h, w, c)`` to scores ``(n, n_classes)``.
    emits_logits : bool
        Whether the scores are logits; otherwise they are probabilities.
    precision : str
        What the hidden layers compute in.
    build : callable or None
        What the layers behind the pixel scaling were built by; None after storing, where the
        config tells it all.
    """

    model: keras.Model
    emits_logits: bool
    precision: str
    build: Build | None
    variables: list[Any] = field(init=False)
    inference: Inference = field(init=False)

    def __post_init__(self) -> None:
        """Note the variables before `compile` adds those of the metrics."""
        self.variables = list(self.model.variables)
        self.inference = Inference(self.model, self.image_shape)

    @property
    def image_shape(self) -> ImageShape:
        """Height, width and channels of one image."""
        height, width, channels = self.model.input_shape[1:]
        return height, width, channels

    @property
    def pixel_layer(self) -> PixelStandardization:
        """The layer that scales the pixels."""
        return next(layer for layer in self.model.layers if isinstance(layer, PixelStandardization))

    def set_pixel_scaling(self, offset: float, scale: float) -> None:
        """Make the network compute with ``(pixels - offset) / scale``."""
        self.pixel_layer.offset.assign(offset)
        self.pixel_layer.scale.assign(scale)

    @property
    def pixel_scaling(self) -> tuple[float, float]:
        """The offset that is subtracted from the pixels, and the scale that divides them."""
        return float(value_of(self.pixel_layer.offset)), float(value_of(self.pixel_layer.scale))

    def values(self) -> list[Any]:
        """Return the values of all variables, seed states included, as NumPy arrays."""
        return [value_of(variable) for variable in self.variables]

    def assign_values(self, values: list[Any]) -> None:
        """Set all variables from what `values` returned."""
        for variable, value in zip(self.variables, values, strict=True):
            variable.assign(value)
        renew_constants(self.model)

    def check_values(self, values: list[Any]) -> None:
        """Refuse values from elsewhere that `assign_values` cannot take, by number and shapes."""
        expected = [tuple(variable.shape) for variable in self.variables]
        if [np.shape(value) for value in values] != expected:
            raise ValueError("these are the values of another network")

    def layout(self) -> list[list[tuple[int, ...]]]:
        """Return the shapes of the variables in each layer that has any."""
        return [
            [tuple(variable.shape) for variable in layer.variables]
            for layer in self._layers_with_variables()
        ]

    def trainability(self) -> list[bool]:
        """Return for each layer that has variables whether training may change them."""
        return [layer.trainable for layer in self._layers_with_variables()]

    def assign_trainability(self, flags: list[bool]) -> None:
        """Freeze and thaw the layers as `trainability` returned."""
        for layer, flag in zip(self._layers_with_variables(), flags, strict=True):
            # Set needlessly, it would thaw variables that a layer froze one by one.
            if layer.trainable != flag:
                layer.trainable = flag

    def freeze_normalization(self) -> None:
        """Freeze batch normalization, including its moving averages."""
        for layer in self._layers_with_variables():
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.trainable = False

    def _layers_with_variables(self) -> list[keras.Layer]:
        # A layer comes before those within it, which take over its `trainable` when it is set.
        return [layer for layer in layers_of(self.model) if layer.variables]


def renew_constants(model: keras.Model) -> None:
    """Have layers such as `keras.layers.Normalization` compute with the weights they have now."""
    for layer in constant_layers(model):
        layer.finalize_state()


def constant_layers(model: keras.Model) -> list[Any]:
    """Return the layers whose weights become constants of a traced program."""
    return [layer for layer in layers_of(model) if hasattr(layer, "finalize_state")]


def value_of(variable: Tensor) -> NDArray[Any]:
    """Return a copy of a variable's value."""
    return backends.current().as_array(keras.ops.convert_to_tensor(variable))
