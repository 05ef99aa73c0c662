"""Members that are trained alike and answer together."""

import copy
import pickle
import threading
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone, is_classifier
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

import mnistcnn
from mnistcnn import (
    DigitCNNClassifier,
    DigitEnsembleClassifier,
    ImageReshaper,
    NonFiniteLossError,
    RejectingClassifier,
    TestTimeAugmentationClassifier,
)
from mnistcnn._training.pool import POOL
from networks import ensemble_of
from networks import quick_member as quick

# Most of them train a network or several.
pytestmark = pytest.mark.slow


NETWORKS_FAIL = {
    "check_sample_weight_equivalence_on_dense_data": (
        "Mini-batches of weighted images are not mini-batches of repeated images."
    ),
}


@pytest.fixture(scope="module")
def fitted(small_digits):
    return ensemble_of().fit(*small_digits)


@parametrize_with_checks([DigitEnsembleClassifier(DecisionTreeClassifier(), n_estimators=2)])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.slow
@pytest.mark.long
@parametrize_with_checks(
    [
        DigitEnsembleClassifier(DecisionTreeClassifier(), n_estimators=2, voting="hard"),
        DigitEnsembleClassifier(
            quick(image_shape="pad", epochs=30, batch_size=8, learning_rate=0.01), n_estimators=2
        ),
    ],
    expected_failed_checks=lambda ensemble: {} if ensemble.voting == "hard" else NETWORKS_FAIL,
)
def test_scikit_learn_checks_of_votes_and_of_networks(estimator, check):
    check(estimator)


