"""Measures stroke widths, broadens hairlines, and smooths the outlines of small digits."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

__all__ = ["enlarged_smoothly", "stroke_width", "with_broader_strokes"]

Gray = NDArray[np.float32]

# Fractions of the digit's longer side: strokes under the first are made as broad as the second. Of
# MNIST's training digits 2 of 100 are thinner than the first; half are between 0.105 and 0.144.
MIN_STROKE_WIDTH, BROADENED_WIDTH = 0.075, 0.111
# Fractions of the strongest ink: at the first is the edge of a stroke. But a line of less than so
# many pixels is half as strong where it lies across two, and must not be broken there.
EDGE_THRESHOLD, THIN_EDGE_THRESHOLD, MAX_THIN_PIXELS = 0.5, 0.3, 2.5
# Digits of fewer pixels are enlarged to about as many as the second.
MIN_DIGIT_SIDE, ENLARGED_SIDE = 18, 48
# Below is background, above is full ink, after an enlargement has softened the edges.
BACKGROUND_LEVEL, INK_LEVEL = 0.3, 0.75


def stroke_width(mask: NDArray[np.bool_], *, end_at_border: bool = True) -> float:
    """Return the approximate stroke width in pixels: area over half the outline's length.

    The border of the image is part of the outline unless strokes go on beyond it.
    """
    outline = np.count_nonzero(mask[1:] != mask[:-1]) + np.count_nonzero(
        mask[:, 1:] != mask[:, :-1]
    )
    if end_at_border:
        outline += sum(map(np.count_nonzero, (mask[0], mask[-1], mask[:, 0], mask[:, -1])))
    # Stairs are 4 / pi times as long as the outline, on average over its directions.
    return 2 * int(np.count_nonzero(mask)) / max(np.pi / 4 * int(outline), 1)


def enlarged_smoothly(ink: Gray) -> Gray:
    """Enlarge the box of a digit (ink from 0 to 1) of under 18 pixels, without stairs."""
    longer = max(ink.shape)
    if longer >= MIN_DIGIT_SIDE:
        return ink
    factor = round(ENLARGED_SIDE / longer)
    padded = np.pad(ink, 2)
    height, width = (factor * side for side in padded.shape)
    enlarged = Image.fromarray(padded).resize((width, height), Image.Resampling.BICUBIC)
    grays = np.asarray(enlarged, dtype=np.float32) - BACKGROUND_LEVEL
    return np.asarray(np.clip(grays / (INK_LEVEL - BACKGROUND_LEVEL), 0, 1), dtype=np.float32)


def with_broader_strokes(ink: Gray) -> Gray:
    """Make hairlines about a ninth of the digit's size broad, in a larger box; leave other strokes.

    `ink` is the box of a digit, from 0 to 1.
    """
    strongest = min(1.0, float(ink.max()))
    size, width = max(ink.shape), stroke_width(ink > EDGE_THRESHOLD * strongest)
    if width >= MIN_STROKE_WIDTH * size:
        return ink
    threshold = THIN_EDGE_THRESHOLD if width < MAX_THIN_PIXELS else EDGE_THRESHOLD
    mask = ink > threshold * strongest
    # The box grows with the strokes, hence the denominator.
    more = (BROADENED_WIDTH * size - width) / (1 - BROADENED_WIDTH) / 2
    distance = ndimage.distance_transform_edt(~np.pad(mask, int(np.ceil(more)) + 1))
    return np.asarray(np.clip(more + 1 - distance, 0, 1), dtype=np.float32)
