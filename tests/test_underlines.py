"""Lines under digits go, also where they touch them; strokes of digits stay."""

import numpy as np
import pytest
from PIL import Image

from mnistcnn import find_digits, load_sample_digits
from mnistcnn.handwriting._ink_levels import measured_levels
from mnistcnn.handwriting._underlines import without_underlines


@pytest.fixture
def strokes():
    ink = np.zeros((90, 220), dtype=np.float32)
    for left in (60, 110, 150):
        ink[20:60, left : left + 6] = 1
    return ink


@pytest.mark.parametrize("slope", [-0.05, -0.02, 0.0, 0.03, 0.05])
@pytest.mark.parametrize("thickness", [2, 4])
def test_a_line_that_joins_strokes_goes(strokes, slope, thickness):
    lined = strokes.copy()
    for column in range(30, 200):
        row = round(58 + slope * (column - 110))
        lined[row : row + thickness, column] = 1
    cleaned = without_underlines(lined, measured_levels(lined))
    np.testing.assert_array_equal(cleaned[20:48] > 0.5, strokes[20:48] > 0.5)
    between = [*range(35, 58), *range(70, 106), *range(120, 146), *range(160, 196)]
    assert cleaned[:, between].max() == 0


def test_what_has_no_line_stays_the_same_object(strokes):
    assert without_underlines(strokes, measured_levels(strokes)) is strokes


def test_the_bars_of_digits_stay():
    for image in load_sample_digits().images[:300]:
        large = np.asarray(Image.fromarray(image).resize((140, 84)), dtype=np.float32) / 255
        assert without_underlines(large, measured_levels(large)) is large


def test_an_underlined_digit_by_itself_is_found_without_its_line():
    sheet = np.full((160, 170), 255, dtype=np.uint8)
    digits = load_sample_digits()
    digit = np.asarray(Image.fromarray(digits.images[3]).resize((84, 84)))
    sheet[20:104, 40:124] = 255 - digit
    without = [found.box for found in find_digits(sheet)]
    sheet[112:116, 10:160] = 30
    (box,) = (found.box for found in find_digits(sheet))
    assert np.abs(np.subtract(box, without[0])).max() <= 2
