"""The engine on JAX: a whole epoch is one compiled program over data on the device.

On a GPU a step of a small network costs its launch, not its arithmetic, so the steps are scanned
over inside one program. Keras's own step is what is scanned: loss, metrics, regularization and
loss scaling are its.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np

from mnistcnn._training.engines import History, Run
from mnistcnn._training.feed import Examples, Warp

State = tuple[list[Any], list[Any], list[Any], list[Any]]

# Folds of a search differ by a row or so; with the rows rounded up they share one program.
ROWS_ROUNDED_UP_TO = 1024


def run_compiled_epochs(run: Run) -> History:
    """Train and return Keras's history."""
    model = run.network.model
    columns = [_on_device(column) for column in run.training.columns()]
    _build_metrics(model, run.training)
    epoch_program = _epoch_program(run)
    validation = run.validation_feed()
    callbacks = _callback_list(run)
    model.stop_training = False
    logs: dict[str, Any] = {}
    callbacks.on_train_begin()
    for epoch in range(run.epochs):
        model.reset_metrics()
        callbacks.on_epoch_begin(epoch)
        _run_epoch(run, epoch_program, columns)
        logs = dict(model.get_metrics_result())
        if validation is not None:
            logs.update(_evaluated(model, validation))
        callbacks.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    callbacks.on_train_end(logs)
    history: History = model.history.history
    return history


def _on_device(column: Any) -> Any:
    missing = -len(column) % ROWS_ROUNDED_UP_TO
    return jnp.pad(jnp.asarray(column), [(0, missing)] + [(0, 0)] * (column.ndim - 1))


def _build_metrics(model: keras.Model, examples: Examples) -> None:
    row = examples.rows[:1]
    pixels, *others = (column[row] for column in examples.columns())
    model._symbolic_build(data_batch=(pixels.reshape(-1, *examples.image_shape), *others))


def _callback_list(run: Run) -> Any:
    return keras.callbacks.CallbackList(
        run.callbacks,
        add_history=True,
        add_progbar=run.verbose != 0,
        verbose=run.verbose,
        epochs=run.epochs,
        steps=run.training.n_batches(run.batch_size),
        model=run.network.model,
    )


def _evaluated(model: keras.Model, validation: Any) -> dict[str, Any]:
    results = model.evaluate(validation, return_dict=True, verbose=0)
    return {f"val_{name}": value for name, value in results.items()}


def _epoch_program(run: Run) -> Callable[..., State]:
    """Return the network's compiled program, which a network in the pool keeps."""
    key = (run.training.image_shape, run.warp)
    programs: dict[Any, Callable[..., State]] = run.network.programs
    if key not in programs:
        programs[key] = jax.jit(_epoch(run.network.model, *key))
    return programs[key]


def _epoch(
    model: keras.Model, image_shape: tuple[int, int, int], warp: Warp | None
) -> Callable[..., State]:
    def epoch(state: State, columns: list[Any], batches: list[Any]) -> State:
        def step(state: State, batch: list[Any]) -> tuple[State, None]:
            rows, *warps = batch
            pixels, *others = (jnp.take(column, rows, axis=0) for column in columns)
            images = pixels.reshape(-1, *image_shape)
            images = images if warp is None else warp(images, *warps)
            _, state = model.train_step(state, (images, *others))
            return state, None

        final: State = jax.lax.scan(step, state, batches)[0]
        return final

    return epoch


def _run_epoch(run: Run, epoch_program: Callable[..., State], columns: list[Any]) -> None:
    state = _state(run.network.model)
    for batches in _full_batches_and_rest(run.passes.current().columns(), run.batch_size):
        state = epoch_program(state, columns, batches)
    _adopt(run.network.model, state)


def _full_batches_and_rest(
    columns: tuple[np.ndarray[Any, Any], ...], batch_size: int
) -> list[list[Any]]:
    """Return the batches of a pass stacked, the short last one apart.

    Filling it up with weights of zero would let the filling into batch normalization.
    """
    n_full = len(columns[0]) // batch_size
    full = [_stacked(c[: n_full * batch_size], batch_size) for c in columns]
    rest = [c[None, n_full * batch_size :] for c in columns]
    return [part for part in (full, rest) if part[0].size]


def _stacked(column: np.ndarray[Any, Any], batch_size: int) -> np.ndarray[Any, Any]:
    return column.reshape(-1, batch_size, *column.shape[1:])


def _state_variables(model: keras.Model) -> tuple[list[Any], ...]:
    return (
        model.trainable_variables,
        model.non_trainable_variables,
        model.optimizer.variables,
        model.metrics_variables,
    )


def _state(model: keras.Model) -> State:
    trainable, others, optimizer, metrics = (
        [variable.value for variable in variables] for variables in _state_variables(model)
    )
    return trainable, others, optimizer, metrics


def _adopt(model: keras.Model, state: State) -> None:
    for variables, values in zip(_state_variables(model), state, strict=True):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
