"""Ensembles that grow by a warm start: what is kept, refused and told of."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from mnistcnn import DigitEnsembleClassifier, ImageReshaper, PixelRangeWarning, PixelScaler
from networks import ensemble_of
from networks import quick_member as quick

# Most of them train a network or several.
pytestmark = pytest.mark.slow


def test_warm_start_adds_the_members_that_one_larger_fit_has(small_digits):
    X, y = small_digits
    growing = ensemble_of(n_estimators=2, warm_start=True).fit(X, y)
    first, second = growing.estimators_
    growing.set_params(n_estimators=3).fit(X, y)
    assert growing[0] is first
    assert growing[1] is second
    larger = ensemble_of(n_estimators=3).fit(X, y)
    np.testing.assert_array_equal(growing.predict_proba(X), larger.predict_proba(X))
    with pytest.warns(UserWarning, match="Warm-start fitting without increasing n_estimators"):
        growing.fit(X, y)
    assert growing[0] is first
    with pytest.raises(ValueError, match=r"n_estimators=2 must be larger or equal .*=3 when warm"):
        growing.set_params(n_estimators=2).fit(X, y)
    assert len(growing) == 3


def test_warm_start_refuses_other_labels_and_other_images(small_digits):
    X, y = small_digits
    growing = DigitEnsembleClassifier(KNeighborsClassifier(), 1, warm_start=True).fit(X, y)
    growing.set_params(n_estimators=2)
    with pytest.raises(ValueError, match=r"labels of the previous fit, \[0, 1.*got \[1, 2"):
        growing.fit(X[y > 0], y[y > 0])
    with pytest.raises(ValueError, match="n_features_in_ 64, got 16"):
        growing.fit(X[:, :16], y)
    assert len(growing) == 1


def test_warm_start_refuses_columns_in_another_order(small_digits):
    X, y = small_digits
    frame = pd.DataFrame(X).rename(columns="pixel{}".format)
    growing = DigitEnsembleClassifier(KNeighborsClassifier(), 1, warm_start=True).fit(frame, y)
    with pytest.raises(ValueError, match="members have feature_names_in_"):
        growing.set_params(n_estimators=2).fit(frame[frame.columns[::-1]], y)
    assert len(growing) == 1
    assert growing.score(frame, y) > 0.9
    assert len(growing.fit(X, y)) == 2


@pytest.mark.parametrize(
    "wrap", [lambda member: member, lambda m: make_pipeline(ImageReshaper(), m)]
)
def test_warm_start_tells_of_pixels_in_another_unit(wrap, small_digits):
    X, y = small_digits
    growing = ensemble_of(wrap(quick()), n_estimators=1, warm_start=True).fit(X, y)
    before = growing.estimators_
    growing.set_params(n_estimators=2)
    told = "from 0 to 1, but .* from 0 to 16, so no pixels suit both .*Multiply the pixels by 16"
    rows, frame = X / 16, pd.DataFrame(X / 16)
    for form in (rows, frame, frame.convert_dtypes(), rows.reshape(-1, 8, 8), rows.tolist()):
        with warnings.catch_warnings():
            warnings.simplefilter("error", PixelRangeWarning)
            with pytest.raises(PixelRangeWarning, match=told):
                growing.fit(form, y)
    assert growing.estimators_ is before
    assert len(growing.fit(X[::-1] * 0.9, y[::-1])) == 2


def test_warm_start_tells_once_of_what_a_scaler_before_the_members_tells(digits):
    X, y = digits[0][:300], digits[1][:300]
    growing = ensemble_of(make_pipeline(PixelScaler(), quick()), n_estimators=1, warm_start=True)
    growing.fit(X, y).set_params(n_estimators=2)
    with pytest.warns(PixelRangeWarning, match="the scaler was fitted on") as told:
        growing.fit(X / 255, y)
    assert len(told) == 1


def test_warm_start_tells_of_inverted_images_that_are_padded(small_digits):
    X, y = small_digits[0][:, :60], small_digits[1]
    growing = ensemble_of(quick(image_shape="pad"), n_estimators=1, warm_start=True).fit(X, y)
    growing.set_params(n_estimators=2)
    with pytest.warns(PixelRangeWarning, match="dark ink on a light background"):
        growing.fit(16 - X, y)
