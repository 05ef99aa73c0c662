"""Ctrl-C at any moment: the next equal fit is bit-equal, and an interrupted one changes nothing."""

import subprocess
import sys

import pytest

# SIGINT after a random time, again and again, in one process; a first fit that nobody interrupts
# tells what is expected.
SCRIPT = """
import random, signal, sys, time
import numpy as np
import mnistcnn
from mnistcnn import DigitCNNClassifier, compare_architectures
from mnistcnn.architectures import Baseline, Fast, Simple

signal.signal(signal.SIGALRM, signal.default_int_handler)
X = np.random.default_rng(0).integers(0, 255, (120, 64), np.uint8)
y = np.arange(120) % 10
NETWORKS = [Simple(4, kernel_size=3), Fast((4, 4), dense_units=8)]

def classifier(network):
    return DigitCNNClassifier(network, epochs=2, random_state=0, precision="float32")

def fit(network):
    return classifier(network).fit(X, y).predict_proba(X)

def partial_fit(network):
    return classifier(network).partial_fit(X, y, classes=range(10)).predict_proba(X)

def compare(network):
    result = compare_architectures(
        X, y, architectures={"one": network}, cv=2, scoring="neg_log_loss",
        estimator=DigitCNNClassifier(precision="float32"), epochs=1, random_state=0,
    )
    return np.array([record["neg_log_loss"] for record in result.records])

TASKS = [fit, partial_fit, compare]
rng = random.Random(int(sys.argv[1]))
expected, took = {}, {}
for task in TASKS:
    for i, network in enumerate(NETWORKS):
        started = time.perf_counter()
        expected[task, i] = task(network)
        took[task, i] = time.perf_counter() - started

def interrupt(run, longest):
    signal.setitimer(signal.ITIMER_REAL, rng.uniform(1e-4, longest))
    try:
        run()
        signal.setitimer(signal.ITIMER_REAL, 0)
    except BaseException:  # Keras and TensorFlow turn some interrupts into errors of their own
        return 1
    return 0

n_interrupted = 0
for number in range(int(sys.argv[2])):
    task, i = rng.choice(TASKS), rng.randrange(len(NETWORKS))
    if number % 2:
        mnistcnn.clear_cache()
    longest = took[task, i] * (1 if number % 2 else 0.3)
    n_interrupted += interrupt(lambda: task(NETWORKS[i]), longest)
    np.testing.assert_array_equal(task(NETWORKS[i]), expected[task, i], str((number, task, i)))

network = NETWORKS[1]
plain = classifier(network).partial_fit(X, y, classes=range(10)).partial_fit(X, y)
for number in range(int(sys.argv[2]) // 3):
    one = classifier(network).partial_fit(X, y, classes=range(10))
    before = one.predict_proba(X), dict(one.history_), one.n_iter_
    if interrupt(lambda: one.partial_fit(X[::-1], y[::-1]), 0.15):
        n_interrupted += 1
        np.testing.assert_array_equal(one.predict_proba(X), before[0])
        assert (one.history_, one.n_iter_) == before[1:]
        again = one.partial_fit(X, y)
        np.testing.assert_array_equal(again.predict_proba(X), plain.predict_proba(X))
print(n_interrupted)
"""


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="sends alarms")
@pytest.mark.parametrize("seed", [0, 1])
def test_an_interrupt_at_any_moment_spoils_nothing(seed):
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, str(seed), "170"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert int(ended.stdout) >= 150  # the others came after the end
