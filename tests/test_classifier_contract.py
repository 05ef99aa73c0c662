"""scikit-learn's own checks, and the tools of scikit-learn that people put around a classifier."""

from functools import partial

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    StratifiedKFold,
    check_cv,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from mnistcnn import (
    DigitCNNClassifier,
    DigitNormalizer,
    ImageReshaper,
    PixelScaler,
    get_architecture,
)
from networks import quick_classifier

EXPECTED_FAILED_CHECKS = {
    "check_sample_weight_equivalence_on_dense_data": (
        "Mini-batches of weighted images are not mini-batches of repeated images: the number "
        "of updates and the make-up of each differ."
    ),
}

quick = partial(quick_classifier, epochs=3)


@parametrize_with_checks(
    [
        DigitCNNClassifier(
            "baseline", image_shape="pad", epochs=30, batch_size=8, learning_rate=0.01
        )
    ],
    expected_failed_checks=lambda _: EXPECTED_FAILED_CHECKS,
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_is_a_classifier_so_that_folds_are_stratified(small_digits):
    _, y = small_digits
    assert is_classifier(quick())
    assert isinstance(check_cv(3, y, classifier=is_classifier(quick())), StratifiedKFold)


@pytest.mark.slow
def test_grid_search_over_architectures_and_their_hyperparameters_in_two_processes(small_digits):
    X, y = small_digits
    search = GridSearchCV(
        quick(),
        [
            {"architecture": ["baseline"]},
            {
                "architecture": [get_architecture("simple")],
                "image_shape": [(8, 8)],
                "architecture__filters": [4],
                "architecture__dense_units": [16, 32],
            },
        ],
        cv=2,
        n_jobs=2,
    )
    search.fit(X, y)
    found = search.cv_results_
    by_hand = [
        cross_val_score(clone(quick()).set_params(**each), X, y, cv=2) for each in found["params"]
    ]
    for fold in range(2):
        expected = [scores[fold] for scores in by_hand]
        np.testing.assert_array_equal(found[f"split{fold}_test_score"], expected)
    assert [each.get("architecture__dense_units") for each in found["params"]] == [None, 16, 32]
    assert len(set(found["mean_test_score"])) == 3


@pytest.mark.slow
def test_one_and_two_processes_score_the_same(small_digits):
    X, y = small_digits
    scores = [cross_val_score(quick(), X, y, cv=2, n_jobs=n_jobs) for n_jobs in (1, 2)]
    np.testing.assert_array_equal(*scores)


def test_probability_scorers_work(small_digits):
    scores = cross_val_score(quick(epochs=10), *small_digits, cv=2, scoring="roc_auc_ovr")
    assert (scores > 0.8).all()


def test_halving_search_takes_epochs_as_its_resource(small_digits):
    search = HalvingGridSearchCV(
        quick(),
        {"learning_rate": [1e-3, 1e-5]},
        resource="epochs",
        min_resources=2,
        max_resources=4,
        cv=2,
        random_state=0,
    )
    assert search.fit(*small_digits).best_params_["learning_rate"] == 1e-3


def test_a_pipeline_gives_what_its_steps_give_one_after_the_other(small_digits):
    X, y = small_digits
    # The scaler's result must matter: the network itself scales nothing.
    network = quick(pixel_scaling=None)
    pipeline = make_pipeline(ImageReshaper(), PixelScaler("unit", data_range=(0, 16)), network)
    images = X.astype(np.float32).reshape(-1, 8, 8, 1) / 16
    by_hand = clone(network).fit(images[:200], y[:200])
    found = pipeline.fit(X[:200], y[:200])
    np.testing.assert_array_equal(found.predict_proba(X), by_hand.predict_proba(images))
    assert found.score(X[200:], y[200:]) == by_hand.score(images[200:], y[200:])
    unscaled = make_pipeline(ImageReshaper(), clone(network)).fit(X[:200], y[:200])
    assert (unscaled.predict_proba(X) != found.predict_proba(X)).any()


@pytest.mark.slow
def test_photographs_of_any_size_go_through_a_pipeline(written_digit):
    labels = [*range(10)] * 2
    photographs = [written_digit(label, side=150 + 10 * n) for n, label in enumerate(labels)]
    pipeline = make_pipeline(DigitNormalizer(), quick(epochs=10)).fit(photographs, labels)
    images = DigitNormalizer().transform(photographs)
    by_hand = quick(epochs=10).fit(images, labels)
    np.testing.assert_array_equal(
        pipeline.predict_proba(photographs), by_hand.predict_proba(images)
    )
    assert pipeline.score(photographs, labels) > 0.9


def test_confusion_matrix_display_counts_true_against_predicted_labels(small_digits):
    import matplotlib.pyplot as plt

    X, y = small_digits
    names = np.array([f"digit {label}" for label in range(10)])[y]
    classifier = quick(epochs=1).fit(X, names)
    display = ConfusionMatrixDisplay.from_estimator(classifier, X, names)
    plt.close("all")
    expected = np.zeros((10, 10), dtype=int)
    for true, predicted in zip(y, classifier.predict(X), strict=True):
        expected[true, int(predicted.removeprefix("digit "))] += 1
    np.testing.assert_array_equal(display.confusion_matrix, expected)
    assert display.display_labels.tolist() == [f"digit {label}" for label in range(10)]
    # One that is right in all, or says the same of all, would show little.
    assert 150 < np.trace(expected) < 300


@pytest.mark.parametrize(
    "wrapper",
    [
        lambda: CalibratedClassifierCV(quick(), cv=2),
        lambda: VotingClassifier(
            [("ours", quick()), ("linear", LogisticRegression())], voting="soft"
        ),
        lambda: StackingClassifier([("ours", quick())], LogisticRegression(max_iter=500), cv=2),
        lambda: BaggingClassifier(quick(), n_estimators=2, random_state=0),
    ],
    ids=["calibrated", "voting", "stacking", "bagging"],
)
def test_meta_estimators(wrapper, small_digits):
    X, y = small_digits
    fitted = wrapper().fit(X / 16, y)
    assert fitted.predict_proba(X[:5] / 16).shape == (5, 10)
    assert fitted.score(X / 16, y) > 0.3


def test_clone_has_the_parameters_and_nothing_fitted(small_digits):
    classifier = quick(architecture=get_architecture("simple").set_params(dropout=0.4))
    copy = clone(classifier)
    assert copy.get_params()["architecture__dropout"] == 0.4
    assert copy.architecture is not classifier.architecture
    assert not hasattr(clone(quick().fit(*small_digits)), "classes_")


def test_parameters_of_a_name_point_to_get_architecture():
    with pytest.raises(ValueError, match="get_architecture"):
        quick().set_params(architecture__dropout=0.1)


def test_architecture_and_its_parameters_can_be_set_in_one_call():
    classifier = quick().set_params(
        architecture=get_architecture("simple"), architecture__dropout=0.1
    )
    assert classifier.architecture.dropout == 0.1


def test_fit_changes_no_parameter(small_digits):
    classifier = quick(class_weight={0: 2.0}, architecture=get_architecture("baseline"))
    before = {name: repr(value) for name, value in classifier.get_params().items()}
    classifier.fit(*small_digits)
    assert {name: repr(value) for name, value in classifier.get_params().items()} == before
