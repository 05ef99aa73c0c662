"""What the library keeps for itself, damaged: read as it was, refused by name, or made anew."""

import json
import os
import random
import warnings
from functools import partial

import keras
import numpy as np
import pytest

from mnistcnn.evaluation import DigitImages, reproduce
from mutations import mutated
from networks import quick_classifier

pytestmark = [pytest.mark.slow, pytest.mark.long]


quick = partial(quick_classifier, epochs=3, precision="float32")


class StopError(Exception):
    pass


class Stop(keras.callbacks.Callback):
    # Asks from outside of the program, whose own values tell a fit from others.
    def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002
        if "STOPS" in os.environ and epoch == 1:
            raise StopError


def test_a_damaged_backup_is_continued_or_left(small_digits, trial, tmp_path, monkeypatch):
    expected = quick().fit(*small_digits).predict_proba(small_digits[0])

    def fit():
        backup = keras.callbacks.BackupAndRestore(str(tmp_path / "backup"))
        return quick(callbacks=[backup, Stop()]).fit(*small_digits)

    monkeypatch.setenv("STOPS", "yes")
    with pytest.raises(StopError):
        fit()
    (path,) = (tmp_path / "backup").glob("fit-*/state.npz")
    content = path.read_bytes()
    monkeypatch.delenv("STOPS")
    for number in trial.numbers(0.02, at_least=20):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(mutated(content, random.Random(number)))
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The backup .* is damaged", UserWarning)
            found = fit().predict_proba(small_digits[0])
        trial.tries("damaged backups")
        np.testing.assert_array_equal(found, expected, str(number))


def test_a_damaged_memory_is_trained_again(small_digits, trial, tmp_path):
    expected = quick(memory=tmp_path).fit(*small_digits).predict_proba(small_digits[0])
    paths = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix == ".pkl"]
    assert paths
    contents = {path: path.read_bytes() for path in paths}
    for number in trial.numbers(0.02, at_least=20):
        for path, content in contents.items():
            # A pickle that is changed on purpose could do anything; disks lose its end.
            path.write_bytes(content[: random.Random(number).randrange(len(content))])
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "memory holds a damaged fit", RuntimeWarning)
            found = quick(memory=tmp_path).fit(*small_digits)
        trial.tries("memories whose files are cut off")
        np.testing.assert_array_equal(found.predict_proba(small_digits[0]), expected, str(number))


def test_a_damaged_record_of_a_run_is_named(digits, trial, tmp_path):
    X, y = digits
    images = DigitImages(X[:120], y[:120], X[120:160], y[120:160])

    def run():
        return list(reproduce("two_layer_mlp", images, epochs_scale=0.1, output=tmp_path))

    run()
    (path,) = tmp_path.glob("*.json")
    content = path.read_bytes()
    whole = json.loads(content)
    for number in trial.numbers(0.02, at_least=100):
        damaged = mutated(content, random.Random(number))
        path.write_bytes(damaged)
        trial.tries("damaged records of runs")
        error = None
        try:
            run()
        except ValueError as raised:
            error = raised
        if error is not None:
            assert path.name in str(error), number
        else:
            # Numbers may be others, and more may be said.
            assert whole.keys() <= json.loads(damaged).keys(), number
