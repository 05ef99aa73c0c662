"""Asks a trained network: batches of pixels in, scores out."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]

# A batch of one is rounded differently by the matrix product, so the smallest bucket is two; with
# a few fixed sizes the same picture gives the same bits in whatever company it comes.
BUCKETS = (2, 8, 32, 128, 512)


class Inference:
    """One compiled function from raw pixels to scores.

    Parameters
    ----------
    model : keras.Model
        From pixels ``(n, h, w, c)`` to scores ``(n, n_classes)``.
    image_shape : tuple of 3 int
        Height, width and channels of one picture.
    """

    def __init__(self, model: keras.Model, image_shape: tuple[int, int, int]) -> None:
        self._model = model
        self._image_shape = image_shape

    def scores(self, pixels: NDArray[Any]) -> Scores:
        """Return float32 scores ``(n, n_classes)`` of flat rows of pixels ``(n, h * w * c)``."""
        images = pixels.reshape(-1, *self._image_shape)
        parts = [self._bucket_scores(images[batch]) for batch in _batches(len(images))]
        return np.concatenate(parts)

    def _bucket_scores(self, images: NDArray[Any]) -> Scores:
        n_images = len(images)
        bucket = next(size for size in BUCKETS if size >= n_images)
        if bucket > n_images:
            filling = np.zeros((bucket - n_images, *self._image_shape), images.dtype)
            images = np.concatenate([images, filling])
        return np.asarray(self._compiled(images))[:n_images]

    @cached_property
    def _compiled(self) -> Callable[[NDArray[Any]], Any]:
        if keras.backend.backend() == "tensorflow":
            return _tensorflow_function(self._model)
        return lambda images: self._model.predict_on_batch(images)


def _batches(n_images: int) -> Iterator[slice]:
    largest = BUCKETS[-1]
    for start in range(0, n_images, largest):
        yield slice(start, min(start + largest, n_images))


def _tensorflow_function(model: keras.Model) -> Callable[[NDArray[Any]], Any]:
    import tensorflow as tf

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def compiled(images: Any) -> Any:
        return model(tf.cast(images, tf.float32), training=False)

    def scores(images: NDArray[Any]) -> Any:
        # Called with a NumPy array, tf.function would take its values into the traced program.
        return compiled(tf.convert_to_tensor(images)).numpy()

    return scores
