"""The adapter keeps scikeras's ways and has none of its faults."""

import pickle
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import is_classifier
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.utils.estimator_checks import parametrize_with_checks

from mnistcnn import DigitCNNClassifier
from mnistcnn._cpu import has_avx512
from mnistcnn.scikeras_adapter import KerasClassifier

# They start processes of their own.
pytestmark = [pytest.mark.slow, pytest.mark.long]

EXPECTED_FAILED_CHECKS = {
    "check_estimator_tags_renamed": (
        "scikeras's BaseWrapper defines _more_tags, which scikit-learn no longer reads, and not "
        "__sklearn_tags__; the check looks at each class by itself"
    ),
    "check_mixin_order": (
        "scikeras puts ClassifierMixin after BaseEstimator, and a subclass cannot reorder that"
    ),
    "check_sample_weight_equivalence_on_dense_data": (
        "mini-batch training shuffles and sums in float32, so weights and repetitions differ"
    ),
}


class LinearNetwork(KerasClassifier):
    """The smallest network there is, for single and for multiple labels."""

    def _keras_build_fn(self, meta):
        several_labels = meta["target_type_"] == "multilabel-indicator"
        activation = "sigmoid" if several_labels else "softmax"
        output = keras.layers.Dense(max(2, meta["n_classes_"]), activation)
        model = keras.Sequential(
            [keras.Input(meta["X_shape_"][1:]), keras.layers.Activation("tanh"), output]
        )
        model.compile(
            optimizer=keras.optimizers.Adam(0.1),
            loss="binary_crossentropy" if several_labels else "sparse_categorical_crossentropy",
        )
        return model


def a_classifier(**parameters):
    return LinearNetwork(**{"verbose": 0, "random_state": 0, **parameters})


@pytest.mark.long
@parametrize_with_checks(
    [a_classifier(epochs=5)], expected_failed_checks=lambda _: EXPECTED_FAILED_CHECKS
)
def test_scikit_learns_own_checks(estimator, check):
    if check.func.__name__ == "check_methods_sample_order_invariance" and not has_avx512():
        pytest.skip("Keras's own predict rounds the last rows of a batch otherwise without AVX-512")
    check(estimator)


@pytest.fixture(scope="module")
def digits():
    """Return 30 images of each digit, in the order of their labels."""
    X, y = load_digits(return_X_y=True)
    rows = np.concatenate([np.flatnonzero(y == digit)[:30] for digit in range(10)])
    return X[rows], y[rows]


@pytest.fixture(scope="module")
def fitted(digits):
    X, y = digits
    return a_classifier(epochs=20).fit(X.astype("float32"), y.astype("int32"))


class TestRecognisedAsClassifier:
    def test_scikit_learn_says_so(self):
        assert is_classifier(a_classifier())

    def test_grid_search_sees_every_class_in_every_fold(self, digits):
        # Sorted labels: folds that are not stratified would lack whole classes.
        def n_classes(estimator, _, y):
            return len(estimator.classes_) + len(np.unique(y))

        grid = {"epochs": [1]}
        search = GridSearchCV(a_classifier(), grid, cv=2, scoring=n_classes, refit=False)
        search.fit(*digits)
        assert search.cv_results_["split0_test_score"] == [20]
        assert search.cv_results_["split1_test_score"] == [20]

    def test_same_folds_labels_and_class_order_as_the_librarys_own(self, digits):
        X, y = digits
        letters = np.array(list("zotfvsxegn"))[y]
        ours, theirs = (
            cross_validate(estimator, X, letters, cv=3, return_indices=True, return_estimator=True)
            for estimator in (
                DigitCNNClassifier("baseline", epochs=1, random_state=0),
                a_classifier(),
            )
        )
        for fold in range(3):
            our_classes = ours["estimator"][fold].classes_
            assert our_classes.tolist() == sorted(set(letters))
            np.testing.assert_array_equal(our_classes, theirs["estimator"][fold].classes_)
            np.testing.assert_array_equal(
                ours["indices"]["test"][fold], theirs["indices"]["test"][fold]
            )
            predicted = [result["estimator"][fold].predict(X) for result in (ours, theirs)]
            assert predicted[0].dtype == predicted[1].dtype == letters.dtype
            assert predicted[0].shape == predicted[1].shape == (300,)


