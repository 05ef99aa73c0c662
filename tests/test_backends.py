"""What must hold on every backend of Keras; run with KERAS_BACKEND=jax or torch for the others."""

import gc
import os
import pickle
import subprocess
import sys

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import log_loss

import mnistcnn
from choice import each_time, long
from mnistcnn import DeviceMemoryError, DigitCNNClassifier, load_pretrained
from mnistcnn._training.pool import POOL
from mnistcnn.architectures import Fast, MultiColumn, Simple

# Each fits several networks.
pytestmark = pytest.mark.slow

# Dropout draws in every step, batch normalization keeps moving averages, batches end short.
ALONE = [Simple(8, kernel_size=3, dense_units=32), Fast((8, 8), dense_units=32)]
NETWORKS = {
    "dropout": ALONE[0],
    "batch normalization": ALONE[1],
    "multi-column": MultiColumn(tuple(ALONE)),
}


def on(*names):
    """Run a test on these networks each time, and on all in `pytest -m long`."""
    return pytest.mark.parametrize("architecture", each_time(names, NETWORKS))


def also_asked_on_tensorflow(test):
    """Leave a test to the long ones on TensorFlow, of which another file asks as much each time."""
    return pytest.mark.long(test) if keras.backend.backend() == "tensorflow" else test


def quick(architecture, **parameters):
    settings = {"epochs": 6, "batch_size": 32, "learning_rate": 0.01, "random_state": 0}
    return DigitCNNClassifier(architecture, **{**settings, **parameters})


@on("dropout", "batch normalization")
def test_a_fit_learns_is_repeatable_and_can_be_pickled(architecture, small_digits):
    X, y = small_digits
    mnistcnn.clear_cache()
    first = quick(architecture).fit(X, y)
    again = quick(architecture).fit(X, y)
    assert first.score(X, y) > 0.7
    np.testing.assert_array_equal(again.predict_proba(X), first.predict_proba(X))
    loaded = pickle.loads(pickle.dumps(first))
    np.testing.assert_array_equal(loaded.predict_proba(X), first.predict_proba(X))


# In test_pool.py.
@also_asked_on_tensorflow
@on("batch normalization")
def test_a_reused_network_gives_the_bits_of_a_fresh_one(architecture, small_digits):
    X, y = small_digits
    mnistcnn.clear_cache()
    fresh = quick(architecture, epochs=2).fit(X, y).predict_proba(X)
    gc.collect()
    assert len(POOL) == 1
    np.testing.assert_array_equal(quick(architecture, epochs=2).fit(X, y).predict_proba(X), fresh)


def test_layers_of_one_name_in_nested_models_are_trained_alike(small_digits):
    X, y = small_digits

    def nested(input_shape, n_classes):
        def member():
            inputs = keras.Input(input_shape)
            features = keras.layers.Flatten()(inputs)
            scores = keras.layers.Dense(n_classes, kernel_initializer="zeros", name="scores")
            return keras.Model(inputs, scores(features))

        pixels = keras.Input(input_shape)
        members = [member(), member()]
        mean = keras.layers.Average(dtype="float32")([member(pixels) for member in members])
        return keras.Model(pixels, mean)

    classifier = quick(nested, epochs=2).fit(X, y)
    first, second = (
        layer.get_weights()[0]
        for layer in classifier.model_._flatten_layers()
        if layer.name == "scores"
    )
    np.testing.assert_array_equal(first, second)


def test_early_stopping_keeps_the_weights_of_its_best_epoch(small_digits):
    X, y = small_digits
    # After the rate has risen too far, the later epochs are worse than the best.
    classifier = quick(
        ALONE[0],
        early_stopping=True,
        epochs=12,
        learning_rate=0.3,
        lr_schedule="constant",
        optimizer="sgd",
        n_iter_no_change=12,
        validation_fraction=0.3,
    ).fit(X, y)
    assert classifier.best_epoch_ < classifier.n_iter_
    again = clone(classifier).set_params(epochs=classifier.best_epoch_).fit(X, y)
    np.testing.assert_allclose(
        classifier.predict_proba(X), again.predict_proba(X), rtol=1e-3, atol=1e-4
    )


# Other transforms would tell apart after one pass already; over more, rounding adds up.
@pytest.mark.usefixtures("whole_epochs")
@pytest.mark.parametrize(
    ("name", "augmentation", "epochs"),
    [
        ("dropout", "handwriting", 1),
        ("batch normalization", None, 6),
        long("dropout", None, 6),
        long("batch normalization", "handwriting", 1),
        long("multi-column", "handwriting", 1),
        long("multi-column", None, 6),
    ],
)
def test_batch_callbacks_do_not_change_what_is_learned(name, augmentation, epochs, small_digits):
    class Counter(keras.callbacks.Callback):
        seen = 0

        def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002
            self.seen += 1

    X, y = small_digits
    weights = np.random.default_rng(0).uniform(0.5, 1.5, len(y))
    plain = quick(NETWORKS[name], precision="float32", augmentation=augmentation, epochs=epochs)
    whole = clone(plain).fit(X, y, sample_weight=weights)
    counted = plain.set_params(callbacks=Counter()).fit(X, y, sample_weight=weights)
    assert counted.callbacks_[0].seen == epochs * 10
    np.testing.assert_allclose(
        counted.predict_proba(X), whole.predict_proba(X), rtol=1e-3, atol=1e-4
    )


@on("batch normalization")
def test_validation_weights_and_transforms(architecture, small_digits):
    X, y = small_digits
    classifier = quick(
        architecture, early_stopping=True, augmentation="handwriting", class_weight={0: 2.0}
    ).fit(X, y)
    scores = classifier.validation_scores_
    assert scores[classifier.best_epoch_ - 1] == max(scores)
    assert {"val_loss", "val_accuracy"} <= set(classifier.history_)


