"""What cannot be an ensemble, its data or its members, refused by name."""

import numpy as np
import pytest
import sklearn
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from mnistcnn import (
    DigitCNNClassifier,
    DigitEnsembleClassifier,
    RejectingClassifier,
    TestTimeAugmentationClassifier,
)
from networks import ensemble_of
from networks import quick_member as quick

# Most of them train a network or several.
pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_estimators": 0}, "'n_estimators' parameter"),
        ({"n_estimators": 2.5}, "'n_estimators' parameter"),
        ({"voting": "loud"}, "'voting' parameter"),
        ({"estimator": DigitCNNClassifier}, r"got the class DigitCNNClassifier; pass Digit.*\(\)"),
        ({"estimator": "fast"}, "'estimator' parameter"),
        ({"estimator": Ridge()}, "estimator must be a classifier"),
        ({"estimator": LinearSVC()}, "must have predict_proba for voting='soft'.*voting='hard'"),
        ({"n_jobs": "all"}, "'n_jobs' parameter"),
    ],
)
def test_what_cannot_be_an_ensemble_is_refused(parameters, message, small_digits):
    ensemble = ensemble_of().set_params(**parameters)
    with pytest.raises(ValueError, match=message):
        ensemble.fit(*small_digits)
    assert not hasattr(ensemble, "estimators_")


@pytest.mark.parametrize("voting", ["soft", "hard"])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda member: member,
        lambda member: make_pipeline(StandardScaler(), member),
        FrozenEstimator,
        lambda member: FrozenEstimator(make_pipeline(member)),
        lambda member: GridSearchCV(member, {"threshold": [0.5, 0.9]}),
        lambda member: TestTimeAugmentationClassifier(member, n_views=1),
    ],
)
def test_members_that_reject_images_are_refused(wrap, voting, small_digits):
    X, y = small_digits
    rejecting = RejectingClassifier(GaussianNB(), threshold=0.9).fit(X, y)
    ensemble = DigitEnsembleClassifier(wrap(rejecting), 2, voting=voting)
    with pytest.raises(ValueError, match=r"use RejectingClassifier\(DigitEnsembleClassifier"):
        ensemble.fit(X, y)
    assert not hasattr(ensemble, "estimators_")


class AnswersTens(GaussianNB):
    """Answers with a label of its own."""

    def predict(self, X):
        return np.append(super().predict(X)[1:], 10)


class AnswersWords(GaussianNB):
    """Answers with a label of another kind."""

    def predict(self, X):
        return np.array(["unknown"] * len(X))


@pytest.mark.parametrize(("member", "label"), [(AnswersTens(), 10), (AnswersWords(), "'unknown'")])
def test_votes_for_a_label_of_nobody_are_refused(member, label, small_digits):
    X, y = small_digits
    ensemble = DigitEnsembleClassifier(member, 2, voting="hard").fit(X, y)
    message = rf"estimators_\[0\], {type(member).__name__}, must predict .*\[0, 1, .*got {label}"
    with pytest.raises(ValueError, match=message):
        ensemble.predict(X)


@pytest.mark.parametrize("voting", ["soft", "hard"])
@pytest.mark.parametrize("shifted", [1, 2])
def test_members_that_were_fitted_anew_on_other_labels_are_refused(shifted, voting, small_digits):
    X, y = small_digits
    ensemble = DigitEnsembleClassifier(GaussianNB(), 2, voting=voting).fit(X, y)
    for member in ensemble[2 - shifted :]:
        member.fit(X, y + 1)
    message = rf"estimators_\[{2 - shifted}\], GaussianNB, .*ensemble, \[0, 1,.*got \[1, 2,"
    with pytest.raises(ValueError, match=message):
        ensemble.predict(X)
    if voting == "soft":
        with pytest.raises(ValueError, match=message):
            ensemble.predict_proba(X)


@pytest.mark.parametrize("voting", ["soft", "hard"])
def test_networks_that_were_fitted_anew_on_other_labels_are_refused(voting, small_digits):
    X, y = small_digits
    ensemble = ensemble_of(quick(epochs=1), 2, voting=voting).fit(X, y)
    for member in ensemble:
        member.fit(X, y + 1)
    with pytest.raises(ValueError, match=r"estimators_\[0\], DigitCNNClassifier, .*got \[1, 2,"):
        ensemble.predict(X)


def test_weights_that_a_member_does_not_take_are_refused_by_name(small_digits):
    X, y = small_digits
    ensemble = DigitEnsembleClassifier(KNeighborsClassifier())
    with pytest.raises(ValueError, match="sample_weight must be None .* KNeighborsClassifier"):
        ensemble.fit(X, y, sample_weight=np.ones(len(y)))


@pytest.mark.parametrize(
    ("X", "y", "error", "message"),
    [
        (iter([]), [0], TypeError, "X must be an array"),
        (np.zeros((4, 64)), np.eye(2)[[0, 1, 0, 1]], ValueError, "one-hot rows"),
        (np.zeros((4, 64)), [0.5, 0.1, 0.2, 0.3], ValueError, "Unknown label type"),
        (np.zeros((4, 63)), [0, 1, 0, 1], ValueError, "square number of columns"),
    ],
)
def test_bad_data_are_refused(X, y, error, message):
    with pytest.raises(error, match=message):
        ensemble_of().fit(X, y)


def test_parameters_of_no_member_are_refused_with_the_remedy():
    with pytest.raises(ValueError, match=r"'estimator__epochs' needs .*=DigitCNNClassifier\(\)"):
        DigitEnsembleClassifier().set_params(estimator__epochs=3)
    ensemble = DigitEnsembleClassifier().set_params(estimator=quick(), estimator__epochs=7)
    assert ensemble.estimator.epochs == 7


def test_routed_parameters_need_a_request_of_the_member(small_digits):
    X, y = small_digits
    with sklearn.config_context(enable_metadata_routing=True):
        with pytest.raises(sklearn.exceptions.UnsetMetadataPassedError, match="sample_weight"):
            ensemble_of().fit(X, y, sample_weight=np.ones(len(y)))
        assert not hasattr(ensemble_of(), "set_fit_request")
