"""What runs the epochs: one compiled program for each, or Keras's own `fit` batch by batch."""

from dataclasses import dataclass
from typing import Any, Protocol

import keras

from mnistcnn._training.callbacks import ClearedGradients, SafeMoments, watches_batches
from mnistcnn._training.feed import (
    Examples,
    FixedPasses,
    GatheredBatches,
    Pass,
    ShuffledPasses,
    Warp,
)
from mnistcnn._training.interrupts import signals_held
from mnistcnn._training.network import Network

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


class Programs(Protocol):
    """The compiled programs of one network, by backend."""

    def on_device(self, examples: Examples) -> list[Any]:
        """Return pixels, targets and weights where the programs read them."""

    def train(self, columns: list[Any], one_pass: Pass, batch_size: int, warp: Warp | None) -> None:
        """Update the network once for each batch of a pass."""

    def test(self, columns: list[Any], one_pass: Pass, batch_size: int) -> None:
        """Update the network's metrics only."""


@signals_held()
def build_metrics(model: keras.Model, examples: Examples) -> None:
    """Let Keras make its metrics' variables, which it does when it first sees data.

    Under PyTorch it runs the layers for that, dropout too, so no seed may be set before.
    """
    row = examples.rows[:1]
    pixels, *others = (column[row] for column in examples.columns())
    model._symbolic_build(data_batch=(pixels.reshape(-1, *examples.image_shape), *others))


def run_epochs(run: Run) -> History:
    """Train and return Keras's history.

    Keras's `fit` feeds every batch from Python. Where no callback asks for that, an epoch is one
    call into a compiled program that gathers the batches itself; what it does with each is Keras's
    own step all the same.
    """
    compiled = {"tensorflow": _tensorflow_programs, "jax": _jax_programs}
    backend = keras.backend.backend()
    if backend not in compiled or any(map(watches_batches, run.callbacks)):
        return _run_keras_fit(run)
    return _run_compiled_epochs(run, compiled[backend](run.network))


def _tensorflow_programs(network: Network) -> Programs:
    from mnistcnn._training.tensorflow_programs import TensorFlowPrograms

    programs: Programs = network.programs_of(TensorFlowPrograms)
    return programs


def _jax_programs(network: Network) -> Programs:
    from mnistcnn._training.jax_programs import JaxPrograms

    programs: Programs = network.programs_of(JaxPrograms)
    return programs


def _run_keras_fit(run: Run) -> History:
    validation = run.validation and GatheredBatches(
        run.validation, VALIDATION_BATCH, FixedPasses(run.validation.rows), None
    )
    cleared = [ClearedGradients()] if keras.backend.backend() == "torch" else []
    with signals_held() as held:
        history: History = run.network.model.fit(
            GatheredBatches(run.training, run.batch_size, run.passes, run.warp),
            validation_data=validation,
            epochs=run.epochs,
            callbacks=[SafeMoments(held.deliver), *run.callbacks, *cleared],
            verbose=run.verbose,
            shuffle=False,
        ).history
    return history


def _run_compiled_epochs(run: Run, programs: Programs) -> History:
    model = run.network.model
    training = programs.on_device(run.training)
    validation = None if run.validation is None else programs.on_device(run.validation)
    callbacks = _callback_list(run)
    model.stop_training = False
    logs: dict[str, Any] = {}
    callbacks.on_train_begin()
    for epoch in range(run.epochs):
        callbacks.on_epoch_begin(epoch)
        logs = _epoch_logs(run, programs, training, validation)
        callbacks.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    callbacks.on_train_end(logs)
    history: History = model.history.history
    return history


@signals_held()
def _epoch_logs(
    run: Run, programs: Programs, training: list[Any], validation: list[Any] | None
) -> dict[str, Any]:
    model = run.network.model
    model.reset_metrics()
    programs.train(training, run.passes.current(), run.batch_size, run.warp)
    logs = dict(model.get_metrics_result())
    if run.validation is not None and validation is not None:
        model.reset_metrics()
        programs.test(validation, Pass(run.validation.rows), VALIDATION_BATCH)
        logs.update({f"val_{name}": value for name, value in model.get_metrics_result().items()})
    return logs


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
