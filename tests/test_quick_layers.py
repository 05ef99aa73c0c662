"""The quicker layers of networks that are trained: what Keras's promise holds for them."""

import subprocess
import sys

import joblib
import keras
import numpy as np
import pytest
import tensorflow as tf

from mnistcnn import DigitCNNClassifier, get_architecture
from mnistcnn._training.batch_normalization import BatchNormalization
from mnistcnn._training.dropout import Dropout

ONES = np.ones((64, 10, 10, 3), dtype=np.float32)


def dropped(layer, times):
    return np.stack([keras.ops.convert_to_numpy(layer(ONES, training=True)) for _ in range(times)])


@pytest.mark.parametrize("rate", [0.001, 0.1, 0.2, 0.5, 0.97, 0.999])
def test_the_stated_share_is_dropped_and_the_mean_stays(rate):
    values = dropped(Dropout(rate, seed=0), 100)
    n = values.size
    kept = values != 0
    # A threshold that is rounded in each call varies the share by a byte's step at most.
    assert abs(kept.mean() - (1 - rate)) < 5 * np.sqrt(rate * (1 - rate) / n) + 0.002 / 10
    np.testing.assert_allclose(values[kept], 1 / (1 - rate), rtol=1e-6)


def test_values_are_dropped_independently_of_their_neighbors():
    kept = dropped(Dropout(0.3, seed=0), 20)[..., 0].reshape(20 * 64, 100) != 0
    correlations = np.corrcoef(kept.T)
    assert np.abs(correlations - np.eye(100)).max() < 0.15
    assert (kept[:64] != kept[64:128]).any()


def test_all_values_pass_outside_training_and_at_rate_zero():
    for output in (Dropout(0.5)(ONES, training=False), Dropout(0.0)(ONES, training=True)):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(output), ONES)


def test_the_same_seed_drops_the_same_values():
    first, again, other = (dropped(Dropout(0.5, seed=seed), 2) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert (first[0] != first[1]).any()


def test_a_shape_for_the_noise_is_obeyed():
    output = keras.ops.convert_to_numpy(
        Dropout(0.5, noise_shape=(64, 1, 1, 3))(ONES, training=True)
    )
    assert (np.ptp(output, axis=(1, 2)) == 0).all()
    assert np.ptp(output) > 0


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_stays(dtype):
    output = Dropout(0.25, dtype=dtype)(keras.ops.cast(ONES, dtype), training=True)
    assert keras.backend.standardize_dtype(output.dtype) == dtype
    assert abs((keras.ops.convert_to_numpy(output) != 0).mean() - 0.75) < 0.02


@pytest.mark.parametrize("shape", [(1, 16), (1, 1, 1, 16)])
def test_a_batch_of_one_value_leaves_finite_moments(shape):
    layer = BatchNormalization()
    layer(np.ones(shape, dtype=np.float32), training=True)
    np.testing.assert_allclose(layer.moving_variance, np.full(16, 0.99), rtol=1e-6)


@pytest.mark.slow
def test_they_are_compiled_by_xla_too():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((8, 8, 16)), BatchNormalization(), Dropout(0.5), keras.layers.Flatten(),
         keras.layers.Dense(2)]
    )  # fmt: skip
    model.compile("adam", "mse", jit_compile=True)
    X = np.random.default_rng(0).normal(size=(20, 8, 8, 16)).astype(np.float32)
    losses = model.fit(X, np.zeros((20, 2)), epochs=10, batch_size=16, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    assert (model.layers[0].moving_variance.numpy() != 1).all()


@pytest.mark.slow
@pytest.mark.long
def test_a_fresh_process_reads_networks_with_them(digits, tmp_path):
    X, y = digits[0][:60], digits[1][:60]
    classifier = DigitCNNClassifier("accurate", epochs=1, random_state=0).fit(X, y)
    joblib.dump(classifier, tmp_path / "digits.joblib")
    classifier.model_.save(tmp_path / "digits.keras")
    np.save(tmp_path / "X.npy", X)
    program = (
        "import joblib, keras, numpy as np\n"
        "X = np.load('X.npy')\n"
        "stored = joblib.load('digits.joblib')\n"
        "model = keras.saving.load_model('digits.keras', compile=False)\n"
        "scores = model.predict(X.reshape(-1, 28, 28, 1), verbose=0)\n"
        "assert (scores.argmax(axis=1) == stored.predict(X)).all()\n"
        "print(*stored.predict(X))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert answer.stdout.split() == classifier.predict(X).astype(str).tolist()


# The numbers of channels take different ways: fused, fused in float32, composed by Keras.
@pytest.mark.parametrize("shape", [(32, 6, 6, 32), (32, 6, 6, 24), (32, 6, 6, 15), (32, 20)])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("options", [{}, {"scale": False, "momentum": 0.6}, {"center": False}])
def test_batches_are_normalized_as_by_keras(shape, dtype, options):
    policy = dtype if dtype == "float32" else f"mixed_{dtype}"
    values = tf.cast(np.random.default_rng(0).normal(3, 2, shape), dtype)
    slopes = tf.cast(np.random.default_rng(1).normal(size=shape), dtype)
    ours = BatchNormalization(dtype=policy, **options)
    keras_own = keras.layers.BatchNormalization(dtype=policy, **options)
    results = [trained_once(layer, values, slopes) for layer in (ours, keras_own)]
    tolerance = {"float32": 1e-5, "float16": 4e-3, "bfloat16": 3e-2}[dtype]
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance * 4)
    np.testing.assert_array_equal(
        tf.cast(ours(values), "float32"),
        tf.cast(keras.layers.BatchNormalization.call(ours, values), "float32"),
    )


def trained_once(layer, values, slopes):
    """Return output, gradients and what is remembered after one step."""
    with tf.GradientTape() as tape:
        tape.watch(values)
        output = layer(values, training=True)
        loss = tf.reduce_sum(tf.cast(output * slopes, "float32"))
    assert output.dtype == values.dtype
    gradients = tape.gradient(loss, [values, *layer.trainable_weights])
    return [np.asarray(tf.cast(x, "float32")) for x in (output, *gradients, *layer.weights)]


def test_a_layer_that_is_frozen_goes_by_what_it_remembers():
    layer = BatchNormalization(trainable=False)
    np.testing.assert_allclose(layer(ONES, training=True), ONES / np.sqrt(1.001), rtol=1e-6)
    np.testing.assert_array_equal(layer.moving_mean, np.zeros(3))


def test_networks_that_are_trained_have_them_and_built_models_are_keras_own(digits):
    X, y = digits
    architecture = get_architecture("accurate")
    classifier = DigitCNNClassifier(architecture, epochs=1, random_state=0).fit(X[:50], y[:50])
    trained = {type(layer) for layer in classifier.model_._flatten_layers()}
    assert {Dropout, BatchNormalization} <= trained
    built = {type(layer) for layer in architecture.build((28, 28, 1), 10).layers}
    assert {keras.layers.Dropout, keras.layers.BatchNormalization} <= built
