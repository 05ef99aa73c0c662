"""What wrappers pass on with scikit-learn's metadata routing: what the estimator requests."""

import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate

from mnistcnn import RejectingClassifier, TestTimeAugmentationClassifier


class Records(ClassifierMixin, BaseEstimator):
    """Notes whether it was given weights, and predicts as a linear classifier does."""

    def fit(self, X, y, sample_weight=None):
        self.weighted_ = sample_weight is not None
        self.linear_ = LogisticRegression(tol=1e-2).fit(X, y, sample_weight)
        self.classes_ = self.linear_.classes_
        self.n_features_in_ = X.shape[1]
        return self

    def predict_proba(self, X):
        return self.linear_.predict_proba(X)

    def predict(self, X):
        return self.linear_.predict(X)


@pytest.fixture(params=[RejectingClassifier, TestTimeAugmentationClassifier])
def wrap(request):
    return request.param


@pytest.fixture
def data(small_digits):
    X, y = small_digits
    return X / 16, y, np.linspace(0.5, 1, len(y))


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.mark.usefixtures("routing")
def test_weights_reach_an_estimator_that_requests_them(wrap, data):
    X, y, weights = data
    estimator = Records().set_fit_request(sample_weight=True)
    assert wrap(estimator).fit(X, y, sample_weight=weights).estimator_.weighted_
    assert not wrap(estimator).fit(X, y).estimator_.weighted_


@pytest.mark.usefixtures("routing")
def test_weights_that_an_estimator_declines_are_refused_as_scikit_learn_does(wrap, data):
    X, y, weights = data
    estimator = Records().set_fit_request(sample_weight=False)
    with pytest.raises(TypeError, match="sample_weight.* not routed to any object"):
        wrap(estimator).fit(X, y, sample_weight=weights)
    assert not wrap(estimator).fit(X, y).estimator_.weighted_


@pytest.mark.usefixtures("routing")
def test_without_a_request_weights_are_refused(wrap, data):
    X, y, weights = data
    with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
        wrap(Records()).fit(X, y, sample_weight=weights)
    assert not hasattr(wrap(Records()), "set_fit_request")


@pytest.mark.usefixtures("routing")
def test_cross_validation_routes_through_the_wrapper(wrap, data):
    X, y, weights = data
    estimator = Records().set_fit_request(sample_weight=True)
    wrapper = wrap(estimator).set_score_request(sample_weight=False)
    results = cross_validate(
        wrapper, X, y, cv=2, params={"sample_weight": weights}, return_estimator=True
    )
    assert all(each.estimator_.weighted_ for each in results["estimator"])


@pytest.mark.parametrize("is_routed", [True, False])
def test_the_threshold_of_a_frozen_estimator_is_weighted_either_way(is_routed, data):
    X, y, weights = data
    frozen = FrozenEstimator(Records().fit(X, y))
    uneven = np.where(np.arange(len(y)) < 150, 1e-6, weights)
    with sklearn.config_context(enable_metadata_routing=is_routed):
        weighted = RejectingClassifier(frozen).fit(X, y, sample_weight=uneven)
        assert weighted.threshold_ != RejectingClassifier(frozen).fit(X, y).threshold_


@pytest.mark.usefixtures("routing")
def test_a_search_gives_weights_to_the_threshold_of_a_frozen_estimator(data):
    X, y, weights = data
    uneven = np.where(np.arange(len(y)) < 150, 1e-6, weights)
    rejecting = RejectingClassifier(FrozenEstimator(Records().fit(X, y)))
    search = GridSearchCV(
        rejecting.set_score_request(sample_weight=False),
        {"rejected_label": [-1]},
        cv=[(np.arange(300), np.arange(300))],
    ).fit(X, y, sample_weight=uneven)
    expected = rejecting.fit(X, y, sample_weight=uneven).threshold_
    assert search.best_estimator_.threshold_ == expected != rejecting.fit(X, y).threshold_


def test_without_routing_weights_are_passed_on(wrap, data):
    X, y, weights = data
    estimator = Records()
    assert wrap(estimator).fit(X, y, sample_weight=weights).estimator_.weighted_
