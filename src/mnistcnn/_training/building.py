"""Builds a network: pixel scaling, followed by the layers of an architecture.

It depends on nothing but its seed, and leaves the caller's global state alone.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock

import keras

from mnistcnn._training import backends
from mnistcnn._training.batch_normalization import BatchNormalization
from mnistcnn._training.dropout import Dropout
from mnistcnn._training.interrupts import signals_held
from mnistcnn._training.keras_internals import (
    internals_available,
    last_operation,
    names_counted_anew,
    seeds_drawn_from,
)
from mnistcnn._training.network import DTYPE_POLICIES, Build, Network, PixelStandardization
from mnistcnn._training.outputs import emits_logits
from mnistcnn._training.runtime import prepare_runtime
from mnistcnn._types import ImageShape
from mnistcnn.architectures import LAYER_KINDS, OF_KERAS, LayerKinds

# The image data format and where Keras draws seeds from are one for all threads, so two of them
# must not build at the same time.
_BUILDING = RLock()


def build_network(
    build: Build, image_shape: ImageShape, n_classes: int, *, precision: str, seed: int
) -> Network:
    """Build a network with fresh weights that depend on nothing but the seed.

    What `build` returns is refused if it is no usable Keras model.
    """
    prepare_runtime()
    with isolated_building(seed, DTYPE_POLICIES[precision]):
        core = build(image_shape, n_classes)
        _check_core(core, image_shape, n_classes)
        return Network(
            model=_behind_pixel_scaling(core, image_shape),
            emits_logits=emits_logits(core),
            precision=precision,
            build=build,
        )


@contextmanager
def isolated_building(seed: int, dtype_policy: str) -> Iterator[None]:
    """Build a network that depends on nothing but its seed, and leave the caller's state alone."""
    with (
        signals_held(),
        _BUILDING,
        seeds_drawn_from(random.Random(seed)),
        backends.current().generator_kept(),
        building_conventions(dtype_policy),
    ):
        yield


@contextmanager
def building_conventions(dtype_policy: str) -> Iterator[None]:
    """Build under a dtype policy and with channels last, whatever the caller has configured.

    Architectures take the layers of this library that are quicker than Keras's.
    """
    callers_policy = keras.config.dtype_policy()
    callers_format = keras.config.image_data_format()
    keras.config.set_dtype_policy(dtype_policy)
    keras.config.set_image_data_format("channels_last")
    quick_kinds = LayerKinds(Dropout, BatchNormalization) if internals_available() else OF_KERAS
    callers_kinds = LAYER_KINDS.set(quick_kinds)
    try:
        with names_counted_anew():
            yield
    finally:
        LAYER_KINDS.reset(callers_kinds)
        keras.config.set_dtype_policy(callers_policy)
        keras.config.set_image_data_format(callers_format)


def _behind_pixel_scaling(core: keras.Model, image_shape: ImageShape) -> keras.Model:
    pixels = keras.Input(image_shape, dtype="float32", name="pixels")
    scaled = PixelStandardization(name="pixel_standardization", dtype="float32")(pixels)
    if tuple(core.input_shape[1:]) != image_shape:
        scaled = keras.layers.Reshape(core.input_shape[1:], dtype="float32")(scaled)
    last_operation(core).dtype_policy = "float32"
    return keras.Model(pixels, core(scaled), name="digit_network")


def _check_core(core: object, image_shape: ImageShape, n_classes: int) -> None:
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


def _check_input(core: keras.Model, image_shape: ImageShape) -> None:
    height, width, channels = image_shape
    allowed = [image_shape, (height * width * channels,)]
    if channels == 1:
        allowed.append((height, width))
    if not isinstance(core.input_shape, tuple) or tuple(core.input_shape[1:]) not in allowed:
        raise ValueError(
            f"architecture must return a keras.Model with one input of shape {image_shape} (or "
            f"flat), got {core.input_shape}."
        )
