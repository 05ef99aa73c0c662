"""Labels of every kind, and those that are refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnistcnn import RejectingClassifier, compare_architectures
from networks import quick_classifier as quick

LABELS = {
    "strings": lambda y: np.array(["zero", "one"])[y],
    "string objects": lambda y: np.array(["zero", "one"], dtype=object)[y],
    "bools": lambda y: y.astype(bool),
    "floats": lambda y: y.astype(float),
    "int8": lambda y: y.astype(np.int8),
    "uint64": lambda y: y.astype(np.uint64),
    "negative": lambda y: 3 - 10 * y,
    "lists": lambda y: y.tolist(),
    "series": lambda y: pd.Series(y, index=range(100, 100 + len(y))),
    "categories": lambda y: pd.Series(y).map({0: "zero", 1: "one"}).astype("category"),
    "nullable integers": lambda y: pd.Series(y, dtype="Int64"),
}


@pytest.mark.parametrize("encode", LABELS.values(), ids=LABELS)
def test_labels_of_every_kind_come_back(encode, two_classes):
    X, y = two_classes
    labels = encode(y)
    classifier = quick(epochs=8, batch_size=8).fit(X, labels)
    np.testing.assert_array_equal(classifier.classes_, np.unique(np.asarray(labels)))
    assert classifier.score(X, labels) == 1.0
    assert classifier.predict(X).dtype == classifier.classes_.dtype


@settings(max_examples=15)
@given(
    st.one_of(
        st.lists(st.integers(-(2**62), 2**62), min_size=2, max_size=5, unique=True),
        st.lists(st.text("abcdefgh", min_size=1), min_size=2, max_size=5, unique=True),
    )
)
def test_predicted_labels_are_the_users_own(labels):
    y = np.array(labels * 3)
    X = np.random.default_rng(0).normal(size=(len(y), 4))
    classifier = quick(epochs=1).fit(X, y)
    assert classifier.classes_.tolist() == sorted(labels)
    assert set(classifier.predict(X)) <= set(labels)
    np.testing.assert_allclose(classifier.predict_proba(X).sum(axis=1), 1, atol=1e-12)


def test_one_hot_labels_are_refused_with_the_conversion(small_digits):
    X, y = small_digits
    for one_hot in (np.eye(10)[y], pd.get_dummies(y), np.eye(10, dtype=int)[y].tolist()):
        for use in (
            quick().fit,
            RejectingClassifier(quick()).fit,
            lambda X, y: quick().partial_fit(X, y, classes=range(10)),
            lambda X, y: compare_architectures(X, y, architectures=["baseline"]),
        ):
            with pytest.raises(ValueError, match="y must hold one label per image.*argmax"):
                use(X, one_hot)


BAD_LABELS = {
    "one class": (lambda y: np.zeros_like(y), "1 class"),
    "continuous": (lambda y: y + 0.5, "continuous"),
    "too few": (lambda y: y[:-1], "inconsistent"),
    "NaN": (lambda y: np.where(y == 1, np.nan, y), "NaN"),
    "two columns": (lambda y: np.c_[y, y], "1d|y should be"),
    "none": (lambda _: None, "y"),
}


@pytest.mark.parametrize(("spoil", "message"), BAD_LABELS.values(), ids=BAD_LABELS)
def test_bad_labels_are_refused(spoil, message, small_digits):
    X, y = small_digits
    with pytest.raises(ValueError, match=message):
        quick().fit(X, spoil(y))
