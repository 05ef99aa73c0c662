"""Stops a fit that has become unstable: its loss, scores and weights must stay finite."""

import math
from typing import Any

import keras
import numpy as np

from mnistcnn._training.data import TrainingData
from mnistcnn._training.network import Network, value_of
from mnistcnn.exceptions import NonFiniteLossError


class FiniteLoss(keras.callbacks.Callback):  # type: ignore[misc]
    """Stops a fit whose loss is no longer a number."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Raise `NonFiniteLossError` if a loss of the epoch is NaN or infinite."""
        for name in ("loss", "val_loss"):
            loss = float((logs or {}).get(name, 0.0))
            if not math.isfinite(loss):
                raise NonFiniteLossError(
                    f"The training became unstable: {name} was {loss} in epoch {epoch + 1}. Try a "
                    "lower learning_rate; the estimator is unchanged."
                )


def check_scores(network: Network, training: TrainingData) -> None:
    """Check that the scores after the last update, which no loss includes, are finite."""
    if not np.isfinite(network.inference.scores(training.pixels[training.indices[:2]])).all():
        raise NonFiniteLossError(
            "The training became unstable: the last update left scores that are NaN or infinite. "
            "Try a lower learning_rate; the estimator is unchanged."
        )


def check_weights(network: Network) -> None:
    """Check that all weights are finite: ReLU turns NaN into 0, so that the loss stays finite."""
    trained = network.model.trainable_variables
    if not all(np.isfinite(value_of(variable)).all() for variable in trained):
        raise NonFiniteLossError(
            "The training became unstable: it left weights that are NaN or infinite. Try a lower "
            "learning_rate, or another optimizer; the estimator is unchanged."
        )
