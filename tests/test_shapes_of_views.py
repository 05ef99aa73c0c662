"""Views have the shape of the images that the estimator within sees."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from mnistcnn import (
    DigitCNNClassifier,
    DigitEnsembleClassifier,
    ImageReshaper,
    TestTimeAugmentationClassifier,
)
from networks import linear
from views import NINE, moved


def test_images_of_the_estimators_shape_need_not_be_square(small_digits):
    X, y = small_digits
    X = X[:, :48]
    network = DigitCNNClassifier("baseline", image_shape=(6, 8), epochs=3, random_state=0)
    views = TestTimeAugmentationClassifier(network, 5).fit(X, y)
    of_each = [views.estimator_.predict_proba(moved(X, *shift, (6, 8))) for shift in NINE[:5]]
    np.testing.assert_allclose(views.predict_proba(X), np.mean(of_each, axis=0), rtol=1e-6)
    assert views.n_features_in_ == 48


def oblong(**parameters):
    settings = {"image_shape": (4, 16), "epochs": 1, "random_state": 0, **parameters}
    return DigitCNNClassifier("baseline", **settings)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda member: make_pipeline(MinMaxScaler((0, 255)), member),
        lambda member: make_pipeline(
            ImageReshaper(image_shape=(4, 16)), clone(member).set_params(image_shape="auto")
        ),
        lambda member: GridSearchCV(member, {"epochs": [1]}, cv=2),
        lambda member: DigitEnsembleClassifier(member, 1),
        lambda member: DigitEnsembleClassifier(make_pipeline(member), 1),
    ],
    ids=["pipeline", "reshaper", "search", "ensemble", "ensemble of pipelines"],
)
def test_the_shape_is_that_of_the_estimator_within(wrap, small_digits):
    X, y = small_digits
    # The rows would do for square images, too.
    views = TestTimeAugmentationClassifier(wrap(oblong()), 5).fit(X, y)
    for same in (views, TestTimeAugmentationClassifier(FrozenEstimator(views.estimator_), 5)):
        of_each = [views.estimator_.predict_proba(moved(X, *s, (4, 16))) for s in NINE[:5]]
        np.testing.assert_allclose(same.predict_proba(X), np.mean(of_each, axis=0), rtol=1e-5)


def test_rows_of_no_square_are_read_as_the_estimator_within_states(small_digits):
    X, y = small_digits
    X = X[:, :48]
    within = make_pipeline(MinMaxScaler((0, 255)), oblong(image_shape=(6, 8)))
    views = TestTimeAugmentationClassifier(DigitEnsembleClassifier(within, 1), 5).fit(X, y)
    of_each = [views.estimator_.predict_proba(moved(X, *s, (6, 8))) for s in NINE[:5]]
    np.testing.assert_allclose(views.predict_proba(X), np.mean(of_each, axis=0), rtol=1e-5)


def test_a_classifier_is_fitted_anew_on_images_of_another_shape(small_digits):
    X, y = small_digits
    network = oblong(image_shape="auto").fit(X[:, :16], y)
    views = TestTimeAugmentationClassifier(network, 5).fit(X, y)
    assert views.n_features_in_ == 64


def test_estimators_of_different_shapes_are_refused(unit_digits):
    X, y = unit_digits
    both = VotingClassifier(
        [("wide", oblong()), ("high", oblong(image_shape=(16, 4)))], voting="soft"
    )
    with pytest.raises(ValueError, match=r"one image_shape.*got \(4, 16, 1\), \(16, 4, 1\)"):
        TestTimeAugmentationClassifier(both).fit(X, y)


def test_rows_that_the_estimator_fills_up_are_moved_as_the_images_they_become(small_digits):
    X, y = small_digits
    cut = X[:, :60]
    network = DigitCNNClassifier("baseline", image_shape="pad", epochs=3, random_state=0)
    views = TestTimeAugmentationClassifier(network, 5).fit(cut, y)
    full = np.pad(cut, [(0, 0), (0, 4)])
    of_each = [views.estimator_.predict_proba(moved(full, *s)[:, :60]) for s in NINE[:5]]
    np.testing.assert_allclose(views.predict_proba(cut), np.mean(of_each, axis=0), rtol=1e-6)


def test_colors_stay_with_their_pixels():
    generator = np.random.default_rng(0)
    X, y = generator.integers(0, 255, (40, 8, 8, 3), np.uint8), np.arange(40) % 2
    network = DigitCNNClassifier("baseline", epochs=1, random_state=0).fit(X, y)
    expected = [
        network.predict_proba(
            np.stack([moved(X[..., c], *s).reshape(-1, 8, 8) for c in range(3)], -1)
        )
        for s in NINE[:5]
    ]
    found = TestTimeAugmentationClassifier(network, 5).predict_proba(X)
    np.testing.assert_allclose(found, np.mean(expected, axis=0), rtol=1e-6)


def test_rows_of_no_known_shape_are_refused(unit_digits):
    X, y = unit_digits
    rows = X[:, :60]
    with pytest.raises(ValueError, match=r"X must hold images .*60 columns"):
        TestTimeAugmentationClassifier(linear()).fit(rows, y)
    alone = TestTimeAugmentationClassifier(linear(), n_views=1).fit(rows, y)
    assert alone.predict(rows).shape == (300,)
