"""PixelScaler: one shift and one scale for all pixels."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from mnistcnn import PixelScaler

PIXELS = arrays(
    np.uint8, array_shapes(min_dims=2, max_dims=4, max_side=6), elements=st.integers(0, 255)
)
SCALERS = [PixelScaler(), PixelScaler(method="unit"), PixelScaler(dtype="float64")]


@parametrize_with_checks(SCALERS)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@given(X=PIXELS, scaler=st.sampled_from(SCALERS))
def test_pixels_survive_the_round_trip(X, scaler):
    before = X.copy()
    scaled = scaler.fit(X).transform(X)
    back = scaler.inverse_transform(scaled)
    assert scaled.shape == back.shape == X.shape
    assert scaled.dtype == back.dtype == scaler.dtype
    np.testing.assert_array_equal(np.rint(back), X)
    np.testing.assert_array_equal(X, before)


@given(X=PIXELS, scaler=st.sampled_from(SCALERS))
def test_equal_pixels_of_any_dtype_and_layout_give_equal_results(X, scaler):
    expected = scaler.fit(X).transform(X)
    for dtype in ("int16", "int64", "float32", "float64"):
        same = np.asfortranarray(X.astype(dtype))
        np.testing.assert_array_equal(scaler.fit(same).transform(same), expected)
    rows = X.reshape(len(X), -1)
    np.testing.assert_array_equal(scaler.fit(rows).transform(rows), expected.reshape(rows.shape))


@given(X=PIXELS)
def test_standard_gives_mean_zero_and_deviation_one(X):
    scaler = PixelScaler(dtype="float64").fit(X)
    scaled = scaler.transform(X)
    assert scaler.mean_ == pytest.approx(X.mean(), abs=1e-12)
    assert scaled.mean() == pytest.approx(0, abs=1e-9)
    assert scaled.std() == pytest.approx(0 if np.ptp(X) == 0 else 1)


def test_unit_brings_the_range_to_zero_and_one_without_clipping():
    X = np.array([[-10, 0, 10, 20]], dtype=np.int16)
    scaled = PixelScaler(method="unit", data_range=(0, 10)).transform(X)
    np.testing.assert_array_equal(scaled, [[-1, 0, 1, 2]])


def test_unit_does_not_wrap_around_where_the_range_is_wider_than_the_dtype():
    X = np.array([[0, 255]], dtype=np.uint8)
    scaled = PixelScaler(method="unit", data_range=(-1000, 1000)).fit_transform(X)
    np.testing.assert_allclose(scaled, [[0.5, 0.6275]])


@pytest.mark.parametrize("value", [0.1, 255, 1e30])
def test_constant_pixels_are_divided_by_one(value):
    X = np.full((3, 7), value)
    scaler = PixelScaler(dtype="float64").fit(X)
    assert scaler.scale_ == 1.0
    np.testing.assert_allclose(scaler.transform(X), 0, atol=1e-15 * value)


def test_statistics_come_from_fit_alone():
    scaler = PixelScaler().fit(np.array([[0, 10]]))
    np.testing.assert_array_equal(scaler.transform(np.array([[5, 15]])), [[0, 2]])


def test_many_blocks_give_what_one_would():
    X = np.random.default_rng(0).integers(0, 256, (1500, 1600), dtype=np.uint8)
    scaler = PixelScaler().fit(X)
    assert scaler.mean_ == pytest.approx(X.mean(), rel=1e-12)
    assert scaler.scale_ == pytest.approx(X.std(), rel=1e-12)
    expected = ((X - scaler.mean_) / scaler.scale_).astype(np.float32)
    np.testing.assert_array_equal(scaler.transform(X), expected)


def test_frame_in_and_frame_out_keep_columns_and_index():
    frame = pd.DataFrame({"a": [0, 255], "b": [51, 102]}, index=[7, 9])
    scaler = PixelScaler(method="unit").set_output(transform="pandas")
    scaled = scaler.fit_transform(frame)
    expected = pd.DataFrame({"a": [0, 1], "b": [0.2, 0.4]}, index=[7, 9], dtype=np.float32)
    pd.testing.assert_frame_equal(scaled, expected)
    assert list(scaler.get_feature_names_out()) == ["a", "b"]


def test_values_of_images_have_no_names():
    assert not hasattr(PixelScaler().fit(np.zeros((2, 3, 3))), "get_feature_names_out")


@pytest.mark.parametrize("dtype", ["float32", "float64", np.float32, np.float64])
def test_dtype_tag_tells_the_dtype_that_comes_out(dtype):
    scaler = PixelScaler(dtype=dtype)
    tags = get_tags(scaler).transformer_tags
    assert tags.preserves_dtype == [np.dtype(dtype).name]
    assert scaler.fit_transform(np.zeros((2, 4), dtype=np.uint8)).dtype == dtype


def test_only_standard_has_to_be_fitted():
    X = np.full((2, 4), 255)
    np.testing.assert_array_equal(PixelScaler(method="unit").transform(X), np.ones((2, 4)))
    with pytest.raises(NotFittedError, match="PixelScaler"):
        PixelScaler().transform(X)
    assert get_tags(PixelScaler()).requires_fit
    assert not get_tags(PixelScaler(method="unit")).requires_fit


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"method": "minmax"}, "method"),
        ({"dtype": "int8"}, "dtype"),
        ({"data_range": (255, 0)}, r"data_range must be two finite numbers .* got \(255, 0\)"),
        ({"data_range": (0, 0)}, "data_range"),
        ({"data_range": (0, 1, 2)}, "data_range"),
        ({"data_range": (0, float("inf"))}, "data_range"),
        ({"data_range": ("a", "b")}, "data_range"),
        ({"data_range": 255}, "data_range"),
    ],
)
def test_bad_parameter_is_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        PixelScaler(**parameters).fit(np.zeros((2, 4)))


def test_another_number_of_pixels_than_in_fit_is_refused():
    with pytest.raises(ValueError, match="X has 9 features, but PixelScaler is expecting 4"):
        PixelScaler().fit(np.zeros((2, 2, 2))).transform(np.zeros((2, 3, 3)))


def test_result_that_does_not_fit_the_dtype_is_refused():
    with pytest.raises(ValueError, match=r"fits into dtype='float32', got .* 1e\+300"):
        PixelScaler(method="unit").transform([[1e300]])
    with pytest.raises(
        ValueError, match=r"squares add up within float64, got values up to 1e\+300"
    ):
        PixelScaler().fit([[1e300, -1e300]])


def test_fit_that_fails_leaves_the_transformer_as_it_was():
    scaler = PixelScaler().fit(np.array([[0, 10]]))
    with pytest.raises(ValueError, match="NaN"):
        scaler.fit(np.full((2, 9), np.nan))
    assert (scaler.mean_, scaler.scale_, scaler.n_features_in_) == (5.0, 5.0, 2)


@pytest.mark.parametrize("method", ["standard", "unit"])
def test_bytes_with_a_sign_are_refused_with_the_conversion(method):
    X = np.array([[0, 100], [200, 255]], dtype=np.uint8)
    scaler = PixelScaler(method=method).fit(X)
    for dtype in (np.int8, np.int64):
        signed = X.view(np.int8).astype(dtype)
        for use in (PixelScaler(method=method).fit, scaler.transform):
            with pytest.raises(ValueError, match=r"X must hold no negative.*astype\(numpy.uint8\)"):
                use(signed)
    with pytest.raises(ValueError, match=r"got -300 in int64; pass X.astype\(float\)"):
        scaler.transform(np.array([[-300, 5]]))
    assert scaler.transform(np.array([[-300.0, 5.0]])).shape == (1, 2)


def test_integers_below_zero_are_scaled_where_the_range_says_so():
    X = np.array([[-128, 127]], dtype=np.int8)
    scaled = PixelScaler(method="unit", data_range=(-128, 127)).fit_transform(X)
    np.testing.assert_array_equal(scaled, [[0, 1]])
