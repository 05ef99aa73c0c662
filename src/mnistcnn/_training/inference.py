"""Computes the scores of trained networks: batches of pixels in, scores out."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from mnistcnn._cpu import has_avx512
from mnistcnn._training import backends
from mnistcnn._training.keras_internals import internals_available
from mnistcnn._training.runtime import check_can_run
from mnistcnn._training.tensors import Tensor
from mnistcnn._types import ImageShape

Scores = NDArray[np.float32]

# With a few fixed sizes the same image gives the same bits in whatever company it comes. A batch of
# one is rounded differently by the matrix product. Without AVX-512, so are the last rows of batches
# that are no multiple of the rows that it takes at a time.
BUCKETS_WITH_AVX512 = (2, 8, 32, 64, 128, 256, 512)
BUCKETS_WITHOUT = (4, 12, 48, 96, 192, 384)
BUCKETS = BUCKETS_WITH_AVX512 if has_avx512() else BUCKETS_WITHOUT

# A bucket that would be filled less gives way to smaller ones.
MIN_FILLING = 0.6


class Inference:
    """One compiled function from raw pixels to scores.

    Parameters
    ----------
    model : keras.Model or ModelsSideBySide
        From pixels ``(n, h, w, c)`` to scores ``(n, n_classes)``, or ``(n, n_models, n_classes)``.
    image_shape : tuple of 3 int
        Height, width and channels of one image.
    """

    def __init__(self, model: "keras.Model | ModelsSideBySide", image_shape: ImageShape) -> None:
        self._model = model
        self._image_shape = image_shape

    def scores(self, pixels: NDArray[Any]) -> Scores:
        """Return float32 scores ``(n, ...)`` of flat rows of pixels ``(n, h * w * c)``."""
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
        if not internals_available():
            return partial(self._model.predict, batch_size=BUCKETS[-1], verbose=0)
        return backends.current().scoring_function(self._model, self._image_shape)


class ModelsSideBySide:
    """Several models of the same images, called as one; their weights are not copied.

    A `keras.Model` of them all would leave its mark in the graph of each.

    Parameters
    ----------
    models : sequence of keras.Model
        Each from pixels ``(n, h, w, c)`` to scores ``(n, n_classes)``.
    """

    def __init__(self, models: Sequence[keras.Model]) -> None:
        self._models = list(models)

    @property
    def variables(self) -> list[keras.Variable]:
        """The variables of all models."""
        return [variable for model in self._models for variable in model.variables]

    def __call__(self, images: Tensor, *, training: bool) -> Any:
        """Return scores ``(n, n_models, n_classes)`` as a tensor."""
        scores = [model(images, training=training) for model in self._models]
        return keras.ops.stack(scores, axis=1)

    def predict(self, images: NDArray[Any], **settings: Any) -> Scores:
        """Return the same as an array, by the `predict` of each."""
        return np.stack([model.predict(images, **settings) for model in self._models], axis=1)


def batches(n_images: int) -> Iterator[slice]:
    """Split images into parts that fill their buckets, or nearly so.

    Examples
    --------
    >>> from mnistcnn._training.inference import batches
    >>> parts = list(batches(1000))
    >>> parts[0].start, parts[-1].stop, max(part.stop - part.start for part in parts) < 1000
    (0, 1000, True)
    """
    start = 0
    while start < n_images:
        left = n_images - start
        above = next((size for size in BUCKETS if size >= left), BUCKETS[-1])
        below = max((size for size in BUCKETS if size <= left), default=BUCKETS[0])
        size = above if left >= MIN_FILLING * above else below
        yield slice(start, min(start + size, n_images))
        start += size
