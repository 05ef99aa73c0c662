"""Fits with a backup that tests stop, and callbacks that tell what they trained."""

import os

import keras
import numpy as np
import pytest

from mnistcnn import DigitCNNClassifier


class StoppedError(Exception):
    pass


class Notes(keras.callbacks.Callback):
    """Counts in a way of its own, and raises when it is told to from outside of the program."""

    def __init__(self):
        super().__init__()
        self.losses, self.by_epoch = [], {}

    def on_epoch_end(self, epoch, logs=None):
        self.losses.append(logs["loss"])
        self.by_epoch[epoch] = np.float32(logs["loss"])
        if str(epoch) == os.environ.get("STOPS_AT"):
            raise StoppedError


class Begun(keras.callbacks.Callback):
    """Writes down the epochs that begin."""

    def __init__(self, path):
        super().__init__()
        self.path = path

    def on_epoch_begin(self, epoch, logs=None):  # noqa: ARG002
        with self.path.open("a") as file:
            file.write(f"{epoch}\n")

    def epochs(self):
        return list(map(int, self.path.read_text().split())) if self.path.exists() else []


class Rate(keras.callbacks.LearningRateScheduler):
    """Sets a rate by a method of its own."""

    def __init__(self, rate):
        super().__init__(self.rate_of)
        self.rate = rate

    def rate_of(self, epoch):  # noqa: ARG002
        return self.rate


def network_of(activation):
    """A function that builds layers, whose code no name tells."""

    def build(input_shape, n_classes):
        flat, hidden = keras.layers.Flatten(), keras.layers.Dense(16, activation=activation)
        scores = keras.layers.Dense(n_classes)
        return keras.Sequential([keras.Input(input_shape), flat, hidden, scores])

    return build


def backed_up(folder, **parameters):
    """A classifier with a backup, and other callbacks before and after it."""
    others = parameters.pop("others", [])
    backup = keras.callbacks.BackupAndRestore(folder, **parameters.pop("options", {}))
    settings = {
        "architecture": network_of("tanh"),
        "epochs": 5,
        "batch_size": 64,
        "random_state": 0,
        "callbacks": [backup, Notes(), *others],
    }
    return DigitCNNClassifier(**{**settings, **parameters})


def stop(classifier, data, *, at):
    """Fit until a callback raises at the end of an epoch, whose backup is not written then."""
    with pytest.MonkeyPatch.context() as outside:
        outside.setenv("STOPS_AT", str(at))
        with pytest.raises(StoppedError):
            classifier.fit(*data)


def assert_equal_fits(one, other, X):
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))
    assert one.history_ == other.history_
    assert one.n_iter_ == other.n_iter_
