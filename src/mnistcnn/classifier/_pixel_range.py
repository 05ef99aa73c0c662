"""Notices pixels in another unit than those that a classifier was trained on."""

import sys
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcnn._training.data import TrainingData
from mnistcnn._training.network import Network
from mnistcnn._training.rescaling import Rescaling, rescaling_of
from mnistcnn.exceptions import PixelRangeWarning

Range = tuple[float, float]

# A unit is a matter of the whole array, so some images tell it.
IMAGES_LOOKED_AT = 32
IMAGES_MEASURED = 4096

# Of an image that shows anything, at least this fraction of the pixels is ink.
MIN_INK_FRACTION = 0.005

# Full ink in the units in use, where it is not 1.
FACTORS = (16, 255, 65535)

BYTES: Range = (0.0, 255.0)

IN_PREDICTION = "so its answers are mostly wrong"
IN_TRAINING = "so what it has learned does not serve for these"
IN_VALIDATION = "so what is measured on the validation images says nothing"


def measured_range(data: TrainingData) -> Range:
    """Return the lowest and the highest of the training pixels."""
    pixels = _measured(data)
    return float(pixels.min()), float(pixels.max())


def _measured(data: TrainingData) -> NDArray[Any]:
    step = _step(len(data.indices), IMAGES_MEASURED)
    some: NDArray[Any] = data.pixels[data.indices[::step]]
    return some


def widened_range(known: Range | None, data: TrainingData) -> Range:
    """Return the range of all training pixels so far; warn where the new ones differ in unit."""
    low, high = measured_range(data)
    if known is None:
        return low, high
    warn_of_another_unit(known, _measured(data), IN_TRAINING)
    return min(low, known[0]), max(high, known[1])


def warn_of_another_unit(
    known: Range | None, pixels: NDArray[Any], consequence: str = IN_PREDICTION
) -> None:
    """Warn if pixels are in another unit than those of the training, if known, beyond doubt."""
    if known is None or known[0] == known[1]:
        return
    some = pixels[:: _step(len(pixels), IMAGES_LOOKED_AT)]
    # Unsigned pixels, those of the quickest calls, are looked through once.
    low, high = 0.0 if some.dtype.kind in "bu" else float(some.min()), float(some.max())
    if _is_usual(known, low, high) or some.min() == high:
        return
    if _is_in_another_unit(known, some):
        _warn(_other_unit(known, (low, high), consequence))


