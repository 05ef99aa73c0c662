"""A network with its loss, its optimizer and state, and its traced epochs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from mnistcnn._training import backends
from mnistcnn._training.configuration import TrainingConfig
from mnistcnn._training.interrupts import signals_held
from mnistcnn._training.keras_internals import internals_available
from mnistcnn._training.losses import crossentropy
from mnistcnn._training.network import Network, value_of
from mnistcnn._training.optimization import store_as_keras_would
from mnistcnn._training.schedules import RATE_VARIABLES


class CompiledNetwork:
    """A network and what it is compiled to; compiling and tracing happen when they are needed.

    `stored_state` is what the optimizer remembered when the network was stored.
    """

    def __init__(self, network: Network, stored_state: list[NDArray[Any]] | None = None) -> None:
        self.network = network
        self._pending_state = stored_state or []
        self._initial_state: list[NDArray[Any]] = []
        self._compiled_for: Any = None
        self._programs: backends.EpochPrograms | None = None

    @signals_held()
    def compile_or_reset(self, config: TrainingConfig, n_updates: int) -> None:
        """Give it a fresh optimizer; what is compiled for the same program stays so."""
        if self.serves(config):
            self.reset_optimizer()
            config.optimizer.retune(self.network.model.optimizer, n_updates)
        else:
            self._compile(config, n_updates)

    @signals_held()
    def compile_or_continue(self, config: TrainingConfig, n_updates: int) -> None:
        """Give it an optimizer that remembers what the one before did, if they are of one kind."""
        state = self.optimizer_state()
        self.compile_or_reset(config, n_updates)
        self._assign_optimizer_state(state)

    @property
    def is_compiled(self) -> bool:
        """Whether it is compiled for any program."""
        return self._compiled_for is not None

    def serves(self, config: TrainingConfig) -> bool:
        """Tell whether it need not be recompiled; freezing a layer changes what is traced."""
        wanted = config.trace_key, self.network.trainability()
        return bool(internals_available() and self._compiled_for == wanted)

    def optimizer_state(self) -> list[NDArray[Any]]:
        """Return the values of the optimizer's variables, its learning rate left out.

        Nothing where other layers train than those whose gradients it has seen.
        """
        if self._compiled_for is None:
            return self._pending_state
        if self._compiled_for[1] != self.network.trainability():
            return []
        return [value_of(variable) for variable in self._state_variables()]

    def reset_optimizer(self) -> None:
        """Make the optimizer forget all updates."""
        for variable, value in zip(self._state_variables(), self._initial_state, strict=True):
            variable.assign(np.broadcast_to(value, variable.shape).astype(value.dtype))

    def epoch_programs(self) -> backends.EpochPrograms | None:
        """Return the compiled epochs, which it keeps from fit to fit; None where there are none."""
        if self._programs is None and internals_available():
            network = self.network
            self._programs = backends.current().epoch_programs(network.model, network.image_shape)
        return self._programs

    @contextmanager
    def unchanged_by_failure(self) -> Iterator[None]:
        """Undo what training did to the network if it fails or is interrupted."""
        values, state = self.network.values(), self.optimizer_state()
        compiled_for = self._compiled_for
        try:
            yield
        except BaseException:
            with signals_held():
                self.network.assign_values(values)
                if compiled_for is not None and self._compiled_for == compiled_for:
                    self._assign_optimizer_state(state)
                else:
                    self._forget_compiled(state)
            raise

    def _compile(self, config: TrainingConfig, n_updates: int) -> None:
        # An interrupted compilation counts as none.
        self._forget_compiled(self._pending_state)
        model = self.network.model
        model.compile(
            optimizer=_scaled_for(self.network.precision, config.optimizer.build(n_updates)),
            loss=crossentropy(config.label_smoothing, from_logits=self.network.emits_logits),
            weighted_metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        )
        model.optimizer.build(model.trainable_variables)
        store_as_keras_would(model.optimizer)
        self._programs = None
        self._initial_state = [_compact(value_of(one)) for one in self._state_variables()]
        self._compiled_for = config.trace_key, self.network.trainability()

    def _forget_compiled(self, state: list[NDArray[Any]]) -> None:
        """Count as not compiled, and keep an optimizer's state for the next compilation."""
        self._compiled_for = None
        self._pending_state = state

    def _assign_optimizer_state(self, values: list[NDArray[Any]]) -> None:
        """Set what the optimizer remembers, if it is one of the same kind; else it stays fresh."""
        variables = self._state_variables()
        if [tuple(variable.shape) for variable in variables] == [v.shape for v in values]:
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)

    def _state_variables(self) -> list[keras.Variable]:
        variables = self.network.model.optimizer.variables
        return [variable for variable in variables if variable.name not in RATE_VARIABLES]


def _scaled_for(
    precision: str, optimizer: keras.optimizers.Optimizer
) -> keras.optimizers.Optimizer:
    """Scale the loss under float16, which `compile` does too, but files would not tell."""
    return keras.optimizers.LossScaleOptimizer(optimizer) if precision == "float16" else optimizer


def _compact(value: NDArray[Any]) -> NDArray[Any]:
    """Return an array that broadcasts to `value`, without its size where all of it is zero."""
    return value if value.any() else np.zeros((), value.dtype)
