"""Asks a trained network: batches of pixels in, scores out."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from mnistcnn._training.interrupts import signals_held
from mnistcnn._training.runtime import check_can_run

Scores = NDArray[np.float32]

# A batch of one is rounded differently by the matrix product, so the smallest bucket is two; with
# a few fixed sizes the same picture gives the same bits in whatever company it comes.
BUCKETS = (2, 8, 32, 64, 128, 256, 512)

# A bucket that would be filled less gives way to smaller ones.
LEAST_FILLING = 0.6


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
        check_can_run()
        images = pixels.reshape(-1, *self._image_shape)
        parts = [self._bucket_scores(images[batch]) for batch in batches(len(images))]
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
            return TensorFlowProgram(self._model, self._image_shape)
        if keras.backend.backend() == "jax":
            return JaxProgram(self._model)
        return self._eager_scores

    def _eager_scores(self, images: NDArray[Any]) -> NDArray[Any]:
        scores: NDArray[Any] = keras.ops.convert_to_numpy(
            keras.ops.stop_gradient(self._model(images, training=False))
        )
        return scores


def batches(n_images: int) -> Iterator[slice]:
    """Cut so many pictures into parts that fill their buckets, or nearly so.

    Examples
    --------
    >>> from mnistcnn._training.inference import batches
    >>> [part.stop - part.start for part in batches(1000)]
    [512, 488]
    >>> [part.stop - part.start for part in batches(300)]
    [256, 44]
    """
    start = 0
    while start < n_images:
        left = n_images - start
        above = next((size for size in BUCKETS if size >= left), BUCKETS[-1])
        below = max((size for size in BUCKETS if size <= left), default=BUCKETS[0])
        size = above if left >= LEAST_FILLING * above else below
        yield slice(start, min(start + size, n_images))
        start += size


class TensorFlowProgram:
    """The network as one traced function for each dtype of pixels.

    The traces are kept here and called directly: TensorFlow warns of `tf.function` objects that
    are made and traced again and again, as in a search over many networks.

    Parameters
    ----------
    model : keras.Model
        From pixels to scores.
    image_shape : tuple of 3 int
        Height, width and channels of one picture.
    """

    def __init__(self, model: keras.Model, image_shape: tuple[int, int, int]) -> None:
        self._model = model
        self._image_shape = image_shape
        self._traced: dict[np.dtype[Any], Callable[[Any], Any]] = {}

    def __call__(self, images: NDArray[Any]) -> Any:
        """Return the scores of a batch."""
        import tensorflow as tf

        if images.dtype not in self._traced:
            self._traced[images.dtype] = self._trace(images.dtype)
        return self._traced[images.dtype](tf.convert_to_tensor(images)).numpy()

    @signals_held()
    def _trace(self, dtype: np.dtype[Any]) -> Callable[[Any], Any]:
        import tensorflow as tf

        model = self._model

        def scores(images: Any) -> Any:
            return model(tf.cast(images, tf.float32), training=False)

        pictures = tf.TensorSpec([None, *self._image_shape], dtype)
        traced: Callable[[Any], Any] = tf.function(scores, autograph=False).get_concrete_function(
            pictures
        )
        return traced


class JaxProgram:
    """The network as one compiled function of its variables and a batch.

    Parameters
    ----------
    model : keras.Model
        From pixels to scores.
    """

    def __init__(self, model: keras.Model) -> None:
        import jax

        self._model = model
        self._variables = list(model.variables)
        self._compiled = jax.jit(self._stateless_scores)

    def __call__(self, images: NDArray[Any]) -> Any:
        """Return the scores of a batch."""
        return self._compiled([variable.value for variable in self._variables], images)

    def _stateless_scores(self, values: list[Any], images: Any) -> Any:
        # Keras's `stateless_call` orders variables by who trains, which may change after tracing.
        with keras.StatelessScope(zip(self._variables, values, strict=True)):
            return self._model(images, training=False)
