"""The Keras callbacks of every fit, and a check for user callbacks that act on batches."""

import inspect
import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import keras

from mnistcnn._training.keras_internals import (
    internals_available,
    may_profile_batches,
    rate_of,
)
from mnistcnn._training.network import Network, value_of

# What Keras calls for each batch.
BATCH_HOOKS = (
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_batch_begin",
    "on_batch_end",
    "on_test_batch_begin",
    "on_test_batch_end",
)

# The parameters by which callbacks of Keras, MLflow and Weights & Biases are told how often to act,
# and what they keep of them where that is at each epoch: then their batch hooks do nothing.
SET_TO_EPOCHS = {
    "save_freq": ("epoch",),
    "update_freq": ("epoch",),
    "log_freq": ("epoch", None),
    "log_every_n_steps": (None,),
}


def watches_batches(callback: keras.callbacks.Callback) -> bool:
    """Tell whether a Keras callback has something to do more often than at each epoch.

    One with batch hooks does, unless the class that wrote them takes a parameter that says how
    often to act, and it is set to epochs.
    """
    return any(
        _is_overridden(callback, hook) and not _is_idle(callback, hook) for hook in BATCH_HOOKS
    )


def _is_overridden(callback: keras.callbacks.Callback, hook: str) -> bool:
    # A LambdaCallback has its hooks on the instance.
    bound = getattr(callback, hook, None)
    return getattr(bound, "__func__", bound) is not getattr(keras.callbacks.Callback, hook)


def _is_idle(callback: keras.callbacks.Callback, hook: str) -> bool:
    if hook in vars(callback) or may_profile_batches(callback):
        return False
    author = next(each for each in type(callback).__mro__ if hook in vars(each))
    # One who inherits `__init__` may write a hook that asks for no such parameter.
    initializer = vars(author).get("__init__")
    parameters = inspect.signature(initializer).parameters if initializer else {}
    taken = SET_TO_EPOCHS.keys() & parameters
    return bool(taken) and all(
        getattr(callback, name, "unknown") in SET_TO_EPOCHS[name] for name in taken
    )


class BestEpoch(keras.callbacks.Callback):  # type: ignore[misc]
    """Early stopping on the validation accuracy; among equals the lower loss is better.

    After `patience` epochs without a better one the fit stops, and the network has the weights of
    its best epoch.
    """

    def __init__(self, patience: int, network: Network) -> None:
        super().__init__()
        self._patience = patience
        self._network = network
        self._best_rank = (-math.inf, -math.inf)
        self.epoch = 0
        self.best_values: list[Any] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Keep the weights of a better epoch, or stop after too many worse ones."""
        logs = logs or {}
        rank = _rank(logs["val_accuracy"], logs["val_loss"])
        if rank > self._best_rank:
            self._best_rank, self.epoch = rank, epoch + 1
            with averaged_weights(self.model):
                self.best_values = self._network.values()
        elif epoch + 1 - self.epoch >= self._patience:
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Give the network the weights of its best epoch."""
        self._network.assign_values(self.best_values)


def best_epoch(history: dict[str, list[float]]) -> int:
    """Return the epoch, counted from 1, whose weights `BestEpoch` keeps."""
    ranks = list(map(_rank, history["val_accuracy"], history["val_loss"]))
    return ranks.index(max(ranks)) + 1


def _rank(accuracy: float, loss: float) -> tuple[float, float]:
    return float(accuracy), -float(loss)


@contextmanager
def averaged_weights(model: keras.Model) -> Iterator[None]:
    """Give a model the average of its weights, where its optimizer keeps one, for a while."""
    if not getattr(model.optimizer, "inner_optimizer", model.optimizer).use_ema:
        yield
        return
    variables = model.trainable_variables
    values = [value_of(variable) for variable in variables]
    try:
        model.optimizer.finalize_variable_values(variables)
        yield
    finally:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


class AveragedValidation(keras.callbacks.Callback):  # type: ignore[misc]
    """Validates the moving average of the weights, which a fit ends with, and not the last ones."""

    def __init__(self) -> None:
        super().__init__()
        self._while_testing = ExitStack()

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Take the average."""
        self._while_testing.enter_context(averaged_weights(self.model))

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Go on with the last weights."""
        self._while_testing.close()


class RecordedRate(keras.callbacks.Callback):  # type: ignore[misc]
    """Notes the learning rate of each epoch's last update in its logs, and so in the history."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Add the rate."""
        if logs is not None:
            logs["learning_rate"] = _rate_of_last_update(self.model.optimizer)


def _rate_of_last_update(optimizer: keras.optimizers.Optimizer) -> float:
    """Return the rate that a schedule had at the last update; Keras tells that of the next one."""
    # Under float16 Keras wraps the optimizer in one that scales the loss.
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    if internals_available():
        schedule = rate_of(optimizer)
        if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
            # Keras calls the schedule once per batch, and counts updates.
            n_batches = optimizer.iterations * (optimizer.gradient_accumulation_steps or 1)
            return float(schedule(keras.ops.maximum(n_batches - 1, 0)))
    return float(optimizer.learning_rate)


class CompleteHistory(keras.callbacks.History):  # type: ignore[misc]
    """Keras's history with a value for each epoch: NaN where a callback has logged none."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Record the epoch's values."""
        n_earlier = len(self.epoch)
        super().on_epoch_end(epoch, logs)
        for name, values in self.history.items():
            if name not in (logs or {}):
                values.append(math.nan)
            else:
                values[:0] = [math.nan] * (n_earlier + 1 - len(values))


class BetweenBatches(keras.callbacks.Callback):  # type: ignore[misc]
    """Calls a function between batches, where Keras's `fit` may be interrupted without harm."""

    def __init__(self, function: Callable[[], None]) -> None:
        super().__init__()
        self._function = function

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Call it after each update."""
        self._function()

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Call it after each batch of the validation."""
        self._function()
