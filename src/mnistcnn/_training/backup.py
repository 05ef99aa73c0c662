"""Implements Keras's BackupAndRestore: a fit that was killed resumes as if it had not been.

Keras's own keeps the weights and the optimizer, in a file that is damaged where a kill comes while
it is written. Here all that the rest of a fit depends on is kept, and the file is replaced as a
whole.
"""

import warnings
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from shutil import rmtree
from typing import Any

import keras

from mnistcnn._training.compiled_network import CompiledNetwork
from mnistcnn._training.configuration import TrainingConfig
from mnistcnn._training.data import TrainingData
from mnistcnn._training.description import is_defined_by_config, own_parts, text_of_config
from mnistcnn._training.digest import digest_of
from mnistcnn._training.fingerprint import fingerprint
from mnistcnn._training.network import Network, value_of
from mnistcnn._training.plain_values import are_equal, is_plain, read_values, write_values

State = dict[str, Any]

# They change nothing in a training, so that one may be added to the rest of a fit. A class derived
# from one of them may do more.
RECORDERS = (
    keras.callbacks.BackupAndRestore,
    keras.callbacks.CSVLogger,
    keras.callbacks.History,
    keras.callbacks.ModelCheckpoint,
    keras.callbacks.ProgbarLogger,
    keras.callbacks.RemoteMonitor,
    keras.callbacks.TensorBoard,
)
PACKAGES_OF_RECORDERS = {"mlflow", "mnistcnn", "wandb"}

# To write where others remove the folder: how often they could, at most.
MAX_TRIES = 20


def asks_for_backup(callback: keras.callbacks.Callback) -> bool:
    """Tell whether a callback is Keras's BackupAndRestore, set to epochs."""
    return type(callback) is keras.callbacks.BackupAndRestore and callback.save_freq == "epoch"


def with_backup(
    callbacks: list[Any],
    compiled: CompiledNetwork,
    data: tuple[TrainingData, TrainingData | None],
    config: TrainingConfig,
    seed: Sequence[int],
) -> tuple[list[Any], int]:
    """Return the callbacks of a fit and its first epoch, counted from 0.

    Where a callback asks for backups, one that makes them takes its place, and the network goes on
    from the last one.
    """
    asking = next(filter(asks_for_backup, callbacks), None)
    if asking is None:
        return callbacks, 0
    watched = [callback for callback in callbacks if callback is not asking]
    if config.epochs == 1:
        # There is no rest to go on with, as in `partial_fit`.
        return watched, 0
    folder = Path(asking.backup_dir) / f"fit-{_name(compiled, data, config, seed)}"
    backup = EpochBackup(folder, compiled, watched, is_temporary=asking.delete_checkpoint)
    # Called after all others, it knows what they have made of an epoch.
    return [*watched, backup], backup.restore(config.epochs)


def _name(
    compiled: CompiledNetwork,
    data: tuple[TrainingData, TrainingData | None],
    config: TrainingConfig,
    seed: Sequence[int],
) -> str:
    network = compiled.network
    own = _own_code(network), config.optimizer.own_parts, config.augmentation
    acting = [callback for callback in config.callbacks if not _only_records(callback)]
    return fingerprint(
        f"{text_of_config(network.model)} {digest_of((own, acting))}",
        network,
        data,
        config,
        seed,
        # A fit that goes on with what was learned before begins with it.
        map(value_of, network.model.optimizer.variables),
    )


def _own_code(network: Network) -> Any:
    """Return the functions and classes of a network that its config at most names."""
    if is_defined_by_config(network.model):
        return None
    return network.build, own_parts(network.model)


def _only_records(callback: keras.callbacks.Callback) -> bool:
    package = type(callback).__module__.split(".")[0]
    return type(callback) in RECORDERS or package in PACKAGES_OF_RECORDERS


