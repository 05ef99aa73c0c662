"""Settings of TensorFlow's runtime that must be made before its first use in a process."""

import contextlib
import multiprocessing
import os
from functools import cache

import keras

from mnistcnn._quiet_start import find_devices

# What joblib, dask and ray set in each worker to its share of the cores.
SHARE_OF_CORES = "OMP_NUM_THREADS"

CALLERS_CHOICE = "TF_NUM_INTRAOP_THREADS"


@cache
def prepare_runtime() -> None:
    """Let a worker process use its share of the cores only, and a GPU's memory grow as needed.

    What the caller has set, or what runs already, stays as it is.
    """
    if keras.backend.backend() != "tensorflow":
        return
    find_devices()
    # TensorFlow refuses to be set up once it runs; then somebody else has set it up.
    with contextlib.suppress(RuntimeError):
        _limit_threads()
    with contextlib.suppress(RuntimeError):
        _let_gpu_memory_grow()


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