class TestAnyDtype:
    @pytest.mark.parametrize("dtype", ["float64", "float16", "int64", "uint8", "object"])
    def test_other_dtypes_of_the_same_pixels_predict_the_same(self, fitted, digits, dtype):
        X, _ = digits
        np.testing.assert_array_equal(
            fitted.predict_proba(X.astype(dtype)), fitted.predict_proba(X.astype("float32"))
        )

    def test_floats_after_a_fit_on_integers(self, digits):
        X, y = digits
        classifier = a_classifier().fit(X.astype("uint8"), y)
        halves = X / 2
        assert (classifier.predict_proba(halves) != classifier.predict_proba(X)).any()

    @pytest.mark.parametrize("dtype", ["int64", "float64", "uint8"])
    def test_other_dtypes_of_the_same_labels_score_the_same(self, fitted, digits, dtype):
        X, y = digits
        assert fitted.score(X, y.astype(dtype)) == fitted.score(X, y.astype("int32")) > 0.8

    @pytest.mark.parametrize("ask", ["partial_fit", "score"])
    def test_labels_of_another_number_of_dimensions_are_refused(self, digits, ask):
        X, y = digits
        classifier = a_classifier().fit(X, y)
        before = classifier.predict_proba(X)
        with pytest.raises(ValueError, match=r"y has 2 dim.* expecting 1 dim.*shape \(300, 10\)"):
            getattr(classifier, ask)(X, np.eye(10)[y])
        np.testing.assert_array_equal(classifier.predict_proba(X), before)
        assert classifier.partial_fit(X, y.astype("float64")).score(X, y) > 0.1

    def test_single_labels_are_refused_where_several_were_fitted(self, digits):
        X, y = digits
        classifier = a_classifier().fit(X, np.eye(10, dtype=int)[y])
        with pytest.raises(ValueError, match="y has 1 dimensions, .* is expecting 2"):
            classifier.partial_fit(X, y)

    def test_column_names_of_another_frame_are_refused(self, digits):
        X, y = digits
        frame = pd.DataFrame(X).add_prefix("pixel")
        classifier = a_classifier().fit(frame, y)
        with pytest.raises(ValueError, match="feature names should match"):
            classifier.predict(frame.add_suffix("_later"))


class TestWeights:
    @pytest.mark.parametrize("fit", ["fit", "partial_fit"])
    def test_weights_that_are_passed_stay_as_they_are(self, digits, fit):
        weights = np.ones(300)
        classifier = a_classifier(class_weight={digit: 1.0 + digit for digit in range(10)})
        for _ in range(2):
            getattr(classifier, fit)(*digits, sample_weight=weights)
        assert (weights == 1).all()

    def test_whole_numbers_are_balanced(self, digits):
        weights = np.ones(300, dtype=int)
        classifier = a_classifier(class_weight="balanced", epochs=20)
        assert classifier.fit(*digits, sample_weight=weights).score(*digits) > 0.8


class TestClassesOfPartialFit:
    def test_columns_are_in_the_order_of_the_classes(self, digits):
        X, y = digits
        names = np.array(list("abcdefghij"))[y]
        classifier = a_classifier().partial_fit(X, names, classes=list("jihgfedcba"))
        for _ in range(20):
            classifier.partial_fit(X, names, classes=list("abcdefghij"))
        columns = classifier.predict_proba(X).argmax(axis=1)
        np.testing.assert_array_equal(classifier.classes_[columns], classifier.predict(X))
        assert classifier.score(X, names) > 0.8

    def test_others_are_refused_later(self, digits):
        X, y = digits
        classifier = a_classifier().partial_fit(X, y, classes=range(10))
        with pytest.raises(ValueError, match=r"classes must be those of the first call, \[0, 1"):
            classifier.partial_fit(X, y, classes=range(11))
        assert classifier.classes_.tolist() == list(range(10))