def test_probabilities_are_the_mean_of_the_members(fitted, small_digits):
    X, y = small_digits
    mean = np.mean([member.predict_proba(X) for member in fitted], axis=0)
    together = fitted.predict_proba(X)
    np.testing.assert_allclose(together, mean, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(together.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_array_equal(fitted.predict(X), mean.argmax(axis=1))
    np.testing.assert_allclose(fitted.predict_log_proba(X), np.log(together), rtol=1e-12)
    assert fitted.score(X, y) == (fitted.predict(X) == y).mean()


@pytest.mark.parametrize("n_images", [1, 2, 7, 299])
def test_the_number_of_images_does_not_matter(n_images, fitted, small_digits):
    X, _ = small_digits
    some, all_of_them = fitted.predict_proba(X[:n_images]), fitted.predict_proba(X)
    np.testing.assert_allclose(some, all_of_them[:n_images], rtol=1e-5, atol=1e-7)


def test_members_differ_by_their_seeds_alone(fitted, small_digits):
    X, y = small_digits
    seeds = [member.random_state for member in fitted]
    assert len(set(seeds)) == 3
    assert all(type(seed) is int for seed in seeds)
    for seed, member in zip(seeds, fitted, strict=True):
        alone = quick(random_state=seed).fit(X, y)
        np.testing.assert_array_equal(alone.predict_proba(X), member.predict_proba(X))
        assert alone.history_ == member.history_


def test_reads_as_scikit_learns_ensembles_do(fitted):
    assert len(fitted) == 3
    assert list(fitted) == fitted.estimators_ == [fitted[i] for i in range(3)]
    assert fitted.estimator_.get_params() == fitted.estimator.get_params()
    assert fitted.n_features_in_ == 64
    assert fitted.image_shape_ == (8, 8, 1)
    assert not hasattr(fitted, "feature_names_in_")
    assert is_classifier(fitted)


def test_the_default_member_is_the_default_classifier():
    assert DigitEnsembleClassifier()._template().get_params() == DigitCNNClassifier().get_params()
    assert DigitEnsembleClassifier().get_params()["estimator"] is None


def test_the_callers_generator_stays_as_it_is(random_state_of_caller, small_digits):
    DigitEnsembleClassifier(DecisionTreeClassifier(), 2).fit(*small_digits)
    for before, after in zip(random_state_of_caller, np.random.get_state(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_hard_voting_takes_the_majority_and_of_several_the_smallest(small_digits):
    X, y = small_digits
    names = np.array([f"digit {i}" for i in range(10)])
    trees = DigitEnsembleClassifier(
        DecisionTreeClassifier(max_depth=4, max_features=4), 4, voting="hard", random_state=0
    ).fit(X, names[y])
    votes = np.array([tree.predict(X) for tree in trees]).T
    counts = np.array([(votes == name).sum(axis=1) for name in names]).T
    np.testing.assert_array_equal(trees.predict(X), names[counts.argmax(axis=1)])
    ties = (counts == counts.max(axis=1, keepdims=True)).sum(axis=1) > 1
    assert 0 < ties.sum() < len(X)
    assert not hasattr(trees, "predict_proba")
    assert not hasattr(trees, "predict_log_proba")


def test_hard_voting_of_networks_counts_what_each_says(small_digits, fitted):
    X, _ = small_digits
    hard = copy.copy(fitted).set_params(voting="hard")
    votes = np.array([member.predict(X) for member in fitted]).T
    expected = [np.bincount(of_image, minlength=10).argmax() for of_image in votes]
    np.testing.assert_array_equal(hard.predict(X), expected)


def test_words_frames_and_weights(small_digits):
    X, y = small_digits
    names = np.array([f"digit {i}" for i in range(10)])[y]
    frame = pd.DataFrame(X).rename(columns=str)
    weights = (y != 3).astype(float)
    ensemble = ensemble_of(quick(epochs=3), 2).fit(frame, names, sample_weight=weights)
    assert ensemble.classes_.tolist() == [f"digit {i}" for i in range(10)]
    assert ensemble.feature_names_in_.tolist() == frame.columns.tolist()
    answers = ensemble.predict(frame)
    assert answers.dtype == ensemble.classes_.dtype
    assert not (answers == "digit 3").any()
    with pytest.raises(ValueError, match="feature names should match"):
        ensemble.predict(frame.rename(columns={"0": "first"}))
    assert not hasattr(ensemble.fit(X, names), "feature_names_in_")


def test_copies_answer_alike(fitted, small_digits):
    X, _ = small_digits
    expected = fitted.predict_proba(X)
    for same in (pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted), copy.copy(fitted)):
        np.testing.assert_array_equal(same.predict_proba(X), expected)
        assert same.get_params(deep=False).keys() == fitted.get_params(deep=False).keys()
    assert not hasattr(clone(fitted), "estimators_")


@pytest.mark.parametrize(
    "engine",
    [pytest.param("loky", marks=[pytest.mark.slow, pytest.mark.long]), "threading"],
)
def test_engines_train_the_same_members(engine, fitted, small_digits):
    import joblib

    X, y = small_digits
    with joblib.parallel_config(engine):
        parallel = ensemble_of(n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(parallel.predict_proba(X), fitted.predict_proba(X))


def test_members_without_probabilities_vote(small_digits):
    X, y = small_digits
    ensemble = DigitEnsembleClassifier(LinearSVC(max_iter=50, tol=1.0), 3, voting="hard")
    assert ensemble.fit(X / 16, y).score(X / 16, y) > 0.7


def test_a_voting_set_after_fit_takes_effect_or_is_refused(fitted, small_digits):
    other = copy.copy(fitted).set_params(voting="loud")
    with pytest.raises(ValueError, match="'voting' parameter"):
        other.predict(small_digits[0])


def test_the_copied_estimator_stays_as_it_was_in_fit(small_digits):
    ensemble = DigitEnsembleClassifier(DecisionTreeClassifier(max_depth=3), 2).fit(*small_digits)
    ensemble.set_params(estimator__max_depth=5)
    assert ensemble.estimator_.max_depth == 3


def test_an_ensemble_stands_within_a_rejecting_classifier(small_digits):
    X, y = small_digits
    ensemble = DigitEnsembleClassifier(GaussianNB(), 2)
    around = RejectingClassifier(ensemble, threshold=1.0).fit(X, y)
    rejected = around.estimator_.predict_proba(X).max(axis=1) < 1
    np.testing.assert_array_equal(around.predict(X) == -1, rejected)


class FailsAtTheLast(DecisionTreeClassifier):
    """Fails, or is interrupted, for one seed."""

    seed = None
    error = None

    def fit(self, X, y, sample_weight=None):
        if self.random_state == FailsAtTheLast.seed:
            raise FailsAtTheLast.error
        return super().fit(X, y, sample_weight)


@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt()])
def test_a_member_that_fails_leaves_the_ensemble_as_it_was(error, small_digits, monkeypatch):
    X, y = small_digits
    ensemble = DigitEnsembleClassifier(FailsAtTheLast(), 3, random_state=0).fit(X, y)
    before = vars(ensemble).copy()
    monkeypatch.setattr(FailsAtTheLast, "seed", ensemble[2].random_state)
    monkeypatch.setattr(FailsAtTheLast, "error", error)
    with pytest.raises(type(error)):
        ensemble.fit(X[:, :16], y)
    assert vars(ensemble) == before


def test_a_network_that_fails_leaves_the_ensemble_as_it_was(fitted, small_digits):
    X, y = small_digits
    ensemble, expected = copy.copy(fitted), fitted.predict_proba(X)
    ensemble.set_params(estimator=quick(learning_rate=1e30, optimizer="sgd"))
    with pytest.raises(NonFiniteLossError, match="learning_rate"):
        ensemble.fit(X, y)
    np.testing.assert_array_equal(ensemble.predict_proba(X), expected)


def test_a_member_that_is_fitted_anew_is_noticed(small_digits):
    X, y = small_digits
    ensemble = ensemble_of(n_estimators=2).fit(X, y)
    ensemble.predict_proba(X)
    ensemble[1].fit(X[:100], y[:100])
    mean = np.mean([member.predict_proba(X) for member in ensemble], axis=0)
    np.testing.assert_allclose(ensemble.predict_proba(X), mean, rtol=1e-5, atol=1e-7)
    ensemble[0].partial_fit(X, y)
    mean = np.mean([member.predict_proba(X) for member in ensemble], axis=0)
    np.testing.assert_allclose(ensemble.predict_proba(X), mean, rtol=1e-5, atol=1e-7)


def test_a_prediction_is_of_one_fit_whatever_another_thread_does(small_digits):
    X, y = small_digits
    names = np.array([f"digit {i}" for i in range(10)])
    ensemble = ensemble_of(quick(epochs=1), 2).fit(X, y)
    kinds, done = set(), threading.Event()

    def predict():
        while not done.is_set():
            kinds.add(ensemble.predict(X[:2]).dtype.kind)

    asking = threading.Thread(target=predict)
    asking.start()
    for labels in (names[y], y, names[y]):
        ensemble.fit(X, labels)
    done.set()
    asking.join()
    assert kinds <= {"i", "U"}
    assert ensemble.predict(X[:2]).dtype.kind == "U"


def test_members_that_read_images_differently_are_asked_one_by_one(small_digits):
    X, y = small_digits
    growing = ensemble_of(n_estimators=1, warm_start=True).fit(X, y)
    softmax = quick(architecture=ends_in_softmax, learning_rate=1e-3)
    growing.set_params(n_estimators=2, estimator=softmax).fit(X, y)
    mean = np.mean([member.predict_proba(X) for member in growing], axis=0)
    np.testing.assert_array_equal(growing.predict_proba(X), mean)


def ends_in_softmax(input_shape, n_classes):
    import keras

    layers = [keras.Input(input_shape), keras.layers.Flatten()]
    return keras.Sequential([*layers, keras.layers.Dense(n_classes, activation="softmax")])


def test_networks_that_end_in_softmax_answer_together(small_digits):
    X, y = small_digits
    ensemble = ensemble_of(quick(architecture=ends_in_softmax), 2).fit(X, y)
    mean = np.mean([member.predict_proba(X) for member in ensemble], axis=0)
    np.testing.assert_allclose(ensemble.predict_proba(X), mean, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(ensemble.predict_proba(X).sum(axis=1), 1, rtol=1e-12)


@pytest.mark.slow
def test_pipelines_are_members(small_digits):
    X, y = small_digits
    pipelines = ensemble_of(make_pipeline(ImageReshaper(), quick()), 2).fit(X, y)
    mean = np.mean([member.predict_proba(X) for member in pipelines], axis=0)
    np.testing.assert_array_equal(pipelines.predict_proba(X), mean)
    seeds = {member[-1].random_state for member in pipelines}
    assert len(seeds) == 2


@pytest.mark.slow
def test_serves_in_searches_pipelines_and_cross_validation(small_digits):
    X, y = small_digits
    ensemble = ensemble_of(n_estimators=2)
    grid = {"estimator__epochs": [1, 3], "estimator__architecture": ["baseline"]}
    search = GridSearchCV(ensemble, grid, cv=2, refit=False).fit(X, y)
    assert search.best_params_["estimator__epochs"] == 3
    assert (cross_val_score(ensemble, X, y, cv=2) > 0.3).all()
    pipeline = make_pipeline(ImageReshaper(), ensemble).fit(X, y)
    np.testing.assert_array_equal(
        pipeline.predict_proba(X), clone(ensemble).fit(X, y).predict_proba(X)
    )


def test_kept_fits_are_read_back(tmp_path, small_digits):
    X, y = small_digits
    ensemble = ensemble_of(quick(memory=tmp_path), 2)
    first = ensemble.fit(X, y).predict_proba(X)
    assert [member.from_memory_ for member in ensemble] == [False, False]
    np.testing.assert_array_equal(ensemble.fit(X, y).predict_proba(X), first)
    assert [member.from_memory_ for member in ensemble] == [True, True]


def test_a_validation_set_reaches_the_members(small_digits):
    X, y = small_digits
    X_val, y_val, X, y = X[:100], y[:100], X[100:], y[100:]
    given = {"X_val": X_val, "y_val": y_val, "sample_weight_val": np.ones(100)}
    plain = ensemble_of(n_estimators=2).fit(X, y, **given)
    for member in plain:
        assert member.history_["val_accuracy"][-1] == pytest.approx(
            member.score(X_val, y_val), abs=1e-6
        )
    with sklearn.config_context(enable_metadata_routing=True), warnings.catch_warnings():
        warnings.simplefilter("error")
        member = quick().set_fit_request(X_val=True, y_val=True)
        pipeline = make_pipeline(ImageReshaper(), ensemble_of(member, 2), transform_input=["X_val"])
        pipeline.fit(X, y, X_val=X_val, y_val=y_val)
    assert pipeline[-1][1].history_ == plain[1].history_
    with pytest.raises(ValueError, match="X_val and y_val must be passed together"):
        ensemble_of(n_estimators=2).fit(X, y, X_val=X_val)


def test_one_compiled_network_trains_all_members(small_digits):
    mnistcnn.clear_cache()
    ensemble = ensemble_of(quick(epochs=1), 3).fit(*small_digits)
    # The members have networks of their own, and the one that trained them is idle.
    assert len(POOL) == 1
    assert len({id(member.model_) for member in ensemble}) == 3


def test_views_are_shown_to_all_members(fitted, small_digits):
    X, _ = small_digits
    views = TestTimeAugmentationClassifier(fitted, n_views=5)
    members = [TestTimeAugmentationClassifier(member, 5).predict_proba(X) for member in fitted]
    np.testing.assert_allclose(
        views.predict_proba(X), np.mean(members, axis=0), rtol=1e-5, atol=1e-7
    )


@pytest.mark.slow
@pytest.mark.long
def test_scikit_learns_ensembles_of_networks_say_the_same(small_digits):
    X, y = small_digits
    bagged = BaggingClassifier(quick(), 2, bootstrap=False, random_state=0).fit(X, y)
    members = [(str(i), clone(member)) for i, member in enumerate(bagged.estimators_)]
    voting = VotingClassifier(members, voting="soft").fit(X, y)
    mean = np.mean([member.predict_proba(X) for member in bagged.estimators_], axis=0)
    np.testing.assert_allclose(bagged.predict_proba(X), mean, rtol=1e-6)
    own = np.mean([member.predict_proba(X) for member in voting.estimators_], axis=0)
    np.testing.assert_allclose(voting.predict_proba(X), own, rtol=1e-6)
    assert min(bagged.score(X, y), voting.score(X, y)) > 0.5
