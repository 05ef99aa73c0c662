"""Combines sample weights and class weights into the weight of each image in the loss."""

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcnn.classifier._types import ClassWeight, Weights
from mnistcnn.preprocessing import checked_weights

MAX_WEIGHT = float(np.finfo(np.float64).max)


def combined_weights(
    targets: NDArray[np.int32],
    classes: NDArray[Any],
    sample_weight: Weights,
    class_weight: ClassWeight,
) -> NDArray[np.float64] | None:
    """Validate the weights of images and of classes and multiply them; only ratios matter.

    None where there are none. Refused are weights that are negative, not finite, not as many as
    images or all 0, and those of classes that lack one.
    """
    if sample_weight is None and class_weight is None:
        return None
    weights = checked_weights(sample_weight, targets)
    if class_weight is None:
        return weights
    if isinstance(class_weight, dict):
        of_each_class = _of_dict(class_weight, classes.tolist())
    else:
        of_each_class = _balanced(targets, len(classes), weights)
    return _product(weights, of_each_class[targets])


def weights_of_mean_one(
    weights: NDArray[np.float64], indices: NDArray[np.int32]
) -> NDArray[np.float32] | None:
    """Return weights whose scale does not matter, with a mean of 1 over the images that count.

    None where all of those are the same.
    """
    counted = weights[indices]
    if np.ptp(counted) == 0:
        return None
    # Computed before they are float32, which holds less small and less large ones.
    relative = weights / counted.max()
    of_mean_one: NDArray[np.float32] = (relative / relative[indices].mean()).astype(np.float32)
    return of_mean_one


def _product(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Multiply weights, of which the product alone may be too large or too small for a float.

    All are divided by the same power of two, which leaves every bit of them as it is.
    """
    (parts, powers), (other_parts, other_powers) = np.frexp(one), np.frexp(other)
    products, sums = parts * other_parts, powers + other_powers
    greatest = sums[products > 0].max(initial=np.iinfo(sums.dtype).min)
    scaled: NDArray[np.float64] = np.ldexp(products, np.where(products > 0, sums - greatest, 0))
    return scaled


def _balanced(
    targets: NDArray[np.int32], n_classes: int, weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    # An image counts as much as it weighs, as in scikit-learn: one of weight 0 not at all.
    counts = np.bincount(targets, weights / weights.max(), minlength=n_classes)
    mean = counts.sum() / np.count_nonzero(counts)
    with np.errstate(over="ignore"):
        balanced = np.divide(mean, counts, out=np.ones(n_classes), where=counts > 0)
    finite: NDArray[np.float64] = np.minimum(balanced, MAX_WEIGHT)
    return finite


def _of_dict(class_weight: dict[Any, float], labels: list[Any]) -> NDArray[np.float64]:
    _check_values(class_weight)
    _check_names(class_weight, labels)
    return np.array([class_weight.get(label, 1.0) for label in labels], dtype=np.float64)


def _check_names(class_weight: dict[Any, float], labels: list[Any]) -> None:
    absent = [label for label in class_weight if label not in labels]
    unnamed = [label for label in labels if label not in class_weight]
    if absent and unnamed:
        raise ValueError(
            f"class_weight must name every label in y, {labels}, if it also names other labels, "
            f"got {absent}, which are not in y, and no weight for {unnamed}."
        )


def _check_values(class_weight: dict[Any, float]) -> None:
    wrong = {label: weight for label, weight in class_weight.items() if not _is_weight(weight)}
    if wrong:
        raise ValueError(f"class_weight must hold finite weights of at least 0, got {wrong}.")


def _is_weight(value: object) -> bool:
    if not isinstance(value, Real):
        return False
    try:
        return 0 <= float(value) <= MAX_WEIGHT
    except OverflowError:
        return False
