"""A whole epoch as one JAX program: Keras's own step, scanned over data on the device.

On a GPU a step of a small network costs its launch, not its arithmetic.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np

from mnistcnn._training.feed import Examples, Pass, Warp

State = tuple[list[Any], ...]

# Folds of a search differ by a row or so; with the rows rounded up they share one program.
ROWS_ROUNDED_UP_TO = 1024


class JaxPrograms:
    """The compiled epochs of one network.

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
        self._training: dict[Warp | None, Callable[..., State]] = {}
        self._testing = jax.jit(self._scan(self._test_step, None))

    def on_device(self, examples: Examples) -> list[Any]:
        """Return pixels, targets and weights on the device."""
        return [_rounded_up(column) for column in examples.columns()]

    def train(self, columns: list[Any], one_pass: Pass, batch_size: int, warp: Warp | None) -> None:
        """Update the network once for each batch of a pass."""
        if warp not in self._training:
            self._training[warp] = jax.jit(self._scan(self._train_step, warp))
        model = self._model
        variables = [
            model.trainable_variables,
            model.non_trainable_variables,
            model.optimizer.variables,
            model.metrics_variables,
        ]
        _run(self._training[warp], variables, columns, one_pass, batch_size)

    def test(self, columns: list[Any], one_pass: Pass, batch_size: int) -> None:
        """Update the network's metrics only."""
        model = self._model
        variables = [
            model.trainable_variables,
            model.non_trainable_variables,
            model.metrics_variables,
        ]
        _run(self._testing, variables, columns, one_pass, batch_size)

    def _train_step(self, state: State, batch: tuple[Any, ...]) -> State:
        new_state: State = self._model.train_step(state, batch)[1]
        return new_state

    def _test_step(self, state: State, batch: tuple[Any, ...]) -> State:
        new_state: State = self._model.test_step(state, batch)[1]
        return new_state

    def _scan(
        self, step: Callable[[State, tuple[Any, ...]], State], warp: Warp | None
    ) -> Callable[..., State]:
        def epoch(state: State, columns: list[Any], batches: list[Any]) -> State:
            def one_batch(state: State, batch: list[Any]) -> tuple[State, None]:
                rows, *warps = batch
                pixels, *others = (jnp.take(column, rows, axis=0) for column in columns)
                images = pixels.reshape(-1, *self._image_shape)
                images = images if warp is None else warp(images, *warps)
                return step(state, (images, *others)), None

            final: State = jax.lax.scan(one_batch, state, batches)[0]
            return final

        return epoch


def _rounded_up(column: Any) -> Any:
    missing = -len(column) % ROWS_ROUNDED_UP_TO
    return jnp.pad(jnp.asarray(column), [(0, missing)] + [(0, 0)] * (column.ndim - 1))


def _run(
    program: Callable[..., State],
    variables: list[list[Any]],
    columns: list[Any],
    one_pass: Pass,
    batch_size: int,
) -> None:
    state: State = tuple([variable.value for variable in group] for group in variables)
    for batches in _full_batches_and_rest(one_pass.columns(), batch_size):
        state = program(state, columns, batches)
    for group, values in zip(variables, state, strict=True):
        for variable, value in zip(group, values, strict=True):
            variable.assign(value)


def _full_batches_and_rest(
    columns: tuple[np.ndarray[Any, Any], ...], batch_size: int
) -> list[list[Any]]:
    """Return the batches of a pass stacked, the short last one apart.

    Filling it up with weights of zero would let the filling into batch normalization.
    """
    end = len(columns[0]) // batch_size * batch_size
    full = [column[:end].reshape(-1, batch_size, *column.shape[1:]) for column in columns]
    rest = [column[None, end:] for column in columns]
    return [part for part in (full, rest) if part[0].size]
