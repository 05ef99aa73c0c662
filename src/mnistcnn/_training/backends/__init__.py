"""The differences between TensorFlow, JAX and PyTorch: one module each, behind one protocol."""

from functools import cache
from importlib import import_module

import keras

from mnistcnn._training.backends.base import Backend as Backend
from mnistcnn._training.backends.base import EpochPrograms as EpochPrograms
from mnistcnn._training.backends.tensorflow_on_cpu import keep_tensorflow_on_cpu

NAMES = ("tensorflow", "jax", "torch")


def name() -> str:
    """Return the name of the backend that Keras runs on."""
    return str(keras.backend.backend())


@cache
def current() -> Backend:
    """Return the object for Keras's backend; from then on, the GPUs belong to that backend.

    Another one, such as OpenVINO, which does not train, is refused.
    """
    if name() not in NAMES:
        raise RuntimeError(
            f"The backend of Keras must be one of {', '.join(NAMES)}, got {name()}; set "
            "KERAS_BACKEND before Keras is imported."
        )
    if name() != "tensorflow":
        keep_tensorflow_on_cpu()
    backend: Backend = import_module(f"{__name__}.{name()}").BACKEND
    return backend
