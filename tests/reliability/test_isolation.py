"""Other threads and settings may not change a fit, nor a fit them."""

import gc
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest

import mnistcnn
from mnistcnn import DigitCNNClassifier
from mnistcnn._training.pool import POOL
from mnistcnn.architectures import Simple


def quick(**parameters):
    settings = {"architecture": Simple(4, kernel_size=3), "epochs": 1, "precision": "float32"}
    return DigitCNNClassifier(**{"random_state": 0, **settings, **parameters})


class Drawing(threading.Thread):
    """Draws from Python's global generator until it is left."""

    def __init__(self):
        super().__init__(daemon=True)
        self._over = threading.Event()
        self.numbers = []

    def run(self):
        while not self._over.is_set():
            self.numbers.append(random.random())
            time.sleep(1e-5)  # or fits would wait for this thread most of the time

    def __enter__(self):
        random.seed(0)
        self.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self.join()


@pytest.mark.long
@pytest.mark.slow
def test_another_thread_that_draws_meets_no_fit(small_digits, trial):
    X, y = small_digits
    expected = quick().fit(X, y).predict_proba(X)
    with Drawing() as drawing:
        for _ in range(10):
            mnistcnn.clear_cache()
            np.testing.assert_array_equal(quick().fit(X, y).predict_proba(X), expected)
            trial.tries("fits beside a thread that draws random numbers")
    undisturbed = random.Random(0)
    assert drawing.numbers == [undisturbed.random() for _ in drawing.numbers]


def test_builds_that_draw_without_a_seed_leave_keras_alone(small_digits):
    X, y = small_digits

    def noisy(input_shape, n_classes):
        noise = keras.ops.convert_to_numpy(keras.random.normal((n_classes,)))
        return keras.Sequential(
            [
                keras.Input(input_shape),
                keras.layers.Flatten(),
                keras.layers.Dense(
                    n_classes, bias_initializer=lambda *_, **__: keras.ops.array(noise)
                ),
            ]
        )

    keras.utils.set_random_seed(3)
    expected = float(keras.random.uniform(()))
    keras.utils.set_random_seed(3)
    first, second = (quick(architecture=noisy).fit(X, y).predict_proba(X) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert float(keras.random.uniform(())) == expected


@pytest.fixture
def doubled_epsilon():
    before = keras.config.epsilon()
    keras.config.set_epsilon(2 * before)
    yield
    keras.config.set_epsilon(before)


@pytest.mark.slow
def test_a_network_traced_under_other_settings_serves_no_fit(small_digits, request):
    mnistcnn.clear_cache()
    quick().fit(*small_digits)
    gc.collect()
    n_before = len(POOL)
    request.getfixturevalue("doubled_epsilon")
    quick().fit(*small_digits)
    gc.collect()
    assert len(POOL) == n_before + 1


@pytest.mark.slow
def test_a_prediction_beside_a_refit_is_of_one_fit(small_digits):
    X, y = small_digits
    classifier = quick().fit(X, y)
    words = np.array([f"digit {label}" for label in y])
    answers, failures, over = [], [], threading.Event()

    def predict():
        while not over.is_set():
            try:
                answers.append(classifier.predict(X[:4]))
            except Exception as error:
                failures.append(error)

    thread = threading.Thread(target=predict)
    thread.start()
    for _ in range(5):
        classifier.fit(X[y < 3], words[y < 3])
        classifier.fit(X, y)
    over.set()
    thread.join()
    assert not failures
    of_few, of_all = quick().fit(X[y < 3], words[y < 3]), quick().fit(X, y)
    allowed = [one.predict(X[:4]).tolist() for one in (of_few, of_all)]
    assert answers
    assert all(answer.tolist() in allowed for answer in answers)


@pytest.mark.long
@pytest.mark.slow
def test_eight_threads_predict_and_refit_one_classifier(small_digits, trial):
    X, y = small_digits
    words = np.array([f"digit {label}" for label in y])
    sets = [(X, y), (X[y < 3], y[y < 3]), (X, words), (X[::-1], y[::-1])]
    expected = [quick().fit(*each).predict_proba(X[:4]) for each in sets]
    classifier = quick().fit(*sets[0])
    barrier, over, counts = threading.Barrier(8), threading.Event(), Counter()

    def ask(_):
        barrier.wait()
        while not over.is_set():
            answer = classifier.predict_proba(X[:4])
            # Another thread may have refitted it, but never half.
            assert any(np.array_equal(answer, each) for each in expected)
            counts["asked"] += 1

    def refit(seed):
        barrier.wait()
        generator = random.Random(seed)
        for _ in trial.numbers(0.02, at_least=10):
            classifier.fit(*generator.choice(sets))
            trial.tries("refits beside seven other threads")

    with ThreadPoolExecutor(8) as pool:
        asking, refitting = ([pool.submit(task, k) for k in range(4)] for task in (ask, refit))
        try:
            for each in refitting:
                each.result()
        finally:
            over.set()
        for each in asking:
            each.result()
    assert counts["asked"]
    trial.tries("predictions beside seven other threads", counts["asked"])
