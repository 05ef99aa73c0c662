"""The environment of a measurement: versions, devices and the processor."""

import platform
from importlib.metadata import PackageNotFoundError, version

from joblib import cpu_count

import mnistcnn

_PACKAGES = ("tensorflow", "jax", "torch", "keras", "scikit-learn", "numpy", "pandas")


def describe_environment() -> dict[str, object]:
    """Return the facts needed to repeat a measurement, as plain values.

    `devices` are the names of the accelerators that the backend sees, or "CPU". `logical_cores` are
    those that this process may use, in a container or under a batch system too.
    """
    found = mnistcnn.devices()
    *accelerators, processor = (device["name"] for device in found.devices)
    return {
        "versions": {"python": platform.python_version(), "mnistcnn": mnistcnn.__version__}
        | _installed_versions(),
        "backend": found.backend,
        "devices": accelerators or ["CPU"],
        "processor": processor,
        "logical_cores": cpu_count(),
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
