"""Labels that are missing or of no clear kind, wherever labels are passed."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from choice import long
from mnistcnn import (
    DigitCNNClassifier,
    DigitEnsembleClassifier,
    RejectingClassifier,
    TestTimeAugmentationClassifier,
    compare_architectures,
)


def network():
    return DigitCNNClassifier("baseline", epochs=1, random_state=0)


TAKE_LABELS = {
    "fit": lambda X, y: network().fit(X, y),
    "partial_fit": lambda X, y: network().partial_fit(X, y, classes=range(10)),
    "y_val": lambda X, y: network().fit(X, np.arange(len(X)) % 10, X_val=X, y_val=y),
    "an ensemble": lambda X, y: DigitEnsembleClassifier(network(), 1).fit(X, y),
    "rejection": lambda X, y: RejectingClassifier(network()).fit(X, y),
    "views": lambda X, y: TestTimeAugmentationClassifier(network()).fit(X, y),
    "a comparison": lambda X, y: compare_architectures(X, y, architectures="baseline", cv=2),
}


@pytest.fixture(params=TAKE_LABELS.values(), ids=TAKE_LABELS.keys())
def take_labels(request):
    return request.param


def with_missing(y, value, dtype):
    labels = pd.Series(y).astype(str).astype(dtype)
    labels[[7, 9]] = value
    return labels


def test_integers_in_an_array_of_objects_are_called_what_they_are(take_labels, small_digits):
    X, y = small_digits
    for labels in (y.astype(object), pd.Series(y, dtype=object), pd.DataFrame({"y": y}, dtype="O")):
        with pytest.raises(
            ValueError,
            match=r"label type: y must hold strings .* int; pass y\.astype\(int\)",
        ):
            take_labels(X, labels)


def test_missing_labels_are_named_with_their_row(take_labels, small_digits):
    X, y = small_digits
    for labels in (
        [*y[:7].tolist(), None, *y[8:].tolist()],
        with_missing(y, None, object),
        with_missing(y, np.nan, object),
        with_missing(y, None, "str"),
    ):
        told = r"y must hold no missing labels, got (None|nan) in row 7( and 1 more)?\."
        with pytest.raises(ValueError, match=told):
            take_labels(X, labels)


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ([3, "a"], r"type int and str; pass y\.astype\(str\)"),
        ([3, 1.5], r"type float and int; pass y\.astype\(float\)"),
        ([True, False], r"type bool; pass y\.astype\(bool\)"),
        ([(1, 2), 3], "type int and tuple; pass integers or strings"),
    ],
)
def test_the_remedy_suits_the_types(labels, told, small_digits):
    y = np.empty(2, dtype=object)
    y[:] = labels
    with pytest.raises(ValueError, match=told):
        network().fit(small_digits[0][:2], y)


def test_labels_of_pandas_own_dtypes_and_strings_are_taken(small_digits):
    X, y = small_digits
    for labels in (
        pd.Series(y, dtype="Int64"),
        pd.Series(y, dtype="category"),
        pd.Series(y).astype(str),
        pd.Series(y).astype(str).astype(object),
        pd.Series(y).astype(str).astype("category"),
        y.astype(str).astype(object),
    ):
        assert len(network().fit(X, labels).classes_) == 10


@pytest.mark.parametrize(
    ("classes", "told"),
    [
        (10, "such as range.10. or .*, got 10"),
        (np.array(10), "got array.10."),
        ([[0, 1], [2, 3]], r"got \[\[0, 1\]"),
        (np.ones(300), "at least 2 .*weights .* passed as sample_weight, got 1 class only: .1.0"),
        (np.linspace(0.1, 2, 300), "passed as sample_weight, got 0.1, .* [.][.][.]"),
        (np.arange(10).astype(object), r"of type int; pass classes\.astype\(int\)"),
        ([0, 1, None], "no missing labels, got None in row 2"),
        ({0, 1}, "got {0, 1}"),
        (iter([0, 1]), "got <list_iterator"),
    ],
)
def test_classes_are_checked_under_their_own_name(classes, told, small_digits):
    X, y = small_digits
    with pytest.raises(ValueError, match=f"classes must hold .*{told}"):
        network().partial_fit(X, y, classes)
    fitted = network().partial_fit(X, y, classes=range(10))
    with pytest.raises(ValueError, match="classes must"):
        fitted.partial_fit(X, y, classes)
    assert len(fitted.partial_fit(X, y, classes=y).classes_) == 10


def whole_floats(n):
    return np.arange(float(n))


def nullable_integers(n):
    return pd.array(range(n), dtype="Int64")


FORMS = [range, np.arange, whole_floats, nullable_integers]
EACH_TIME = [(21, range), (26, np.arange), (47, whole_floats), (62, nullable_integers)]


@pytest.mark.parametrize(
    ("n_classes", "as_passed"),
    [pair if pair in EACH_TIME else long(*pair) for pair in product([21, 26, 47, 62], FORMS)],
)
def test_many_classes_are_no_regression_target(n_classes, as_passed, small_digits):
    X = small_digits[0][:n_classes]
    classifier = network()
    for _ in range(2):
        # Warnings are errors here, such as that of scikit-learn for labels that occur once.
        classifier.partial_fit(X, np.arange(n_classes), classes=as_passed(n_classes))
    classifier.partial_fit(X, np.arange(n_classes))
    assert classifier.classes_.tolist() == list(range(n_classes))
    with pytest.raises(ValueError, match="continuous"):
        classifier.partial_fit(X, np.arange(n_classes) + 0.5)


@pytest.mark.parametrize("n_classes", [26, 62])
def test_nor_are_validation_labels_of_many_classes(n_classes, small_digits):
    X, y = small_digits[0][: 3 * n_classes], np.arange(3 * n_classes) % n_classes
    fitted = network().fit(X, y, X_val=X[:n_classes], y_val=y[:n_classes])
    assert len(fitted.classes_) == n_classes
