"""Assembles the network that is trained: pixel scaling in front, an architecture behind it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from mnistcnn._training.inference import Inference
from mnistcnn._training.interrupts import signals_held
from mnistcnn._training.isolation import isolated_building
from mnistcnn._training.outputs import emits_logits, last_operation
from mnistcnn._training.runtime import prepare_runtime
from mnistcnn._training.schedules import RATE_VARIABLES
from mnistcnn._training.standard_names import StoredAsKeras, are_own_names_asked

Build = Callable[[tuple[int, int, int], int], keras.Model]

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

    def build(self, input_shape: Any) -> None:  # noqa: ARG002
        """Create the two numbers; until they are set the pixels pass unchanged."""
        self.offset = self.add_weight(shape=(), initializer="zeros", trainable=False, name="offset")
        self.scale = self.add_weight(shape=(), initializer="ones", trainable=False, name="scale")

    def call(self, pixels: Any) -> Any:
        """Shift and scale the pixels."""
        return (pixels - self.offset) / self.scale

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the pixels, which stays."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return what the constructor takes, or that of Keras's layer."""
        config: dict[str, Any] = super().get_config()
        return config if are_own_names_asked() else {**config, "axis": None}

    def save_own_variables(self, store: Any) -> None:
        """Store what Keras's layer has: mean, variance and a count."""
        offset, scale = map(as_array, (self.offset, self.scale))
        # The root of a float's square is that float, so the way back gives the same bits.
        store["0"], store["1"], store["2"] = offset, np.square(scale), np.int32(0)

    def load_own_variables(self, store: Any) -> None:
        """Take what `save_own_variables` stored, or offset and scale as earlier files hold them."""
        self.offset.assign(store["0"])
        is_variance = "2" in store
        self.scale.assign(np.sqrt(store["1"]) if is_variance else store["1"])


@dataclass(eq=False)
class Network:
    """A Keras model that takes raw pixels, and what is known of it.

    Parameters
    ----------
    model : keras.Model
        From pixels ``(n, h, w, c)`` to scores ``(n, n_classes)``.
    image_shape : tuple of 3 int
        Height, width and channels of one picture.
    emits_logits : bool
        Whether the scores are logits; otherwise they are probabilities.
    precision : str
        What the hidden layers compute in.
    build : callable or None
        What the layers behind the pixel scaling were built by; None after storing, where the
        config tells it all.
    stored_moments : list of ndarray
        What the optimizer remembered when the network was stored.
    """

    model: keras.Model
    image_shape: tuple[int, int, int]
    emits_logits: bool
    precision: str
    build: Build | None
    variables: list[Any] = field(init=False)
    inference: Inference = field(init=False)
    compiled_for: Any = field(init=False, default=None)
    _programs: Any = field(init=False, default=None)
    stored_moments: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Note the variables before `compile` adds those of the metrics."""
        self.variables = list(self.model.variables)
        self.inference = Inference(self.model, self.image_shape)

    @property
    def pixel_layer(self) -> PixelStandardization:
        """The layer that scales the pixels."""
        return next(layer for layer in self.model.layers if isinstance(layer, PixelStandardization))

    def set_pixel_scaling(self, offset: float, scale: float) -> None:
        """Make the network compute with ``(pixels - offset) / scale``."""
        self.pixel_layer.offset.assign(offset)
        self.pixel_layer.scale.assign(scale)

    @property
    def pixel_offset(self) -> float:
        """What is subtracted from the pixels."""
        return float(as_array(self.pixel_layer.offset))

    @property
    def pixel_scale(self) -> float:
        """What the pixels are divided by."""
        return float(as_array(self.pixel_layer.scale))

    def values(self) -> list[Any]:
        """Return the values of all variables, seed states included, as NumPy arrays."""
        return [as_array(variable) for variable in self.variables]

    def assign_values(self, values: list[Any]) -> None:
        """Set all variables from what `values` returned."""
        for variable, value in zip(self.variables, values, strict=True):
            variable.assign(value)
        renew_constants(self.model)

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
        """Freeze and thaw the layers as `trainability` told."""
        for layer, flag in zip(self._layers_with_variables(), flags, strict=True):
            # Set needlessly, it would thaw variables that a layer froze one by one.
            if layer.trainable != flag:
                layer.trainable = flag

    def freeze_normalization(self) -> None:
        """Keep all that batch normalization has learned, its moving averages too."""
        for layer in self._layers_with_variables():
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.trainable = False

    def _layers_with_variables(self) -> list[keras.Layer]:
        # A layer comes before those within it, which take over its `trainable` when it is set.
        return [layer for layer in self.model._flatten_layers() if layer.variables]

    def moments(self) -> list[Any]:
        """Return the values of what the optimizer remembers, its learning rate left out.

        Nothing where other layers train than those whose gradients it has seen.
        """
        if self.compiled_for is None:
            return self.stored_moments
        if self.compiled_for[1] != self.trainability():
            return []
        return [as_array(variable) for variable in self._moment_variables()]

    def assign_moments(self, values: list[Any]) -> None:
        """Set what the optimizer remembers, if it is one of the same kind; else it stays fresh."""
        variables = self._moment_variables()
        if [tuple(variable.shape) for variable in variables] == [v.shape for v in values]:
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)

    def programs_of(self, kind: Callable[..., Any]) -> Any:
        """Return the compiled epochs, which a network keeps from fit to fit."""
        if self._programs is None:
            self._programs = kind(self.model, self.image_shape)
        return self._programs

    def is_compiled_for(self, program: Any) -> bool:
        """Tell whether it need not be compiled anew; freezing a layer changes what is traced."""
        return bool(self.compiled_for == (program, self.trainability()))

    def note_compiled(self, program: Any) -> None:
        """Remember what the model is compiled for, and the optimizer's state at its start."""
        self._programs = None
        self._first_moments = [_compact(as_array(one)) for one in self._moment_variables()]
        self.compiled_for = program, self.trainability()

    def forget_compiled(self, moments: list[Any]) -> None:
        """Compile anew at the next use, with what an earlier optimizer remembered."""
        self.compiled_for = None
        self.stored_moments = moments

    @contextmanager
    def unchanged_by_failure(self) -> Iterator[None]:
        """Undo what training did to the network if it fails or is interrupted."""
        values, moments, compiled_for = self.values(), self.moments(), self.compiled_for
        try:
            yield
        except BaseException:
            with signals_held():
                self.assign_values(values)
                if compiled_for is not None and self.compiled_for == compiled_for:
                    self.assign_moments(moments)
                else:
                    self.forget_compiled(moments)
            raise

    def reset_optimizer(self) -> None:
        """Make the optimizer forget all updates."""
        for variable, value in zip(self._moment_variables(), self._first_moments, strict=True):
            variable.assign(np.broadcast_to(value, variable.shape).astype(value.dtype))

    def _moment_variables(self) -> list[Any]:
        variables = self.model.optimizer.variables
        return [variable for variable in variables if variable.name not in RATE_VARIABLES]


