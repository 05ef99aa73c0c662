"""Inside TensorFlow's graphs, where nothing can be computed on arrays, a sentence says so."""

import keras
import numpy as np
import pytest

from mnistcnn import DigitCNNClassifier, DigitEnsembleClassifier

tf = pytest.importorskip("tensorflow")

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="Other backends make no such graphs."
)

TOLD = r"outside tf.function, .*Call model_"


def quick():
    return DigitCNNClassifier("baseline", epochs=1, random_state=0)


@pytest.fixture(scope="module")
def fitted(small_digits):
    return quick().fit(*small_digits)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
def test_predictions_are_refused(method, fitted, small_digits):
    X, _ = small_digits
    with pytest.raises(RuntimeError, match=TOLD):
        tf.function(lambda images: getattr(fitted, method)(images))(tf.constant(X))
    with tf.Graph().as_default(), pytest.raises(RuntimeError, match=TOLD):
        getattr(fitted, method)(X)
    with pytest.raises(RuntimeError, match=TOLD):
        tf.data.Dataset.from_tensor_slices(X).batch(2).map(getattr(fitted, method))
    assert len(getattr(fitted, method)(X)) == len(X)


def test_fits_are_refused(fitted, small_digits):
    before = fitted.predict_proba(small_digits[0])
    for fit in (quick().fit, DigitEnsembleClassifier(quick(), 1).fit, fitted.partial_fit):
        with tf.Graph().as_default(), pytest.raises(RuntimeError, match=TOLD):
            fit(*small_digits)
    np.testing.assert_array_equal(fitted.predict_proba(small_digits[0]), before)


def test_the_network_itself_serves_inside_a_graph(fitted, small_digits):
    X, _ = small_digits
    images = X[:4].reshape(-1, 8, 8, 1).astype(np.float32)
    scores = tf.function(lambda batch: fitted.model_(batch, training=False))(images)
    assert scores.numpy().argmax(axis=1).tolist() == fitted.predict(X[:4]).tolist()
