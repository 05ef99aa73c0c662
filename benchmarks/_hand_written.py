"""The fastest loops that a patient person writes around one network, as a limit for `fit`.

No callbacks, no validation, no restart: images lie in memory, a whole epoch is one graph, and
loss and accuracy are summed up inside it.
"""

from abc import ABC, abstractmethod
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from benchmarks._data import Pixels
from benchmarks._settings import Training
from mnistcnn import get_architecture
from mnistcnn._training.building import building_conventions
from mnistcnn._training.fused_adam import FusedAdam


class _Loop(ABC):
    def __init__(self, training: Training, seed: int) -> None:
        self.training = training
        self.generator = np.random.default_rng(seed)
        keras.utils.set_random_seed(seed)

    def fit(self, X: Pixels, y: Pixels) -> "_Loop":
        """Build a network and train it."""
        # The very layers and updates with which we train, quicker than Keras's.
        with building_conventions("float32"):
            self.model = get_architecture(self.training.architecture).build(X.shape[1:], 10)
        self.optimizer = FusedAdam(self.training.learning_rate)
        self.optimizer.build(self.model.trainable_variables)
        self.pixels, self.targets = tf.constant(X), tf.constant(y, tf.int32)
        self.history = [self._epoch(len(X)) for _ in range(self.training.epochs)]
        return self

    def predict(self, X: Pixels) -> Pixels:
        """Return the most probable digit of each image."""
        digits: Pixels = self.model.predict(_unit(tf.constant(X)), verbose=0).argmax(axis=1)
        return digits

    def _epoch(self, n_images: int) -> tuple[float, float]:
        order = tf.constant(self.generator.permutation(n_images), tf.int32)
        loss, n_right = self._trained(order)
        return float(loss) / n_images, float(n_right) / n_images

    @abstractmethod
    def _trained(self, order: Any) -> tuple[Any, Any]:
        """Train one epoch in this order, and return the sums of losses and of right answers."""

    def _step(self, pixels: Any, targets: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            logits = self.model(_unit(pixels), training=True)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
            loss = tf.reduce_mean(losses)
        variables = self.model.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        right = tf.equal(tf.argmax(logits, axis=1, output_type=tf.int32), targets)
        return tf.reduce_sum(losses), tf.reduce_sum(tf.cast(right, tf.float32))


class GraphLoop(_Loop):
    """Each step gathers its own batch inside the epoch's graph."""

    @tf.function
    def _trained(self, order: Any) -> tuple[Any, Any]:
        size = self.training.batch_size
        loss, n_right = tf.constant(0.0), tf.constant(0.0)
        for start in tf.range(0, tf.size(order), size):
            rows = order[start : start + size]
            pixels, targets = tf.gather(self.pixels, rows), tf.gather(self.targets, rows)
            step_loss, step_right = self._step(pixels, targets)
            loss, n_right = loss + step_loss, n_right + step_right
        return loss, n_right


class PipelineLoop(_Loop):
    """A `tf.data` pipeline gathers batches ahead on a thread of its own."""

    @tf.function
    def _trained(self, order: Any) -> tuple[Any, Any]:
        rows = tf.data.Dataset.from_tensor_slices(order).batch(self.training.batch_size)
        batches = rows.map(self._gathered).prefetch(2).with_options(_one_thread())
        loss, n_right = tf.constant(0.0), tf.constant(0.0)
        for pixels, targets in batches:
            step_loss, step_right = self._step(pixels, targets)
            loss, n_right = loss + step_loss, n_right + step_right
        return loss, n_right

    def _gathered(self, rows: Any) -> tuple[Any, Any]:
        return tf.gather(self.pixels, rows), tf.gather(self.targets, rows)


def _one_thread() -> Any:
    options = tf.data.Options()
    options.threading.private_threadpool_size = 1
    options.autotune.enabled = False
    return options


def _unit(pixels: Any) -> Any:
    return tf.cast(pixels, tf.float32) / 255
