"""Takes one own part of the training away, and puts what Keras has in its place.

Layers and optimizer are exchanged through public doors: an architecture that builds with Keras's
layers, an optimizer as template. The loop over an epoch has no such door, so two functions are
replaced while a fit runs.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks._data import Pixels
from mnistcnn import get_architecture

# The parts as the table names them.
ADAM, DROPOUT, NORMALIZATION = "fused Adam", "own dropout", "own batch normalization"
# The same part, with two ways to call Keras's `fit` in its place: see `_whole_epochs`.
WHOLE_EPOCHS, STEPS = "own epoch loop (fit of whole epochs)", "own epoch loop (fit)"
LOOPS = (WHOLE_EPOCHS, STEPS)

KERAS_LAYERS = {DROPOUT: "Dropout", NORMALIZATION: "BatchNormalization"}
LIBRARY = "mnistcnn._training"
BATCH_SIZE = 128


def parameters_without(part: str | None, architecture: str) -> dict[str, Any]:
    """Return parameters of the classifier which are equal but for one part."""
    import keras

    template = get_architecture(architecture)
    adam = keras.optimizers.Adam(beta_1=template.adam_betas[0], beta_2=template.adam_betas[1])
    # Every case copies its model, so that the copy's time is in all of them.
    build = type(template).build
    template.build = lambda *shape: _copied(build(template, *shape), KERAS_LAYERS.get(part or ""))
    return {
        "architecture": template,
        "optimizer": adam if part == ADAM else "adam",
        "learning_rate": template.learning_rate,
        "batch_size": BATCH_SIZE,
    }


def _copied(model: Any, name: str | None) -> Any:
    """Return the same layers with fresh weights; those of one name are Keras's own."""
    import keras

    kind = getattr(keras.layers, name) if name else ()

    def copied(layer: Any) -> Any:
        made_by = kind if isinstance(layer, kind) else type(layer)
        return made_by.from_config(layer.get_config())

    return keras.models.clone_model(model, clone_function=copied)


@contextmanager
def loop_without(part: str | None, X: Pixels, y: Pixels) -> Iterator[None]:
    """Let Keras's `fit` run the epochs of a fit on these images, where the loop is the part.

    Raises
    ------
    RuntimeError
        If Keras's `fit` was never called, so that nothing else was measured than without this.
    """
    if part not in LOOPS:
        yield
        return
    import keras

    fit = keras.Model.fit
    replacement = partial(_whole_epochs, fit, X, y) if part == WHOLE_EPOCHS else fit
    n_calls = 0

    def counted(*arguments: Any, **options: Any) -> Any:
        # A mock would keep what it is called with, and so the network from the pool.
        nonlocal n_calls
        n_calls += 1
        return replacement(*arguments, **options)

    with (
        _replaced_in_library("watches_batches", lambda _: True),
        # Those who listen to a fit may keep its network, and the pool would not get it back.
        _replaced_in_library("is_fit_patched", lambda: False),
        patch.object(keras.Model, "fit", counted),
    ):
        yield
    if not n_calls:
        raise RuntimeError("the library did not call Keras's fit")


@contextmanager
def _replaced_in_library(name: str, function: Callable[..., Any]) -> Iterator[None]:
    """Replace a function in every module of the library's training that has imported it."""
    import_module("mnistcnn.classifier")
    modules = [m for path, m in sys.modules.items() if path.startswith(LIBRARY)]
    holders = [module for module in modules if hasattr(module, name)]
    if not holders:
        raise RuntimeError(f"{LIBRARY} has no {name} any more")
    with ExitStack() as stack:
        for module in holders:
            stack.enter_context(patch.object(module, name, function))
        yield


def _whole_epochs(
    fit: Callable[..., Any], X: Pixels, y: Pixels, model: Any, batches: Any, **options: Any
) -> Any:
    """Train with all steps of an epoch in one execution, from data in memory."""
    import keras

    model.steps_per_execution = len(batches)
    if keras.backend.backend() == "tensorflow":
        return fit(model, _pipeline(X, y), **options)
    return fit(model, X, y, batch_size=BATCH_SIZE, **{**options, "shuffle": True})


def _pipeline(X: Pixels, y: Pixels) -> Any:
    """Return shuffled batches, gathered ahead by one thread from tensors in memory."""
    import tensorflow as tf

    pixels, targets = tf.constant(X), tf.constant(y, tf.int32)
    order = tf.constant(np.random.default_rng().permutation(len(X)), tf.int32)
    threads = tf.data.Options()
    threads.threading.private_threadpool_size = 1
    threads.autotune.enabled = False
    rows = tf.data.Dataset.from_tensor_slices(order).batch(BATCH_SIZE)
    batches = rows.map(lambda row: (tf.gather(pixels, row), tf.gather(targets, row)))
    return batches.prefetch(2).with_options(threads)
