"""Whether a network ends in probabilities or logits is told by what it puts out."""

import keras
import numpy as np
import pytest
from keras import layers

from choice import each_time
from mnistcnn import DigitCNNClassifier

# Each fits several networks.
pytestmark = pytest.mark.slow


def sums(inputs, n_classes):
    hidden = layers.Dense(32, activation="relu")(layers.Flatten()(inputs))
    return layers.Dense(n_classes)(hidden)


def softmax(inputs, n_classes):
    return layers.Softmax()(sums(inputs, n_classes))


class Subclassed(keras.Model):
    def __init__(self, n_classes):
        super().__init__()
        self.flatten, self.dense = layers.Flatten(), layers.Dense(n_classes)

    def call(self, inputs):
        return keras.ops.softmax(self.dense(self.flatten(inputs)))


def mean_by_operations(inputs, n_classes):
    members = [keras.ops.softmax(sums(inputs, n_classes)) for _ in range(2)]
    return keras.ops.mean(keras.ops.stack(members), axis=0)


def softmax_by_hand(inputs, n_classes):
    powers = keras.ops.exp(sums(inputs, n_classes))
    return powers / keras.ops.sum(powers, axis=1, keepdims=True)


PROBABILITIES = {
    "subclassed": lambda inputs, n: layers.Activation("linear")(Subclassed(n)(inputs)),
    "operation": lambda inputs, n: keras.ops.softmax(sums(inputs, n)),
    "mean of two": lambda inputs, n: layers.Average()([softmax(inputs, n), softmax(inputs, n)]),
    "mean by operations": mean_by_operations,
    "dropout behind": lambda inputs, n: layers.Dropout(0.1)(softmax(inputs, n)),
    "reshape behind": lambda inputs, n: layers.Reshape((n,))(softmax(inputs, n)),
    "linear activation behind": lambda inputs, n: layers.Activation("linear")(softmax(inputs, n)),
    "by hand": softmax_by_hand,
    "activation layer": lambda inputs, n: layers.Activation("softmax")(sums(inputs, n)),
    "layer as activation": lambda inputs, n: layers.Dense(n, activation=layers.Softmax())(
        layers.Flatten()(inputs)
    ),
}

LOGITS = {
    "sums": sums,
    "mean of two": lambda inputs, n: layers.Average()([sums(inputs, n), sums(inputs, n)]),
    "divided": lambda inputs, n: sums(inputs, n) / 2.0,
    "log-softmax": lambda inputs, n: layers.Activation("log_softmax")(sums(inputs, n)),
    "normalized": lambda inputs, n: layers.BatchNormalization()(softmax(inputs, n)),
    "all zero at first": lambda inputs, n: layers.Dense(n, kernel_initializer="zeros")(
        layers.Flatten()(inputs)
    ),
}

NEITHER = {
    "sigmoid": (lambda inputs, n: layers.Activation("sigmoid")(sums(inputs, n)), "'sigmoid'"),
    "sigmoid operation": (lambda inputs, n: keras.ops.sigmoid(sums(inputs, n)), "'Sigmoid'"),
    "relu": (lambda inputs, n: layers.Dense(n, activation="relu")(sums(inputs, n)), "'relu'"),
    "relu layer": (lambda inputs, n: layers.ReLU()(sums(inputs, n)), "'ReLU'"),
    "dropout behind relu": (
        lambda inputs, n: layers.Dropout(0.1)(layers.ReLU()(sums(inputs, n))),
        "'ReLU'",
    ),
    "percent": (lambda inputs, n: keras.ops.softmax(sums(inputs, n)) * 100, "sum to 100"),
}


def network(ending):
    def build(input_shape, n_classes):
        inputs = keras.Input(input_shape)
        return keras.Model(inputs, ending(inputs, n_classes))

    return build


def fitted(ending, small_digits, **parameters):
    settings = {"epochs": 15, "learning_rate": 0.01, "random_state": 0, **parameters}
    return DigitCNNClassifier(network(ending), **settings).fit(*small_digits)


# All of them but the first are wrapped each time, below, which trains nothing.
TRAINED = {"subclassed", "operation", "mean by operations", "dropout behind", "layer as activation"}


@pytest.mark.parametrize("ending", each_time(TRAINED, PROBABILITIES))
def test_probabilities_are_those_that_the_network_gives(ending, small_digits):
    X, _ = small_digits
    classifier = fitted(ending, small_digits)
    given = classifier.model_(X.reshape(-1, 8, 8, 1).astype(np.float32), training=False)
    probabilities = classifier.predict_proba(X)
    np.testing.assert_allclose(probabilities, keras.ops.convert_to_numpy(given), atol=1e-5)
    assert probabilities.max() > 0.9
    decided = classifier.classes_[classifier.decision_function(X).argmax(axis=1)]
    np.testing.assert_array_equal(decided, classifier.predict(X))


def test_probabilities_in_half_precision_are_known_as_such(small_digits):
    classifier = fitted(PROBABILITIES["mean by operations"], small_digits, precision="bfloat16")
    assert classifier.predict_proba(small_digits[0]).max() > 0.9


@pytest.mark.parametrize("ending", LOGITS.values(), ids=LOGITS)
def test_logits_become_probabilities_and_decide(ending, small_digits):
    X, y = small_digits
    classifier = fitted(ending, small_digits)
    given = classifier.model_(X.reshape(-1, 8, 8, 1).astype(np.float32), training=False)
    np.testing.assert_allclose(
        classifier.decision_function(X), keras.ops.convert_to_numpy(given), atol=1e-3
    )
    np.testing.assert_allclose(classifier.predict_proba(X).sum(axis=1), 1, atol=1e-12)
    assert classifier.score(X, y) > 0.8


@pytest.mark.parametrize(("ending", "message"), NEITHER.values(), ids=NEITHER)
def test_outputs_that_are_neither_are_refused(ending, message, small_digits):
    with pytest.raises(ValueError, match=f"architecture.*{message}"):
        fitted(ending, small_digits)
    with pytest.raises(ValueError, match=f"architecture.*{message}"):
        DigitCNNClassifier.from_keras_model(network(ending)((8, 8, 1), 10))


@pytest.mark.parametrize("name", sorted(PROBABILITIES.keys() - {"subclassed"}))
def test_a_wrapped_model_keeps_its_probabilities(name, small_digits):
    X, _ = small_digits
    model = network(PROBABILITIES[name])((8, 8, 1), 10)
    classifier = DigitCNNClassifier.from_keras_model(model)
    given = model(X.reshape(-1, 8, 8, 1).astype(np.float32), training=False)
    np.testing.assert_allclose(
        classifier.predict_proba(X), keras.ops.convert_to_numpy(given), atol=1e-5
    )
