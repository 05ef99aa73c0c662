"""A whole epoch as one TensorFlow program: Keras's own step in a loop over data in memory.

A `tf.data` pipeline under Keras's `fit` was measured beside it: the steps take as long, but
building the pipeline costs 20 ms a fit and each pass another 6 ms, which is much of a short fit.
"""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from mnistcnn._training.feed import Examples, Pass, Warp, full_size

Step = Callable[[tuple[Any, ...]], Any]


class TensorFlowPrograms:
    """The traced epochs of one network.

    Parameters
    ----------
    model : keras.Model
        Compiled, with its metrics built.
    image_shape : tuple of 3 int
        Height, width and channels of one picture.
    """

    def __init__(self, model: keras.Model, image_shape: tuple[int, int, int]) -> None:
        self._model = model
        self._image_shape = image_shape
        self._traced: dict[Any, Callable[..., Any]] = {}

    def on_device(self, examples: Examples) -> list[Any]:
        """Return pixels, targets and weights as tensors."""
        return [tf.convert_to_tensor(column) for column in examples.columns()]

    def train(self, columns: list[Any], one_pass: Pass, batch_size: int, warp: Warp | None) -> None:
        """Update the network once for each batch of a pass."""
        self._run(self._model.train_step, columns, one_pass, batch_size, warp)

    def test(self, columns: list[Any], one_pass: Pass, batch_size: int) -> None:
        """Update the network's metrics only."""
        self._run(self._model.test_step, columns, one_pass, batch_size, None)

    def _run(
        self, step: Step, columns: list[Any], one_pass: Pass, batch_size: int, warp: Warp | None
    ) -> None:
        of_pass = [tf.convert_to_tensor(column) for column in one_pass.columns()]
        key = (step.__name__, warp, *map(_kind, columns), *map(_kind, of_pass))
        if key not in self._traced:
            self._traced[key] = self._trace(step, warp, columns, of_pass)
        self._traced[key](columns, of_pass, tf.constant(full_size(batch_size, len(one_pass.rows))))

    def _trace(
        self, step: Step, warp: Warp | None, columns: list[Any], of_pass: list[Any]
    ) -> Callable[..., Any]:
        compiled_step = tf.function(step, jit_compile=True) if self._model.jit_compile else step

        def batch(
            columns: list[Any], of_pass: list[Any], start: Any, batch_size: Any
        ) -> tuple[Any, ...]:
            rows, *warps = (column[start : start + batch_size] for column in of_pass)
            pixels, *others = (tf.gather(column, rows) for column in columns)
            images = tf.reshape(pixels, (-1, *self._image_shape))
            return _warped(warp, batch_size, images, *warps), *others

        def epoch(columns: list[Any], of_pass: list[Any], batch_size: Any) -> None:
            n_rows = tf.shape(of_pass[0])[0]

            def one_step(start: Any, *present: Any) -> tuple[Any, ...]:
                end = start + batch_size
                # Nothing here waits for the step, so that cores which it leaves idle prepare the
                # next batch; after the last one it holds no rows.
                following = batch(columns, of_pass, end, batch_size)
                compiled_step(present)
                return end, *following

            tf.while_loop(
                lambda start, *_: start < n_rows,
                one_step,
                [tf.constant(0), *batch(columns, of_pass, 0, batch_size)],
                parallel_iterations=1,
            )

        # Any number of rows; a concrete function never warns of being traced again elsewhere.
        signature = [_any_length(columns), _any_length(of_pass), tf.TensorSpec((), tf.int32)]
        traced: Callable[..., Any] = tf.function(epoch, autograph=False).get_concrete_function(
            *signature
        )
        return traced


def _warped(warp: Warp | None, batch_size: Any, images: Any, *warps: Any) -> Any:
    """Warp a batch filled up to its full size, as XLA compiles anew for each number of rows."""
    if warp is None:
        return images
    n_images = tf.shape(images)[0]
    missing = batch_size - n_images
    full = (
        tf.pad(column, [[0, missing]] + [[0, 0]] * (column.shape.rank - 1))
        for column in (images, *warps)
    )
    return warp(*full)[:n_images]


def _kind(tensor: Any) -> tuple[Any, ...]:
    return tensor.dtype, tuple(tensor.shape[1:])


def _any_length(tensors: list[Any]) -> list[Any]:
    return [tf.TensorSpec([None, *tensor.shape[1:]], tensor.dtype) for tensor in tensors]
