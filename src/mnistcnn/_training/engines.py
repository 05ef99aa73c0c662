"""What runs the epochs: Keras's own `fit` over a tuned feed, or on JAX one program an epoch."""

from dataclasses import dataclass
from typing import Any

import keras

from mnistcnn._training.callbacks import watches_batches
from mnistcnn._training.feed import Examples, FixedPasses, ShuffledPasses, Warp, epoch_feed
from mnistcnn._training.network import Network

# The program that runs one epoch ends with the data, so this is only an upper bound: any constant
# above the longest epoch will do, and a constant lets one program serve epochs of every length.
WHOLE_EPOCH = 2**30

VALIDATION_BATCH = 512

History = dict[str, list[Any]]


@dataclass(frozen=True, eq=False)
class Run:
    """All that an engine is given for one fit.

    Parameters
    ----------
    network : Network
        Compiled.
    training : Examples
        The pictures to train on.
    validation : Examples or None
        The pictures to look at after each epoch.
    passes : ShuffledPasses
        The order of each epoch; also a callback, which comes first among `callbacks`.
    warp : callable or None
        Changes a batch of training pictures.
    epochs : int
        Passes over the training pictures, at most.
    batch_size : int
        Pictures an update.
    callbacks : list of keras.callbacks.Callback
        Called at each epoch, or at each batch where one wants that.
    verbose : int
        Keras's.
    """

    network: Network
    training: Examples
    validation: Examples | None
    passes: ShuffledPasses
    warp: Warp | None
    epochs: int
    batch_size: int
    callbacks: list[Any]
    verbose: int

    def validation_feed(self) -> Any:
        """Return what Keras's `evaluate` takes, or None."""
        if self.validation is None:
            return None
        return epoch_feed(
            self.validation, VALIDATION_BATCH, FixedPasses(self.validation.rows), None
        )


def run_epochs(run: Run) -> History:
    """Train and return Keras's history, with the engine of this backend."""
    whole_epochs = steps_per_execution(run.callbacks) != 1
    if whole_epochs and keras.backend.backend() == "jax":
        from mnistcnn._training.jax_engine import run_compiled_epochs

        return run_compiled_epochs(run)
    return _run_keras_fit(run)


def steps_per_execution(callbacks: list[Any]) -> int:
    """Return how many batches one call runs: all, unless a callback wants to see each."""
    if keras.backend.backend() == "torch" or any(map(watches_batches, callbacks)):
        return 1
    return WHOLE_EPOCH


def _run_keras_fit(run: Run) -> History:
    history: History = run.network.model.fit(
        epoch_feed(run.training, run.batch_size, run.passes, run.warp),
        validation_data=run.validation_feed(),
        epochs=run.epochs,
        callbacks=run.callbacks,
        verbose=run.verbose,
        shuffle=False,
    ).history
    return history
