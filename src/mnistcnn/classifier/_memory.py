"""Caches fits in a folder through joblib, and loads them instead of training again."""

import os
import warnings
from collections.abc import Callable
from dataclasses import replace
from numbers import Integral
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict

import joblib
import keras
from numpy.typing import NDArray

from mnistcnn._scikit_learn import only_shows_progress
from mnistcnn._training.compiled_network import CompiledNetwork
from mnistcnn._training.configuration import TrainingConfig
from mnistcnn._training.data import TrainingData
from mnistcnn._training.description import describe
from mnistcnn._training.fingerprint import fingerprint
from mnistcnn._training.keras_internals import is_fit_patched
from mnistcnn._training.network import Network
from mnistcnn._training.pool import POOL
from mnistcnn._training.storage import detached_callbacks
from mnistcnn._training.training import History
from mnistcnn._types import Memory
from mnistcnn.augmentation import Augmentation
from mnistcnn.classifier._fitted import Fitted
from mnistcnn.preprocessing import TrainingPixels, callers_level

if TYPE_CHECKING:
    from joblib.memory import MemorizedFunc, NotMemorizedFunc

    from mnistcnn.classifier._estimator import DigitCNNClassifier

# They act on the fit alone, and what they do follows from how they were made.
CALLBACKS_WITHOUT_EFFECTS = (
    keras.callbacks.EarlyStopping,
    keras.callbacks.ReduceLROnPlateau,
    keras.callbacks.TerminateOnNaN,
)

OWN_CODE = "a function or class of your own may have changed since, which cannot be detected"


class Outcome(TypedDict):
    """The result of training, as plain data that joblib stores."""

    values: list[NDArray[Any]]
    optimizer: list[NDArray[Any]]
    history: History
    callbacks: list[keras.callbacks.Callback]


# joblib's function that keeps outcomes; one of a memory without a folder keeps none.
Store: TypeAlias = "MemorizedFunc | NotMemorizedFunc"


class _NotKeptError(Exception):
    """The memory does not hold a fit."""


def _outcome(fingerprint: str, train: Callable[[], Outcome]) -> Outcome:  # noqa: ARG001
    """Return the result of training; joblib caches it by the fingerprint."""
    return train()


class FitMemory:
    """The place of one fit in the estimator's `memory`.

    `kept` is joblib's function that keeps outcomes, None keeps none; `fingerprint` covers all
    that the outcome of the fit depends on.
    """

    def __init__(self, kept: "Store | None", fingerprint: str = "") -> None:
        self._kept = kept
        self._fingerprint = fingerprint

    def read_back(
        self,
        training: TrainingData,
        network: Network,
        pixels: TrainingPixels,
        config: TrainingConfig,
    ) -> Fitted | None:
        """Return the result of an equal fit, in this network; None if there is none."""
        outcome = self._outcome_for(network)
        if outcome is None:
            return None
        network.assign_values(outcome["values"])
        borrowed = POOL.unpooled(CompiledNetwork(network, outcome["optimizer"]))
        return replace(
            Fitted.untrained(training, borrowed, pixels, config),
            history=outcome["history"],
            callbacks=outcome["callbacks"],
            from_memory=True,
        )

    def keep(self, fitted: Fitted) -> Fitted:
        """Cache the result of training, and return it."""
        if self._kept is None:
            return fitted
        outcome = {
            "values": fitted.network.values(),
            "optimizer": fitted.borrowed.compiled.optimizer_state(),
            "history": fitted.history,
            "callbacks": detached_callbacks(fitted.callbacks),
        }
        try:
            _check_is_writable(self._kept)
            self._kept.call(self._fingerprint, lambda: outcome)
        except OSError as error:
            _warn(f"cannot be written to ({error}), so this fit is not cached")
        return fitted

    def _outcome_for(self, network: Network) -> Outcome | None:
        if self._kept is None:
            return None
        try:
            outcome: Outcome = self._kept.call_and_shelve(self._fingerprint, _refuse).get()
            network.check_values(outcome["values"])
        except _NotKeptError:
            return None
        except OSError as error:
            _warn(f"cannot be used ({error}), so this fit is not cached")
            self._kept = None
            return None
        except Exception as error:  # a damaged file raises whatever its bytes ask for
            _warn(f"holds a damaged fit ({error!r}), which is trained again and replaced")
            return None
        return outcome


def memory_of_fit(
    estimator: "DigitCNNClassifier",
    network: Network,
    training: TrainingData,
    validation: TrainingData | None,
    config: TrainingConfig,
    seed: list[int],
) -> FitMemory:
    """Return the cache of a fit: none, unless comparable inputs determine its outcome."""
    kept = _opened(estimator.memory)
    if kept is None:
        return FitMemory(None)
    program = describe(network.model)
    obstacle = OWN_CODE if program is None else _obstacle(estimator, config)
    if obstacle is not None:
        if estimator.verbose:
            print(f"This fit is trained, without looking in memory: {obstacle}.")
        return FitMemory(None)
    name = fingerprint(program, network, (training, validation), config, seed)
    return FitMemory(kept, f"{name} {joblib.hash(detached_callbacks(config.callbacks))}")


def _opened(memory: Memory) -> "Store | None":
    """Return joblib's store of outcomes in a memory; None where there is none, or of no use."""
    if memory is None:
        return None
    try:
        store: Any = memory
        if isinstance(memory, str | os.PathLike):
            store = joblib.Memory(os.fspath(memory), verbose=0)
        return store.cache(_outcome, ignore=["train"], verbose=0)
    except OSError as error:
        _warn(f"cannot be used as a folder ({error}), so no fit is cached")
        return None


def _check_is_writable(store: "Store") -> None:
    """Raise the error of writing, where joblib would guess at a race between processes."""
    folder = getattr(getattr(store, "store_backend", None), "location", None)
    if isinstance(folder, str) and os.path.isdir(folder):
        with TemporaryFile(dir=folder) as probe:
            probe.write(b"0")
            probe.flush()


def _obstacle(estimator: "DigitCNNClassifier", config: TrainingConfig) -> str | None:
    """Tell why comparable inputs do not determine the outcome of a fit, if they do not."""
    if not isinstance(estimator.random_state, Integral):
        return f"random_state is not an integer, but {estimator.random_state!r}"
    for callback in config.callbacks:
        if type(callback) not in CALLBACKS_WITHOUT_EFFECTS:
            return f"the callback {type(callback).__name__} may do more than train"
    if is_fit_patched():
        return "a patch of Keras's fit, such as that of mlflow.autolog, needs to see it"
    if not only_shows_progress(estimator):
        return "a scikit-learn callback needs to see each epoch"
    own = (config.optimizer.name_or_template, config.augmentation or Augmentation())
    are_known = all(
        type(each).__module__.split(".")[0] in ("builtins", "keras", "mnistcnn") for each in own
    )
    if not (are_known and config.optimizer.is_defined_by_config):
        return OWN_CODE
    return None


def _refuse() -> Outcome:
    raise _NotKeptError


def _warn(what: str) -> None:
    warnings.warn(f"memory {what}.", RuntimeWarning, stacklevel=callers_level())
