"""Normalizes one image step by step, from grays to a digit in MNIST's or EMNIST's form."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mnistcnn.handwriting._background import ink_over_background, shrunk
from mnistcnn.handwriting._components import Box, Gray, bounding_box, longer_side, widened
from mnistcnn.handwriting._digit_mask import digit_mask
from mnistcnn.handwriting._emnist_form import emnist_form
from mnistcnn.handwriting._ink_levels import InkLevels, measured_levels
from mnistcnn.handwriting._mnist_form import mnist_form
from mnistcnn.handwriting._paper import written_ground_alone
from mnistcnn.handwriting._ruled_lines import without_lines
from mnistcnn.handwriting._strokes import enlarged_smoothly, with_broader_strokes

__all__ = ["FORMS", "Steps", "formed", "isolated_digit", "normalized"]

FORMS: dict[str, Callable[[NDArray[Any]], NDArray[np.uint8]]] = {
    "mnist": mnist_form,
    "emnist": emnist_form,
}
# Images are looked at with at most this many pixels a side. Where the digit takes fewer than the
# second number of these, its surroundings are looked at again with more, if they are less than this
# fraction of the image.
WORKING_SIDE, MIN_DIGIT_SIDE, MAX_SURROUNDINGS = 112, 36, 0.8
# Where noise reaches this fraction of the ink's strength, the image is smoothed.
MAX_NOISE = 0.15
# Without noise, ink begins at this fraction of its strength: JPEG leaves traces around strokes.
MIN_NOISELESS_INK = 0.08


class Steps(NamedTuple):
    """The steps of the normalization, by the parameters of `DigitNormalizer`."""

    style: str = "mnist"
    polarity: str = "auto"
    level_light: bool = True
    remove_noise: bool = True
    remove_lines: bool = True
    remove_specks: bool = True
    smooth_small: bool = True
    broaden_hairlines: bool = True


ALL_STEPS = Steps()


def normalized(gray: Gray, steps: Steps = ALL_STEPS) -> NDArray[np.uint8] | None:
    """Bring grays, from 0 for black to 1, to 28x28 pixels, light ink on black; None without ink.

    By default it takes the steps that `DigitNormalizer` takes by default.
    """
    ink = isolated_digit(gray, steps)
    return None if ink is None else formed(ink, steps)


def formed(ink: Gray, steps: Steps) -> NDArray[np.uint8]:
    """Bring the box of a digit, 0 on the background, up to 1 for ink, to 28x28 pixels."""
    if steps.smooth_small:
        ink = enlarged_smoothly(ink)
    if steps.broaden_hairlines:
        ink = with_broader_strokes(ink)
    return FORMS[steps.style](ink)


def isolated_digit(gray: Gray, steps: Steps) -> Gray | None:
    """Return the box of the digit, 0 on the background, up to 1 for ink; None if there is none."""
    if steps.level_light and steps.remove_lines:
        gray = written_ground_alone(gray, steps.polarity)
    factor = -(-max(gray.shape) // WORKING_SIDE)
    ink = ink_over_background(shrunk(gray, factor), steps.polarity, steps.level_light)
    measured = _measured(ink, steps)
    if measured is None:
        return None
    ink, levels = measured
    if steps.remove_lines:
        ink = without_lines(ink, levels.faint, levels.full)
    mask = digit_mask(
        ink,
        levels.faint if levels.floor else MIN_NOISELESS_INK * levels.full,
        levels.sure,
        drop_frames=steps.remove_lines,
        drop_specks=steps.remove_specks,
    )
    box = bounding_box(mask)
    if box is None:
        return None
    closer = _surroundings(box, factor, gray.shape)
    if closer is not None:
        return isolated_digit(np.ascontiguousarray(gray[closer]), steps)
    return _stretched(np.where(mask[box], ink[box], np.float32(0)), levels)


def _measured(ink: Gray, steps: Steps) -> tuple[Gray, InkLevels] | None:
    levels = measured_levels(ink)
    if levels is not None and not steps.remove_noise:
        return ink, levels._replace(floor=0.0)
    if levels is not None and levels.floor > MAX_NOISE * levels.full:
        ink = ndimage.uniform_filter(ink, 3)
        levels = measured_levels(ink)
    return None if levels is None else (ink, levels)


def _surroundings(box: Box, factor: int, shape: tuple[int, ...]) -> Box | None:
    """Return the region to search again at full size, if the digit is small in the image."""
    size = longer_side(box)
    if factor == 1 or size >= MIN_DIGIT_SIDE:
        return None
    in_image = tuple(slice(side.start * factor, side.stop * factor) for side in box)
    around = widened(in_image, (size // 2 + 3) * factor, shape)
    return around if longer_side(around) < MAX_SURROUNDINGS * max(shape) else None


def _stretched(ink: Gray, levels: InkLevels) -> Gray:
    """Bring the background to 0 and covering ink to 1."""
    stretched = (ink - np.float32(levels.floor)) * np.float32(1 / (levels.full - levels.floor))
    return np.clip(stretched, 0, 1, out=stretched)
