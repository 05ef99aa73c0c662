"""Where a measurement was made: versions, devices and the processor."""

import os
import platform
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
        `versions` (dict of str), `backend` (of Keras), `devices` (those the backend computes on),
        `processor`, `logical_cores` and `platform`.
    """
    return {
        "versions": {"python": platform.python_version(), "mnistcnn": mnistcnn.__version__}
        | _installed_versions(),
        "backend": keras.config.backend(),
        "devices": [str(device) for device in keras.distribution.list_devices()],
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


def _processor() -> str:
    # On Linux `platform.processor` knows the instruction set at most.
    cpu_information = Path("/proc/cpuinfo")
    if cpu_information.exists():
        for line in cpu_information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
