"""Prediction in batches: which images go together must never show."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnistcnn import DigitCNNClassifier
from mnistcnn._training.inference import BUCKETS, batches
from mnistcnn.architectures import Simple


@given(st.integers(1, 5000))
def test_batches_cover_all_images_once_and_none_is_larger_than_the_largest_bucket(n_images):
    parts = list(batches(n_images))
    covered = [index for part in parts for index in range(part.start, part.stop)]
    assert covered == list(range(n_images))
    assert max(part.stop - part.start for part in parts) <= BUCKETS[-1]


@pytest.fixture(scope="module")
def fitted(digits):
    return DigitCNNClassifier("fast", epochs=1, random_state=0).fit(*digits)


# Whole batches of both kinds of processors, what fills none, and what is left of the largest.
LENGTHS = (1, 2, 3, 5, 8, 11, 12, 32, 47, 64, 100, 128, 193, 256, 297)


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["baseline", "fast", "lenet5"])
@pytest.mark.parametrize("n_classes", [2, 10])
def test_an_image_gets_the_same_bits_in_every_batch(architecture, n_classes, digits):
    X, y = digits
    part = y < n_classes
    classifier = DigitCNNClassifier(architecture, epochs=1, precision="float32", random_state=0)
    classifier.fit(X[part][:100], y[part][:100])
    of_all = classifier.decision_function(X)
    for start, length in enumerate(LENGTHS):
        alone = classifier.decision_function(X[start : start + length])
        np.testing.assert_array_equal(alone, of_all[start : start + length])


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_an_image_alone_gets_the_same_bits_as_in_company(precision, digits):
    X, y = digits[0][:260], digits[1][:260]
    classifier = DigitCNNClassifier("simple", epochs=1, precision=precision, random_state=0)
    together = classifier.fit(X, y).predict_proba(X[:65])
    alone = np.concatenate([classifier.predict_proba(X[i : i + 1]) for i in range(65)])
    np.testing.assert_array_equal(alone, together)


def test_predictions_leave_the_images_as_they_are(fitted, digits):
    X = digits[0].copy()
    fitted.predict(X)
    np.testing.assert_array_equal(X, digits[0])


def test_nothing_is_dropped_in_predictions(small_digits):
    X, y = small_digits
    network = Simple(8, kernel_size=3, dropout=0.5)
    classifier = DigitCNNClassifier(network, epochs=1, random_state=0).fit(X, y)
    first, second = (classifier.predict_proba(X) for _ in range(2))
    np.testing.assert_array_equal(first, second)
