"""Keras's batch normalization, as one kernel of TensorFlow in training."""

from typing import Any

import keras

from mnistcnn._training import backends
from mnistcnn._training.stored_as_keras import StoredAsKeras
from mnistcnn._training.tensors import Tensor

MIN_EPSILON = 1.001e-5
# oneDNN's kernels need channels in multiples of these, or are slower than what Keras composes.
CHANNELS, BFLOAT16_CHANNELS = 4, 16


@keras.saving.register_keras_serializable(package="mnistcnn")
class BatchNormalization(StoredAsKeras, keras.layers.BatchNormalization):  # type: ignore[misc]
    """`keras.layers.BatchNormalization` (Ioffe and Szegedy 2015, arXiv:1502.03167), fused.

    Keras composes it of a dozen operations, forwards and backwards, each of which reads and writes
    all maps, which was much of a step of ``accurate``. Outside training, along
    other axes than the last, with numbers of channels that are no multiple of 4 and on other
    backends than TensorFlow it is Keras's own.
    """

    stored_as = keras.layers.BatchNormalization

    def call(self, inputs: Tensor, training: bool | None = None, mask: Tensor = None) -> Any:
        """Normalize by the batch in training, and by the moving averages otherwise."""
        if not (training and self.trainable and mask is None and self._is_fusible(inputs)):
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        values = tf.cast(inputs, self._kernel_dtype(inputs))
        values = values if len(inputs.shape) == 4 else values[:, tf.newaxis, tf.newaxis]
        n_values = tf.cast(tf.reduce_prod(tf.shape(values)[:3]), tf.float32)
        normalized, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            values, *self._scale_and_offset(), epsilon=self.epsilon, is_training=True
        )
        # The kernel estimates the variance of the population; Keras keeps that of the batch.
        self._remember(mean, tf.math.multiply_no_nan(variance, (n_values - 1) / n_values))
        return tf.cast(tf.reshape(normalized, tf.shape(inputs)), self.compute_dtype)

    def _is_fusible(self, inputs: Tensor) -> bool:
        n_axes = len(inputs.shape)
        return (
            backends.current().has_fused_layers
            and n_axes in (2, 4)
            and self.axis in (-1, n_axes - 1)
            and inputs.shape[-1] % CHANNELS == 0
            and not (self.synchronized or getattr(self, "renorm", False))
            and self.epsilon >= MIN_EPSILON
            and keras.backend.standardize_dtype(self.moving_mean.dtype) == "float32"
        )

    def _kernel_dtype(self, inputs: Tensor) -> str:
        import tensorflow as tf

        dtype = str(keras.backend.standardize_dtype(inputs.dtype))
        is_direct = dtype == "bfloat16" and inputs.shape[-1] % BFLOAT16_CHANNELS == 0
        return dtype if is_direct and not tf.config.list_physical_devices("GPU") else "float32"

    def _scale_and_offset(self) -> tuple[Any, Any]:
        scale = self.gamma if self.scale else keras.ops.ones_like(self.moving_mean)
        offset = self.beta if self.center else keras.ops.zeros_like(self.moving_mean)
        return keras.ops.cast(scale, "float32"), keras.ops.cast(offset, "float32")

    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        for variable, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            variable.assign(variable * self.momentum + now * (1.0 - self.momentum))
