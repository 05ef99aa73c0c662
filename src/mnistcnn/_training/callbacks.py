"""Keras callbacks that every fit uses."""

import math
from collections.abc import Callable
from typing import Any

import keras

from mnistcnn.exceptions import NonFiniteLossError

# What Keras calls for each batch, and around the evaluation on validation images.
BATCH_HOOKS = (
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_batch_begin",
    "on_batch_end",
    "on_test_begin",
    "on_test_end",
    "on_test_batch_begin",
    "on_test_batch_end",
)


def watches_batches(callback: keras.callbacks.Callback) -> bool:
    """Tell whether a Keras callback wants to be called more often than at each epoch."""
    return any(_is_overridden(callback, hook) for hook in BATCH_HOOKS)


def _is_overridden(callback: keras.callbacks.Callback, hook: str) -> bool:
    # A LambdaCallback has its hooks on the instance.
    bound = getattr(callback, hook, None)
    return getattr(bound, "__func__", bound) is not getattr(keras.callbacks.Callback, hook)


class FiniteLoss(keras.callbacks.Callback):  # type: ignore[misc]
    """Stops a fit whose loss is no longer a number."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Raise `NonFiniteLossError` if a loss of the epoch is NaN or infinite."""
        for name in ("loss", "val_loss"):
            loss = float((logs or {}).get(name, 0.0))
            if not math.isfinite(loss):
                raise NonFiniteLossError(
                    f"The training became unstable: {name} was {loss} in epoch {epoch + 1}. Try a "
                    "lower learning_rate; the estimator is as it was before."
                )


class BestEpoch(keras.callbacks.Callback):  # type: ignore[misc]
    """Early stopping on the validation accuracy; among equals the lower loss is better.

    Parameters
    ----------
    patience : int
        Epochs without a better one before the fit stops.
    values : callable
        Returns a copy of the network's weights.
    """

    def __init__(self, patience: int, values: Callable[[], list[Any]]) -> None:
        super().__init__()
        self._patience = patience
        self._values = values
        self._best_rank = (-math.inf, -math.inf)
        self.epoch = 0
        self.best_values: list[Any] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Keep the weights of a better epoch, or stop after too many worse ones."""
        logs = logs or {}
        rank = _rank(logs["val_accuracy"], logs["val_loss"])
        if rank > self._best_rank:
            self._best_rank, self.epoch, self.best_values = rank, epoch + 1, self._values()
        elif epoch + 1 - self.epoch >= self._patience:
            self.model.stop_training = True


def best_epoch(history: dict[str, list[float]]) -> int:
    """Return the epoch, counted from 1, whose weights `BestEpoch` keeps."""
    ranks = list(map(_rank, history["val_accuracy"], history["val_loss"]))
    return ranks.index(max(ranks)) + 1


def _rank(accuracy: float, loss: float) -> tuple[float, float]:
    return float(accuracy), -float(loss)


class RecordedRate(keras.callbacks.Callback):  # type: ignore[misc]
    """Notes the learning rate of each epoch in its logs, and so in the history."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Add the rate that the epoch ended with."""
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)


class BetweenBatches(keras.callbacks.Callback):  # type: ignore[misc]
    """Calls a function between batches, where Keras's `fit` may be interrupted without harm.

    Parameters
    ----------
    function : callable
        Called without arguments.
    """

    def __init__(self, function: Callable[[], None]) -> None:
        super().__init__()
        self._function = function

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Call it after each update."""
        self._function()

    def on_test_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Call it after each batch of the validation."""
        self._function()
