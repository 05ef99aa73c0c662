"""ImageReshaper: rows to images and back."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from mnistcnn import ImageReshaper, PixelScaler

DTYPES = ["uint8", "int16", "int64", "float16", "float32", "float64"]


@parametrize_with_checks([ImageReshaper(image_shape="pad")])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("image_shape", "input_shape", "output_shape"),
    [
        ("auto", (3, 64), (3, 8, 8, 1)),
        ("auto", (3, 8, 6), (3, 8, 6, 1)),
        ("auto", (3, 8, 6, 2), (3, 8, 6, 2)),
        ("pad", (3, 50), (3, 8, 8, 1)),
        ("pad", (3, 64), (3, 8, 8, 1)),
        ((8, 6), (3, 48), (3, 8, 6)),
        ((8, 6), (3, 8, 6), (3, 8, 6)),
        ((8, 6), (3, 8, 6, 1), (3, 8, 6)),
        ((8, 6, 1), (3, 48), (3, 8, 6, 1)),
        ((8, 6, 2), (3, 96), (3, 8, 6, 2)),
    ],
)
def test_result_has_the_documented_shape(image_shape, input_shape, output_shape):
    X = np.zeros(input_shape, dtype=np.uint8)
    assert ImageReshaper(image_shape).fit_transform(X).shape == output_shape


@given(
    X=arrays(
        st.sampled_from(DTYPES),
        array_shapes(min_dims=2, max_dims=2, max_side=20),
        elements=st.integers(0, 100),
    )
)
def test_rows_survive_the_round_trip(X):
    before = X.copy()
    reshaper = ImageReshaper(image_shape="pad").fit(X)
    images = reshaper.transform(X)
    back = reshaper.inverse_transform(images)
    assert images.dtype == back.dtype == X.dtype
    np.testing.assert_array_equal(back, X)
    np.testing.assert_array_equal(X, before)


@given(
    X=arrays(
        st.sampled_from(DTYPES),
        array_shapes(min_dims=3, max_dims=4, max_side=6),
        elements=st.integers(0, 100),
    )
)
def test_images_and_their_rows_are_interchangeable(X):
    rows = X.reshape(len(X), -1)
    reshaper = ImageReshaper(image_shape=X.shape[1:]).fit(X)
    np.testing.assert_array_equal(reshaper.transform(X), X)
    np.testing.assert_array_equal(reshaper.transform(rows), X)
    np.testing.assert_array_equal(reshaper.inverse_transform(X), rows)


def test_pixels_stand_in_reading_order():
    image = ImageReshaper((2, 3)).fit_transform([[1, 2, 3, 4, 5, 6]])[0]
    np.testing.assert_array_equal(image, [[1, 2, 3], [4, 5, 6]])


def test_data_frame_gives_the_images_of_its_values():
    frame = pd.DataFrame(np.arange(18).reshape(2, 9), columns=[f"pixel{i}" for i in range(9)])
    reshaper = ImageReshaper().fit(frame)
    assert list(reshaper.feature_names_in_) == list(frame.columns)
    np.testing.assert_array_equal(reshaper.transform(frame), np.arange(18).reshape(2, 3, 3, 1))


def test_rows_of_another_length_than_in_fit_are_refused():
    reshaper = ImageReshaper().fit(np.zeros((3, 64)))
    with pytest.raises(ValueError, match="X has 49 features, but ImageReshaper is expecting 64"):
        reshaper.transform(np.zeros((3, 49)))


def test_images_of_another_shape_than_in_fit_are_refused():
    reshaper = ImageReshaper().fit(np.zeros((3, 8, 8)))
    with pytest.raises(ValueError, match=r"shape \(8, 8, 1\), on which .* was fitted"):
        reshaper.transform(np.zeros((3, 4, 16)))
    with pytest.raises(ValueError, match=r"shape \(8, 8, 1\), on which .* was fitted"):
        reshaper.inverse_transform(np.zeros((3, 4, 16, 1)))


def test_fit_that_fails_leaves_the_transformer_as_it_was():
    reshaper = ImageReshaper().fit(np.zeros((3, 64)))
    with pytest.raises(ValueError, match="image_shape='auto'"):
        reshaper.fit(np.zeros((3, 63)))
    assert (reshaper.n_features_in_, reshaper.image_shape_) == (64, (8, 8, 1))


def test_only_padding_needs_fit_and_only_to_undo_it():
    X = np.arange(16).reshape(2, 8)
    square = np.arange(18).reshape(2, 9)
    images = ImageReshaper(image_shape="pad").transform(X)
    assert images.shape == (2, 3, 3, 1)
    np.testing.assert_array_equal(
        ImageReshaper().inverse_transform(ImageReshaper().transform(square)), square
    )
    with pytest.raises(NotFittedError, match="image_shape='pad'"):
        ImageReshaper(image_shape="pad").inverse_transform(images)


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (np.zeros((0, 64)), ValueError, "0 sample"),
        (np.zeros((0, 8, 8)), ValueError, "0 sample"),
        (np.zeros(64), ValueError, "Expected 2D array, got 1D"),
        (np.full((2, 64), np.nan), ValueError, "contains NaN"),
        (np.full((2, 8, 8), np.inf), ValueError, "contains infinity"),
        (np.zeros((2, 64), dtype=complex), ValueError, "Complex data not supported"),
        (np.full((2, 64), "ink"), ValueError, "could not convert string to float|numeric"),
        (np.zeros((2, 2, 2, 2, 2)), ValueError, r"shape \(2, 2, 2, 2, 2\)"),
        (csr_array((2, 64)), TypeError, "[Ss]parse"),
    ],
)
def test_bad_input_is_refused(X, error, message):
    with pytest.raises(error, match=message):
        ImageReshaper().fit(X)


@pytest.mark.parametrize("image_shape", [7, "square", (8,), (8, 0)])
def test_bad_parameter_is_refused(image_shape):
    with pytest.raises(ValueError, match="image_shape"):
        ImageReshaper(image_shape).fit(np.zeros((2, 64)))


def test_images_stay_arrays_where_frames_are_asked_for():
    X = np.zeros((3, 64), dtype=np.uint8)
    with config_context(transform_output="pandas"):
        images = make_pipeline(ImageReshaper(), PixelScaler(method="unit")).fit_transform(X)
    assert isinstance(images, np.ndarray)
    assert images.shape == (3, 8, 8, 1)


def test_clone_keeps_the_shape():
    assert clone(ImageReshaper((8, 6))).get_params() == {"image_shape": (8, 6)}
