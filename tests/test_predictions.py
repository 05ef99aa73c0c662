"""What a fitted classifier answers: decisions, logarithms, and what it refuses to be asked."""

import keras
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from mnistcnn import DigitCNNClassifier
from networks import quick_classifier as quick


@pytest.mark.parametrize("n_images", [1, 2, 3, 40])
def test_an_image_gets_the_same_bits_in_whatever_company(fitted_baseline, small_digits, n_images):
    X, _ = small_digits
    np.testing.assert_array_equal(
        fitted_baseline.predict_proba(X[:n_images]), fitted_baseline.predict_proba(X)[:n_images]
    )


def test_two_classes_have_one_decision_and_more_have_as_many(two_classes, small_digits):
    X, y = two_classes
    classifier = quick().fit(X, y)
    decision = classifier.decision_function(X)
    assert decision.shape == (len(X),)
    np.testing.assert_array_equal(classifier.predict(X), (decision > 0).astype(int))
    assert quick().fit(*small_digits).decision_function(X).shape == (len(X), 10)


def test_log_probabilities_are_the_logarithms_of_probabilities(fitted_baseline, small_digits):
    X, _ = small_digits
    np.testing.assert_allclose(
        np.exp(fitted_baseline.predict_log_proba(X)), fitted_baseline.predict_proba(X), atol=1e-12
    )


@pytest.mark.parametrize("n_classes", [2, 3])
def test_log_probabilities_of_a_network_that_ends_in_softmax(n_classes, small_digits):
    X, y = small_digits[0], small_digits[1] % n_classes

    def ends_in_softmax(input_shape, n_classes):
        softmax = keras.layers.Dense(n_classes, activation="softmax")
        return keras.Sequential([keras.Input(input_shape), keras.layers.Flatten(), softmax])

    classifier = quick(architecture=ends_in_softmax).fit(X, y)
    logarithms = classifier.predict_log_proba(X)
    assert logarithms.shape == (len(X), n_classes)
    assert logarithms.dtype == np.float64
    np.testing.assert_allclose(np.exp(logarithms), classifier.predict_proba(X), atol=1e-12)


def test_log_probabilities_are_finite_where_softmax_is_rounded_to_zero(small_digits):
    X, _ = small_digits
    softmax = keras.layers.Dense(3, activation="softmax")
    model = keras.Sequential([keras.Input((64,)), softmax])
    softmax.kernel.assign(1e4 * softmax.kernel)
    sure = DigitCNNClassifier.from_keras_model(model)
    assert (sure.predict_proba(X) == 0).any()
    logarithms = sure.predict_log_proba(X)
    assert np.isfinite(logarithms).all()
    np.testing.assert_array_equal(logarithms.argmax(axis=1), sure.predict(X))


def test_predict_before_fit():
    for method in ("predict", "predict_proba", "decision_function"):
        with pytest.raises(NotFittedError):
            getattr(quick(), method)([[1.0]])
    assert not hasattr(quick(), "model_")


def test_other_pixel_counts_and_shapes_are_refused_in_predict(fitted_baseline, small_digits):
    X, _ = small_digits
    with pytest.raises(ValueError, match="63 features.*expecting 64"):
        fitted_baseline.predict(X[:, :63])
    with pytest.raises(ValueError, match=r"\(8, 8\)"):
        fitted_baseline.predict(X.reshape(-1, 4, 16))
    with pytest.raises(ValueError, match="0 sample"):
        fitted_baseline.predict(X[:0])


def test_one_image_alone_is_told_from_several(fitted_baseline, small_digits):
    X, _ = small_digits
    for alone in (X[0], X[0].reshape(8, 8)):
        with pytest.raises(ValueError, match=r"\[image\]"):
            fitted_baseline.predict(alone)
        assert fitted_baseline.predict([alone]).shape == (1,)
