"""What the processor computes fast in."""

from pathlib import Path

CPU_FEATURES = Path("/proc/cpuinfo")

# The instructions that multiply bfloat16 directly; without them it is slower than float32.
BFLOAT16_FEATURES = {"avx512_bf16", "amx_bf16"}


def cpu_has_bfloat16() -> bool:
    """Tell whether the processor says so; only Linux's does."""
    if not CPU_FEATURES.exists():
        return False
    for line in CPU_FEATURES.read_text(encoding="utf8").splitlines():
        if line.startswith("flags"):
            return not BFLOAT16_FEATURES.isdisjoint(line.split())
    return False
