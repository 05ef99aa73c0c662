"""JAX: a whole epoch as one program, Keras's own step scanned over data on the device.

On a GPU a step of a small network costs its launch, not its arithmetic.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from numpy.typing import NDArray

from mnistcnn._training.backends.base import (
    Backend,
    Bfloat16Support,
    bfloat16_of_gpu,
)
from mnistcnn._training.data import TrainingData
from mnistcnn._training.epoch_order import EpochPlan, Transform
from mnistcnn._training.tensors import Tensor
from mnistcnn._types import ImageShape

# Folds of a search differ by a row or so; with the rows rounded up they share one program.
ROWS_ROUNDED_UP_TO = 1024

State = tuple[list[Any], ...]


class JaxBackend(Backend):
    """Compiles whole epochs; its threads do not survive a fork."""

    starts_threads = True

    def epoch_programs(
        self, model: keras.Model, image_shape: ImageShape
    ) -> "JaxEpochPrograms | None":
        """Return whole epochs as programs where there is an accelerator.

        On a CPU XLA computes convolutions within a loop on one thread and by simpler routines: an
        epoch took four to nine times as long as Keras's steps.
        """
        return JaxEpochPrograms(model, image_shape) if self.accelerators() else None

    def scoring_function(
        self,
        model: keras.Model,
        image_shape: ImageShape,  # noqa: ARG002
    ) -> "JaxScores":
        """Return a function from a batch of images to their scores."""
        return JaxScores(model)

    def gradient(self, function: Callable[[Tensor], Tensor], images: NDArray[Any]) -> NDArray[Any]:
        """Return the gradient of a function from a batch of images to one number, by the pixels."""
        return self.as_array(jax.grad(function)(jnp.asarray(images)))

    def bfloat16_support(self) -> Bfloat16Support:
        """Tell whether there is a TPU, or a GPU with tensor cores for it."""
        device = jax.devices()[0]
        if device.platform == "tpu":
            return Bfloat16Support(True, "TPUs multiply bfloat16 directly")
        if device.platform == "gpu":
            capability = str(getattr(device, "compute_capability", "0.0"))
            return bfloat16_of_gpu(tuple(map(int, capability.split("."))))
        return super().bfloat16_support()

    def accelerators(self) -> list[str]:
        """Return the names of the GPUs and TPUs."""
        return [device.device_kind for device in jax.devices() if device.platform != "cpu"]

    def ran_out_of_memory(self, error: Exception) -> bool:
        """Tell whether JAX says so, which has one class for all errors of a device."""
        is_jaxs = isinstance(error, jax.errors.JaxRuntimeError)
        return (is_jaxs and "RESOURCE_EXHAUSTED" in str(error)) or super().ran_out_of_memory(error)


class JaxEpochPrograms:
    """The compiled epochs of one network, which is compiled itself and has its metrics built."""

    def __init__(self, model: keras.Model, image_shape: ImageShape) -> None:
        self._model = model
        self._image_shape = image_shape
        self._training: dict[Transform | None, Callable[..., State]] = {}
        self._testing = jax.jit(self._scan(self._test_step, None))

    def on_device(self, data: TrainingData) -> list[Any]:
        """Return pixels, targets and weights on the device."""
        return [_rounded_up(array) for array in data.arrays()]

    def train(
        self, arrays: list[Any], plan: EpochPlan, batch_size: int, transform: Transform | None
    ) -> None:
        """Update the network once for each batch of an epoch."""
        if transform not in self._training:
            self._training[transform] = jax.jit(self._scan(self._train_step, transform))
        model = self._model
        variables = [
            model.trainable_variables,
            model.non_trainable_variables,
            model.optimizer.variables,
            model.metrics_variables,
        ]
        _run(self._training[transform], variables, arrays, plan, batch_size)

    def test(self, arrays: list[Any], plan: EpochPlan, batch_size: int) -> None:
        """Update the network's metrics only."""
        model = self._model
        variables = [
            model.trainable_variables,
            model.non_trainable_variables,
            model.metrics_variables,
        ]
        _run(self._testing, variables, arrays, plan, batch_size)

    def _train_step(self, state: State, batch: tuple[Any, ...]) -> State:
        new_state: State = self._model.train_step(state, batch)[1]
        return new_state

    def _test_step(self, state: State, batch: tuple[Any, ...]) -> State:
        new_state: State = self._model.test_step(state, batch)[1]
        return new_state

    def _scan(
        self, step: Callable[[State, tuple[Any, ...]], State], transform: Transform | None
    ) -> Callable[..., State]:
        def epoch(state: State, arrays: list[Any], batches: list[Any]) -> State:
            def one_batch(state: State, batch: list[Any]) -> tuple[State, None]:
                indices, *changes = batch
                pixels, *others = (jnp.take(array, indices, axis=0) for array in arrays)
                images = pixels.reshape(-1, *self._image_shape)
                images = images if transform is None else transform(images, *changes)
                return step(state, (images, *others)), None

            final: State = jax.lax.scan(one_batch, state, batches)[0]
            return final

        return epoch


def _rounded_up(array: Tensor) -> Any:
    missing = -len(array) % ROWS_ROUNDED_UP_TO
    return jnp.pad(jnp.asarray(array), [(0, missing)] + [(0, 0)] * (array.ndim - 1))


def _run(
    program: Callable[..., State],
    variables: list[list[Any]],
    arrays: list[Any],
    plan: EpochPlan,
    batch_size: int,
) -> None:
    state: State = tuple([variable.value for variable in group] for group in variables)
    for batches in _full_batches_and_rest(plan.arrays(), batch_size):
        state = program(state, arrays, batches)
    for group, values in zip(variables, state, strict=True):
        for variable, value in zip(group, values, strict=True):
            variable.assign(value)


def _full_batches_and_rest(
    arrays: tuple[np.ndarray[Any, Any], ...], batch_size: int
) -> list[list[Any]]:
    """Return the batches of an epoch stacked, the short last one apart.

    Filling it up with weights of zero would let the filling into batch normalization.
    """
    end = len(arrays[0]) // batch_size * batch_size
    full = [array[:end].reshape(-1, batch_size, *array.shape[1:]) for array in arrays]
    rest = [array[None, end:] for array in arrays]
    return [part for part in (full, rest) if part[0].size]


class JaxScores:
    """The network as one compiled function of its variables and a batch."""

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._variables = list(model.variables)
        self._compiled = jax.jit(self._stateless_scores)

    def __call__(self, images: NDArray[Any]) -> Any:
        """Return the scores of a batch."""
        return self._compiled([variable.value for variable in self._variables], images)

    def _stateless_scores(self, values: list[Any], images: Tensor) -> Any:
        # Keras's `stateless_call` orders variables by who trains, which may change after tracing.
        with keras.StatelessScope(zip(self._variables, values, strict=True)):
            return self._model(images, training=False)


BACKEND = JaxBackend()
