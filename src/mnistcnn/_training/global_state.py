"""Keeps a fit from touching the caller's global state, and the caller's from touching a fit."""

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
    names_counted_anew,
    seeds_drawn_from,
)
from mnistcnn.architectures import LAYER_KINDS, OF_KERAS, LayerKinds

# The image data format and where Keras draws seeds from are one for all threads, so two of them
# must not build at the same time.
_BUILDING = RLock()


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
