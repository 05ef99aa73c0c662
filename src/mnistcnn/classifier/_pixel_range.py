"""The range of the training pixels, and the checks of later pixels and networks against it."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from mnistcnn._training.data import TrainingData
from mnistcnn._training.network import Network
from mnistcnn._training.rescaling import Rescaling, rescaling_of
from mnistcnn.preprocessing import (
    IN_TRAINING,
    MOST_OF_16,
    PixelRange,
    TrainingPixels,
    fills_little,
    pixel_statistics,
    some_of,
    warn_of_pixels,
    warn_of_unlike_images,
)

IMAGES_MEASURED = 4096

BYTES: PixelRange = (0.0, 255.0)

# Noise and sharpening bring bytes a little above their range, where they are floats.
MOST_OF_BYTES = 2 * BYTES[1]

# Of the greatest pixels of two trainings in one unit.
MAX_RATIO = 10


def measured_pixels(data: TrainingData) -> TrainingPixels:
    """Return range, mean and deviation of the training pixels, before a network is trained."""
    return TrainingPixels(measured_range(data), pixel_statistics(_measured(data)))


def pixels_known_to(network: Network, pixel_range: PixelRange | None) -> TrainingPixels:
    """Return the range of the training pixels, with what a network's scaling has learned of them.

    That is their mean and deviation.
    """
    offset, scale = network.pixel_scaling
    # The scalings that are not learned begin at zero, which a mean of pixels is not.
    return TrainingPixels(pixel_range, (offset, scale) if offset else None)


def measured_range(data: TrainingData) -> PixelRange:
    """Return the lowest and the highest of the training pixels."""
    pixels = _measured(data)
    return float(pixels.min()), float(pixels.max())


def _measured(data: TrainingData) -> NDArray[Any]:
    measured: NDArray[Any] = data.pixels[some_of(data.indices, IMAGES_MEASURED)]
    return measured


def joint_range(ranges: Sequence[PixelRange | None]) -> PixelRange | None:
    """Return the range of the pixels of several trainings, as far as they are known.

    Trainings in different units are refused.

    Examples
    --------
    >>> from mnistcnn.classifier._pixel_range import joint_range
    >>> joint_range([(0.0, 250.0), None, (0.0, 255.0)])
    (0.0, 255.0)
    """
    known = {place: each for place, each in enumerate(ranges) if each is not None}
    # An image without ink tells no unit.
    first = next((place for place, (low, high) in known.items() if low < high), 0)
    for place, (low, high) in known.items():
        if low < high and not _are_of_one_unit(known[first], (low, high)):
            raise ValueError(
                "All members must have been trained on pixels in the same unit to become one "
                f"graph, got pixels from {known[first][0]:.4g} to {known[first][1]:.4g} for "
                f"estimators_[{first}] and from {low:.4g} to {high:.4g} for estimators_[{place}]; "
                "refit the ensemble."
            )
    lows, highs = [low for low, _ in known.values()], [high for _, high in known.values()]
    return (min(lows), max(highs)) if known else None


def _are_of_one_unit(one: PixelRange, other: PixelRange) -> bool:
    smaller, larger = sorted(max(abs(low), abs(high)) for low, high in (one, other))
    begin_below_zero = {low < -larger / 4 for low, _ in (one, other)}
    return smaller > larger / MAX_RATIO and len(begin_below_zero) == 1


def pixels_so_far(network: Network, known: TrainingPixels, data: TrainingData) -> TrainingPixels:
    """Return what a network knows of all training pixels so far; warn of new ones that differ."""
    low, high = measured_range(data)
    warn_of_unlike_images(known, _measured(data), data.image_shape, IN_TRAINING)
    if known.range is not None:
        low, high = min(low, known.range[0]), max(high, known.range[1])
    return pixels_known_to(network, (low, high))


def warn_of_wrong_scaling(
    pixel_scaling: str | None, known: PixelRange | None, network: Network
) -> None:
    """Warn if the layers of a network receive values close to zero, or far above one.

    Pixels are then scaled twice, or in another unit than their scaling is meant for. The network
    has its pixel scaling set; `known` is the range of the training pixels.
    """
    inside = rescaling_of(network.model.layers[-1])
    if (
        known is None
        or known[0] == known[1]
        or (pixel_scaling == "standard" and not inside.divides)
    ):
        return
    seen = (known[1] - known[0]) * abs(inside.scale) / network.pixel_scaling[1]
    is_of_bytes = pixel_scaling == "unit" and not inside.divides
    is_little = seen <= 1 / 100 and (inside.divides or is_of_bytes)
    if pixel_scaling is not None and inside.divides and seen < 0.5:
        warn_of_pixels(_scaled_twice(pixel_scaling, inside))
    elif is_little or (is_of_bytes and fills_little(BYTES[1], known)):
        warn_of_pixels(_scaled_needlessly(pixel_scaling, known, inside))
    elif is_of_bytes and known[1] > MOST_OF_BYTES:
        warn_of_pixels(_scaled_too_little(known))


def _scaled_twice(pixel_scaling: str, inside: Rescaling) -> str:
    return (
        f"The network already multiplies its inputs by {inside.scale:.4g}, and "
        f"pixel_scaling={pixel_scaling!r} scales them first, so its layers receive values close to "
        "zero. Use pixel_scaling=None."
    )


def _scaled_needlessly(pixel_scaling: str | None, known: PixelRange, inside: Rescaling) -> str:
    scaler = "The network itself" if pixel_scaling is None else f"pixel_scaling={pixel_scaling!r}"
    divisor = 255 if pixel_scaling == "unit" else 1 / inside.scale
    return (
        f"{scaler} divides by {divisor:.4g}, but the pixels range only from {known[0]:.4g} to "
        f"{known[1]:.4g}, so the layers receive values close to zero. "
        f"{_remedy(pixel_scaling, known, divisor)}"
    )


def _remedy(pixel_scaling: str | None, known: PixelRange, divisor: float) -> str:
    if pixel_scaling != "unit":
        return f"Multiply the pixels by {divisor:.4g}."
    if known[0] < 0:
        return "Use pixel_scaling='standard'."
    factor = divisor / (16 if known[1] >= MOST_OF_16[0] else 1)
    return f"Use pixel_scaling='standard', or multiply the pixels by {factor:.4g}."


def _scaled_too_little(known: PixelRange) -> str:
    return (
        f"pixel_scaling='unit' divides by {BYTES[1]:.4g}, but the pixels range from {known[0]:.4g} "
        f"to {known[1]:.4g}, so the layers receive values up to {known[1] / BYTES[1]:.4g} instead "
        "of 1. Use pixel_scaling='standard', or bring the pixels to 0 to 255."
    )


def stated_range(pixel_scaling: str | None, network: Network) -> PixelRange | None:
    """Return the pixels that a trained network takes, where its scaling tells them.

    It warns if they are scaled twice.
    """
    inside = rescaling_of(network.model.layers[-1])
    if pixel_scaling == "unit":
        warn_of_wrong_scaling(pixel_scaling, BYTES, network)
        return None if inside.divides else BYTES
    # To 0 ... 1, or to -1 ... 1.
    if inside.divides and inside.offset in (0, -1):
        return 0.0, float(round((1 - inside.offset) / abs(inside.scale)))
    return None
