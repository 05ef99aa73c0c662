"""What the machine computes fast in."""

from functools import cache
from pathlib import Path

import keras

from mnistcnn._quiet_start import find_devices

CPU_FEATURES = Path("/proc/cpuinfo")

# The instructions that multiply bfloat16 directly; without them it is slower than float32.
BFLOAT16_FEATURES = {"avx512_bf16", "amx_bf16"}

# From this compute capability on (Ampere), NVIDIA's tensor cores take bfloat16.
BFLOAT16_CAPABILITY = (8, 0)


@cache
def fastest_precision() -> str:
    """Return ``"bfloat16"`` where the GPU, or else the CPU, multiplies it directly."""
    fast = {"tensorflow": _tensorflow_is_fast, "jax": _jax_is_fast, "torch": _torch_is_fast}
    return "bfloat16" if fast[keras.backend.backend()]() else "float32"


def _tensorflow_is_fast() -> bool:
    import tensorflow as tf

    find_devices()
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return cpu_has_bfloat16()
    details = tf.config.experimental.get_device_details(gpus[0])
    return bool(tuple(details.get("compute_capability", (0, 0))) >= BFLOAT16_CAPABILITY)


def _jax_is_fast() -> bool:
    import jax

    device = jax.devices()[0]
    if device.platform != "gpu":
        return bool(device.platform == "tpu")
    major, minor = str(getattr(device, "compute_capability", "0.0")).split(".")
    return (int(major), int(minor)) >= BFLOAT16_CAPABILITY


def _torch_is_fast() -> bool:
    import torch

    if not torch.cuda.is_available():
        return False
    return bool(torch.cuda.get_device_capability() >= BFLOAT16_CAPABILITY)


def cpu_has_bfloat16() -> bool:
    """Tell whether the processor says so; only Linux's does."""
    if not CPU_FEATURES.exists():
        return False
    for line in CPU_FEATURES.read_text(encoding="utf8").splitlines():
        if line.startswith("flags"):
            return not BFLOAT16_FEATURES.isdisjoint(line.split())
    return False
