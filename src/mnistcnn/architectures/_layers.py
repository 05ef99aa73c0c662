"""Keras layers as functions of tensors, so that a network reads from its image to its features.

Keras is imported inside the functions: a list of architectures must not take seconds. Images have
their channels last, whatever the user's Keras is configured for.
"""

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any, NamedTuple

CHANNELS_LAST = "channels_last"


def _of_keras(name: str) -> Callable[..., Any]:
    def make(*arguments: Any, **options: Any) -> Any:
        from keras import layers

        return getattr(layers, name)(*arguments, **options)

    return make


class LayerKinds(NamedTuple):
    """What makes the layers of which there is more than one kind."""

    dropout: Callable[..., Any] = _of_keras("Dropout")
    batch_normalization: Callable[..., Any] = _of_keras("BatchNormalization")


# Whoever trains may put quicker layers here; models that are built for other uses stay Keras's.
OF_KERAS = LayerKinds()
LAYER_KINDS: ContextVar[LayerKinds] = ContextVar("layer_kinds", default=OF_KERAS)


def convolve(
    maps: Any,
    filters: int,
    kernel_size: int,
    *,
    strides: int = 1,
    padding: str = "valid",
    use_bias: bool = True,
    activation: str | None = "relu",
) -> Any:
    """Apply a convolution with a square kernel and its activation."""
    from keras import layers

    # NumPy's integers, as a randomised search draws them, would not survive Keras's JSON.
    convolution = layers.Conv2D(
        int(filters),
        int(kernel_size),
        strides=strides,
        padding=padding,
        use_bias=use_bias,
        activation=activation,
        data_format=CHANNELS_LAST,
    )
    return convolution(maps)


def max_pool(maps: Any) -> Any:
    """Keep the largest value of each 2x2 square."""
    from keras import layers

    return layers.MaxPooling2D(2, data_format=CHANNELS_LAST)(maps)


def average_pool(maps: Any) -> Any:
    """Keep the mean of each 2x2 square."""
    from keras import layers

    return layers.AveragePooling2D(2, data_format=CHANNELS_LAST)(maps)


def global_average(maps: Any, *, keepdims: bool = False) -> Any:
    """Keep each channel's mean."""
    from keras import layers

    return layers.GlobalAveragePooling2D(data_format=CHANNELS_LAST, keepdims=keepdims)(maps)


def global_max(maps: Any) -> Any:
    """Keep each channel's largest value."""
    from keras import layers

    return layers.GlobalMaxPooling2D(data_format=CHANNELS_LAST)(maps)


def normalize(values: Any, **options: Any) -> Any:
    """Apply batch normalization, with Keras's defaults where `options` say nothing else."""
    return LAYER_KINDS.get().batch_normalization(**options)(values)


def rectify(values: Any) -> Any:
    """Apply ReLU."""
    from keras import layers

    return layers.Activation("relu")(values)


def drop(values: Any, rate: float) -> Any:
    """Apply dropout."""
    return LAYER_KINDS.get().dropout(float(rate))(values)


def flatten(maps: Any) -> Any:
    """Lay all pixels and channels out in one row."""
    from keras import layers

    return layers.Flatten(data_format=CHANNELS_LAST)(maps)


def connect(values: Any, units: int, *, activation: str = "relu") -> Any:
    """Apply one fully connected layer and its activation."""
    from keras import layers

    return layers.Dense(int(units), activation=activation)(values)


def connect_all(
    values: Any, units: Iterable[int], *, activation: str = "relu", dropout: float | None = None
) -> Any:
    """Apply fully connected layers one after the other, with dropout after each if given."""
    for width in units:
        values = connect(values, width, activation=activation)
        if dropout is not None:
            values = drop(values, dropout)
    return values


def to_logits(features: Any, n_classes: int, **options: Any) -> Any:
    """Apply the last layer, which computes in float32 whatever the dtype policy."""
    from keras import layers

    return layers.Dense(int(n_classes), dtype="float32", **{"name": "logits", **options})(features)
