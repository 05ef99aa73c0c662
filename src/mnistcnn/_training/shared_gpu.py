"""Warns of fits that share one GPU: none is faster, and they compete for its memory."""

import multiprocessing
import os
import socket
import sys
import threading
import warnings
from functools import cache

from joblib.parallel import get_active_backend

from mnistcnn._training import backends
from mnistcnn.exceptions import SharedGPUWarning

_first_to_warn = threading.Lock()


def warn_where_a_gpu_is_shared() -> None:
    """Warn once where this fit runs beside others on one GPU, as with ``n_jobs=2``."""
    if _has_gpu() and _runs_beside_others():
        _warn()


@cache
def _has_gpu() -> bool:
    return bool(backends.current().accelerators())


def _runs_beside_others() -> bool:
    is_worker = multiprocessing.parent_process() is not None
    is_in_parallel = (get_active_backend()[0].nesting_level or 0) > 0
    is_thread = threading.current_thread() is not threading.main_thread()
    if is_in_parallel and is_thread and not is_worker:
        # One of joblib's threads, which have one GPU between them.
        return True
    # A worker process may have a GPU to itself; ray's is no child of a Python process.
    return (is_worker or is_in_parallel) and not claim(f"GPU {_gpu_that_computes()}")


def _gpu_that_computes() -> str:
    return os.environ.get("CUDA_VISIBLE_DEVICES", "0").partition(",")[0]


def _warn() -> None:
    is_worker = multiprocessing.parent_process() is not None
    # Of the threads that come here at the same time only one gets the lock, which none gives back.
    if not _first_to_warn.acquire(blocking=False):
        return
    if claim(f"warning of {os.getppid() if is_worker else os.getpid()}"):
        warnings.warn(
            SharedGPUWarning(
                "Several fits share one GPU: this makes none of them faster, and they compete for "
                "its memory. Use n_jobs=1, or as many workers as there are GPUs, each with a "
                "different one in its CUDA_VISIBLE_DEVICES, as dask-cuda sets it."
            ),
            stacklevel=2,
        )


@cache
def claim(name: str) -> socket.socket | None:
    """Take a name that one process of a user can have at a time; None where another has it.

    It is free again when the process ends, however it ends. Where the system has no such names,
    every process gets what it asks for.
    """
    claimed = socket.socket(socket.AF_UNIX if sys.platform == "linux" else socket.AF_INET)
    if sys.platform == "linux":
        try:
            # A name that begins with a zero is no file.
            claimed.bind(f"\0mnistcnn {os.getuid()} {name}")
        except OSError:
            claimed.close()
            return None
    return claimed