def _step(n_images: int, n_wanted: int) -> int:
    return -(-n_images // n_wanted) or 1


def _is_usual(known: Range, low: float, high: float) -> bool:
    """Tell quickly of nearly all images that their unit is the right one."""
    extreme = max(abs(known[0]), abs(known[1]))
    return low >= min(known[0], 0) - extreme / 4 and extreme / 10 < high < 2 * extreme


def _is_in_another_unit(known: Range, pixels: NDArray[Any]) -> bool:
    pixels = pixels.astype(np.float64)
    sizes = np.abs(pixels)
    begins_at_zero, extreme = known[0] >= 0, max(abs(known[0]), abs(known[1]))
    if begins_at_zero and _is_fraction(extreme, pixels.min(), sizes.max()):
        return _are_many(sizes >= sizes.max() / 2)
    most = min(2.0, 10 * extreme) if begins_at_zero and extreme <= 1 else _greatest(extreme)
    # A background far below that of the training is another background.
    least = -extreme / 4 if begins_at_zero else -np.inf
    return _are_many(sizes > most) or _are_many(pixels < least)


def _greatest(extreme: float) -> float:
    """Return what no pixel exceeds in the unit of the training."""
    # Up to 12 bits may be meant where a trained network was wrapped with pixel_scaling="unit".
    return (20 if extreme > 100 else 10) * extreme


def _is_fraction(extreme: float, lowest: float, largest: float) -> bool:
    """Tell whether pixels are as small as those of bytes that were divided by 255."""
    divided = extreme / 1000 <= largest <= extreme / 200
    of_one = extreme >= 10 and 0.1 <= largest <= 1
    standardized = lowest < 0 and largest <= extreme / 50
    return divided or of_one or standardized


def _are_many(chosen: NDArray[np.bool_]) -> bool:
    return bool(chosen.mean() >= MIN_INK_FRACTION)


def _other_unit(known: Range, given: Range, consequence: str) -> str:
    return (
        f"The pixels range from {given[0]:.4g} to {given[1]:.4g}, but the classifier was trained "
        f"on pixels from {known[0]:.4g} to {known[1]:.4g}, {consequence}. {_remedy(known, given)}"
    )


def _remedy(known: Range, given: Range) -> str:
    larger, smaller = max(known[1], given[1]), min(known[1], given[1])
    ratio = larger / smaller if smaller > 0 else 0.0
    factor = min(FACTORS, key=lambda each: abs(ratio / each - 1))
    if given[0] < 0 or abs(ratio / factor - 1) > 0.25:
        return "Bring the pixels to the unit of the training."
    return f"{'Divide' if given[1] > known[1] else 'Multiply'} the pixels by {factor}."


def warn_of_needless_scaling(pixel_scaling: str | None, known: Range, network: Network) -> None:
    """Warn if the layers of a network are given next to nothing, since pixels are scaled twice.

    The network has its pixel scaling set; `known` is the range of the training pixels.
    """
    inside = rescaling_of(network.model.layers[-1])
    seen = (known[1] - known[0]) * abs(inside.scale) / network.pixel_scaling[1]
    if known[0] == known[1] or (pixel_scaling == "standard" and not inside.divides):
        return
    if pixel_scaling is not None and inside.divides and seen < 0.5:
        _warn(_scaled_twice(pixel_scaling, inside))
    elif seen <= 1 / 100 and (inside.divides or pixel_scaling == "unit"):
        _warn(_scaled_needlessly(pixel_scaling, known, inside))


def _scaled_twice(pixel_scaling: str, inside: Rescaling) -> str:
    return (
        f"The network multiplies its inputs by {inside.scale:.4g} itself, but "
        f"pixel_scaling={pixel_scaling!r} has scaled them before, so its layers see next to "
        "nothing of the images. Use pixel_scaling=None."
    )


def _scaled_needlessly(pixel_scaling: str | None, known: Range, inside: Rescaling) -> str:
    scaler = "The network itself" if pixel_scaling is None else f"pixel_scaling={pixel_scaling!r}"
    divisor = 255 if pixel_scaling == "unit" else 1 / inside.scale
    remedy = "Use pixel_scaling='standard', or m" if pixel_scaling == "unit" else "M"
    return (
        f"{scaler} divides by {divisor:.4g}, but the pixels range from {known[0]:.4g} to "
        f"{known[1]:.4g} only, so the layers see next to nothing of the images. {remedy}ultiply "
        f"the pixels by {divisor:.4g}."
    )


def stated_range(pixel_scaling: str | None, network: Network) -> Range | None:
    """Return the pixels that a trained network takes, where its scaling tells them.

    It warns if they are scaled twice.
    """
    inside = rescaling_of(network.model.layers[-1])
    if pixel_scaling == "unit":
        warn_of_needless_scaling(pixel_scaling, BYTES, network)
        return None if inside.divides else BYTES
    # To 0 ... 1, or to -1 ... 1.
    if inside.divides and inside.offset in (0, -1):
        return 0.0, float(round((1 - inside.offset) / abs(inside.scale)))
    return None


def _warn(message: str) -> None:
    warnings.warn(message, PixelRangeWarning, stacklevel=callers_level())


def callers_level() -> int:
    """Return how many calls up the user's own line is."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and _is_inner(frame.f_globals.get("__name__", "")):
        level, frame = level + 1, frame.f_back
    return level


def _is_inner(module: str) -> bool:
    return module.split(".")[0] in ("mnistcnn", "sklearn", "joblib")
