"""The runtime under Keras: what must be set before its first use, and where it cannot be used."""

import contextlib
import ctypes
import gc
import multiprocessing
import os
import sys
from functools import cache
from typing import Any

import keras

from mnistcnn._quiet_start import find_devices

# What joblib, dask and ray set in each worker to its share of the cores.
SHARE_OF_CORES = "OMP_NUM_THREADS"

CALLERS_CHOICE = "TF_NUM_INTRAOP_THREADS"


# Threads of these wait for ever in a process that was forked after they had started.
THREADED_BACKENDS = ("tensorflow", "jax")


class _Process:
    """What is known of the process."""

    has_run = False
    is_forked_from_running = False


def check_can_run() -> None:
    """Refuse to compute in a process that was forked after its parent had computed.

    Raises
    ------
    RuntimeError
        Where the computation would wait for ever.
    """
    if _Process.is_forked_from_running:
        raise RuntimeError(
            f"{keras.backend.backend()} cannot be used in a process that was forked after it had "
            "run in the parent: it would wait for ever. Start processes with "
            "multiprocessing.get_context('spawn') or 'forkserver', also as the mp_context of "
            "ProcessPoolExecutor; joblib's 'loky' backend, its default, does so too."
        )


def is_usable() -> bool:
    """Tell whether `check_can_run` passes."""
    return not _Process.is_forked_from_running


def _note_fork() -> None:
    is_threaded = keras.backend.backend() in THREADED_BACKENDS
    if is_threaded and (_Process.has_run or _tensorflow_has_run()):
        _Process.is_forked_from_running = True


def _tensorflow_has_run() -> bool:
    """Tell whether TensorFlow's threads were started, perhaps by others than this library."""
    contexts = sys.modules.get("tensorflow.python.eager.context")
    context = getattr(contexts, "context_safe", lambda: None)()
    return getattr(context, "_context_handle", None) is not None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


def prepare_runtime() -> None:
    """Make sure that networks can be built in this process.

    A worker process uses its share of the cores only, and a GPU's memory grows as needed. What the
    caller has set, or what runs already, stays as it is.

    Raises
    ------
    RuntimeError
        In a process that was forked after its parent had computed.
    """
    check_can_run()
    _set_up()
    _Process.has_run = True


@cache
def _set_up() -> None:
    if keras.backend.backend() != "tensorflow":
        return
    find_devices()
    # TensorFlow refuses to be set up once it runs; then somebody else has set it up.
    with contextlib.suppress(RuntimeError):
        _limit_threads()
    with contextlib.suppress(RuntimeError):
        _let_gpu_memory_grow()


def settings_of_programs() -> tuple[Any, ...]:
    """Return the caller's settings that go into a program when it is traced."""
    keras_settings = keras.config.floatx(), keras.config.epsilon()
    if keras.backend.backend() != "tensorflow":
        return keras_settings
    from tensorflow.python.framework.config import is_op_determinism_enabled

    return *keras_settings, is_op_determinism_enabled()


def _limit_threads() -> None:
    import tensorflow as tf

    share = os.environ.get(SHARE_OF_CORES, "")
    is_worker = multiprocessing.parent_process() is not None
    if CALLERS_CHOICE in os.environ or not (is_worker and share.isdigit()):
        return
    tf.config.threading.set_intra_op_parallelism_threads(int(share))
    tf.config.threading.set_inter_op_parallelism_threads(int(share))


def _let_gpu_memory_grow() -> None:
    import tensorflow as tf

    if "TF_FORCE_GPU_ALLOW_GROWTH" in os.environ:
        return
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)


def give_memory_back() -> None:
    """Release what was computed for networks that are gone, to the system where it takes it."""
    gc.collect()
    if keras.backend.backend() == "tensorflow":
        from tensorflow.python.eager import context

        # The executables of functions whose graphs are gone.
        context.context().clear_kernel_cache()
    with contextlib.suppress(OSError, AttributeError, TypeError):
        # Only glibc has it; others give back by themselves.
        ctypes.CDLL(None).malloc_trim(0)
