"""What is measured once: each function runs in the process of one case."""

import gc
import statistics
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import mnistcnn
from benchmarks._data import SIDE, Labels, Pixels, load_images, source
from benchmarks._peers import PEERS
from benchmarks._results import ACCURACY, SECONDS, Measurement
from benchmarks._settings import Training

# Starts thread pools and loads kernels, once a process, before anything is timed.
WARM_UP_IMAGES = 256


def seconds_of(call: Callable[[], object]) -> float:
    """Return how long a call takes."""
    gc.collect()
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def time_fit(
    *, peer: str, training: Training, n_images: int, repeat: int, side: int = SIDE
) -> Measurement:
    """Time a fit that has to build and trace its network, in a process that is warm."""
    fitted(peer, training)
    if peer == "ours":
        mnistcnn.clear_cache()
    X, y = peer_images(peer, n_images, side)
    estimator = PEERS[peer].make(training, repeat)
    return {SECONDS: seconds_of(lambda: estimator.fit(X, y))}


def time_fit_again(
    *, peer: str, training: Training, n_images: int, repeat: int, side: int = SIDE
) -> Measurement:
    """Time a fit after an equal one in the same process, as in a search or a learning curve."""
    X, y = peer_images(peer, n_images, side)
    _fit_once(peer, training, n_images, side)
    estimator = PEERS[peer].make(training, repeat)
    return {SECONDS: seconds_of(lambda: estimator.fit(X, y))}


def time_and_score(
    *, peer: str, training: Training, n_images: int, n_test_images: int, repeat: int
) -> Measurement:
    """Time a fit, then the predictions of the test images, and score them."""
    estimator = PEERS[peer].make(training, repeat)
    return time_and_score_estimator(estimator, peer, n_images, n_test_images)


def time_and_score_estimator(
    estimator: Any, peer: str, n_images: int, n_test_images: int
) -> Measurement:
    """Time and score an estimator that takes images as this peer does."""
    X, y = peer_images(peer, n_images, SIDE)
    X_test, y_test = load_images(n_test_images, subset="test")
    X_test = PEERS[peer].convert(X_test)
    measured = {SECONDS: seconds_of(lambda: estimator.fit(X, y))}
    started = time.perf_counter()
    right = estimator.predict(X_test) == y_test
    measured["predict_seconds"] = time.perf_counter() - started
    if source() == "MNIST":
        measured[ACCURACY] = 100 * float(right.mean())
    return measured


def time_predictions(
    *, peer: str, training: Training, n_images: int, n_calls: int, repeat: int
) -> Measurement:
    """Time predictions of one image, called often, and of many images at once."""
    del repeat
    X, _ = load_images(n_images, subset="test")
    X = PEERS[peer].convert(X)
    estimator = fitted(peer, training)
    estimator.predict(X[:1])
    estimator.predict(X)
    singly = [seconds_of_call(estimator.predict, X[i : i + 1]) for i in range(n_calls)]
    return {
        "one_image_milliseconds": 1000 * statistics.median(singly),
        "all_images_milliseconds": 1000 * seconds_of(lambda: estimator.predict(X)),
    }


def seconds_of_call(function: Callable[[Pixels], object], X: Pixels) -> float:
    """Time one short call, without the pause that collecting garbage makes."""
    started = time.perf_counter()
    function(X)
    return time.perf_counter() - started


@cache
def fitted(peer: str, training: Training) -> Any:
    """Return an estimator trained on a few images, the same one at every call."""
    X, y = peer_images(peer, WARM_UP_IMAGES, SIDE)
    return PEERS[peer].make(training, 0).fit(X, y)


@cache
def peer_images(peer: str, n_images: int, side: int) -> tuple[Pixels, Labels]:
    """Return training images as the peer takes them, converted once a process."""
    X, y = load_images(n_images, side=side)
    return PEERS[peer].convert(X), y


@cache
def _fit_once(peer: str, training: Training, n_images: int, side: int) -> None:
    X, y = peer_images(peer, n_images, side)
    PEERS[peer].make(training, 0).fit(X, y)
