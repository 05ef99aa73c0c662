"""Validates sample weights."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mnistcnn._scikit_learn import check_sample_weight
from mnistcnn.preprocessing._containers import check_in_memory

__all__ = ["checked_weights"]


def checked_weights(sample_weight: ArrayLike | None, y: NDArray[Any]) -> NDArray[np.float64]:
    """Return a weight for each label; 1 where none are given, and one number for all.

    Refused are weights that are negative, not finite, not as many as labels, all 0, or not in
    memory.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.preprocessing._sample_weights import checked_weights
    >>> checked_weights([1, 2], np.array([0, 1]))
    array([1., 2.])
    >>> checked_weights([0, 0], np.array([0, 1]))
    Traceback (most recent call last):
        ...
    ValueError: sample_weight must hold at least one positive weight, got only zeros.
    """
    check_in_memory(sample_weight, "sample_weight")
    if sample_weight is not None and not np.any(np.asarray(sample_weight)):
        raise ValueError("sample_weight must hold at least one positive weight, got only zeros.")
    weights: NDArray[np.float64] = check_sample_weight(sample_weight, y, dtype=np.float64)
    if (weights < 0).any():
        raise ValueError(
            "sample_weight must not be negative. Negative values in data passed to "
            f"`sample_weight`: the lowest is {weights.min()}."
        )
    return weights
