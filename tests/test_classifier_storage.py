"""Copies, pickles, and networks that come from elsewhere or from a user's own function."""

import copy
import io
import pickle
import random
from functools import partial

import joblib
import keras
import numpy as np
import pytest

from mnistcnn import DigitCNNClassifier
from mnistcnn._training.stored_as_keras import own_names
from mnistcnn.architectures import Simple
from networks import quick_classifier

quick = partial(quick_classifier, epochs=3)


def through_joblib(estimator):
    file = io.BytesIO()
    joblib.dump(estimator, file)
    file.seek(0)
    return joblib.load(file)


def through_pickle(estimator):
    return pickle.loads(pickle.dumps(estimator))


def in_another_process(estimator, X):
    with joblib.parallel_config("loky", n_jobs=2):
        return joblib.Parallel()(joblib.delayed(ask)(estimator, X) for _ in range(2))[1]


def ask(estimator, X):
    return estimator.predict_proba(X)


@pytest.mark.parametrize("twin_of", [through_pickle, through_joblib, copy.deepcopy, copy.copy])
def test_copies_predict_the_same_and_keep_every_parameter(twin_of, small_digits):
    X, y = small_digits
    estimator = quick(
        architecture=Simple(8, dropout=0.3), class_weight={1: 2.0}, precision="bfloat16"
    ).fit(X, y)
    twin = twin_of(estimator)
    np.testing.assert_array_equal(twin.predict_proba(X), estimator.predict_proba(X))
    assert twin.get_params() == estimator.get_params()
    assert twin.history_ == estimator.history_
    assert twin.n_features_in_ == 64


def test_what_version_0_1_0_stored_is_read(small_digits):
    X, y = small_digits
    estimator = quick().fit(X, y)
    state = estimator.__getstate__()
    with own_names():
        config = keras.saving.serialize_keras_object(estimator.model_)
    # It had Keras's config of every network, and no architecture.
    network = {**state["_network"], "config": config, "build": None}
    del network["architecture"]
    earlier = DigitCNNClassifier.__new__(DigitCNNClassifier)
    earlier.__setstate__(pickle.loads(pickle.dumps({**state, "_network": network})))
    np.testing.assert_array_equal(earlier.predict_proba(X), estimator.predict_proba(X))


@pytest.mark.parametrize("architecture", ["simple", "accurate"])
def test_the_network_of_a_classifier_becomes_another_ones(architecture, small_digits):
    X, y = small_digits
    estimator = quick(architecture=architecture, epochs=1, precision="float32").fit(X, y)
    wrapped = DigitCNNClassifier.from_keras_model(estimator.model_, classes=estimator.classes_)
    np.testing.assert_allclose(
        wrapped.predict_proba(X.reshape(-1, 8, 8)), estimator.predict_proba(X), atol=1e-6
    )
    assert through_pickle(wrapped).predict(X.reshape(-1, 8, 8)).shape == (len(X),)


@pytest.mark.slow
def test_another_process_predicts_the_same(small_digits):
    X, y = small_digits
    estimator = quick().fit(X, y)
    np.testing.assert_array_equal(in_another_process(estimator, X), estimator.predict_proba(X))


def test_an_unfitted_estimator_can_be_pickled():
    assert through_pickle(quick()).get_params() == quick().get_params()


def test_a_pickled_estimator_trains_on_as_if_it_had_stayed(small_digits):
    X, y = small_digits
    stayed = quick().partial_fit(X, y, classes=range(10)).partial_fit(X, y)
    left = through_pickle(stayed)
    np.testing.assert_array_equal(
        left.partial_fit(X, y).predict_proba(X), stayed.partial_fit(X, y).predict_proba(X)
    )


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_the_callers_dtype_policy_and_generators_do_not_touch_a_stored_network(
    precision, small_digits
):
    X, y = small_digits
    stayed = quick(precision=precision).partial_fit(X, y, classes=range(10))
    stored = pickle.dumps(stayed)
    random.seed(0)
    expected = random.random()
    random.seed(0)
    keras.config.set_dtype_policy("mixed_float16" if precision == "float32" else "float32")
    try:
        loaded = pickle.loads(stored).partial_fit(X, y)
    finally:
        keras.config.set_dtype_policy("float32")
    assert random.random() == expected
    np.testing.assert_array_equal(
        loaded.predict_proba(X), stayed.partial_fit(X, y).predict_proba(X)
    )


def test_a_callback_with_an_open_file_does_not_keep_an_estimator_from_being_stored(
    small_digits, tmp_path
):
    log = keras.callbacks.CSVLogger(tmp_path / "epochs.csv")
    estimator = quick(callbacks=[log, keras.callbacks.History()]).fit(*small_digits)
    estimator.set_params(callbacks=None)
    loaded = through_pickle(estimator)
    assert [type(callback).__name__ for callback in loaded.callbacks_] == ["History"]


