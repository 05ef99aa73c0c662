"""Keras layers as functions of tensors, so that a network reads from its image to its features.

Keras is imported inside the functions: a list of architectures must not take seconds. Images have
their channels last, whatever the user's Keras is configured for. Given a `TracedImage`, a function
makes no layer: it notes the window that the layer would slide over the image.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from mnistcnn.architectures._windows import POOLING, TracedImage, Window

if TYPE_CHECKING:
    import keras

# What layers are applied to: feature maps (n, height, width, channels) or rows (n, features).
Tensor: TypeAlias = "keras.KerasTensor | TracedImage"

CHANNELS_LAST = "channels_last"


def _of_keras(name: str) -> Callable[..., Any]:
    def make(**options: object) -> Any:
        from keras import layers

        return getattr(layers, name)(**options)

    return make


class LayerKinds(NamedTuple):
    """The classes of those layers of which there is more than one kind."""

    dropout: Callable[..., Any] = _of_keras("Dropout")
    batch_normalization: Callable[..., Any] = _of_keras("BatchNormalization")


# Whoever trains may put quicker layers here; models that are built for other uses stay Keras's.
OF_KERAS = LayerKinds()
LAYER_KINDS: ContextVar[LayerKinds] = ContextVar("layer_kinds", default=OF_KERAS)


# How many layers with parameters may still be made, and how many of these they may have; None is
# no limit.
_LAYERS_LEFT: ContextVar[tuple[int, int] | None] = ContextVar("layers_left", default=None)


@contextmanager
def at_most_parameters(n_parameters: int, n_layers: int) -> Iterator[None]:
    """Refuse to build too many layers or parameters, before they take memory.

    Raises
    ------
    ValueError
        In the block, if a layer would exceed the limit.
    """
    before = _LAYERS_LEFT.set((n_layers, n_parameters))
    try:
        yield
    finally:
        _LAYERS_LEFT.reset(before)


def _take_parameters(n_parameters: int) -> None:
    left = _LAYERS_LEFT.get()
    if left is None or n_parameters == 0:
        return
    layers_left, parameters_left = left
    if layers_left == 0:
        raise ValueError("there are more layers than allowed")
    if n_parameters > parameters_left:
        raise ValueError("the layers have more parameters than allowed")
    _LAYERS_LEFT.set((layers_left - 1, parameters_left - n_parameters))


def _apply(
    layer: Callable[..., Any],
    values: Tensor,
    window: Window | None = None,
    /,
    *,
    n_parameters: Callable[[int], int] = lambda _n_channels: 0,
    **options: object,
) -> Tensor:
    """Make a layer and apply it, or note its window where there is a `TracedImage`.

    `n_parameters` tells how many the layer has behind so many channels.
    """
    if isinstance(values, TracedImage):
        return values.through(window) if window else values
    _take_parameters(n_parameters(values.shape[-1]))
    return layer(**options)(values)


def convolve(
    maps: Tensor,
    filters: int,
    kernel_size: int,
    *,
    strides: int = 1,
    padding: str = "valid",
    use_bias: bool = True,
    activation: str | None = "relu",
) -> Tensor:
    """Apply a convolution with a square kernel and its activation."""
    # NumPy's integers, as a randomized search draws them, would not survive Keras's JSON.
    return _apply(
        _of_keras("Conv2D"),
        maps,
        Window(kernel_size, strides, padding),
        n_parameters=lambda n_channels: (kernel_size**2 * n_channels + use_bias) * filters,
        filters=int(filters),
        kernel_size=int(kernel_size),
        strides=strides,
        padding=padding,
        use_bias=use_bias,
        activation=activation,
        data_format=CHANNELS_LAST,
    )


def max_pool(maps: Tensor) -> Tensor:
    """Keep the largest value of each 2x2 square."""
    layer = _of_keras("MaxPooling2D")
    return _apply(layer, maps, POOLING, pool_size=POOLING.size, data_format=CHANNELS_LAST)


def convolve_and_max_pool(
    maps: Tensor, filters: int, kernel_size: int, *, padding: str = "valid"
) -> Tensor:
    """Apply a convolution, ReLU and max pooling, which keeps the largest value of each 2x2 square.

    The pooling comes first: since ReLU keeps the order of values, the result is the same, and ReLU
    has only a quarter of the values to compute.
    """
    maps = convolve(maps, filters, kernel_size, padding=padding, activation=None)
    return relu(max_pool(maps))


def average_pool(maps: Tensor) -> Tensor:
    """Keep the mean of each 2x2 square."""
    layer = _of_keras("AveragePooling2D")
    return _apply(layer, maps, POOLING, pool_size=POOLING.size, data_format=CHANNELS_LAST)


def global_average(maps: Tensor, *, keepdims: bool = False) -> Tensor:
    """Keep each channel's mean."""
    layer = _of_keras("GlobalAveragePooling2D")
    return _apply(layer, maps, data_format=CHANNELS_LAST, keepdims=keepdims)


def global_max(maps: Tensor) -> Tensor:
    """Keep each channel's largest value."""
    return _apply(_of_keras("GlobalMaxPooling2D"), maps, data_format=CHANNELS_LAST)


def normalize(values: Tensor, **options: object) -> Tensor:
    """Apply batch normalization, with Keras's defaults where `options` say nothing else."""
    kind = LAYER_KINDS.get().batch_normalization
    return _apply(kind, values, n_parameters=lambda n_channels: 2 * n_channels, **options)


def relu(values: Tensor) -> Tensor:
    """Apply ReLU."""
    return _apply(_of_keras("Activation"), values, activation="relu")


def dropout(values: Tensor, rate: float) -> Tensor:
    """Set a fraction of the values, the rate, to zero in training."""
    return _apply(LAYER_KINDS.get().dropout, values, rate=float(rate))


def flatten(maps: Tensor) -> Tensor:
    """Flatten all pixels and channels into one row."""
    return _apply(_of_keras("Flatten"), maps, data_format=CHANNELS_LAST)


def dense(values: Tensor, units: int, *, activation: str = "relu") -> Tensor:
    """Apply one fully connected layer and its activation."""
    return _apply(
        _of_keras("Dense"),
        values,
        n_parameters=lambda n_channels: (n_channels + 1) * units,
        units=int(units),
        activation=activation,
    )


def dense_stack(
    values: Tensor,
    units: Iterable[int],
    *,
    activation: str = "relu",
    dropout_rate: float | None = None,
) -> Tensor:
    """Apply fully connected layers one after the other, with dropout after each if given."""
    for width in units:
        values = dense(values, width, activation=activation)
        if dropout_rate is not None:
            values = dropout(values, dropout_rate)
    return values


def concatenate(parts: list[Tensor]) -> Tensor:
    """Lay the channels of several tensors side by side."""
    return _merge("Concatenate", parts)


def multiply(factors: list[Tensor]) -> Tensor:
    """Multiply tensors value by value."""
    return _merge("Multiply", factors)


def _merge(name: str, branches: list[Tensor]) -> Tensor:
    traced = [branch for branch in branches if isinstance(branch, TracedImage)]
    if traced:
        return max(traced, key=lambda branch: branch.smallest_input)
    return _of_keras(name)()(branches)


def to_logits(features: Tensor, n_classes: int, **options: object) -> Tensor:
    """Apply the last layer, which computes in float32 whatever the dtype policy."""
    layer = _of_keras("Dense")
    options = {"name": "logits", "dtype": "float32", **options}
    return _apply(
        layer,
        features,
        n_parameters=lambda n_channels: n_channels * n_classes,
        units=int(n_classes),
        **options,
    )