class EpochBackup(keras.callbacks.Callback):  # type: ignore[misc]
    """Keeps after each epoch all that the rest of a fit depends on.

    That is the network and its optimizer, and what callbacks have noted in plain values: those in
    `watched`, which are called before this one. The order of the images follows from the number of
    the epoch. The folder's name tells the fit from all others; one that is temporary is removed
    when the fit has ended.
    """

    def __init__(
        self, folder: Path, compiled: CompiledNetwork, watched: list[Any], *, is_temporary: bool
    ) -> None:
        super().__init__()
        self._path = folder / "state.npz"
        self._compiled = compiled
        self._watched = _by_class(watched)
        self._is_temporary = is_temporary
        self._restored_notes: dict[str, State] = {}
        self._notes_at_begin: dict[str, State] = {}

    def restore(self, epochs: int) -> int:
        """Bring the network to where it was, and return the epoch, counted from 0, to go on with.

        Where a callback had stopped the fit that is the last of its `epochs`.
        """
        if not self._path.exists():
            return self._begin()
        try:
            state = read_values(self._path)
            notes, epoch = state["notes"], epochs if state["stops"] else state["epoch"]
            self._assign(state)
        except FileNotFoundError:
            # An equal fit has ended in this moment.
            return self._begin()
        except Exception as error:  # whatever a damaged file makes of its readers
            warnings.warn(
                f"The backup {self._path} is damaged ({type(error).__name__}: {error}): the fit "
                "starts from its first epoch.",
                stacklevel=2,
            )
            return 0
        self._restored_notes = notes
        return int(epoch)

    def on_train_begin(self, logs: State | None = None) -> None:  # noqa: ARG002
        """Restore the state of the other callbacks, which have just been reset."""
        for name, callback in self._watched.items():
            self._notes_at_begin[name] = deepcopy(_plain_notes(callback))
            vars(callback).update(self._restored_notes.get(name, {}))

    def on_epoch_end(self, epoch: int, logs: State | None = None) -> None:  # noqa: ARG002
        """Replace the file; an equal fit at the same time writes the same."""
        state = {
            "epoch": epoch + 1,
            "stops": bool(self.model.stop_training),
            "notes": {
                name: _changed_notes(callback, self._notes_at_begin[name])
                for name, callback in self._watched.items()
            },
            **self._values(),
        }
        for _ in range(MAX_TRIES):
            # Where an equal fit, or the last one of those that share a folder, has just ended.
            with suppress(FileNotFoundError):
                self._make_folder()
                write_values(self._path, state)
                return
        write_values(self._path, state)

    def on_train_end(self, logs: State | None = None) -> None:  # noqa: ARG002
        """Remove the folder with all that kills have left in it, and an empty `backup_dir`."""
        if self._is_temporary:
            rmtree(self._path.parent, ignore_errors=True)
            with suppress(OSError):
                self._path.parent.parent.rmdir()

    def _begin(self) -> int:
        self._warn_of_others()
        # Told now, rather than after an epoch, if it cannot be.
        self._make_folder()
        return 0

    def _make_folder(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)

    def _values(self) -> State:
        network = self._compiled.network
        optimizer = map(value_of, network.model.optimizer.variables)
        return {"network": network.values(), "optimizer": list(optimizer)}

    def _assign(self, state: State) -> None:
        for name, values in self._values().items():
            if [value.shape for value in state[name]] != [value.shape for value in values]:
                raise ValueError(f"{name} has other shapes")
        network = self._compiled.network
        network.assign_values(state["network"])
        for variable, value in zip(
            network.model.optimizer.variables, state["optimizer"], strict=True
        ):
            variable.assign(value)

    def _warn_of_others(self) -> None:
        backup_dir = self._path.parent.parent
        if any(backup_dir.glob("fit-*/state.npz")):
            warnings.warn(
                f"{backup_dir} holds the backup of another fit, with other data, parameters, "
                "callbacks, functions or random_state: this fit starts from its first epoch.",
                stacklevel=2,
            )


def _by_class(callbacks: list[Any]) -> dict[str, Any]:
    """Return callbacks by the names of their classes, those of one class numbered."""
    counts = Counter[type]()
    named = {}
    for callback in callbacks:
        kind = type(callback)
        counts[kind] += 1
        named[f"{kind.__module__}.{kind.__qualname__} {counts[kind]}"] = callback
    return named


def _plain_notes(callback: keras.callbacks.Callback) -> State:
    return {name: value for name, value in vars(callback).items() if is_plain(value)}


def _changed_notes(callback: keras.callbacks.Callback, at_begin: State) -> State:
    """Return the state of a callback that has changed since the fit began, without settings."""
    return {
        name: value
        for name, value in _plain_notes(callback).items()
        if name not in at_begin or not are_equal(value, at_begin[name])
    }