def test_probabilities_of_one_image_are_one_row(fitted, digits):
    X, _ = digits
    one = fitted.predict_proba(X[:1])
    assert one.shape == (1, 10)
    np.testing.assert_allclose(one, fitted.predict_proba(X)[:1], rtol=1e-5)


# A process of its own: TensorFlow settles some of this once and for all.
CALLERS_STATE = """
import random
import keras, numpy as np, tensorflow as tf
from tensorflow.python.framework.config import is_op_determinism_enabled
from mnistcnn.scikeras_adapter import KerasClassifier

def build(meta):
    layers = [keras.Input(meta["X_shape_"][1:]), keras.layers.Dropout(0.5)]
    return keras.Sequential([*layers, keras.layers.Dense(2, "softmax")])

def draws():
    return [random.random(), np.random.random(), float(tf.random.uniform(()))]

def draws_around(between):
    random.seed(1), np.random.seed(1), tf.random.set_seed(1)
    before = draws()
    between()
    return before + draws()

X, y = np.eye(20), np.arange(20) % 2
seeded = KerasClassifier(
    build, loss="sparse_categorical_crossentropy", verbose=0, random_state=0
)
undisturbed = draws_around(lambda: None)
assert draws_around(lambda: seeded.fit(X, y)) == undisturbed, "a sequence was disturbed"
assert not is_op_determinism_enabled(), "op determinism stayed on"

tf.random.set_seed(None)
seeded.set_params(random_state=None).fit(X, y)

tf.config.experimental.enable_op_determinism()
seeded.set_params(random_state=0).fit(X, y)
assert is_op_determinism_enabled(), "the caller's op determinism was switched off"
"""


def test_a_seeded_fit_leaves_the_callers_random_state_and_determinism():
    _run(CALLERS_STATE)


WITHOUT_SCIKERAS = """
import pickle, sys
from mnistcnn import DigitCNNClassifier
from sklearn.datasets import load_digits
X, y = load_digits(return_X_y=True)
"""

FIT_AND_STORE = """
classifier = DigitCNNClassifier("baseline", epochs=1, random_state=0).fit(X[:200], y[:200])
assert "scikeras" not in sys.modules
with open(sys.argv[1], "wb") as file:
    pickle.dump((classifier, classifier.predict_proba(X)), file)
"""

LOAD_AND_COMPARE = """
with open(sys.argv[1], "rb") as file:
    classifier, probabilities = pickle.load(file)
assert "scikeras" not in sys.modules
assert (classifier.predict_proba(X) == probabilities).all()
"""


class TestPicklesOfOurs:
    def test_stored_without_scikeras_load_beside_it(self, tmp_path):
        path = tmp_path / "classifier.pickle"
        _run(WITHOUT_SCIKERAS + FIT_AND_STORE, path)
        classifier, probabilities = pickle.loads(path.read_bytes())
        X, _ = load_digits(return_X_y=True)
        np.testing.assert_array_equal(classifier.predict_proba(X), probabilities)

    def test_stored_beside_scikeras_load_without_it(self, tmp_path, digits):
        classifier = DigitCNNClassifier("baseline", epochs=1, random_state=0).fit(*digits)
        X, _ = load_digits(return_X_y=True)
        path = tmp_path / "classifier.pickle"
        path.write_bytes(pickle.dumps((classifier, classifier.predict_proba(X))))
        _run(WITHOUT_SCIKERAS + LOAD_AND_COMPARE, path)


def _run(script, *arguments):
    command = [sys.executable, "-c", script, *map(str, arguments)]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr[-2000:]
