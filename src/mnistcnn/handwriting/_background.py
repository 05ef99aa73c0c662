"""Separates ink from background: the paper, its light, and which of the two is lighter."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

__all__ = ["ink_over_background", "outer_pixels", "shrunk"]

Gray = NDArray[np.float32]

DARK_INK = "dark_on_light"

# The fraction of each side that the zone along the border takes, where most is background.
BORDER_ZONE = 0.09
# Light is judged on a grid of about this many cells a side, which averages noise away.
CELLS_PER_SIDE = 24
# Smaller images are drawn or scanned; there is no room to judge the light.
MIN_SIDE_FOR_LIGHT = 40
# The fraction of the whole contrast by which even background may differ from place to place, ...
MAX_EVEN_RANGE = 0.06
# ... without these fractions of its values at either end: along the border, where ink may be, and
# without strokes.
BORDER_TAIL, TAIL = 0.2, 0.05
# In an image of one gray of paper and one of ink, the edges of strokes are blurred within the first
# fraction of the side. Beyond it, paper differs by no more either, and ink by the third fraction of
# the whole contrast, but for the second fraction of their areas.
BLURRED_WIDTH, BLURRED_AREA, MAX_INK_RANGE = 0.08, 0.1, 0.28
# As fractions of the whole contrast: paper is so near to the lightest or the darkest value, and the
# strongest quarter of ink to the other, or a bit further where blur makes the ink uneven. What is
# in a shadow lies between.
MAX_PAPER_OFF, MAX_INK_OFF, STRONGEST_INK = 0.12, 0.13, 0.25
# The background around a stroke is looked for within this fraction of the image's side.
BACKGROUND_WINDOW = 0.16
# Strokes are narrower than this fraction of the side; what is broader is background.
MAX_STROKE_WIDTH = 0.3
# Surroundings that polarity is judged by, as a fraction of the side.
POLARITY_WINDOW = 0.18
N_REFITS = 4
# The fraction of the cells that is never ink; the fraction of the whole contrast by which it may be
# off the smooth light, before there must be shadows.
BACKGROUND_FRACTION, MAX_MISFIT = 0.6, 0.03
# As fractions of white's: no light is weaker, and less contrast is no light but grain, which
# dividing by the light of a dark image would make as strong as ink.
MIN_LIGHT, MIN_CONTRAST = 0.02, 0.02


def ink_over_background(gray: Gray, polarity: str, level_light: bool) -> Gray:
    """Return the amount of ink at each pixel of grays from 0, black, to 1, white.

    That is about 0 on the background, below or above by noise, and more for ink. `polarity` is
    `DigitNormalizer`'s; `level_light` takes slanting light, shadows and vignettes away.
    """
    if level_light and _is_uneven(gray):
        return _ink_in_uneven_light(gray, polarity)
    return _ink_in_even_light(gray, polarity)


def shrunk(gray: Gray, factor: int) -> Gray:
    """Return the image with `factor` times `factor` pixels averaged into one."""
    if factor <= 1:
        return gray
    return np.asarray(Image.fromarray(gray).reduce(factor))


def outer_pixels(gray: NDArray[Any]) -> NDArray[Any]:
    """Return the values in the zone along the border, one after another."""
    height, width = gray.shape
    y, x = max(1, round(BORDER_ZONE * height)), max(1, round(BORDER_ZONE * width))
    inner = slice(y, max(y, height - y))
    parts = (gray[:y], gray[height - y :], gray[inner, :x], gray[inner, width - x :])
    return np.concatenate([part.ravel() for part in parts])


def _ink_in_even_light(gray: Gray, polarity: str) -> Gray:
    middle = (gray.max() + gray.min()) / 2
    ink_is_light = (
        _background_is_dark(gray > middle) if polarity == "auto" else polarity != DARK_INK
    )
    # Every third pixel tells enough. Where all of the border is ink, the background is elsewhere.
    for pixels in (outer_pixels(gray)[::3], gray.ravel()):
        on_background = pixels[(pixels > middle) != ink_is_light]
        if on_background.size:
            break
    background = _median(on_background if on_background.size else gray)
    return np.asarray(gray - background if ink_is_light else background - gray, dtype=np.float32)


def _background_is_dark(light: NDArray[np.bool_]) -> bool:
    """Let the whole image, its border and its corners vote.

    Each alone can be wrong for a digit that fills its image: a fat one covers more than half of
    it, a 0 more than half of the border, a 2 two of the corners.
    """
    height, width = light.shape
    y, x = max(1, round(BORDER_ZONE * height)), max(1, round(BORDER_ZONE * width))
    corners = np.stack([light[:y, :x], light[:y, -x:], light[-y:, :x], light[-y:, -x:]])
    votes = [np.count_nonzero(part) / part.size for part in (light, outer_pixels(light), corners)]
    return bool(sum(votes) < len(votes) / 2)


def _is_uneven(gray: Gray) -> bool:
    contrast = float(gray.max() - gray.min())
    if min(gray.shape) < MIN_SIDE_FOR_LIGHT or contrast < MIN_CONTRAST:
        return False
    cells = shrunk(gray, max(1, min(gray.shape) // CELLS_PER_SIDE))
    if _spread(outer_pixels(cells), BORDER_TAIL) <= MAX_EVEN_RANGE * contrast:
        return False
    varies = _spread(_without_strokes(cells), TAIL) > MAX_EVEN_RANGE * contrast
    return varies and not _has_two_levels(gray)


def _has_two_levels(gray: Gray) -> bool:
    """Tell whether there is one gray of paper and one of ink, and nothing between but blur.

    Strokes of a digit that is cut out along its edges cannot be told from shadows by their width:
    they go on up to the border, and there is hardly any paper around them.
    """
    cells = shrunk(gray, min(gray.shape) // (2 * CELLS_PER_SIDE))
    darkest, lightest = float(cells.min()), float(cells.max())
    light = cells > (darkest + lightest) / 2
    is_dark = _background_is_dark(light)
    strength = (cells - darkest if is_dark else lightest - cells) / (lightest - darkest)
    is_ink = light == is_dark
    paper, ink = _away_from_edges(strength, ~is_ink), _away_from_edges(strength, is_ink)
    level = _median(paper if paper.size else strength[~is_ink])
    strong, middle = np.quantile(strength[is_ink], [1 - STRONGEST_INK, 0.5])
    return bool(
        level <= MAX_PAPER_OFF
        and 1 - strong <= MAX_INK_OFF + strong - middle
        and _are_few(np.abs(paper - level) > MAX_EVEN_RANGE, ~is_ink)
        and _are_few(ink < 1 - MAX_INK_RANGE, is_ink)
    )


def _away_from_edges(values: Gray, area: NDArray[np.bool_]) -> Gray:
    inside = ndimage.distance_transform_edt(area) > BLURRED_WIDTH * min(area.shape)
    return np.asarray(values[inside], dtype=np.float32)


def _are_few(chosen: NDArray[np.bool_], area: NDArray[np.bool_]) -> bool:
    return bool(np.count_nonzero(chosen) <= BLURRED_AREA * np.count_nonzero(area))


def _without_strokes(cells: Gray) -> Gray:
    """Remove what is narrow, lighter or darker, in the order that leaves less variation."""
    size = round(MAX_STROKE_WIDTH * min(cells.shape)) | 1
    close, open_ = ndimage.grey_closing, ndimage.grey_opening
    both = (open_(close(cells, size=size), size=size), close(open_(cells, size=size), size=size))
    return min(both, key=lambda background: _spread(background, TAIL))


def _spread(values: Gray, tail: float) -> float:
    """Return the range of the values without the outliers at either end."""
    ordered = np.sort(values, axis=None)
    cut = int(tail * ordered.size)
    return float(ordered[-1 - cut] - ordered[cut])


def _ink_in_uneven_light(gray: Gray, polarity: str) -> Gray:
    light, misfit = _smooth_light(gray)
    level = gray / light
    ink_is_light = _lines_are_light(gray) if polarity == "auto" else polarity != DARK_INK
    if misfit > MAX_MISFIT * float(gray.max() - gray.min()) or _is_uneven(level):
        return _without_shadows(gray, ink_is_light)
    background = _median(outer_pixels(level)[::3])
    return np.asarray(level - background if ink_is_light else background - level, dtype=np.float32)


def _lines_are_light(gray: Gray) -> bool:
    """Say whether what is narrow is lighter than what is around it.

    Ink differs from its surroundings by much in few places, the background by little in many;
    the edge of a shadow by as much on both of its sides.
    """
    cells = shrunk(gray, max(1, min(gray.shape) // (2 * CELLS_PER_SIDE)))
    difference = cells - ndimage.uniform_filter(
        cells, round(POLARITY_WINDOW * min(cells.shape)) | 1
    )
    return float(np.vdot(difference * difference, difference)) > 0


def _median(values: Gray) -> np.float32:
    ordered: Gray = np.sort(values, axis=None)
    return np.float32(ordered[ordered.size // 2])


def _smooth_light(gray: Gray) -> tuple[Gray, float]:
    """Fit a surface of the second degree to the background, whichever pixels that is.

    Also returns how far off most of the cells are, ink left out.
    """
    cells = shrunk(gray, max(1, min(gray.shape) // CELLS_PER_SIDE))
    surface = _surfaces(cells.shape)
    values = cells.ravel().astype(np.float64)
    weights = np.ones_like(values)
    for _ in range(N_REFITS):
        weighted = surface * weights[:, np.newaxis]
        factors = np.linalg.solve(weighted.T @ surface, weighted.T @ values)
        error = np.abs(values - surface @ factors)
        ordered = np.sort(error)
        # Ink and shadows lie far off the surface (Geman and McClure's weights).
        weights = 1 / (1 + (error / max(float(ordered[error.size // 2]), 1e-4) / 2) ** 2) ** 2
    # Behind a shadow's edge the surface may be far from any light that there is.
    darkest = max(0.5 * float(np.sort(values)[values.size // 10]), MIN_LIGHT)
    light = np.maximum(_evaluated(factors, gray.shape), darkest)
    return np.asarray(light, dtype=np.float32), float(
        ordered[int(BACKGROUND_FRACTION * error.size)]
    )


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


def _without_shadows(level: Gray, ink_is_light: bool) -> Gray:
    """Return the difference of each pixel from the background around it."""
    height, width = (max(3, round(BACKGROUND_WINDOW * length)) | 1 for length in level.shape)
    # Grain would move the extremes everywhere.
    calm = ndimage.uniform_filter(level, 3)
    if ink_is_light:
        return np.asarray(
            level - ndimage.grey_opening(calm, size=(height, width)), dtype=np.float32
        )
    # In the shadow of a hand, both ink and paper are darker by the same factor.
    background = np.maximum(ndimage.grey_closing(calm, size=(height, width)), np.float32(MIN_LIGHT))
    return np.asarray(1 - level / background, dtype=np.float32)
