"""The same seed gives the same bits, and a fit leaves everybody else's randomness alone."""

import hashlib
import random
import subprocess
import sys
from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework.config import is_op_determinism_enabled

from networks import quick_classifier

quick = partial(quick_classifier, architecture="simple", image_shape=(8, 8))


def fingerprint(classifier, X):
    return hashlib.sha256(classifier.predict_proba(X).tobytes()).hexdigest()


def seed_numpy():
    np.random.seed(7)


def seed_python():
    random.seed(7)


def seed_tensorflow():
    tf.random.set_seed(7)


def seed_keras():
    keras.utils.set_random_seed(7)


@pytest.mark.parametrize("disturb", [seed_numpy, seed_python, seed_tensorflow, seed_keras])
def test_same_seed_same_bits_whatever_the_caller_seeds(disturb, small_digits):
    X, y = small_digits
    expected = fingerprint(quick().fit(X, y), X)
    disturb()
    assert fingerprint(quick().fit(X, y), X) == expected


def test_other_seeds_give_other_networks(small_digits):
    X, y = small_digits
    prints = {fingerprint(quick(random_state=s).fit(X, y), X) for s in (0, 1, None, None)}
    assert len(prints) == 4


def test_a_random_state_instance_is_drawn_from(small_digits):
    X, y = small_digits
    rng = np.random.RandomState(0)
    first, second = (fingerprint(quick(random_state=rng).fit(X, y), X) for _ in range(2))
    again = fingerprint(quick(random_state=np.random.RandomState(0)).fit(X, y), X)
    assert first == again != second


IN_A_NEW_PROCESS = """
import hashlib, sys
from sklearn.datasets import load_digits
from mnistcnn import DigitCNNClassifier
X, y = load_digits(return_X_y=True)
classifier = DigitCNNClassifier("simple", epochs=2, random_state=0, image_shape=(8, 8))
classifier.fit(X[:300], y[:300])
print(hashlib.sha256(classifier.predict_proba(X[:300]).tobytes()).hexdigest())
"""


@pytest.mark.slow
def test_same_seed_same_bits_in_a_new_process(small_digits):
    X, y = small_digits
    other = subprocess.run(
        [sys.executable, "-c", IN_A_NEW_PROCESS], capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == fingerprint(quick().fit(X, y), X)


def test_a_fit_leaves_the_callers_global_state_untouched(small_digits):
    keras.utils.set_random_seed(11)
    expected = (
        random.random(),
        np.random.rand(),
        float(tf.random.uniform(())),
        float(keras.random.uniform(())),
    )
    keras.utils.set_random_seed(11)
    settings = keras.config.dtype_policy(), keras.config.image_data_format()
    for random_state in (0, None):
        quick(random_state=random_state, precision="bfloat16").fit(*small_digits)
    found = (
        random.random(),
        np.random.rand(),
        float(tf.random.uniform(())),
        float(keras.random.uniform(())),
    )
    assert found == expected
    assert (keras.config.dtype_policy(), keras.config.image_data_format()) == settings
    assert not is_op_determinism_enabled()


def test_a_failed_build_leaves_the_callers_global_state_untouched(small_digits):
    def failing(_input_shape, _n_classes):
        raise RuntimeError("no network")

    random.seed(3)
    expected = random.random()
    random.seed(3)
    policy = keras.config.dtype_policy()
    with pytest.raises(RuntimeError, match="no network"):
        quick(architecture=failing, precision="bfloat16").fit(*small_digits)
    assert random.random() == expected
    assert keras.config.dtype_policy() == policy


def test_the_callers_image_format_does_not_matter(small_digits):
    X, y = small_digits
    expected = fingerprint(quick().fit(X, y), X)
    keras.config.set_image_data_format("channels_first")
    try:
        assert fingerprint(quick().fit(X, y), X) == expected
        assert keras.config.image_data_format() == "channels_first"
    finally:
        keras.config.set_image_data_format("channels_last")


IMPORTS_NOTHING_HEAVY = """
import sys
import mnistcnn
assert "DigitCNNClassifier" in dir(mnistcnn)
heavy = {"keras", "tensorflow", "pandas", "matplotlib", "scikeras", "sklearn"} & set(sys.modules)
print(sorted(heavy))
"""


def test_importing_the_package_loads_nothing_heavy():
    output = subprocess.run(
        [sys.executable, "-c", IMPORTS_NOTHING_HEAVY], capture_output=True, text=True, check=True
    )
    assert output.stdout.strip() == "[]"


def test_every_public_name_is_there():
    import mnistcnn

    assert all(getattr(mnistcnn, name) is not None for name in mnistcnn.__all__)
    with pytest.raises(AttributeError, match="No mnistcnn attribute DigitCNN"):
        mnistcnn.DigitCNN  # noqa: B018
