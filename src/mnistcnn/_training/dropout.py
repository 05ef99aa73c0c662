"""Keras's dropout, which draws one random byte per value on TensorFlow."""

from typing import Any

import keras

from mnistcnn._training import backends
from mnistcnn._training.stored_as_keras import StoredAsKeras
from mnistcnn._training.tensors import Tensor

# A byte tells so many values apart; four come from one random number.
LEVELS, BYTES = 256, 4


@keras.saving.register_keras_serializable(package="mnistcnn")
class Dropout(StoredAsKeras, keras.layers.Dropout):  # type: ignore[misc]
    """`keras.layers.Dropout` (Srivastava et al. 2014, JMLR 15), in a third of its time.

    Keras draws one float per value, which was much of a step of ``simple``. Here a
    value is dropped if its random byte is below a threshold of ``rate * 256``, rounded at random
    up or down in each call, so that `rate` is the expected share exactly. On other backends than
    TensorFlow, with a `noise_shape` or with rates near to 1 it is Keras's own.
    """

    stored_as = keras.layers.Dropout

    def call(self, inputs: Tensor, training: bool = False) -> Any:
        """Drop values in training, and scale up the others to compensate."""
        if (
            not training
            or self.noise_shape is not None
            or not 0 < self.rate <= 1 - 1 / LEVELS
            or not backends.current().has_fused_layers
        ):
            return super().call(inputs, training=training)
        return inputs * _mask(inputs, self.rate, self.seed_generator.next())


def _mask(values: Tensor, rate: float, seed: Tensor) -> Any:
    """Return 0 or 1 / (1 - rate) for each value."""
    import tensorflow as tf

    of_bytes, of_threshold = tf.unstack(tf.random.split(tf.cast(seed, tf.int32)))
    threshold = tf.floor(rate * LEVELS + tf.random.stateless_uniform((), of_threshold))
    # The sum is rounded to 256 now and then where the rate is as high as it may be.
    threshold = tf.cast(tf.minimum(threshold, LEVELS - 1), tf.uint8)
    is_kept = _random_bytes(tf.shape(values), of_bytes) >= threshold
    return tf.cast(is_kept, values.dtype) * tf.cast(1 / (1 - rate), values.dtype)


def _random_bytes(shape: Tensor, seed: Tensor) -> Any:
    import tensorflow as tf

    size = tf.reduce_prod(shape)
    numbers = tf.random.stateless_uniform(
        [(size + BYTES - 1) // BYTES], seed, minval=None, maxval=None, dtype=tf.int32
    )
    return tf.reshape(tf.reshape(tf.bitcast(numbers, tf.uint8), [-1])[:size], shape)
