"""Each step of DigitNormalizer: what it takes away, and that it can be switched off."""

import numpy as np
import pytest
from scipy import ndimage

from normalizing import difference, drawing, normalized


def test_polarity_can_be_stated():
    stroke = drawing()
    assert normalized(stroke, polarity="dark_on_light")[:, 14].any()
    # The paper is the ink then.
    inverse = normalized(stroke, polarity="light_on_dark")
    assert (inverse > 100).mean() > 0.3
    np.testing.assert_array_equal(
        normalized(255 - stroke, polarity="light_on_dark"), normalized(stroke)
    )


def test_shadows_are_taken_away_if_asked():
    shadowed = drawing().astype(float) + 30
    shadowed[:, 130:] *= 0.4
    stroke = normalized(drawing())
    assert difference(stroke, normalized(shadowed)) < 0.25
    assert difference(stroke, normalized(shadowed, level_light=False)) > 0.5


def test_lines_are_removed_if_asked():
    ruled = drawing()
    for row in range(10, 200, 30):
        ruled[row : row + 2] = np.minimum(ruled[row : row + 2], 120)
    stroke = normalized(drawing())
    assert difference(stroke, normalized(ruled)) < 0.2
    assert difference(stroke, normalized(ruled, remove_lines=False)) > 0.5


def test_the_edge_of_a_box_is_removed_if_asked():
    boxed = drawing()
    boxed[:4], boxed[-4:], boxed[:, :4], boxed[:, -4:] = 0, 0, 0, 0
    assert difference(normalized(drawing()), normalized(boxed)) < 0.05
    assert difference(normalized(drawing()), normalized(boxed, remove_lines=False)) > 0.5


def test_specks_are_removed_if_asked():
    dusty = drawing()
    dusty[20:23, 20:23] = dusty[180:182, 150:153] = 0
    assert difference(normalized(drawing()), normalized(dusty)) < 0.05
    assert difference(normalized(drawing()), normalized(dusty, remove_specks=False)) > 0.3


def test_noise_is_removed_if_asked():
    noisy = np.clip(drawing() * 0.6 + np.random.default_rng(0).normal(40, 12, (200, 200)), 0, 255)
    assert difference(normalized(drawing()), normalized(noisy)) < 0.05
    assert difference(normalized(drawing()), normalized(noisy, remove_noise=False)) > 0.1


def test_hairlines_are_broadened_if_asked():
    hairline = np.zeros((200, 200), dtype=np.uint8)
    hairline[40:160, 100] = 1
    assert 2 <= (normalized(hairline)[14] > 127).sum() <= 3
    thin = normalized(hairline, broaden_hairlines=False)
    assert thin[14].astype(int).sum() < normalized(hairline)[14].astype(int).sum() / 1.5


def test_small_digits_are_enlarged_smoothly_if_asked():
    stairs = np.zeros((12, 12), dtype=np.uint8)
    for step in range(8):
        stairs[step + 2, 9 - step] = stairs[step + 2, 8 - step] = 1
    smooth, square = normalized(stairs), normalized(stairs, smooth_small=False)
    assert difference(smooth, square) > 0.1


def test_a_bar_or_a_dot_of_the_pen_is_no_speck():
    five = drawing()
    five[:] = 255
    five[40:48, 80:140] = 0
    five[56:150, 70:78] = 0
    five[150:158, 70:130] = 0
    assert (normalized(five)[:8] > 100).any()
    dotted = np.full((200, 200), 255, dtype=np.uint8)
    for row in range(40, 160, 12):
        dotted[row : row + 6, 100:106] = 0
    rows = np.flatnonzero((normalized(dotted) > 100).any(axis=1))
    assert rows[-1] - rows[0] >= 17


def turned(image, ground):
    return ndimage.rotate(image, 4, order=1, cval=ground)


SURROUNDINGS = {
    "thin frame": lambda image: np.pad(image, 4),
    "thick frame": lambda image: np.pad(image, 20),
    "frame on paper": lambda image: np.pad(np.pad(image, 5), 8, constant_values=255),
    "bars above and below": lambda image: np.pad(image, ((40, 40), (0, 0))),
    "bars beside": lambda image: np.pad(image, ((0, 0), (40, 40))),
    "desk": lambda image: np.pad(image, 30, constant_values=60),
    "desk at one side": lambda image: np.pad(image, ((0, 0), (0, 40)), constant_values=40),
}


@pytest.mark.parametrize("surroundings", SURROUNDINGS)
def test_what_is_beside_the_paper_changes_nothing(surroundings):
    # Of this side, all of them are shrunk alike.
    image = drawing(120)
    changed = SURROUNDINGS[surroundings](image)
    assert difference(normalized(image), normalized(changed)) < 0.25


def test_black_corners_change_nothing():
    on_black, on_white = (turned(drawing(120), ground) for ground in (0, 255))
    assert difference(normalized(on_white), normalized(on_black)) < 0.25
