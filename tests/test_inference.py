"""Prediction in batches: which images go together must never show."""

import numpy as np
import pytest
from hypothesis import given, settings
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


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1500), st.integers(1, 297))
def test_an_image_gets_the_same_bits_in_every_batch(fitted, digits, start, length):
    X, _ = digits
    part = slice(start, start + length)
    np.testing.assert_array_equal(fitted.predict_proba(X[part]), fitted.predict_proba(X)[part])


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