@on("dropout")
def test_training_goes_on_in_parts_and_over_epochs(architecture, small_digits):
    X, y = small_digits
    classifier = quick(architecture, learning_rate=0.01)
    for part in np.array_split(np.arange(300), 2):
        classifier.partial_fit(X[part], y[part], classes=range(10))
    before = classifier.score(X, y)
    classifier.set_params(warm_start=True, epochs=4).fit(X, y)
    assert classifier.score(X, y) > max(before, 0.8)


# In test_classifier_reproducibility.py.
@also_asked_on_tensorflow
@on("dropout")
def test_global_state_of_the_backend_is_left_alone(architecture, small_digits):
    keras.utils.set_random_seed(5)
    expected = float(keras.random.uniform(()))
    keras.utils.set_random_seed(5)
    quick(architecture, epochs=1).fit(*small_digits)
    assert float(keras.random.uniform(())) == expected


# In test_pretrained.py.
@also_asked_on_tensorflow
def test_the_pretrained_network_answers_and_learns_on(digits):
    X, y = digits[0][:300], digits[1][:300]
    classifier = load_pretrained()
    assert classifier.score(X, y) > 0.9
    some = y < 5
    loss = log_loss(y[some], classifier.predict_proba(X[some]), labels=range(10))
    before, before_all = classifier.score(X[some], y[some]), classifier.score(X, y)
    classifier.set_params(warm_start=True, epochs=3, learning_rate=1e-4).fit(X[some], y[some])
    assert classifier.classes_.tolist() == [*range(10)]
    assert classifier.score(X[some], y[some]) >= before
    assert classifier.score(X, y) >= before_all
    assert log_loss(y[some], classifier.predict_proba(X[some]), labels=range(10)) < 0.8 * loss


def test_weights_that_no_memory_holds_are_named_and_the_estimator_stays(two_classes):
    def heavy(input_shape, n_classes):
        # More bytes than a processor of today can address.
        layers = [keras.Input(input_shape), keras.layers.Flatten(), keras.layers.Dense(2**47)]
        return keras.Sequential([*layers, keras.layers.Dense(n_classes)])

    X, y = two_classes
    classifier = quick(ALONE[0]).fit(X, y)
    before = classifier.predict_proba(X)
    message = r"architecture=heavy on images of 8x8x1 does not fit on the device\. Try"
    with pytest.raises(DeviceMemoryError, match=message):
        classifier.set_params(architecture=heavy).fit(X, y)
    np.testing.assert_array_equal(classifier.predict_proba(X), before)


TENSORFLOW_WITH_A_GPU = """
class config:
    @staticmethod
    def set_visible_devices(devices, kind):
        print("visible:", devices, kind)
"""
ORDERS = {
    "before": "import tensorflow, mnistcnn; mnistcnn.clear_cache()",
    "after": "import mnistcnn; mnistcnn.clear_cache(); import tensorflow",
    "in a part": "import mnistcnn; mnistcnn.clear_cache(); import tensorflow.part",
}


@pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="the GPUs are TensorFlow's")
@pytest.mark.parametrize("order", ORDERS)
def test_tensorflow_is_given_no_gpu(order, tmp_path):
    # In place of TensorFlow, which sees no GPU here and would not tell what it was set to.
    package = tmp_path / "tensorflow"
    package.mkdir()
    (package / "__init__.py").write_text(TENSORFLOW_WITH_A_GPU)
    (package / "part.py").touch()
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    answer = subprocess.run(
        [sys.executable, "-c", ORDERS[order]],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == "visible: [] GPU\n"


@pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="TensorFlow computes")
def test_devices_does_without_tensorflow_and_a_fit_is_silent():
    program = (
        "import sys, mnistcnn\n"
        f"assert mnistcnn.devices().backend == {keras.backend.backend()!r}\n"
        "assert 'tensorflow' not in sys.modules\n"
        "X, y = mnistcnn.load_sample_digits(return_X_y=True)\n"
        "mnistcnn.DigitCNNClassifier('baseline', epochs=1).fit(X[:50], y[:50]).predict(X)\n"
        "import tensorflow\n"
    )
    levels = ("TF_CPP_MIN_LOG_LEVEL", "MNISTCNN_TF_CPP_MIN_LOG_LEVEL")
    answer = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={name: value for name, value in os.environ.items() if name not in levels},
    )
    assert (answer.returncode, answer.stderr) == (0, "")


# Those of networks within a network go another way.
@on("dropout", "multi-column")
def test_gradients_by_the_pixels_are_changes_of_the_scores(architecture, small_digits):
    X, y = small_digits
    classifier = quick(architecture, precision="float32").fit(X, y)
    image, steps = X[:1], 0.05 * np.eye(64)
    risen, fallen = (classifier.decision_function(image + each)[:, 3] for each in (steps, -steps))
    measured = (risen - fallen) / 0.1
    gradients = classifier.input_gradients(image, [3]).ravel()
    # Within a step a unit may fall silent.
    assert np.corrcoef(measured, gradients)[0, 1] > 0.95
    outputs = list(classifier.layer_outputs(X).values())
    np.testing.assert_allclose(outputs[-1], classifier.decision_function(X), atol=1e-4)


@pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="TensorFlow exports")
def test_export_names_the_backend_that_it_needs(small_digits, tmp_path):
    X, y = small_digits
    classifier = quick(ALONE[0], epochs=1).fit(X, y)
    with pytest.raises(RuntimeError, match="needs Keras on TensorFlow, got"):
        classifier.export(tmp_path / "digits.onnx")
    assert list(tmp_path.iterdir()) == []
