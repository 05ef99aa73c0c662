"""The runtime under Keras: the setup before its first use, and checks that it can be used."""

import contextlib
import ctypes
import gc
import os
from functools import cache
from typing import Any

import keras

from mnistcnn._training import backends
from mnistcnn._training.shared_gpu import warn_where_a_gpu_is_shared


class _Process:
    """The state of the process."""

    has_run = False
    is_forked_from_running = False


def check_can_run() -> None:
    """Refuse to compute where it would hang or fail.

    That is in a process that was forked after its parent had computed, and inside a graph.
    """
    if _Process.is_forked_from_running:
        raise RuntimeError(
            f"{backends.name()} cannot be used in a process that was forked after it had "
            "run in the parent: it would hang. Start processes with "
            "multiprocessing.get_context('spawn') or 'forkserver', also as the mp_context of "
            "ProcessPoolExecutor; joblib's default backend, 'loky', already does so."
        )
    if backends.current().is_tracing():
        raise RuntimeError(
            "Classifiers must be fitted and called outside tf.function, the map of a tf.data "
            "pipeline and other graphs of TensorFlow, since they compute on arrays. Call model_, "
            "a keras.Model, inside a graph."
        )


def is_usable() -> bool:
    """Tell whether `check_can_run` can pass in this process."""
    return not _Process.is_forked_from_running


def _note_fork() -> None:
    backend = backends.current()
    if backend.starts_threads and (_Process.has_run or backend.has_started()):
        _Process.is_forked_from_running = True


# Loaded now, as nothing may be imported in a process that was just forked.
backends.current()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


def prepare_runtime() -> None:
    """Make sure that networks can be built in this process, which `check_can_run` may refuse.

    A worker process uses its share of the cores only, and a GPU's memory grows as needed. What the
    caller has set, or what runs already, stays as it is.
    """
    check_can_run()
    _set_up()
    warn_where_a_gpu_is_shared()
    _Process.has_run = True


@cache
def _set_up() -> None:
    backends.current().prepare()


@cache
def fastest_precision() -> str:
    """Return ``"bfloat16"`` where the device multiplies it directly."""
    return "bfloat16" if backends.current().bfloat16_support().is_fast else "float32"


def settings_of_programs() -> tuple[Any, ...]:
    """Return the caller's settings that go into a program when it is traced."""
    return keras.config.floatx(), keras.config.epsilon(), *backends.current().settings_of_programs()


def give_memory_back() -> None:
    """Release what was computed for networks that are gone, to the system where it takes it."""
    gc.collect()
    backends.current().give_memory_back()
    with contextlib.suppress(OSError, AttributeError, TypeError):
        # Only glibc has it; others give back by themselves.
        ctypes.CDLL(None).malloc_trim(0)
