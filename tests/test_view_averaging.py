"""A classifier that looks at an image several times, moved by a pixel or two."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from mnistcnn import (
    DigitCNNClassifier,
    DigitEnsembleClassifier,
    ImageReshaper,
    RejectingClassifier,
    TestTimeAugmentationClassifier,
    load_pretrained,
)
from mnistcnn.view_averaging import VIEWS_AT_A_TIME, _shifts, _source_columns
from networks import linear
from views import NINE, moved


@parametrize_with_checks(
    [TestTimeAugmentationClassifier(DecisionTreeClassifier(random_state=0), n_views=1)]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.slow
@pytest.mark.long
@parametrize_with_checks(
    [
        TestTimeAugmentationClassifier(
            DigitCNNClassifier(
                "baseline",
                image_shape="pad",
                epochs=30,
                batch_size=8,
                learning_rate=0.01,
                random_state=0,
            ),
            n_views=1,
        )
    ],
    expected_failed_checks=lambda _: {
        "check_sample_weight_equivalence_on_dense_data": "Mini-batches differ."
    },
)
def test_scikit_learn_checks_of_networks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def network(small_digits):
    return DigitCNNClassifier("baseline", epochs=3, random_state=0).fit(*small_digits)


@pytest.mark.parametrize("n_views", [2, 5, 9])
def test_averages_the_image_and_its_nearest_shifts(n_views, fitted_linear, unit_digits):
    X, y = unit_digits
    views = TestTimeAugmentationClassifier(fitted_linear, n_views)
    expected = np.mean([fitted_linear.predict_proba(moved(X, *s)) for s in NINE[:n_views]], axis=0)
    np.testing.assert_allclose(views.predict_proba(X), expected, rtol=1e-12)
    np.testing.assert_array_equal(views.predict(X), expected.argmax(axis=1))
    np.testing.assert_allclose(views.predict_log_proba(X), np.log(expected), rtol=1e-9)
    assert views.score(X, y) == (views.predict(X) == y).mean()
    assert (views.predict_proba(X) != fitted_linear.predict_proba(X)).any()


def test_the_nearest_shifts_come_first():
    shifts = _shifts(25, (28, 28, 1))
    assert shifts[:9] == NINE
    assert set(shifts[9:13]) == {(-2, 0), (0, -2), (0, 2), (2, 0)}
    assert len(set(shifts)) == 25
    distances = [down**2 + right**2 for down, right in shifts]
    assert distances == sorted(distances)
    np.testing.assert_array_equal(np.sum(_shifts(13, (28, 28, 1)), axis=0), 0)


@settings(max_examples=50)
@given(
    st.integers(2, 9), st.integers(2, 9), st.integers(1, 3), st.integers(-1, 1), st.integers(-1, 1)
)
def test_a_moved_image_holds_its_own_pixels_and_those_of_its_edge(height, width, c, down, right):
    image = np.arange(height * width * c).reshape(height, width, c)
    view = image.ravel()[_source_columns((down, right), (height, width, c))].reshape(image.shape)
    padded = np.pad(image, [(1, 1), (1, 1), (0, 0)], mode="edge")
    expected = padded[1 - down : 1 - down + height, 1 - right : 1 - right + width]
    np.testing.assert_array_equal(view, expected)


def test_an_inverted_image_has_inverted_views(unit_digits):
    X, y = unit_digits
    # Fitted on inverted images, distances are the same, so all answers are.
    plain = TestTimeAugmentationClassifier(KNeighborsClassifier(), 5).fit(X, y)
    inverted = TestTimeAugmentationClassifier(KNeighborsClassifier(), 5).fit(1 - X, y)
    np.testing.assert_array_equal(plain.predict_proba(X), inverted.predict_proba(1 - X))


def test_one_view_is_the_estimator_itself(network, small_digits):
    X, _ = small_digits
    once = TestTimeAugmentationClassifier(network, n_views=1)
    for method in ("predict", "predict_proba", "predict_log_proba"):
        np.testing.assert_array_equal(getattr(once, method)(X), getattr(network, method)(X))


def test_every_form_of_the_images_gives_the_same(network, small_digits):
    X, _ = small_digits
    views = TestTimeAugmentationClassifier(network, 5)
    expected = views.predict_proba(X)
    forms = [X.reshape(-1, 8, 8), X.reshape(-1, 8, 8, 1), X.astype(np.uint8), X.tolist()]
    for form in [*forms, pd.DataFrame(X), pd.Series(list(X.reshape(-1, 8, 8)))]:
        np.testing.assert_array_equal(views.predict_proba(form), expected)


def test_names_of_columns_reach_the_estimator(unit_digits):
    X, y = unit_digits
    frame = pd.DataFrame(X).rename(columns=str)
    views = TestTimeAugmentationClassifier(linear(), 5).fit(frame, y)
    assert views.feature_names_in_.tolist() == frame.columns.tolist()
    assert views.score(frame, y) > 0.8
    with pytest.raises(ValueError, match="feature names should match"):
        views.predict(frame.rename(columns={"0": "first"}))


class Counting(KNeighborsClassifier):
    """Notes how many rows each call has."""

    calls: list

    def predict_proba(self, X):
        self.calls.append(len(X))
        return np.full((len(X), 2), 0.5)


def test_many_images_are_asked_in_few_calls_of_bounded_size():
    X = np.zeros((5000, 16), np.uint8)
    Counting.calls = []
    views = TestTimeAugmentationClassifier(Counting().fit(X[:10], np.arange(10) % 2), 5)
    assert views.predict_proba(X).shape == (5000, 2)
    assert sum(Counting.calls) == 25_000
    assert max(Counting.calls) <= VIEWS_AT_A_TIME
    assert len(Counting.calls) == 4


def test_views_do_not_depend_on_the_company(network, small_digits):
    X, _ = small_digits
    views = TestTimeAugmentationClassifier(network, 9)
    together = views.predict_proba(np.concatenate([X] * 4))
    np.testing.assert_allclose(together[900:901], views.predict_proba(X[:1]), rtol=1e-5)


@pytest.mark.parametrize("wrap", [lambda e: e, FrozenEstimator])
def test_a_fitted_estimator_serves_without_fit(wrap, fitted_linear, unit_digits):
    X, _ = unit_digits
    views = TestTimeAugmentationClassifier(wrap(fitted_linear))
    np.testing.assert_array_equal(views.classes_, fitted_linear.classes_)
    assert views.n_features_in_ == 64
    expected = TestTimeAugmentationClassifier(fitted_linear).predict_proba(X)
    np.testing.assert_array_equal(views.predict_proba(X), expected)


def test_a_frozen_estimator_stays_as_it_is_in_fit(fitted_linear, unit_digits):
    X, y = unit_digits
    views = TestTimeAugmentationClassifier(FrozenEstimator(fitted_linear)).fit(X[:50], y[:50])
    expected = TestTimeAugmentationClassifier(fitted_linear).predict_proba(X)
    np.testing.assert_array_equal(views.predict_proba(X), expected)


def test_an_estimator_that_is_not_fitted_needs_fit(unit_digits):
    with pytest.raises(NotFittedError):
        TestTimeAugmentationClassifier(linear()).predict(unit_digits[0])
    assert not hasattr(TestTimeAugmentationClassifier(linear()), "classes_")


def test_the_number_of_views_set_after_fit_takes_effect_at_once(unit_digits):
    X, y = unit_digits
    views = TestTimeAugmentationClassifier(linear()).fit(X, y)
    for n_views in (1, 9, np.int64(5)):
        views.set_params(n_views=n_views)
        expected = TestTimeAugmentationClassifier(views.estimator_, int(n_views)).predict_proba(X)
        np.testing.assert_array_equal(views.predict_proba(X), expected)


def test_copies_answer_alike(network, small_digits):
    X, _ = small_digits
    views = TestTimeAugmentationClassifier(network, 5)
    for same in (pickle.loads(pickle.dumps(views)), copy.deepcopy(views), copy.copy(views)):
        np.testing.assert_array_equal(same.predict_proba(X), views.predict_proba(X))
    assert clone(views).n_views == 5


def test_serves_in_searches_and_pipelines(unit_digits):
    X, y = unit_digits
    views = TestTimeAugmentationClassifier(linear())
    search = GridSearchCV(views, {"n_views": [1, 5], "estimator__C": [0.1, 1.0]}, cv=2).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert (cross_val_score(views, X, y, cv=2) > 0.5).all()


def test_behind_a_reshaper(small_digits):
    X, y = small_digits
    network = DigitCNNClassifier("baseline", epochs=1, random_state=0)
    views = make_pipeline(ImageReshaper(), TestTimeAugmentationClassifier(network)).fit(X, y)
    plain = TestTimeAugmentationClassifier(views[-1].estimator_)
    np.testing.assert_array_equal(views.predict_proba(X), plain.predict_proba(X))


def test_weights_and_words(unit_digits):
    X, y = unit_digits
    words = np.array(["low", "high"])[(y > 4).astype(int)]
    weights = (y != 3) + 1e-3
    views = TestTimeAugmentationClassifier(linear()).fit(X, words, sample_weight=weights)
    np.testing.assert_array_equal(
        views.estimator_.coef_, linear().fit(X, words, sample_weight=weights).coef_
    )
    assert {*views.predict(X)} == {"low", "high"}


@pytest.mark.parametrize("n_views", [0, -1, 2.5, "all", None])
def test_bad_numbers_of_views_are_refused(n_views, fitted_linear, unit_digits):
    X, y = unit_digits
    with pytest.raises(ValueError, match="'n_views' parameter"):
        TestTimeAugmentationClassifier(linear(), n_views).fit(X, y)
    with pytest.raises(ValueError, match="'n_views' parameter"):
        TestTimeAugmentationClassifier(fitted_linear, n_views).predict(X)


def test_more_views_than_fit_into_the_image_are_refused_before_training(fitted_linear, unit_digits):
    X, y = unit_digits
    unfitted = TestTimeAugmentationClassifier(linear(), 14)
    message = "n_views must be at most 13 for images of 8x8 pixels.*got 14"
    with pytest.raises(ValueError, match=message):
        unfitted.fit(X, y)
    assert not hasattr(unfitted, "estimator_")
    with pytest.raises(ValueError, match=message):
        TestTimeAugmentationClassifier(fitted_linear, 14).predict_proba(X)
    assert TestTimeAugmentationClassifier(fitted_linear, 13).predict_proba(X).shape == (300, 10)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros(64), "Reshape your data"),
        (np.zeros((5, 63)), "X has 63 features, but LogisticRegression is expecting 64"),
        (np.zeros((0, 64)), "0 sample"),
        (np.full((2, 64), np.nan), "NaN"),
    ],
)
def test_bad_images_are_refused(X, message, fitted_linear):
    with pytest.raises(ValueError, match=message):
        TestTimeAugmentationClassifier(fitted_linear).predict(X)


def test_what_is_sparse_is_refused_with_the_remedy(fitted_linear, unit_digits):
    from scipy.sparse import csr_matrix

    with pytest.raises(TypeError, match="toarray"):
        TestTimeAugmentationClassifier(fitted_linear).predict_proba(csr_matrix(unit_digits[0]))


def test_a_rejecting_classifier_stands_around_it(fitted_linear, unit_digits):
    X, y = unit_digits
    around = RejectingClassifier(TestTimeAugmentationClassifier(fitted_linear), threshold=0.9)
    confidence = TestTimeAugmentationClassifier(fitted_linear).predict_proba(X).max(axis=1)
    np.testing.assert_array_equal(around.predict(X) == -1, confidence < 0.9)
    within = TestTimeAugmentationClassifier(RejectingClassifier(linear()))
    with pytest.raises(ValueError, match=r"RejectingClassifier\(TestTimeAugmentationClassifier"):
        within.fit(X, y)


@pytest.mark.parametrize(
    "wrap",
    [
        FrozenEstimator,
        lambda rejecting: make_pipeline(MinMaxScaler(), rejecting),
        lambda rejecting: FrozenEstimator(make_pipeline("passthrough", rejecting)),
        lambda rejecting: GridSearchCV(rejecting, {"threshold": [0.5]}, cv=2),
    ],
)
def test_what_ends_in_a_rejecting_classifier_is_refused(wrap, unit_digits):
    X, y = unit_digits
    rejecting = wrap(RejectingClassifier(linear(), threshold=0.5).fit(X, y))
    with pytest.raises(ValueError, match=r"use RejectingClassifier\(TestTimeAugmentationClass"):
        TestTimeAugmentationClassifier(rejecting).fit(X, y)
    fitted = rejecting.fit(X, y)
    with pytest.raises(ValueError, match=r"use RejectingClassifier\(TestTimeAugmentationClass"):
        TestTimeAugmentationClassifier(fitted).predict(X)
    np.testing.assert_array_equal(
        TestTimeAugmentationClassifier(fitted, n_views=1).predict(X), fitted.predict(X)
    )


def test_weights_that_the_estimator_does_not_take_are_refused_by_name(unit_digits):
    X, y = unit_digits
    views = TestTimeAugmentationClassifier(KNeighborsClassifier())
    with pytest.raises(ValueError, match="sample_weight must be None .* KNeighborsClassifier"):
        views.fit(X, y, sample_weight=np.ones(len(y)))
    assert not hasattr(views, "estimator_")


def test_wrong_images_are_counted_as_images(network):
    views = TestTimeAugmentationClassifier(network, 5)
    with pytest.raises(ValueError, match=r"\(3, 7, 7\)"):
        views.predict(np.zeros((3, 7, 7)))


@pytest.mark.parametrize("n_views", [1, 5])
def test_an_estimator_that_has_lost_its_probabilities_is_refused(n_views, unit_digits):
    X, y = unit_digits
    ensemble = DigitEnsembleClassifier(linear(), 2)
    views = TestTimeAugmentationClassifier(ensemble, n_views).fit(X, y)
    views.estimator_.set_params(voting="hard")
    without = TestTimeAugmentationClassifier(LinearSVC(max_iter=50, tol=1.0).fit(X, y), n_views)
    for each in (views, without):
        with pytest.raises(ValueError, match="estimator must have predict_proba, got"):
            each.predict_proba(X)
    if n_views == 5:
        with pytest.raises(ValueError, match="estimator must have predict_proba, got"):
            views.predict(X)


def test_a_fit_that_fails_leaves_it_as_it_was(unit_digits):
    X, y = unit_digits
    views = TestTimeAugmentationClassifier(linear()).fit(X, y)
    before = vars(views).copy()
    with pytest.raises(ValueError, match="Unknown label type"):
        views.fit(X, y + 0.5)
    assert vars(views) == before


def test_the_pretrained_network_takes_views(digits):
    X, y = digits
    pretrained = load_pretrained()
    views = TestTimeAugmentationClassifier(pretrained)
    assert views.score(X[:50], y[:50]) > 0.9
    assert (views.predict_proba(X[:50]) != pretrained.predict_proba(X[:50])).any()
