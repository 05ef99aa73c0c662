"""Adam and AdamW whose update is TensorFlow's single kernel instead of a dozen operations.

Keras writes the update of each variable as separate operations, each of which reads and writes
arrays of the size of the weights. The kernel computes the same formula in one pass over them, which
is much of an epoch of a network that is mostly dense layers.
"""

import keras
import tensorflow as tf

from mnistcnn._training.keras_internals import adam_moments
from mnistcnn._training.stored_as_keras import StoredAsKeras
from mnistcnn._training.tensors import Tensor


class _FusedUpdate(StoredAsKeras):
    """The shared update; a mixin to the left of the Keras class."""

    def update_step(
        self: keras.optimizers.Adam, gradient: Tensor, variable: Tensor, learning_rate: Tensor
    ) -> None:
        """Update one variable and its two moments in place."""
        if isinstance(gradient, tf.IndexedSlices):
            super().update_step(gradient, variable, learning_rate)  # type: ignore[misc]
            return
        momentum, velocity = adam_moments(self, variable)
        value = variable.value if isinstance(variable, keras.Variable) else variable
        dtype = value.dtype
        step = tf.cast(self.iterations.value + 1, dtype)
        beta_1, beta_2 = tf.constant(self.beta_1, dtype), tf.constant(self.beta_2, dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=value.handle,
            m=momentum.value.handle,
            v=velocity.value.handle,
            beta1_power=beta_1**step,
            beta2_power=beta_2**step,
            lr=tf.cast(learning_rate, dtype),
            beta1=beta_1,
            beta2=beta_2,
            epsilon=tf.constant(self.epsilon, dtype),
            grad=tf.cast(gradient, dtype),
        )


@keras.saving.register_keras_serializable(package="mnistcnn")
class FusedAdam(_FusedUpdate, keras.optimizers.Adam):  # type: ignore[misc]
    """`keras.optimizers.Adam` (Kingma and Ba 2015, arXiv:1412.6980), the same to rounding."""

    stored_as = keras.optimizers.Adam


@keras.saving.register_keras_serializable(package="mnistcnn")
class FusedAdamW(_FusedUpdate, keras.optimizers.AdamW):  # type: ignore[misc]
    """`keras.optimizers.AdamW` (Loshchilov and Hutter 2019, arXiv:1711.05101)."""

    stored_as = keras.optimizers.AdamW
