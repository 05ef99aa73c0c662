"""Where a measurement was made: versions, devices and the processor."""

import os
import platform
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import keras

import mnistcnn

_PACKAGES = ("tensorflow", "jax", "torch", "keras", "scikit-learn", "numpy", "pandas")


def describe_environment() -> dict[str, object]:
    """Return what a reader needs to know to repeat a measurement, as plain values.

    Returns
    -------
    dict
        `versions` (dict of str), `backend` (of Keras), `devices` (the names of the accelerators
        that the backend sees, or "CPU"), `processor`, `logical_cores` and `platform`.
    """
    return {
        "versions": {"python": platform.python_version(), "mnistcnn": mnistcnn.__version__}
        | _installed_versions(),
        "backend": keras.config.backend(),
        "devices": _devices(),
        "processor": _processor(),
        "logical_cores": os.cpu_count(),
        "platform": platform.platform(),
    }


def _installed_versions() -> dict[str, str]:
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


def _devices() -> list[str]:
    backend = keras.config.backend()
    accelerators = _ACCELERATORS[backend]() if backend in _ACCELERATORS else []
    return accelerators or ["CPU"]


def _tensorflow_accelerators() -> list[str]:
    configuration = import_module("tensorflow").config
    details = configuration.experimental.get_device_details
    devices = configuration.list_physical_devices("GPU")
    return [str(details(device).get("device_name", device.name)) for device in devices]


def _jax_accelerators() -> list[str]:
    devices = import_module("jax").devices()
    return [device.device_kind for device in devices if device.platform != "cpu"]


def _torch_accelerators() -> list[str]:
    cuda = import_module("torch").cuda
    return [cuda.get_device_name(index) for index in range(cuda.device_count())]


_ACCELERATORS: dict[str, Callable[[], list[str]]] = {
    "tensorflow": _tensorflow_accelerators,
    "jax": _jax_accelerators,
    "torch": _torch_accelerators,
}


def _processor() -> str:
    # On Linux `platform.processor` knows the instruction set at most.
    cpu_information = Path("/proc/cpuinfo")
    if cpu_information.exists():
        for line in cpu_information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
