"""Keeps a fit from touching the caller's global state, and the caller's from touching a fit."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import RLock

import keras
import numpy as np
from keras.src.backend.common import global_state

from mnistcnn._training.batch_normalization import BatchNormalization
from mnistcnn._training.dropout import Dropout
from mnistcnn.architectures._layers import LAYER_KINDS, LayerKinds

# Keras draws initial weights from Python's one global generator, so two fits in two threads must
# not build at the same time.
_BUILDING = RLock()

# Where Keras counts the names it gave, for each thread.
NAMES = "object_name_uids"


@contextmanager
def seeded_building(seed: int) -> Iterator[None]:
    """Seed the global generators that Keras's layers draw from, and put them back afterwards."""
    with _BUILDING:
        python_state, numpy_state = random.getstate(), np.random.get_state()
        random.seed(seed)
        np.random.seed(seed)
        try:
            yield
        finally:
            random.setstate(python_state)
            np.random.set_state(numpy_state)


@contextmanager
def building_conventions(dtype_policy: str) -> Iterator[None]:
    """Build under a dtype policy and with channels last, whatever the caller has configured.

    Architectures take the layers of this library that are quicker than Keras's.
    """
    caller_policy = keras.config.dtype_policy()
    caller_format = keras.config.image_data_format()
    keras.config.set_dtype_policy(dtype_policy)
    keras.config.set_image_data_format("channels_last")
    callers_kinds = LAYER_KINDS.set(LayerKinds(Dropout, BatchNormalization))
    try:
        with _names_from_the_start():
            yield
    finally:
        LAYER_KINDS.reset(callers_kinds)
        keras.config.set_dtype_policy(caller_policy)
        keras.config.set_image_data_format(caller_format)


@contextmanager
def _names_from_the_start() -> Iterator[None]:
    """Have Keras call the layers alike in every network, and go on with the caller's afterwards.

    For each name of a variable TensorFlow keeps a kernel until the process ends: with names that
    count on, searches grew with every fit (`python -m benchmarks memory`).
    """
    callers_names = global_state.get_global_attribute(NAMES)
    global_state.set_global_attribute(NAMES, None)
    try:
        yield
    finally:
        global_state.set_global_attribute(NAMES, callers_names)


@contextmanager
def seeded_training(seed: Sequence[int]) -> Iterator[None]:
    """Seed the global generator that Keras's dropout draws from on PyTorch, and put it back."""
    if keras.backend.backend() != "torch":
        yield
        return
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(int(np.random.SeedSequence(list(seed)).generate_state(1)[0]))
        yield
