"""Starts Keras, and TensorFlow with its fastest kernels."""

import os
import platform
import sys
from functools import cache

from mnistcnn._cpu import is_onednn_tensorflows_own_choice
from mnistcnn._quiet_start import start_up_silenced

ONEDNN = "TF_ENABLE_ONEDNN_OPTS"
WITH_ONEDNN = {"x86_64", "amd64"}


def load_keras() -> None:
    """Import Keras, and with it TensorFlow where that is the backend."""
    take_onednn()
    if "keras" not in sys.modules:
        with start_up_silenced():
            import keras  # noqa: F401


def take_onednn() -> None:
    """Let TensorFlow compute with oneDNN, unless the user has configured it.

    By itself it does so where the processor has AVX512-VNNI or more. With AVX2 alone convolutions
    are faster, too, and the same image gets the same bits in batches of different sizes.

    Where TensorFlow was imported before, it has chosen already. Then worker processes are given
    the same choice, for with another one they would compute other last bits.
    """
    if platform.machine().lower() not in WITH_ONEDNN:
        return
    chosen_before = "tensorflow" in sys.modules and not is_onednn_tensorflows_own_choice()
    os.environ.setdefault(ONEDNN, "0" if chosen_before else "1")


def is_onednn_on() -> bool:
    """Tell whether TensorFlow, once it is loaded, computes with oneDNN where it has it."""
    return os.environ.get(ONEDNN, "1").lower() not in {"0", "false"}


@cache
def find_devices() -> None:
    """Let TensorFlow, where it is loaded, look for GPUs; it logs an error where there are none."""
    if "tensorflow" in sys.modules:
        import tensorflow as tf

        with start_up_silenced():
            tf.config.list_physical_devices()