def _compact(value: NDArray[Any]) -> NDArray[Any]:
    """Return an array that broadcasts to `value`, without its size where all of it is zero."""
    return value if value.any() else np.zeros((), value.dtype)


def renew_constants(model: keras.Model) -> None:
    """Have layers such as `keras.layers.Normalization` compute with the weights they have now."""
    for layer in constant_layers(model):
        layer.finalize_state()


def constant_layers(model: keras.Model) -> list[Any]:
    """Return the layers whose weights become constants of a traced program."""
    return [layer for layer in model._flatten_layers() if hasattr(layer, "finalize_state")]


def as_array(variable: Any) -> NDArray[Any]:
    """Return a copy of a variable's value."""
    tensor = keras.ops.convert_to_tensor(variable)
    if keras.backend.backend() != "tensorflow":
        array: NDArray[Any] = keras.ops.convert_to_numpy(tensor)
        return array
    # NumPy 2 warns of the way in which Keras makes arrays of TensorFlow's tensors.
    copied: NDArray[Any] = tensor.numpy()
    return copied


def assemble_network(
    build: Build, image_shape: tuple[int, int, int], n_classes: int, *, precision: str, seed: int
) -> Network:
    """Build a network with fresh weights that depend on nothing but the seed.

    Raises
    ------
    ValueError
        If `build` returns no usable Keras model.
    """
    prepare_runtime()
    with isolated_building(seed, DTYPE_POLICIES[precision]):
        core = build(image_shape, n_classes)
        _check_core(core, image_shape, n_classes)
        return Network(
            model=_behind_pixel_scaling(core, image_shape),
            image_shape=image_shape,
            emits_logits=emits_logits(core),
            precision=precision,
            build=build,
        )


def _behind_pixel_scaling(core: keras.Model, image_shape: tuple[int, int, int]) -> keras.Model:
    pixels = keras.Input(image_shape, dtype="float32", name="pixels")
    scaled = PixelStandardization(name="pixel_standardization", dtype="float32")(pixels)
    if tuple(core.input_shape[1:]) != image_shape:
        scaled = keras.layers.Reshape(core.input_shape[1:], dtype="float32")(scaled)
    last_operation(core).dtype_policy = "float32"
    return keras.Model(pixels, core(scaled), name="digit_network")


def _check_core(core: Any, image_shape: tuple[int, int, int], n_classes: int) -> None:
    if not isinstance(core, keras.Model):
        raise ValueError(
            "architecture must return a keras.Model when it is called with (input_shape, "
            f"n_classes), got {type(core).__name__}."
        )
    _check_layers_can_be_read(core)
    _check_output(core, n_classes)
    _check_input(core, image_shape)


def _check_layers_can_be_read(core: keras.Model) -> None:
    try:
        last_operation(core)
    except (AttributeError, ValueError, IndexError) as error:
        raise ValueError(
            "architecture must return a Sequential or functional keras.Model that is built (one "
            f"that begins with keras.Input(input_shape)), got {type(core).__name__}, whose last "
            "activation cannot be read. Put a subclassed model into a keras.Sequential that ends "
            "in keras.layers.Activation('linear') for logits or 'softmax' for probabilities."
        ) from error


def _check_output(core: keras.Model, n_classes: int) -> None:
    output_shape = core.output_shape
    if not isinstance(output_shape, tuple) or tuple(output_shape[1:]) != (n_classes,):
        raise ValueError(
            f"architecture must return a keras.Model with one output of shape (None, {n_classes}) "
            f"for {n_classes} classes, got {output_shape}."
        )


def _check_input(core: keras.Model, image_shape: tuple[int, int, int]) -> None:
    height, width, channels = image_shape
    allowed = [image_shape, (height * width * channels,)]
    if channels == 1:
        allowed.append((height, width))
    if not isinstance(core.input_shape, tuple) or tuple(core.input_shape[1:]) not in allowed:
        raise ValueError(
            f"architecture must return a keras.Model with one input of shape {image_shape} (or "
            f"flat), got {core.input_shape}."
        )
