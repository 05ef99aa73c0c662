"""Ctrl-C at any moment: the next equal fit is bit-equal, and an interrupted one changes nothing."""

import signal
import subprocess
import sys
import threading

import keras
import numpy as np
import pytest

from mnistcnn import DigitCNNClassifier
from mnistcnn._training.interrupts import signals_held
from trials import SECONDS

# SIGINT after a random time, again and again, in one process; a first fit that nobody interrupts
# tells what is expected.
SCRIPT = """
import itertools, random, signal, sys, time
import keras
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

def fit_by_batches(network):
    watching = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)
    watched = classifier(network).set_params(callbacks=[watching], early_stopping=True)
    return watched.fit(X, y).predict_proba(X)

TASKS = [fit, partial_fit, compare, fit_by_batches]
rng = random.Random(int(sys.argv[1]))

def timed(run):
    started = time.perf_counter()
    result = run()
    return result, time.perf_counter() - started

# A network that is built and one that was kept differ in time by a factor that no machine shares.
expected, took = {}, {}
for task in TASKS:
    for i, network in enumerate(NETWORKS):
        expected[task, i], took[task, i, "built"] = timed(lambda: task(network))
        took[task, i, "kept"] = timed(lambda: task(network))[1]

def interrupt(run, longest):
    signal.setitimer(signal.ITIMER_REAL, rng.uniform(1e-4, longest))
    try:
        run()
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        return 1
    return 0

def changing_task(number):
    [task], i = rng.choices(TASKS, [6, 6, 6, 1]), rng.randrange(len(NETWORKS))
    if number % 2:
        mnistcnn.clear_cache()
    longest = took[task, i, "built" if number % 2 else "kept"]
    interrupted = interrupt(lambda: task(NETWORKS[i]), longest)
    np.testing.assert_array_equal(task(NETWORKS[i]), expected[task, i], str((number, task, i)))
    return interrupted

network = NETWORKS[1]
plain = classifier(network).partial_fit(X, y, classes=range(10))
plain.partial_fit(X[::-1], y[::-1])
_, took_further = timed(lambda: plain.partial_fit(X[::-1], y[::-1]))
plain = classifier(network).partial_fit(X, y, classes=range(10)).partial_fit(X, y)

def further_partial_fit(number):
    one = classifier(network).partial_fit(X, y, classes=range(10))
    before = one.predict_proba(X), dict(one.history_), one.n_iter_
    interrupted = interrupt(lambda: one.partial_fit(X[::-1], y[::-1]), took_further)
    if interrupted:
        np.testing.assert_array_equal(one.predict_proba(X), before[0])
        assert (one.history_, one.n_iter_) == before[1:]
        again = one.partial_fit(X, y)
        np.testing.assert_array_equal(again.predict_proba(X), plain.predict_proba(X))
    return interrupted

# An alarm that comes only after its fit does not count.
def repeat_until_interrupted(task, seconds, at_least):
    n_interrupted, end = 0, time.monotonic() + seconds
    for number in itertools.count():
        n_interrupted += task(number)
        if n_interrupted >= at_least and time.monotonic() >= end:
            return n_interrupted
        if number == 10 * at_least and n_interrupted < at_least:
            sys.exit(f"{n_interrupted} interrupts of {number} came within their fits")

seconds, at_least = float(sys.argv[2]), int(sys.argv[3])
print(repeat_until_interrupted(changing_task, 0.7 * seconds, at_least))
print(repeat_until_interrupted(further_partial_fit, 0.3 * seconds, at_least // 3))
"""


class TestHeldSignals:
    @pytest.fixture(autouse=True)
    def counting_handler(self):
        self.came = []
        callers = signal.signal(signal.SIGINT, lambda number, _frame: self.came.append(number))
        yield
        signal.signal(signal.SIGINT, callers)

    def test_a_signal_waits_until_the_end(self):
        with signals_held():
            signal.raise_signal(signal.SIGINT)
            assert self.came == []
        assert self.came == [signal.SIGINT]

    def test_many_are_delivered_once(self):
        with signals_held():
            for _ in range(3):
                signal.raise_signal(signal.SIGINT)
        assert self.came == [signal.SIGINT]

    def test_a_long_block_delivers_between_its_parts(self):
        with signals_held() as held:
            signal.raise_signal(signal.SIGINT)
            held.deliver()
            assert self.came == [signal.SIGINT]
        assert self.came == [signal.SIGINT]

    def test_a_block_within_another_leaves_the_delivery_to_it(self):
        with signals_held():
            with signals_held():
                signal.raise_signal(signal.SIGINT)
            assert self.came == []
        assert self.came == [signal.SIGINT]

    def test_the_handler_of_the_caller_comes_back_after_errors_too(self):
        callers = signal.getsignal(signal.SIGINT)
        with pytest.raises(ZeroDivisionError), signals_held():
            1 / 0  # noqa: B018
        assert signal.getsignal(signal.SIGINT) is callers

    def test_a_handler_that_raises_ends_the_block(self):
        signal.signal(signal.SIGINT, signal.default_int_handler)
        reached = []

        def block():
            with signals_held():
                signal.raise_signal(signal.SIGINT)
                reached.append("the end")

        with pytest.raises(KeyboardInterrupt):
            block()
        assert reached == ["the end"]
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    def test_other_threads_hold_nothing(self):
        seen = []

        def holds():
            callers = signal.getsignal(signal.SIGINT)
            with signals_held():
                seen.append(signal.getsignal(signal.SIGINT) is callers)

        thread = threading.Thread(target=holds)
        thread.start()
        thread.join()
        assert seen == [True]


def test_ctrl_c_ends_a_fit_that_is_fed_batch_by_batch_at_its_next_batch():
    batches = []

    class PressesCtrlC(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):  # noqa: ARG002
            batches.append(batch)
            if batch == 2:
                signal.raise_signal(signal.SIGINT)

    X = np.random.default_rng(0).integers(0, 255, (80, 64), np.uint8)
    y = np.arange(80) % 10
    watched = DigitCNNClassifier("baseline", batch_size=8, callbacks=[PressesCtrlC()])
    with pytest.raises(KeyboardInterrupt):
        watched.fit(X, y)
    assert batches == [0, 1, 2]
    assert not hasattr(watched, "classes_")


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="sends alarms")
@pytest.mark.parametrize("seed", [0, 1])
def test_an_interrupt_at_any_moment_spoils_nothing(seed, trial):
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, str(seed), str(0.08 * SECONDS), "30"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    n_fits, n_further = map(int, ended.stdout.split())
    trial.injects("Ctrl-C within `fit`, `partial_fit` or a comparison", n_fits)
    trial.injects("Ctrl-C within a further `partial_fit`", n_further)
    trial.tries("equal fits, bit for bit the same afterwards", n_fits + n_further)
