"""Keeps a fit from touching the caller's global state, and the caller's from touching a fit."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import RLock, get_ident
from typing import Any

import keras
import numpy as np
from keras.src.backend.common import global_state
from keras.src.random import seed_generator

from mnistcnn._training.batch_normalization import BatchNormalization
from mnistcnn._training.dropout import Dropout
from mnistcnn._training.interrupts import signals_held
from mnistcnn.architectures._layers import LAYER_KINDS, LayerKinds

# The image data format and where Keras draws seeds from are one for all threads, so two of them
# must not build at the same time.
_BUILDING = RLock()

# What Keras keeps for each thread: the names it gave, and where draws without a seed come from.
COUNTED_NAMES, UNSEEDED_DRAWS = "object_name_uids", "global_seed_generator"


@contextmanager
def isolated_building(seed: int, dtype_policy: str) -> Iterator[None]:
    """Build a network that depends on nothing but its seed, and leave the caller's state alone.

    Parameters
    ----------
    seed : int
        Of the initial weights and of all that draws in training.
    dtype_policy : str
        Keras's name of what the layers compute in.
    """
    with (
        signals_held(),
        _BUILDING,
        _seeds_drawn_from(random.Random(seed)),
        _callers_torch_generator(),
        building_conventions(dtype_policy),
    ):
        yield


class _SeedsOfOneThread:
    """Stands in for Python's `random` where Keras draws seeds: one thread has its own generator.

    Keras takes the seeds of initial weights and of dropout from Python's one global generator,
    from which any other thread may draw meanwhile. Those threads go on drawing from it.

    Parameters
    ----------
    generator : random.Random
        What the thread that makes this object draws from.
    """

    def __init__(self, generator: random.Random) -> None:
        self._generator = generator
        self._thread = get_ident()

    def __getattr__(self, name: str) -> Any:
        """Return a function of the thread's generator, or of the global one elsewhere."""
        return getattr(self._generator if get_ident() == self._thread else random, name)


@contextmanager
def _seeds_drawn_from(generator: random.Random) -> Iterator[None]:
    callers_source = seed_generator.python_random
    seed_generator.python_random = _SeedsOfOneThread(generator)
    try:
        yield
    finally:
        seed_generator.python_random = callers_source


@contextmanager
def _callers_torch_generator() -> Iterator[None]:
    """Put PyTorch's global generator back, from which Keras draws when it traces shapes."""
    if keras.backend.backend() != "torch":
        yield
        return
    import torch

    with torch.random.fork_rng():
        yield


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
        with _fresh_for_thread(COUNTED_NAMES), _fresh_for_thread(UNSEEDED_DRAWS):
            yield
    finally:
        LAYER_KINDS.reset(callers_kinds)
        keras.config.set_dtype_policy(caller_policy)
        keras.config.set_image_data_format(caller_format)


@contextmanager
def _fresh_for_thread(attribute: str) -> Iterator[None]:
    """Have Keras begin something anew, and go on with the caller's afterwards.

    So layers are called alike in every network. For each name of a variable TensorFlow keeps a
    kernel until the process ends: with names that count on, searches grew with every fit
    (`python -m benchmarks memory`).
    """
    callers_own = global_state.get_global_attribute(attribute)
    global_state.set_global_attribute(attribute, None)
    try:
        yield
    finally:
        global_state.set_global_attribute(attribute, callers_own)


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
