"""Strokes as broad as MNIST's, and digits of few pixels with smooth outlines."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from mnistcnn.preprocessing._components import stroke_width

__all__ = ["enlarged_smoothly", "with_broader_strokes"]

Grey = NDArray[np.float32]

# Parts of the digit's longer side: strokes under the first are made as broad as the second. Of
# MNIST's training digits 2 of 100 are thinner than the first; half are between 0.105 and 0.144.
HAIRLINE, BROAD = 0.075, 0.111
# Of the strongest ink: half of it is where a stroke's edge is. But a line of less than so many
# pixels is half as strong where it lies across two, and must not be broken there.
INSIDE, FAINT, NARROW = 0.5, 0.3, 2.5
# Digits of fewer pixels are enlarged to about as many as this.
FEW_PIXELS, ENOUGH_PIXELS = 18, 48
# Of 1: below is ground, above is full ink, after an enlargement has softened the edges.
GROUND, FULL = 0.3, 0.75


def enlarged_smoothly(ink: Grey) -> Grey:
    """Enlarge a digit of few pixels, so that its outline is no stairs.

    Parameters
    ----------
    ink : ndarray of shape (h, w), dtype float32
        From 0 to 1; the box of a digit, with the ground around it left out.

    Returns
    -------
    ndarray, dtype float32
        A multiple of the size, if it was under 18 pixels.
    """
    longer = max(ink.shape)
    if longer >= FEW_PIXELS:
        return ink
    factor = round(ENOUGH_PIXELS / longer)
    padded = np.pad(ink, 2)
    height, width = (factor * side for side in padded.shape)
    enlarged = Image.fromarray(padded).resize((width, height), Image.Resampling.BICUBIC)
    greys = (np.asarray(enlarged, dtype=np.float32) - GROUND) / (FULL - GROUND)
    return np.asarray(np.clip(greys, 0, 1), dtype=np.float32)


def with_broader_strokes(ink: Grey) -> Grey:
    """Make hairlines about a ninth of the digit's size broad; leave other strokes alone.

    Parameters
    ----------
    ink : ndarray of shape (h, w), dtype float32
        From 0 to 1; the box of a digit.

    Returns
    -------
    ndarray, dtype float32
        The digit, in a larger box if its strokes were hairlines.
    """
    strongest = min(1.0, float(ink.max()))
    size, width = max(ink.shape), stroke_width(ink > INSIDE * strongest)
    if width >= HAIRLINE * size:
        return ink
    mask = ink > (FAINT if width < NARROW else INSIDE) * strongest
    # The box grows with the strokes, hence the denominator.
    more = (BROAD * size - width) / (1 - BROAD) / 2
    margin = int(np.ceil(more)) + 1
    ground = np.ones([side + 2 * margin for side in mask.shape], dtype=bool)
    ground[margin:-margin, margin:-margin] = ~mask
    distance = ndimage.distance_transform_edt(ground)
    return np.asarray(np.clip(more + 1 - distance, 0, 1), dtype=np.float32)
