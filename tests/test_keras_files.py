"""Files that Keras writes of a network: Keras alone loads them in a new process, state and all."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest

from mnistcnn import DigitCNNClassifier

# They start processes of their own.
pytestmark = pytest.mark.slow

# Each way in which a network or its optimizer is not made of Keras's own classes.
NETWORKS = {
    "fused adam, one cycle": {"architecture": "fast"},
    "fused adamw, cosine": {
        "architecture": "accurate", "optimizer": "adamw", "weight_decay": 1e-3,
        "lr_schedule": "cosine", "pixel_scaling": "unit",
    },
    "scaled loss, step": {
        "architecture": "simple", "optimizer": "sgd", "lr_schedule": "step", "precision": "float16",
    },
    "smoothed loss, exponential": {
        "architecture": "two_layer_mlp", "label_smoothing": 0.1, "lr_schedule": "exponential",
        "precision": "bfloat16",
    },
    "template, constant": {
        "architecture": "baseline", "optimizer": keras.optimizers.Nadam(),
        "lr_schedule": "constant",
    },
    "template, one cycle": {
        "architecture": "baseline", "optimizer": keras.optimizers.Lion(), "pixel_scaling": None,
    },
}  # fmt: skip

LOAD = """
import json, sys, warnings
warnings.simplefilter("error")
import keras, numpy as np
X, y = np.load("X.npy"), np.load("y.npy")
answers = {}
for name in json.loads(sys.argv[1]):
    model = keras.saving.load_model(name + ".keras")
    bare = keras.saving.load_model(name + ".keras", compile=False)
    checkpoint = keras.saving.load_model(name + "-checkpoint.keras")
    bare.load_weights(name + ".weights.h5")
    answers[name] = {
        "scores": [one(X).numpy().tolist() for one in (model, bare, checkpoint)],
        "loss, accuracy": model.evaluate(X, y, verbose=0),
        "optimizers": [
            [variable.numpy().tolist() for variable in one.optimizer.variables]
            for one in (model, checkpoint)
        ],
    }
model.fit(X, y, verbose=0)
assert "mnistcnn" not in sys.modules
print(json.dumps(answers))
"""


def in_a_new_process(program, folder, *arguments):
    command = [sys.executable, "-c", program, *arguments]
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr[-3000:]
    return answer.stdout


def fitted(name, settings, folder, X, y):
    callbacks = [
        keras.callbacks.ModelCheckpoint(folder / f"{name}-checkpoint.keras"),
        keras.callbacks.ModelCheckpoint(folder / f"{name}.weights.h5", save_weights_only=True),
    ]
    classifier = DigitCNNClassifier(epochs=2, random_state=0, callbacks=callbacks, **settings)
    classifier.fit(X, y).model_.save(folder / f"{name}.keras")
    return classifier


@pytest.fixture(scope="module")
def images(small_digits):
    X, y = small_digits
    # Some networks divide by 255.
    return 15 * X.reshape(-1, 8, 8, 1).astype(np.float32), y


@pytest.fixture(scope="module")
def stored(images, tmp_path_factory):
    """The classifiers, and what a new process found in their files."""
    folder = tmp_path_factory.mktemp("networks")
    X, y = images
    np.save(folder / "X.npy", X)
    np.save(folder / "y.npy", y)
    classifiers = {
        name: fitted(name, settings, folder, X, y) for name, settings in NETWORKS.items()
    }
    answers = json.loads(in_a_new_process(LOAD, folder, json.dumps(list(NETWORKS))))
    return {name: (classifiers[name], answers[name]) for name in NETWORKS}, folder


@pytest.mark.parametrize("name", NETWORKS)
def test_scores_are_the_same_bits(stored, name, images):
    classifier, answer = stored[0][name]
    expected = classifier.model_(images[0]).numpy()
    for scores in answer["scores"]:
        np.testing.assert_array_equal(np.float32(scores), expected)


@pytest.mark.parametrize("name", NETWORKS)
def test_loss_and_accuracy_are_compiled_in(stored, name, images):
    classifier, answer = stored[0][name]
    assert answer["loss, accuracy"][1] == pytest.approx(classifier.score(*images), abs=1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_optimizer_remembers_all(stored, name):
    classifier, answer = stored[0][name]
    variables = classifier.model_.optimizer.variables
    of_schedules = ("peak_rate", "n_steps", "last_fraction")
    expected = [each for each in variables if each.name not in of_schedules]
    for optimizer in answer["optimizers"]:
        assert len(optimizer) == len(expected)
        for loaded, variable in zip(optimizer, expected, strict=True):
            np.testing.assert_array_equal(np.float32(loaded), np.float32(variable.numpy()))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_takes_its_checkpoint_back(stored, name, images):
    (classifier, _), folder = stored[0][name], stored[1]
    model = classifier.model_
    expected, moments = model(images[0]).numpy(), model.optimizer.variables[-1].numpy()
    for variable in (*model.weights, model.optimizer.variables[-1]):
        variable.assign(keras.ops.ones_like(variable))
    model.load_weights(folder / f"{name}.keras")
    np.testing.assert_array_equal(model(images[0]).numpy(), expected)
    np.testing.assert_array_equal(model.optimizer.variables[-1].numpy(), moments)


def test_a_checkpoint_of_another_optimizer_is_told(stored, images):
    folder = stored[1]
    other = DigitCNNClassifier("baseline", epochs=1, optimizer="sgd").fit(*images)
    with pytest.warns(UserWarning, match="optimizer"):
        other.model_.load_weights(folder / "template, constant.keras")


def test_a_loaded_network_becomes_an_estimator_again(stored, images):
    (classifier, _), folder = stored[0]["fused adam, one cycle"], stored[1]
    model = keras.saving.load_model(folder / "fused adam, one cycle.keras")
    wrapped = DigitCNNClassifier.from_keras_model(model)
    np.testing.assert_array_equal(wrapped.predict(images[0]), classifier.predict(images[0]))


@pytest.mark.parametrize(
    ("lr_schedule", "class_name"),
    [
        ("one_cycle", "PolynomialDecay"),
        ("cosine", "CosineDecay"),
        ("exponential", "ExponentialDecay"),
        ("step", "PiecewiseConstantDecay"),
    ],
)
def test_keras_own_schedule_gives_the_same_rates(lr_schedule, class_name, small_digits):
    n_steps = 8
    classifier = DigitCNNClassifier(
        "baseline", epochs=n_steps, batch_size=300, learning_rate=0.01, lr_schedule=lr_schedule
    ).fit(*small_digits)
    stored = classifier.model_.optimizer.get_config()["learning_rate"]
    assert (stored["module"], stored["class_name"]) == ("keras.optimizers.schedules", class_name)
    theirs = keras.optimizers.schedules.deserialize(stored)
    # Keras has no schedule that rises in a line: of `one_cycle` the falling line is kept.
    first = n_steps // 4 if lr_schedule == "one_cycle" else 0
    expected = [float(theirs(step)) for step in range(first, n_steps)]
    found = classifier.history_["learning_rate"][first:]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-9)