def test_a_deep_copy_is_independent(small_digits):
    X, y = small_digits
    estimator = quick().partial_fit(X, y, classes=range(10))
    before = estimator.predict_proba(X)
    copy.deepcopy(estimator).partial_fit(X, y)
    np.testing.assert_array_equal(estimator.predict_proba(X), before)


def test_trained_callbacks_are_pickled_without_their_model(small_digits):
    estimator = quick(callbacks=keras.callbacks.EarlyStopping("loss")).fit(*small_digits)
    assert through_pickle(estimator).callbacks_[0].best == estimator.callbacks_[0].best


def softmax_network(input_shape, n_classes):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(n_classes, activation="softmax"),
        ]
    )


def logit_network(input_shape, n_classes):
    inputs = keras.Input(input_shape)
    hidden = keras.layers.Dense(32, activation="relu")(keras.layers.Flatten()(inputs))
    return keras.Model(inputs, keras.layers.Dense(n_classes)(hidden))


def softmax_layer_network(input_shape, n_classes):
    return keras.Sequential([logit_network(input_shape, n_classes), keras.layers.Softmax()])


def flat_network(input_shape, n_classes):
    pixels = int(np.prod(input_shape))
    return keras.Sequential([keras.Input((pixels,)), keras.layers.Dense(n_classes)])


def relu(x):
    """Not Keras's function of that name, which a config would make of it."""
    return keras.ops.abs(x)


def own_function_network(input_shape, n_classes):
    layers = [keras.Input(input_shape), keras.layers.Flatten()]
    layers += [keras.layers.Dense(32, activation=relu), keras.layers.Dense(n_classes)]
    return keras.Sequential(layers)


def compiled_network(input_shape, n_classes):
    model = logit_network(input_shape, n_classes)
    model.compile(optimizer=keras.optimizers.SGD(1e9), loss="mse")
    return model


@pytest.mark.parametrize(
    "function",
    [
        softmax_network,
        logit_network,
        softmax_layer_network,
        flat_network,
        own_function_network,
        compiled_network,
    ],
)
@pytest.mark.parametrize("precision", ["auto", "bfloat16"])
def test_networks_from_a_function(function, precision, small_digits):
    X, y = small_digits
    estimator = quick(
        architecture=function, epochs=20, learning_rate=0.01, precision=precision
    ).fit(X, y)
    assert estimator.score(X, y) > 0.9
    np.testing.assert_allclose(estimator.predict_proba(X).sum(axis=1), 1, atol=1e-12)
    decided = estimator.classes_[estimator.decision_function(X).argmax(axis=1)]
    np.testing.assert_array_equal(decided, estimator.predict(X))
    np.testing.assert_array_equal(
        through_pickle(estimator).predict_proba(X), estimator.predict_proba(X)
    )


