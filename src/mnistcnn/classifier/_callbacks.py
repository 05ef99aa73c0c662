"""The user's Keras callbacks, which each fit copies, or makes by calling a factory."""

import inspect
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from copy import copy
from types import MethodType
from typing import Any, TypeAlias, TypeGuard

import keras
import numpy as np

from mnistcnn._training.backup import asks_for_backup
from mnistcnn._training.optimization import OptimizerConfig
from mnistcnn._types import RandomState
from mnistcnn.classifier._types import Callbacks

# What a callback keeps its own notes in; any other object is the caller's, such as a trial.
MutableContainer: TypeAlias = list[Any] | dict[Any, Any] | deque[Any]
NOTEBOOKS = (list, dict, deque, OrderedDict, defaultdict)

RATE_SETTERS = (keras.callbacks.ReduceLROnPlateau, keras.callbacks.LearningRateScheduler)


def callbacks_for_fit(
    callbacks: Callbacks, optimizer: OptimizerConfig, random_state: RandomState
) -> list[Any]:
    """Return copies of the callbacks for one fit; the caller's own stay as they are.

    Raises TypeError for anything that is neither a Keras callback nor a factory of one, and
    ValueError for a callback that sets the learning rate although a schedule does, and for backups
    from which no fit could resume.
    """
    trained: list[Any] = copied_callbacks(list(_made(callbacks)))
    for callback in trained:
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(
                "callbacks must be a keras.callbacks.Callback, a function without arguments that "
                "makes one, or a list of them (pass scikit-learn's to set_callbacks), got "
                f"{callback!r}."
            )
        if isinstance(callback, RATE_SETTERS) and optimizer.follows_schedule:
            raise ValueError(rate_conflict(type(callback).__name__, optimizer))
    _check_backups(list(filter(asks_for_backup, trained)), random_state)
    return trained


def _check_backups(asking: list[Any], random_state: RandomState) -> None:
    if len(asking) > 1:
        raise ValueError(f"callbacks must hold at most one BackupAndRestore, got {len(asking)}.")
    for callback in asking:
        if "://" in str(callback.backup_dir):
            raise ValueError(
                "callbacks must hold a BackupAndRestore whose backup_dir is a local folder, got "
                f"{callback.backup_dir!r}."
            )
        if random_state is None:
            raise ValueError(
                "random_state must be an int or a RandomState instance if callbacks hold a "
                "BackupAndRestore, because a fit finds its backup by its seed and resumes with it, "
                "got None."
            )


def check_averages(
    callbacks: list[Any], optimizer: OptimizerConfig, *, early_stopping: bool
) -> None:
    """Refuse callbacks with which the fitted network would differ from the validated one.

    Raises
    ------
    ValueError
        If a callback swaps weights and averages during early stopping, or restores the weights of
        an epoch whose average was validated.
    """
    swaps = any(isinstance(each, keras.callbacks.SwapEMAWeights) for each in callbacks)
    if optimizer.takes_average and not swaps and any(map(_restores_weights, callbacks)):
        raise ValueError(
            "callbacks must hold no EarlyStopping with restore_best_weights=True if the weights "
            "are averaged: it would restore the weights of an epoch, but their average was "
            "validated. Use early_stopping=True, which keeps the best average."
        )
    if early_stopping and swaps:
        raise ValueError(
            "callbacks must hold no SwapEMAWeights with early_stopping=True, which itself "
            "validates and keeps the averaged weights."
        )


def _restores_weights(callback: keras.callbacks.Callback) -> bool:
    return isinstance(callback, keras.callbacks.EarlyStopping) and bool(
        callback.restore_best_weights
    )


def rate_conflict(culprit: str, optimizer: OptimizerConfig) -> str:
    """Return the message for a callback that sets the rate under a schedule."""
    return (
        f"callbacks must leave the learning rate alone while lr_schedule="
        f"{optimizer.schedule.name!r} sets it at each update, got {culprit}. Use "
        "lr_schedule='constant' with it, or lr_schedule='plateau' in its place."
    )


def copied_callbacks(callbacks: Callbacks) -> Any:
    """Return copies of callbacks that share the objects they refer to, but no notes of their own.

    Callbacks within a callback, or in several places, are copied once. A copy of a trial or a
    logger would keep what is reported to it from the caller.
    """
    return _copied(callbacks, {})


def _made(callbacks: Callbacks) -> Iterator[Any]:
    """Give each callback, with what the factories among them make in their place."""
    for entry in callbacks if isinstance(callbacks, list | tuple) else [callbacks]:
        if isinstance(entry, keras.callbacks.Callback) or not callable(entry):
            yield from [] if entry is None else [entry]
        else:
            yield from _made(_of_factory(entry))


def _of_factory(factory: Callable[..., Any]) -> Any:
    try:
        inspect.signature(factory).bind()
    except TypeError as error:
        raise TypeError(
            "callbacks must hold functions that can be called without arguments, each to make a "
            f"keras.callbacks.Callback or a list of them for one fit, got {factory!r}: {error}."
        ) from error
    return factory()


def _copied(value: object, copies: dict[int, Any]) -> Any:
    if id(value) in copies:
        return copies[id(value)]
    if isinstance(value, keras.callbacks.Callback):
        return _copied_callback(value, copies)
    if _is_mutable_container(value):
        return _copied_container(value, copies)
    if type(value) is tuple:
        return tuple([_copied(each, copies) for each in value])
    if isinstance(value, set | bytearray | np.ndarray):
        return copy(value)
    if isinstance(value, MethodType):
        return MethodType(value.__func__, _copied(value.__self__, copies))
    return value


def _is_mutable_container(value: object) -> TypeGuard[MutableContainer]:
    return type(value) in NOTEBOOKS


def _copied_callback(callback: keras.callbacks.Callback, copies: dict[int, Any]) -> Any:
    try:
        copied = copies[id(callback)] = copy(callback)
    except Exception:  # whatever the user's own class raises
        return callback
    for name, value in vars(callback).items():
        vars(copied)[name] = _copied(value, copies)
    return copied


def _copied_container(container: MutableContainer, copies: dict[int, Any]) -> Any:
    copied = copies[id(container)] = copy(container)
    for place in container if isinstance(container, dict) else range(len(container)):
        copied[place] = _copied(container[place], copies)
    return copied
