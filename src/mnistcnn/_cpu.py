"""The processor's name and fast number formats, and the memory of the machine."""

import os
import platform
from pathlib import Path

CPU_FEATURES = Path("/proc/cpuinfo")

# The instructions that multiply bfloat16 directly; without them it is slower than float32.
BFLOAT16_FEATURES = {"avx512_bf16", "amx_bf16"}

# With any of these TensorFlow computes with oneDNN where nobody has decided on it (`port.cc`).
ONEDNN_FEATURES = {
    "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_tile", "amx_int8", "amx_bf16",
}  # fmt: skip


def bfloat16_instructions() -> list[str]:
    """Return those of the instructions that the processor has; known on Linux only."""
    return sorted(BFLOAT16_FEATURES.intersection(_described_as("flags").split()))


def has_avx512() -> bool:
    """Tell whether the processor has AVX-512; where the system does not tell, it is taken to."""
    features = _described_as("flags").split()
    return not features or "avx512f" in features


def is_onednn_tensorflows_own_choice() -> bool:
    """Tell whether TensorFlow by itself computes with oneDNN on this processor.

    Where the system does not tell what it has, as on Windows, TensorFlow is taken to.
    """
    features = _described_as("flags").split()
    return not features or not ONEDNN_FEATURES.isdisjoint(features)


def processor_name() -> str:
    """Return the name of the processor."""
    # On Linux `platform.processor` knows the instruction set at most.
    return _described_as("model name") or platform.processor() or platform.machine()


def memory_of_machine() -> int | None:
    """Return the bytes of memory that the machine has; None where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows has no such function
        return None


def _described_as(field: str) -> str:
    if not CPU_FEATURES.exists():
        return ""
    for line in CPU_FEATURES.read_text(encoding="utf8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == field:
            return value.strip()
    return ""
