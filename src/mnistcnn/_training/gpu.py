"""Queries the NVIDIA driver for the memory of GPUs, without taking any of it."""

import subprocess

QUERY = ("nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits")


def gpu_memory() -> dict[str, int]:
    """Return the bytes of memory of each kind of GPU, by its name; nothing without a driver."""
    try:
        answer = subprocess.run(QUERY, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return {}
    rows = (line.rpartition(", ") for line in answer.stdout.splitlines())
    return {name: int(size) * 2**20 for name, _, size in rows if size.isdigit()}
