"""A classifier that may say that it does not know."""

import copy
import pickle
import threading
import time

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from mnistcnn import DigitCNNClassifier, RejectingClassifier
from networks import linear

WORDS = "Labels that are words need a rejected_label that is a word; the check uses both kinds."
REJECTS = "A found threshold rejects about one image in a hundred, where the check wants a label."
FOLDS = "The folds that find the threshold differ between weighted and repeated images."


def expected_failures(classifier):
    failures = {"check_classifiers_classes": WORDS}
    if classifier.threshold == "auto":
        failures["check_classifiers_train"] = REJECTS
        failures["check_sample_weight_equivalence_on_dense_data"] = FOLDS
        failures["check_sample_weight_equivalence_on_sparse_data"] = FOLDS
    return failures


@parametrize_with_checks(
    [
        RejectingClassifier(LogisticRegression(), threshold=0.0),
        RejectingClassifier(LogisticRegression(max_iter=50)),
    ],
    expected_failed_checks=expected_failures,
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_rejects_what_is_below_the_threshold_and_nothing_else(fitted_linear, unit_digits):
    X, _ = unit_digits
    confidence = fitted_linear.predict_proba(X).max(axis=1)
    answers = RejectingClassifier(fitted_linear, threshold=0.8).predict(X)
    np.testing.assert_array_equal(answers == -1, confidence < 0.8)
    np.testing.assert_array_equal(
        answers[answers != -1], fitted_linear.predict(X)[confidence >= 0.8]
    )
    assert 0 < (answers == -1).sum() < len(X)


def test_a_fitted_estimator_serves_without_fit_at_the_usual_threshold(fitted_linear, unit_digits):
    X, y = unit_digits
    rejecting = RejectingClassifier(fitted_linear)
    np.testing.assert_array_equal(
        rejecting.predict(X) == -1, fitted_linear.predict_proba(X).max(axis=1) < 0.9
    )
    np.testing.assert_array_equal(rejecting.predict_proba(X), fitted_linear.predict_proba(X))
    np.testing.assert_array_equal(
        rejecting.decision_function(X), fitted_linear.decision_function(X)
    )
    np.testing.assert_array_equal(rejecting.classes_, fitted_linear.classes_)
    assert rejecting.n_features_in_ == 64
    assert rejecting.score(X, y) == (rejecting.predict(X) == y).mean()


def test_an_estimator_that_is_not_fitted_needs_fit(unit_digits):
    with pytest.raises(NotFittedError):
        RejectingClassifier(linear()).predict(unit_digits[0])
    assert not hasattr(RejectingClassifier(linear()), "classes_")


def test_the_threshold_gives_up_one_in_a_hundred_unseen_images(digits):
    X, y = digits[0][:1500] / 255, digits[1][:1500]
    rejecting = RejectingClassifier(linear()).fit(X[:1000], y[:1000])
    share = (rejecting.predict(X[1000:]) == -1).mean()
    assert 0 < rejecting.threshold_ < 0.9
    assert share < 0.04
    assert (rejecting.predict_proba(X[:1000]).max(axis=1) < rejecting.threshold_).mean() < 0.01


def test_a_frozen_estimator_keeps_its_classes_and_only_finds_its_threshold(
    fitted_linear, unit_digits
):
    X, y = unit_digits
    some = np.isin(y, [2, 3])
    before = fitted_linear.coef_.copy()
    rejecting = RejectingClassifier(FrozenEstimator(fitted_linear)).fit(X[some], y[some])
    np.testing.assert_array_equal(fitted_linear.coef_, before)
    np.testing.assert_array_equal(rejecting.classes_, np.arange(10))
    confidence = fitted_linear.predict_proba(X[some]).max(axis=1)
    assert (confidence >= rejecting.threshold_).mean() >= 0.99
    assert rejecting.threshold_ in confidence


def test_the_threshold_is_the_highest_that_gives_up_no_more_than_one_in_a_hundred(
    fitted_linear, unit_digits
):
    X, y = unit_digits
    rejecting = RejectingClassifier(FrozenEstimator(fitted_linear)).fit(X[:200], y[:200])
    confidence = np.sort(fitted_linear.predict_proba(X[:200]).max(axis=1))
    assert rejecting.threshold_ == confidence[2]


def test_images_of_different_sizes_go_to_a_pipeline(fitted_linear, unit_digits):
    X, _ = unit_digits
    two_sizes = [X[0].reshape(8, 8), np.kron(X[1].reshape(8, 8), np.ones((2, 2)))]
    shrunk = FunctionTransformer(
        lambda batch: np.stack([image[:: len(image) // 8, :: len(image) // 8] for image in batch])
    )
    flat = FunctionTransformer(lambda batch: batch.reshape(len(batch), -1))
    pipeline = make_pipeline(shrunk, flat, fitted_linear)
    answers = RejectingClassifier(pipeline, threshold=0.0).predict(two_sizes)
    np.testing.assert_array_equal(answers, fitted_linear.predict(X[:2]))


def test_networks_take_images_and_rows_alike(small_digits):
    X, y = small_digits
    network = DigitCNNClassifier("baseline", epochs=5, random_state=0)
    rejecting = RejectingClassifier(network, threshold=0.7).fit(X.reshape(-1, 8, 8), y)
    np.testing.assert_array_equal(rejecting.predict(X), rejecting.predict(X.reshape(-1, 8, 8)))
    assert {*rejecting.predict(X)} == {-1, *range(10)}


@pytest.mark.parametrize(
    ("labels", "rejected_label", "kind"),
    [
        (np.array(["zero", "one"]), "not a digit", "U"),
        (np.array(["zero", "one"], dtype=object), "not a digit", "O"),
        (np.array([0, 1], dtype=np.uint8), -1, "i"),
    ],
)
def test_answers_have_the_kind_of_the_labels(labels, rejected_label, kind, two_classes):
    X, y = two_classes
    rejecting = RejectingClassifier(linear(), threshold=1.0, rejected_label=rejected_label)
    answers = rejecting.fit(X / 16, labels[y]).predict(X / 16)
    assert answers.dtype.kind == kind
    assert (answers == rejected_label).all()
    assert rejecting.score(X / 16, labels[y]) == 0.0
    label_of_first = rejecting.set_params(threshold=0.0).fit(X / 16, labels[y]).predict(X[:1] / 16)
    assert label_of_first[0] == labels[y[0]]


def test_weights_by_class_name_the_labels(two_classes):
    X, y = two_classes
    words = np.array(["zero", "one"])[y]
    weighted = LogisticRegression(max_iter=50, class_weight={"zero": 2.0, "one": 1.0})
    rejecting = RejectingClassifier(weighted, rejected_label="none").fit(X / 16, words)
    assert (rejecting.predict(X / 16) != "none").mean() > 0.9


def test_images_of_no_weight_do_not_move_the_threshold(two_classes):
    X, y = two_classes
    junk = np.random.default_rng(0).uniform(0, 16, (len(X) // 5, X.shape[1]))
    mixed, labels = np.concatenate([X, junk]) / 16, np.concatenate([y, y[: len(junk)]])
    weights = np.repeat([1.0, 0.0], [len(X), len(junk)])
    rejecting = RejectingClassifier(linear()).fit(mixed, labels, sample_weight=weights)
    alone = RejectingClassifier(linear()).fit(X / 16, y, sample_weight=np.ones(len(X)))
    assert rejecting.threshold_ == pytest.approx(alone.threshold_, abs=0.01)


@pytest.mark.parametrize(
    ("rejected_label", "labels", "message"),
    [
        (1, [0, 1], "must not be one of the labels"),
        (-1, ["a", "b"], "must be a string"),
        ("none", [0, 1], "must be a number"),
        (np.nan, [0, 1], "must be an integer or a string"),
        (0.5, [0, 1], "must be an integer or a string"),
    ],
)
def test_a_label_that_would_be_mistaken_is_refused(rejected_label, labels, message, two_classes):
    X, y = two_classes
    y = np.array(labels)[y]
    with pytest.raises(ValueError, match=f"rejected_label .*{message}"):
        RejectingClassifier(linear(), threshold=0.5, rejected_label=rejected_label).fit(X, y)
    with pytest.raises(ValueError, match=f"rejected_label .*{message}"):
        RejectingClassifier(linear().fit(X, y), rejected_label=rejected_label).predict(X)


@pytest.mark.parametrize("threshold", [1.5, -0.1, "low", None])
def test_bad_thresholds_are_refused(threshold, fitted_linear, unit_digits):
    with pytest.raises(ValueError, match="'threshold' parameter"):
        RejectingClassifier(linear(), threshold=threshold).fit(*unit_digits)
    with pytest.raises(ValueError, match="'threshold' parameter"):
        RejectingClassifier(fitted_linear, threshold=threshold).predict(unit_digits[0])


def test_labels_too_rare_to_find_a_threshold_are_named(unit_digits):
    X, y = unit_digits
    X, y = np.concatenate([X, X[:2]]), np.concatenate([y, [11, 11]])
    with pytest.raises(ValueError, match="at least 3 images of each label, got 2 of 11"):
        RejectingClassifier(linear()).fit(X, y)
    assert RejectingClassifier(linear(), threshold=0.5).fit(X, y).threshold_ == 0.5


def test_a_fit_that_fails_leaves_it_as_it_was(unit_digits):
    X, y = unit_digits
    rejecting = RejectingClassifier(linear(), threshold=0.5).fit(X, y)
    before = vars(rejecting).copy()
    with pytest.raises(ValueError, match="rejected_label"):
        rejecting.fit(X, y - 1)
    assert vars(rejecting) == before


def test_weights_reach_the_estimator(unit_digits):
    X, y = unit_digits
    weight = (y < 5).astype(float) + 1e-3
    weighted = RejectingClassifier(linear(), threshold=0.0).fit(X, y, sample_weight=weight)
    expected = linear().fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(weighted.predict_proba(X), expected.predict_proba(X))


def test_serves_in_scikit_learns_tools(unit_digits):
    X, y = unit_digits
    rejecting = clone(RejectingClassifier(linear(), threshold=0.3)).set_params(estimator__C=0.5)
    assert rejecting.get_params()["estimator__C"] == 0.5
    assert (cross_val_score(rejecting, X, y, cv=3) > 0.7).all()


def test_a_threshold_set_after_fit_takes_effect_at_once(unit_digits):
    X, y = unit_digits
    rejecting = RejectingClassifier(linear()).fit(X, y)
    confidence, found = rejecting.predict_proba(X).max(axis=1), rejecting.threshold_
    for threshold in (0.0, 0.8, np.float32(0.95)):
        rejecting.set_params(threshold=threshold)
        np.testing.assert_array_equal(rejecting.predict(X) == -1, confidence < threshold)
        assert rejecting.score(X, y) == (rejecting.predict(X) == y).mean()
        assert rejecting.get_params()["threshold"] == threshold
    assert rejecting.threshold_ == found
    rejecting.set_params(threshold="auto")
    np.testing.assert_array_equal(rejecting.predict(X) == -1, confidence < found)


def test_copies_keep_a_threshold_that_was_set_after_fit(unit_digits):
    X, y = unit_digits
    rejecting = RejectingClassifier(linear()).fit(X, y).set_params(threshold=0.8)
    for same in (pickle.loads(pickle.dumps(rejecting)), copy.deepcopy(rejecting)):
        np.testing.assert_array_equal(same.predict(X), rejecting.predict(X))
        assert same.threshold_ == rejecting.threshold_ != 0.8
    assert clone(rejecting).threshold == 0.8
    assert clone(rejecting).fit(X, y).threshold_ == 0.8


@pytest.mark.parametrize("threshold", [1.5, "low", None, np.nan])
def test_a_bad_threshold_set_after_fit_is_refused(threshold, unit_digits):
    X, y = unit_digits
    rejecting = RejectingClassifier(linear(), threshold=0.5).fit(X, y)
    rejecting.set_params(threshold=threshold)
    with pytest.raises(ValueError, match="'threshold' parameter"):
        rejecting.predict(X)


@pytest.mark.parametrize("estimator", [linear(), KNeighborsClassifier()], ids=["own", "logarithm"])
def test_log_probabilities_are_those_of_the_estimator(estimator, unit_digits):
    X, y = unit_digits
    rejecting = RejectingClassifier(estimator, threshold=0.5).fit(X, y)
    logarithms = rejecting.predict_log_proba(X)
    np.testing.assert_allclose(np.exp(logarithms), rejecting.predict_proba(X), atol=1e-12)
    if hasattr(estimator, "predict_log_proba"):
        np.testing.assert_array_equal(logarithms, rejecting.estimator_.predict_log_proba(X))


def test_the_greatest_weights_find_the_same_threshold(unit_digits):
    X, y = unit_digits
    weights = np.random.default_rng(0).choice([0.5, 1.0], len(X))
    frozen = FrozenEstimator(linear().fit(X, y))
    usual, extreme = (
        RejectingClassifier(frozen).fit(X, y, sample_weight=scale * weights).threshold_
        for scale in (1.0, 2.0**1023)
    )
    assert extreme == usual


def test_weights_that_the_estimator_does_not_take_are_refused_by_name(unit_digits):
    X, y = unit_digits
    rejecting = RejectingClassifier(KNeighborsClassifier())
    with pytest.raises(ValueError, match="sample_weight must be None for an estimator whose fit"):
        rejecting.fit(X, y, sample_weight=np.ones(len(y)))


class RefittedMeanwhile(LogisticRegression):
    """It is fitted on other labels, as by another thread, while it predicts."""

    def predict_proba(self, X):
        probabilities = super().predict_proba(X)
        if hasattr(self, "meanwhile"):
            self.meanwhile()
        return probabilities


@pytest.mark.parametrize("wrap", [lambda estimator: estimator, make_pipeline, FrozenEstimator])
def test_a_prediction_is_of_one_fit_whatever_another_thread_does(wrap, unit_digits):
    X, y = unit_digits
    estimator = RefittedMeanwhile(max_iter=50, tol=1e-2).fit(X, y)
    expected = estimator.predict(X)
    estimator.meanwhile = lambda: LogisticRegression.fit(estimator, X, 100 + y)
    rejecting = RejectingClassifier(wrap(estimator), threshold=0.0)
    np.testing.assert_array_equal(rejecting.predict(X), expected)
    assert estimator.classes_.tolist() == [*range(100, 110)]


@pytest.mark.slow
def test_a_prediction_is_of_one_network_whatever_another_thread_does(small_digits):
    X, y = small_digits[0][:80], small_digits[1][:80]
    network = DigitCNNClassifier("two_layer_mlp", epochs=1, random_state=0)
    rejecting = RejectingClassifier(network, threshold=0.0)
    fits = [(X, y), (X, 109 - y)]
    allowed = [rejecting.set_params(estimator=network.fit(*fit)).predict(X) for fit in fits]
    stopped = threading.Event()

    def refit():
        while not stopped.is_set():
            network.fit(*fits[0]).fit(*fits[1])

    thread = threading.Thread(target=refit)
    thread.start()
    end = time.monotonic() + 3
    try:
        while time.monotonic() < end:
            answers = rejecting.predict(X)
            assert any(np.array_equal(answers, each) for each in allowed)
    finally:
        stopped.set()
        thread.join()


class TestDataThatDoNotGoTogether:
    @pytest.fixture(params=["trained", "frozen"])
    def rejecting(self, request, fitted_linear):
        estimator = linear() if request.param == "trained" else FrozenEstimator(fitted_linear)
        return RejectingClassifier(estimator)

    @pytest.mark.parametrize("n_labels", [1, 10, 0])
    def test_labels_of_another_number_are_refused(self, n_labels, rejecting, unit_digits):
        X, y = unit_digits
        for threshold in ("auto", 0.5):
            with pytest.raises(ValueError, match="inconsistent numbers of samples"):
                rejecting.set_params(threshold=threshold).fit(X, y[:n_labels])

    @pytest.mark.parametrize(
        ("weights", "message"),
        [
            (np.ones(10), r"sample_weight.shape == \(10,\)|inconsistent numbers of samples"),
            (np.r_[np.nan, np.ones(199)], "sample_weight contains NaN"),
            (np.r_[np.inf, np.ones(199)], "sample_weight contains infinity"),
            (np.r_[-1.0, np.ones(199)], "sample_weight must not be negative"),
            (np.zeros(200), "sample_weight must hold at least one positive weight"),
        ],
        ids=["few", "NaN", "infinite", "negative", "zeros"],
    )
    def test_weights_that_weigh_nothing_sensible_are_refused(
        self, weights, message, rejecting, unit_digits
    ):
        X, y = unit_digits[0][:200], unit_digits[1][:200]
        for threshold in ("auto", 0.5):
            with pytest.raises(ValueError, match=message):
                rejecting.set_params(threshold=threshold).fit(X, y, sample_weight=weights)

    def test_one_number_weighs_all_images_alike(self, rejecting, unit_digits):
        X, y = unit_digits
        alike = clone(rejecting).fit(X, y, sample_weight=np.ones(len(y))).threshold_
        assert rejecting.fit(X, y, sample_weight=1.0).threshold_ == alike
