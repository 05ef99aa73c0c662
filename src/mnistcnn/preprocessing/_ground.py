"""What is ink and what is ground: the paper, its light, and which of the two is lighter."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

__all__ = ["ink_over_ground", "outer_pixels", "shrunk"]

Grey = NDArray[np.float32]

DARK_INK = "dark_on_light"

# The part of each side that the zone along the edge takes, where there is mostly ground.
EDGE = 0.09
# Light is judged on a grid of about this many cells a side, which averages noise away.
CELLS = 24
# Smaller pictures are drawn or scanned; there is no room to judge the light.
SMALLEST_LIT = 40
# Parts of the whole contrast by which even ground may differ from place to place.
UNEVEN = 0.06
# The ground around a stroke is looked for within this part of the picture's side.
WINDOW = 0.16
# Strokes are narrower than this part of the side; what is broader is ground.
BROADEST = 0.3
# Surroundings that polarity is judged by.
AROUND = 0.18
REFITS = 4
# The part of the cells that is never ink; the part of the whole contrast by which it may be off the
# smooth light, before there must be shadows.
MOST, SHADOWED = 0.6, 0.03


def ink_over_ground(grey: Grey, polarity: str, level_light: bool) -> Grey:
    """Return how much ink there is at each pixel.

    Parameters
    ----------
    grey : ndarray of shape (h, w), dtype float32
        From 0, black, to 1, white.
    polarity : {"auto", "dark_on_light", "light_on_dark"}
        What ink is; ``"auto"`` takes the ground from the zone along the edge.
    level_light : bool
        Whether slanting light, shadows and vignettes are taken away.

    Returns
    -------
    ndarray of shape (h, w), dtype float32
        About 0 on the ground, below or above by noise; more for ink.
    """
    if level_light and _is_uneven(grey):
        return _ink_in_uneven_light(grey, polarity)
    return _ink_in_even_light(grey, polarity)


def shrunk(grey: Grey, factor: int) -> Grey:
    """Return the picture with `factor` times `factor` pixels averaged into one."""
    if factor <= 1:
        return grey
    return np.asarray(Image.fromarray(grey).reduce(factor))


def outer_pixels(grey: NDArray[Any]) -> NDArray[Any]:
    """Return the values in the zone along the edge, one after another."""
    height, width = grey.shape
    y, x = max(1, round(EDGE * height)), max(1, round(EDGE * width))
    inner = slice(y, max(y, height - y))
    parts = (grey[:y], grey[height - y :], grey[inner, :x], grey[inner, width - x :])
    return np.concatenate([part.ravel() for part in parts])


def _ink_in_even_light(grey: Grey, polarity: str) -> Grey:
    middle = (grey.max() + grey.min()) / 2
    ink_is_light = _ground_is_dark(grey > middle) if polarity == "auto" else polarity != DARK_INK
    # Every third pixel tells enough. Where all of the edge is ink, the ground is somewhere else.
    for pixels in (outer_pixels(grey)[::3], grey.ravel()):
        on_ground = pixels[(pixels > middle) != ink_is_light]
        if on_ground.size:
            break
    ground = _median(on_ground if on_ground.size else grey)
    return np.asarray(grey - ground if ink_is_light else ground - grey, dtype=np.float32)


def _ground_is_dark(light: NDArray[np.bool_]) -> bool:
    """Let the whole picture, its edge and its corners vote.

    Each alone can be wrong for a digit that fills its picture: a fat one covers more than half of
    it, a 0 more than half of the edge, a 2 two of the corners.
    """
    height, width = light.shape
    y, x = max(1, round(EDGE * height)), max(1, round(EDGE * width))
    corners = np.stack([light[:y, :x], light[:y, -x:], light[-y:, :x], light[-y:, -x:]])
    votes = [np.count_nonzero(part) / part.size for part in (light, outer_pixels(light), corners)]
    return bool(sum(votes) < len(votes) / 2)


def _is_uneven(grey: Grey) -> bool:
    if min(grey.shape) < SMALLEST_LIT:
        return False
    cells = shrunk(grey, max(1, min(grey.shape) // CELLS))
    contrast = max(float(grey.max() - grey.min()), 1e-6)
    if _spread(outer_pixels(cells), 0.2) <= UNEVEN * contrast:
        return False
    return _spread(_without_strokes(cells), 0.05) > UNEVEN * contrast


def _without_strokes(cells: Grey) -> Grey:
    """Remove what is narrow, lighter or darker than the ground; of both orders the calmer one."""
    size = round(BROADEST * min(cells.shape)) | 1
    close, open_ = ndimage.grey_closing, ndimage.grey_opening
    both = (open_(close(cells, size=size), size=size), close(open_(cells, size=size), size=size))
    return min(both, key=lambda ground: _spread(ground, 0.05))


def _spread(values: Grey, tail: float) -> float:
    """Return the range of the values without a part of them at either end."""
    ordered = np.sort(values, axis=None)
    cut = int(tail * ordered.size)
    return float(ordered[-1 - cut] - ordered[cut])


def _ink_in_uneven_light(grey: Grey, polarity: str) -> Grey:
    light, misfit = _smooth_light(grey)
    level = grey / light
    ink_is_light = _lines_are_light(grey) if polarity == "auto" else polarity != DARK_INK
    if misfit > SHADOWED * float(grey.max() - grey.min()) or _is_uneven(level):
        return _without_shadows(grey, ink_is_light)
    ground = _median(outer_pixels(level)[::3])
    return np.asarray(level - ground if ink_is_light else ground - level, dtype=np.float32)


def _lines_are_light(grey: Grey) -> bool:
    """Say whether what is narrow is lighter than what is around it.

    Ink differs from its surroundings by much in few places, the ground by little in many; the edge
    of a shadow by as much on both of its sides.
    """
    cells = shrunk(grey, max(1, min(grey.shape) // (2 * CELLS)))
    difference = cells - ndimage.uniform_filter(cells, round(AROUND * min(cells.shape)) | 1)
    return float(np.vdot(difference * difference, difference)) > 0


def _median(values: Grey) -> np.float32:
    ordered: Grey = np.sort(values, axis=None)
    return np.float32(ordered[ordered.size // 2])


def _smooth_light(grey: Grey) -> tuple[Grey, float]:
    """Fit a surface of the second degree to the ground, whichever pixels that is.

    Also returns how far off most of the cells are, ink left out.
    """
    cells = shrunk(grey, max(1, min(grey.shape) // CELLS))
    surface = _surfaces(cells.shape)
    values = cells.ravel().astype(np.float64)
    weights = np.ones_like(values)
    for _ in range(REFITS):
        weighted = surface * weights[:, np.newaxis]
        factors = np.linalg.solve(weighted.T @ surface, weighted.T @ values)
        error = np.abs(values - surface @ factors)
        ordered = np.sort(error)
        # Ink and shadows lie far off the surface (Geman and McClure's weights).
        weights = 1 / (1 + (error / max(float(ordered[error.size // 2]), 1e-4) / 2) ** 2) ** 2
    # Behind a shadow's edge the surface may be far from any light that there is.
    darkest = max(0.5 * float(np.sort(values)[values.size // 10]), 0.02)
    light = np.maximum(_evaluated(factors, grey.shape), darkest)
    return np.asarray(light, dtype=np.float32), float(ordered[int(MOST * error.size)])


@lru_cache(maxsize=64)
def _surfaces(shape: tuple[int, ...]) -> NDArray[np.float64]:
    y, x = (_places(length) for length in shape)
    y, x = y[:, np.newaxis] + 0 * x, x + 0 * y[:, np.newaxis]
    terms = (np.ones_like(x), x, y, x * x, x * y, y * y)
    return np.stack([term.ravel() for term in terms], axis=1)


def _evaluated(factors: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.float64]:
    y, x = (_places(length) for length in shape)
    one, in_x, in_y, in_xx, in_xy, in_yy = factors
    rows = (one + in_y * y + in_yy * y * y)[:, np.newaxis] + (in_x * x + in_xx * x * x)
    return np.asarray(rows + np.outer(in_xy * y, x))


def _places(length: int) -> NDArray[np.float64]:
    return (np.arange(length) + 0.5) / length - 0.5


def _without_shadows(level: Grey, ink_is_light: bool) -> Grey:
    """Return what differs from the ground around it."""
    height, width = (max(3, round(WINDOW * length)) | 1 for length in level.shape)
    # Grain would move the extremes everywhere.
    calm = ndimage.uniform_filter(level, 3)
    if ink_is_light:
        return np.asarray(
            level - ndimage.grey_opening(calm, size=(height, width)), dtype=np.float32
        )
    # In the shadow of a hand, both ink and paper are darker by the same factor.
    ground = np.maximum(ndimage.grey_closing(calm, size=(height, width)), np.float32(0.02))
    return np.asarray(1 - level / ground, dtype=np.float32)
