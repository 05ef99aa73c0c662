"""The graph that is exported, from raw pixels to probabilities."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from mnistcnn._training.network import Network
from mnistcnn._training.storage import in_float32
from mnistcnn._training.tensors import Tensor

# What input and output are called in the files.
IMAGES, PROBABILITIES = "images", "probabilities"

N_PROBES = 16


class ProbabilitiesGraph:
    """The mean probabilities of networks that predict the same images.

    Networks that train in half precision are taken in float32: other runtimes round otherwise.

    Parameters
    ----------
    networks : sequence of Network
        Of one shape of images and one number of classes.
    pixel_dtype : {"uint8", "float32"}
        What the images come in.
    """

    def __init__(self, networks: Sequence[Network], pixel_dtype: str) -> None:
        self.networks = list(map(in_float32, networks))
        self.image_shape = networks[0].image_shape
        self.pixel_dtype = pixel_dtype
        self.signature = self._input_signature()
        self.function = self._traced_function()

    def mean_probabilities(self, images: Tensor) -> dict[str, Any]:
        """Return the probabilities by name, as a tensor."""
        import tensorflow as tf

        pixels = tf.cast(images, tf.float32)
        of_each = [_probabilities(network, pixels) for network in self.networks]
        # One network needs no sum, which a converter would keep.
        mean = of_each[0] if len(of_each) == 1 else tf.add_n(of_each) / len(of_each)
        return {PROBABILITIES: tf.identity(mean, name=PROBABILITIES)}

    def predict(self, images: NDArray[Any]) -> NDArray[np.float32]:
        """Return the probabilities ``(n, n_classes)`` as TensorFlow computes them."""
        import tensorflow as tf

        return np.asarray(self.function(tf.constant(images))[PROBABILITIES])

    def probes(self, pixel_range: tuple[float, float]) -> NDArray[Any]:
        """Return a few random images by which two runtimes can be compared."""
        generator = np.random.default_rng(0)
        images = generator.uniform(*pixel_range, size=(N_PROBES, *self.image_shape))
        return images.astype(self.pixel_dtype)

    @property
    def variables(self) -> list[keras.Variable]:
        """The variables of all networks."""
        return [variable for network in self.networks for variable in network.model.variables]

    def _input_signature(self) -> list[Any]:
        import tensorflow as tf

        shape = (None, *self.image_shape)
        return [tf.TensorSpec(shape, tf.as_dtype(self.pixel_dtype), name=IMAGES)]

    def _traced_function(self) -> Any:
        import tensorflow as tf

        traced = tf.function(
            self.mean_probabilities, input_signature=self.signature, autograph=False
        )
        # Calls of the other kind are counted, and TensorFlow warns where many functions are traced.
        return traced.get_concrete_function()


def _probabilities(network: Network, pixels: Tensor) -> Any:
    scores = network.model(pixels, training=False)
    if network.emits_logits:
        return keras.ops.softmax(scores, axis=-1)
    return scores / keras.ops.sum(scores, axis=-1, keepdims=True)
