"""The arithmetic of image shapes: what fits, and what the message says where nothing does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnistcnn.preprocessing._shapes import (
    as_rows,
    check_image_shape,
    pad_columns,
    resolve_image_shape,
)

SIDES = st.integers(1, 12)


@pytest.mark.parametrize(
    ("image_shape", "array_shape", "expected"),
    [
        ("auto", (5, 784), (28, 28, 1)),
        ("auto", (5, 1), (1, 1, 1)),
        ("auto", (5, 20, 30), (20, 30, 1)),
        ("auto", (5, 20, 30, 3), (20, 30, 3)),
        ("pad", (5, 783), (28, 28, 1)),
        ("pad", (5, 784), (28, 28, 1)),
        ("pad", (5, 785), (29, 29, 1)),
        ("pad", (5, 20, 30), (20, 30, 1)),
        ((20, 30), (5, 600), (20, 30, 1)),
        ((20, 30), (5, 20, 30, 1), (20, 30, 1)),
        ((20, 30, 3), (5, 1800), (20, 30, 3)),
        ([20, 30], (5, 20, 30), (20, 30, 1)),
        ((np.int64(20), 30), (5, 600), (20, 30, 1)),
    ],
)
def test_shape_is_read_from_parameter_and_data(image_shape, array_shape, expected):
    assert resolve_image_shape(image_shape, array_shape) == expected


def test_column_count_that_is_no_square_names_the_next_squares():
    with pytest.raises(ValueError, match="image_shape") as error:
        resolve_image_shape("auto", (5, 783))
    message = str(error.value)
    assert "got 783 columns" in message
    assert "729 = 27 x 27" in message
    assert "784 = 28 x 28" in message
    assert "'pad'" in message


@pytest.mark.parametrize(
    ("image_shape", "array_shape", "message"),
    [
        ((28, 28), (5, 783), r"\(28, 28\) needs flat rows of 784 columns, got 783"),
        ((28, 28), (5, 28, 27), r"image_shape=\(28, 28\) does not fit"),
        ((28, 28), (5, 28, 28, 3), r"use 'auto' or \(28, 28, 3\)"),
        ("auto", (784,), r"got an array of shape \(784,\)"),
        ("auto", (1, 2, 3, 4, 5), r"got an array of shape \(1, 2, 3, 4, 5\)"),
        ("auto", (5, 0), r"at least one pixel per image, got shape \(5, 0\)"),
        ("auto", (5, 28, 0), r"at least one pixel per image, got shape \(5, 28, 0\)"),
    ],
)
def test_data_that_does_not_fit_is_refused(image_shape, array_shape, message):
    with pytest.raises(ValueError, match=message):
        resolve_image_shape(image_shape, array_shape)


@pytest.mark.parametrize(
    "image_shape",
    ["square", None, 28, (28,), (1, 2, 3, 4), (28, 0), (28, -1), (28, 28.0), (True, True), "28"],
)
def test_parameter_that_can_never_be_a_shape_is_refused(image_shape):
    with pytest.raises(ValueError, match="image_shape must be 'auto', 'pad'"):
        check_image_shape(image_shape)


@given(n_columns=st.integers(1, 5000))
def test_padding_reaches_the_next_square_and_no_further(n_columns):
    side, width, channels = resolve_image_shape("pad", (1, n_columns))
    assert (width, channels) == (side, 1)
    assert (side - 1) ** 2 < n_columns <= side**2


@given(n_columns=st.integers(1, 30), dtype=st.sampled_from(["uint8", "int64", "float16"]))
def test_padding_keeps_values_and_dtype_and_adds_zeros(n_columns, dtype):
    X = np.arange(1, 2 * n_columns + 1).reshape(2, n_columns).astype(dtype)
    padded = pad_columns(X, resolve_image_shape("pad", X.shape))
    assert padded.dtype == X.dtype
    np.testing.assert_array_equal(padded[:, :n_columns], X)
    assert not padded[:, n_columns:].any()


@given(shape=st.tuples(SIDES, SIDES, SIDES, st.sampled_from([1, 3])))
def test_rows_hold_the_images_in_reading_order(shape):
    images = np.arange(np.prod(shape)).reshape(shape)
    rows, array_shape = as_rows(images.tolist())
    assert array_shape == shape
    np.testing.assert_array_equal(rows.ravel(), images.ravel())
