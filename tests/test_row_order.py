"""Tables with one index in different orders: told of once, and only where it is certain."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from mnistcnn import (
    DigitCNNClassifier,
    DigitEnsembleClassifier,
    ImageReshaper,
    PixelScaler,
    RejectingClassifier,
    TestTimeAugmentationClassifier,
    compare_architectures,
)
from mnistcnn.preprocessing import warn_of_row_order


def network(**parameters):
    return DigitCNNClassifier("baseline", **{"epochs": 1, "random_state": 0, **parameters})


@pytest.fixture
def frame(small_digits):
    return pd.DataFrame(small_digits[0])


@pytest.fixture
def labels(small_digits):
    return pd.Series(small_digits[1])


def shuffled(table):
    return table.sample(frac=1, random_state=0)


def in_pipeline():
    return make_pipeline(ImageReshaper(), PixelScaler(), network())


def for_last_step(parameters):
    return {f"digitcnnclassifier__{name}": value for name, value in parameters.items()}


FITS = {
    "a classifier": lambda X, y, **more: network().fit(X, y, **more),
    "partial_fit": lambda X, y, **more: network().partial_fit(X, y, range(10), **more),
    "an ensemble": lambda X, y, **more: DigitEnsembleClassifier(network(), 2).fit(X, y, **more),
    "rejection": lambda X, y, **more: RejectingClassifier(network()).fit(X, y, **more),
    "a pipeline": lambda X, y, **more: in_pipeline().fit(X, y, **for_last_step(more)),
    "views": lambda X, y, **more: TestTimeAugmentationClassifier(network()).fit(X, y, **more),
}


@pytest.fixture(params=FITS.values(), ids=FITS.keys())
def fit(request):
    return request.param


def messages_of(action, *arguments, **named):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        action(*arguments, **named)
    told = [each for each in caught if "index in different orders" in str(each.message)]
    assert all(each.filename == __file__ for each in told)
    return [str(each.message) for each in told]


def test_labels_in_another_order_are_told_of_once(fit, frame, labels):
    [message] = messages_of(fit, shuffled(frame), labels)
    assert "X and y have the same index" in message
    assert "pass y.loc[X.index];" in message


@pytest.mark.parametrize("fit", [FITS[name] for name in FITS if name != "a pipeline"])
def test_weights_in_another_order_are_told_of_once(fit, frame, labels):
    weights = pd.Series(np.linspace(1, 2, len(labels)))
    given = {"sample_weight": weights}
    [message] = messages_of(fit, shuffled(frame), shuffled(labels), **given)
    assert "pass sample_weight.loc[X.index];" in message


def test_what_is_in_one_order_or_has_no_index_is_not_told_of(fit, frame, labels):
    for images, targets in (
        (shuffled(frame), shuffled(labels)),
        (frame.to_numpy(), shuffled(labels)),
        (shuffled(frame), labels.to_numpy()),
        (shuffled(frame), labels.tolist()),
    ):
        assert messages_of(fit, images, targets) == []


@pytest.mark.parametrize("make", [network, lambda: DigitEnsembleClassifier(network(), 2)])
def test_validation_images_are_told_of_by_their_names(make, frame, labels):
    weights = pd.Series(np.ones(300))
    own = {"X_val": shuffled(frame), "y_val": labels, "sample_weight_val": weights}
    [message] = messages_of(make().fit, frame, labels, **own)
    assert "X_val and y_val and sample_weight_val have" in message
    assert "y_val.loc[X_val.index] and sample_weight_val.loc[X_val.index]" in message


@pytest.mark.parametrize("fit", [FITS[name] for name in FITS if name != "a pipeline"])
def test_labels_in_another_order_than_the_images_to_score_are_told_of(fit, frame, labels):
    fitted = fit(frame, labels)
    [message] = messages_of(fitted.score, shuffled(frame), labels)
    assert "pass y.loc[X.index];" in message
    assert messages_of(fitted.score, shuffled(frame), shuffled(labels)) == []
    weights = pd.Series(1.0, index=labels.index)
    [message] = messages_of(fitted.score, shuffled(frame), shuffled(labels), weights)
    assert "pass sample_weight.loc[X.index];" in message


def test_a_comparison_tells_once_and_cross_validation_is_silent(frame, labels):
    kinds = {"architectures": ["baseline"], "cv": 2, "epochs": 1, "random_state": 0}
    assert len(messages_of(compare_architectures, shuffled(frame), labels, **kinds)) == 1
    in_order = shuffled(frame), shuffled(labels)
    assert messages_of(compare_architectures, *in_order, **kinds) == []
    assert messages_of(cross_val_score, network(), *in_order, cv=2) == []


@pytest.mark.parametrize(
    ("index", "other"),
    [
        ([0, 1, 2], [3, 4, 5]),
        ([0, 1, 2], [2, 1, 3]),
        ([0, 1, 1], [1, 1, 0]),
        ([0, 1, 2], [0.0, 1.0, 2.0]),
        (["a", "b", "c"], [1, 0, 2]),
        ([0, 1, 2], [1, 0]),
    ],
)
def test_indexes_that_prove_nothing_are_left_alone(index, other):
    X, y = pd.DataFrame({"pixel": 0.0}, index=index), pd.Series(0, index=other)
    assert messages_of(warn_of_row_order, X, y=y) == []


def test_indexes_of_several_levels_and_of_labels_are_compared():
    for index in (["b", "c", "a"], pd.MultiIndex.from_tuples([(0, 1), (0, 0), (1, 1)])):
        X = pd.DataFrame({"pixel": [0.0, 1.0, 2.0]}, index=index)
        with pytest.warns(UserWarning, match=r"y\.loc\[X\.index\]"):
            warn_of_row_order(X, y=pd.Series(0, index=X.index[::-1]))
