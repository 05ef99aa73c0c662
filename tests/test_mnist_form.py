"""to_mnist_form: the size normalization that made MNIST's images."""

import os
from fractions import Fraction
from math import ceil, floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mnistcnn import fetch_mnist
from mnistcnn.handwriting import to_mnist_form

MNIST = os.environ.get("MNISTCNN_DATA")
IMAGES = arrays(
    np.uint8,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=32),
    elements=st.integers(0, 255),
).filter(np.any)


def shares(position, side):
    """Say which target pixels one source pixel falls into, as QMNIST's program does."""
    scale = Fraction(20, side)
    start, end = scale * position, scale * (position + Fraction(99, 100))
    first, last = floor(start), ceil(end) - 1
    if first == last:
        return {first: scale}
    return {first: first + 1 - start, last: end - last}


def mnist_form_by_definition(image):
    rows, columns = np.nonzero(image)
    ink = image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    side = max(*ink.shape, 10)
    square = np.zeros((side, side), dtype=int)
    top, left = (side - ink.shape[0]) // 2, (side - ink.shape[1]) // 2
    square[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    if side < 20:
        square = np.kron(square, np.ones((2, 2), dtype=int))
    small = [[Fraction(0)] * 20 for _ in range(20)]
    for i, j in zip(*np.nonzero(square), strict=True):
        for row, height in shares(int(i), len(square)).items():
            for column, width in shares(int(j), len(square)).items():
                small[row][column] += int(square[i, j]) * height * width
    most = max(map(max, small))
    digit = np.array([[floor(gray * 255 / most + Fraction(1, 2)) for gray in row] for row in small])
    result = np.zeros((28, 28), dtype=np.uint8)
    center = [(digit.sum(axis=1 - axis) * (np.arange(20) + 0.5)).sum() for axis in (0, 1)]
    down, right = (min(max(floor(15 - c / digit.sum()), 0), 8) for c in center)
    result[down : down + 20, right : right + 20] = digit
    return result


@given(image=IMAGES)
@settings(max_examples=40)
def test_every_pixel_is_as_the_definition_says(image):
    before = image.copy()
    np.testing.assert_array_equal(to_mnist_form(image), mnist_form_by_definition(image))
    np.testing.assert_array_equal(image, before)


@given(image=IMAGES, margins=st.tuples(*[st.integers(0, 40)] * 4))
def test_place_in_the_image_does_not_matter(image, margins):
    moved = np.pad(image, (margins[:2], margins[2:]))
    np.testing.assert_array_equal(to_mnist_form(moved), to_mnist_form(image))


@given(image=IMAGES, factor=st.sampled_from([2, 256, 1 / 256]))
def test_unit_of_the_grays_does_not_matter(image, factor):
    np.testing.assert_array_equal(to_mnist_form(image * float(factor)), to_mnist_form(image))


@given(image=IMAGES)
def test_digit_fills_twenty_pixels_around_the_middle(image):
    digit = to_mnist_form(image).astype(float)
    rows, columns = np.nonzero(digit)
    assert np.ptp(rows) < 20
    assert np.ptp(columns) < 20
    assert digit.max() == 255
    for lines in (digit.sum(axis=1), digit.sum(axis=0)):
        center = (lines * (np.arange(28) + 0.5)).sum() / lines.sum()
        used = np.flatnonzero(lines)
        # A lopsided digit stays whole, which wins over its center of gravity.
        assert 14 < center <= 15 or used[-1] >= 19 or used[0] <= 8


def test_lopsided_digit_is_not_moved_over_the_edge():
    image = np.zeros((100, 100))
    image[:5] = 1
    image[:, 50] = 0.01
    digit = to_mnist_form(image)
    assert digit[8].max() == 255
    assert not digit[:8].any()
    assert digit[27].any()


@pytest.mark.parametrize("side", [43, 57, 71])
def test_inside_of_a_thick_stroke_is_not_quite_white_as_in_mnist(side):
    inside = to_mnist_form(np.ones((side, side)))[8:20, 8:20]
    assert set(np.unique(inside)) <= {252, 253, 254, 255}
    assert inside.min() < 255


@pytest.mark.skipif(not MNIST, reason="MNISTCNN_DATA names no folder with MNIST")
def test_images_of_mnist_stay_as_they_are():
    images = fetch_mnist(data_home=MNIST, download_if_missing=False).images[:2000]
    formed = np.stack([to_mnist_form(image) for image in images])
    most_off = np.abs(formed.astype(int) - images).max(axis=(1, 2))
    assert (most_off <= 1).mean() > 0.995


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((28, 28)), "some ink, got only zeros"),
        (np.full((28, 28), -1.0), "no negative values, got -1"),
        (np.full((28, 28), np.nan), "image contains NaN"),
        (np.full((28, 28), np.inf), "image contains infinity"),
        (np.ones(784), "Expected 2D array, got 1D"),
        (np.ones((28, 28, 3)), "dim 3"),
        (np.ones((0, 28)), "0 sample"),
    ],
)
def test_image_without_a_digit_is_refused(image, message):
    with pytest.raises(ValueError, match=message):
        to_mnist_form(image)
