"""Strokes: how broad they are, and what becomes of hairlines and of digits of few pixels."""

import numpy as np
import pytest

from mnistcnn.handwriting._strokes import enlarged_smoothly, stroke_width, with_broader_strokes


def bar(length, width):
    """A stroke of full ink that fills its box."""
    return np.ones((length, width), dtype=np.float32)


@pytest.mark.parametrize("width", [1, 3, 8])
@pytest.mark.parametrize("turned", [False, True])
def test_the_width_of_a_long_bar_is_measured(width, turned):
    mask = np.pad(bar(400, width) > 0, 5)
    # The outline of slanting strokes has stairs, for which straight ones are counted too broad.
    assert stroke_width(mask.T if turned else mask) == pytest.approx(4 / np.pi * width, rel=0.03)


def test_the_border_of_the_image_counts_only_where_strokes_end_there():
    upright = np.zeros((50, 50), dtype=bool)
    upright[:, 20:24] = True
    within = np.pad(upright, 1)
    assert stroke_width(upright) == stroke_width(within)
    assert stroke_width(upright, end_at_border=False) > stroke_width(upright)


def test_an_image_without_ink_has_no_strokes():
    assert stroke_width(np.zeros((4, 4), dtype=bool)) == 0


def test_only_hairlines_are_broadened():
    hairline, stroke = np.pad(bar(100, 2), ((0, 0), (30, 30))), np.pad(bar(100, 12), 30)
    assert with_broader_strokes(stroke) is stroke
    broadened = with_broader_strokes(hairline)
    assert stroke_width(broadened > 0.5) > 3 * stroke_width(hairline > 0.5)


def test_only_digits_of_few_pixels_are_enlarged_and_by_a_whole_number():
    large, small = bar(18, 4), bar(12, 4)
    assert enlarged_smoothly(large) is large
    enlarged = enlarged_smoothly(small)
    assert enlarged.shape == (4 * (12 + 4), 4 * (4 + 4))
    assert enlarged.min() == 0
    assert enlarged.max() == 1
