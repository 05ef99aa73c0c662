"""Refuses bytes that were read with a sign, where white (255) has become -1."""

from typing import Any

from numpy.typing import NDArray

__all__ = ["are_signed_bytes", "check_not_signed"]


def are_signed_bytes(pixels: NDArray[Any]) -> bool:
    """Tell whether pixels are likely bytes that were read with a sign.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.preprocessing._signs import are_signed_bytes
    >>> are_signed_bytes(np.array([0, -1])), are_signed_bytes(np.array([0.0, -1.0]))
    (True, False)
    """
    return bool(pixels.dtype.kind == "i" and -128 <= pixels.min() < 0 and pixels.max() <= 127)


def check_not_signed(pixels: NDArray[Any]) -> None:
    """Refuse integers below zero with the conversion to type; floats may be below zero.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.preprocessing._signs import check_not_signed
    >>> check_not_signed(np.array([[0, -1]], dtype=np.int8))
    Traceback (most recent call last):
        ...
    ValueError: X must hold no negative pixels where they are integers, got -1 in int8; bytes that
    were read with a sign: pass X.astype(numpy.uint8).
    """
    if pixels.dtype.kind != "i" or pixels.min() >= 0:
        return
    remedy = (
        "bytes that were read with a sign: pass X.astype(numpy.uint8)"
        if are_signed_bytes(pixels)
        else "pass X.astype(float) if they are meant to be negative"
    )
    raise ValueError(
        f"X must hold no negative pixels where they are integers, got {pixels.min()} in "
        f"{pixels.dtype}; {remedy}."
    )