def relu_network(input_shape, n_classes):
    return keras.Sequential(
        [
            keras.Input(input_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(n_classes, activation="relu"),
        ]
    )


class Subclassed(keras.Model):
    def __init__(self, n_classes):
        super().__init__()
        self.flatten, self.dense = keras.layers.Flatten(), keras.layers.Dense(n_classes)

    def call(self, inputs):
        return self.dense(self.flatten(inputs))


BAD_FUNCTIONS = {
    "no model": (lambda _shape, _n: "a model", "keras.Model"),
    "wrong width": (lambda shape, n: logit_network(shape, n + 1), r"\(None, 10\)"),
    "other activation": (relu_network, "'relu'"),
    "other input": (lambda _shape, n: logit_network((9, 9, 1), n), r"\(8, 8, 1\)"),
    "subclassed": (lambda _shape, n: Subclassed(n), "Subclassed"),
    "not built": (lambda _shape, n: keras.Sequential([keras.layers.Dense(n)]), "built"),
}


@pytest.mark.parametrize(("function", "message"), BAD_FUNCTIONS.values(), ids=BAD_FUNCTIONS)
def test_functions_that_return_no_usable_network(function, message, small_digits):
    with pytest.raises(ValueError, match=f"architecture.*{message}"):
        quick(architecture=function).fit(*small_digits)


@pytest.fixture(scope="module")
def trained_model(small_digits):
    X, y = small_digits
    model = softmax_network((8, 8, 1), 10)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(X.reshape(-1, 8, 8, 1), y, epochs=5, verbose=0)
    return model


def test_a_trained_keras_model_predicts_as_it_did(trained_model, small_digits):
    X, y = small_digits
    estimator = DigitCNNClassifier.from_keras_model(trained_model)
    np.testing.assert_allclose(
        estimator.predict_proba(X),
        trained_model.predict(X.reshape(-1, 8, 8, 1), verbose=0),
        rtol=1e-4,
        atol=1e-6,
    )
    np.testing.assert_array_equal(
        through_pickle(estimator).predict_proba(X), estimator.predict_proba(X)
    )
    assert estimator.classes_.tolist() == list(range(10))


def test_a_wrapped_model_is_a_copy_that_can_be_fitted_afresh(trained_model, small_digits):
    X, y = small_digits
    before = [weight.copy() for weight in trained_model.get_weights()]
    estimator = DigitCNNClassifier.from_keras_model(trained_model, epochs=2, random_state=0)
    fresh = estimator.fit(X, y).predict_proba(X)
    for weight, expected in zip(trained_model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, expected)
    np.testing.assert_array_equal(through_pickle(estimator).fit(X, y).predict_proba(X), fresh)


def test_a_wrapped_model_with_its_own_labels_and_scaling(trained_model, small_digits):
    X, _ = small_digits
    names = [f"digit {i}" for i in range(10)]
    raw = DigitCNNClassifier.from_keras_model(trained_model, classes=names)
    scaled = DigitCNNClassifier.from_keras_model(trained_model, classes=names, pixel_scaling="unit")
    np.testing.assert_array_equal(raw.predict(X), scaled.predict(X * 255))
    assert set(raw.predict(X)) <= set(names)


def test_a_model_in_place_of_its_function_is_explained(trained_model, small_digits):
    with pytest.raises(ValueError, match="architecture must be.*from_keras_model"):
        quick(architecture=trained_model).fit(*small_digits)


def test_what_cannot_be_wrapped(trained_model):
    wrap = DigitCNNClassifier.from_keras_model
    with pytest.raises(ValueError, match="keras.Model"):
        wrap("model")
    with pytest.raises(ValueError, match="10 different labels"):
        wrap(trained_model, classes=["a", "b"])
    with pytest.raises(ValueError, match="ascending"):
        wrap(trained_model, classes=list(range(9, -1, -1)))
    with pytest.raises(ValueError, match="pixel_scaling"):
        wrap(trained_model, pixel_scaling="standard")
    with pytest.raises(ValueError, match="image_shape"):
        wrap(keras.Sequential([keras.Input((10,)), keras.layers.Dense(2)]))
    with pytest.raises(ValueError, match="Subclassed"):
        wrap(Subclassed(3))
    with pytest.raises(ValueError, match="'relu'"):
        wrap(relu_network((4, 4, 1), 2))
    with pytest.raises(ValueError, match="custom functions"):
        wrap(own_function_network((4, 4, 1), 2))
    with pytest.raises(ValueError, match="precision"):
        wrap(trained_model, precision="bfloat16")


def test_a_model_on_flat_rows_that_are_no_squares():
    model = keras.Sequential([keras.Input((10,)), keras.layers.Dense(2)])
    estimator = DigitCNNClassifier.from_keras_model(model, image_shape=(2, 5))
    X = np.random.default_rng(0).normal(size=(3, 10)).astype(np.float32)
    expected = model.predict(X, verbose=0)
    np.testing.assert_allclose(
        estimator.decision_function(X), expected[:, 1] - expected[:, 0], rtol=1e-4, atol=1e-5
    )


def network_for(pixels):
    """Return a function whose network begins with a layer that is adapted to the pixels."""

    def build(input_shape, n_classes):
        normalization = keras.layers.Normalization(axis=None)
        normalization.adapt(pixels.reshape(-1, *input_shape))
        layers = [normalization, keras.layers.Flatten(), keras.layers.Dense(n_classes)]
        return keras.Sequential([keras.Input(input_shape), *layers])

    return build


def test_adapted_layers_compute_with_their_own_numbers_in_copies_and_later_fits(small_digits):
    X, y = small_digits
    settings = {"pixel_scaling": None, "learning_rate": 0.01}
    first = quick(architecture=network_for(X), **settings).fit(X, y)
    # The function itself is local to this test, the network is not.
    stored = pickle.dumps(first.set_params(architecture="baseline"))
    expected = first.predict_proba(X)
    np.testing.assert_array_equal(pickle.loads(stored).predict_proba(X), expected)
    wrapped = DigitCNNClassifier.from_keras_model(first.model_.layers[-1])
    np.testing.assert_allclose(wrapped.predict_proba(X), expected, rtol=1e-4, atol=1e-6)
    brighter = X + 100
    quick(architecture=network_for(X), **settings).fit(X, y)
    second = quick(architecture=network_for(brighter), **settings).fit(brighter, y)
    np.testing.assert_allclose(second.predict_proba(brighter), expected, rtol=1e-2, atol=1e-4)
