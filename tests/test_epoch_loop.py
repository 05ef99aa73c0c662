"""How epochs run: callbacks hear the same whether each is one program or many steps."""

import math
from functools import partial

import keras
import numpy as np
import pytest

from choice import long
from mnistcnn._training.callbacks import watches_batches
from networks import quick_classifier as quick

# Each fits several networks.
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("whole_epochs")]


class Noted(keras.callbacks.Callback):
    """Notes the name of each hook that is called, those of batches aside."""

    def __init__(self):
        super().__init__()
        self.called = []

    def on_train_begin(self, logs=None):  # noqa: ARG002
        self.called.append("train begins")

    def on_epoch_begin(self, epoch, logs=None):  # noqa: ARG002
        self.called.append(f"epoch {epoch} begins")

    def on_test_begin(self, logs=None):  # noqa: ARG002
        self.called.append("test begins")

    def on_test_end(self, logs=None):
        self.called.append(f"test ends: {sorted(logs)}")

    def on_epoch_end(self, epoch, logs=None):
        self.called.append(f"epoch {epoch} ends: {sorted(logs)}")

    def on_train_end(self, logs=None):
        self.called.append(f"train ends: {sorted(logs)}")


class Trainable(Noted):
    """Also watches batches."""

    n_batches = 0

    def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002
        self.n_batches += 1


@pytest.mark.parametrize("early_stopping", [False, True])
def test_callbacks_hear_the_same_on_both_ways(early_stopping, small_digits):
    fits = [
        quick(callbacks=callback, early_stopping=early_stopping).fit(*small_digits)
        for callback in (Noted(), Trainable())
    ]
    by_epochs, by_batches = (fit.callbacks_[0] for fit in fits)
    assert by_epochs.called == by_batches.called
    assert by_batches.n_batches > 2
    assert fits[0].history_.keys() == fits[1].history_.keys()


@pytest.mark.parametrize(
    ("optimizer", "augmentation"),
    [("adam", "mnist"), ("sgd", None), long("adam", None), long("sgd", "mnist")],
)
def test_both_ways_train_alike(optimizer, augmentation, small_digits):
    X, y = small_digits
    same = {"optimizer": optimizer, "augmentation": augmentation, "precision": "float32"}
    by_epochs, by_batches = (
        quick(callbacks=callback, **same).fit(X, y).predict_proba(X)
        for callback in (Noted(), Trainable())
    )
    np.testing.assert_allclose(by_epochs, by_batches, atol=1e-4)


def test_averaged_weights_take_the_place_of_the_last_ones_on_both_ways(small_digits):
    X, y = small_digits
    averaging, last = (
        keras.optimizers.SGD(0.1, momentum=0.9, use_ema=use_ema, ema_momentum=0.9)
        for use_ema in (True, False)
    )
    by_epochs, by_batches = (
        quick(optimizer=averaging, precision="float32", callbacks=callback).fit(X, y)
        for callback in (Noted(), Trainable())
    )
    np.testing.assert_allclose(by_epochs.predict_proba(X), by_batches.predict_proba(X), atol=1e-4)
    without = quick(optimizer=last, precision="float32").fit(X, y)
    assert np.abs(without.predict_proba(X) - by_epochs.predict_proba(X)).max() > 1e-3


class OfWeightsAndBiasesKind(keras.callbacks.Callback):
    """Keeps None where it was told to log at epochs, as WandbMetricsLogger does."""

    n_batches = 0

    def __init__(self, log_freq="epoch"):
        super().__init__()
        self.log_freq = log_freq if isinstance(log_freq, int) else None

    def on_batch_end(self, batch, logs=None):  # noqa: ARG002
        self.n_batches += 1


class CheckpointOfWeightsAndBiasesKind(keras.callbacks.ModelCheckpoint):
    """Writes both anew, as WandbModelCheckpoint does."""

    def __init__(self, filepath, save_freq="epoch"):
        super().__init__(filepath, save_freq=save_freq)

    def on_train_batch_end(self, batch, logs=None):
        if self._should_save_on_batch(batch):
            self._save_model(epoch=self._current_epoch, batch=batch, logs=logs)


class OfMlflowKind(keras.callbacks.Callback):
    def __init__(self, log_every_epoch=True, log_every_n_steps=None):
        super().__init__()
        self.log_every_epoch = log_every_epoch
        self.log_every_n_steps = log_every_n_steps

    def on_batch_end(self, batch, logs=None):
        pass


class CheckpointThatCounts(keras.callbacks.ModelCheckpoint):
    """Is set to epochs like its parent, yet counts batches."""

    def on_train_batch_end(self, batch, logs=None):
        pass


class LoggerThatCounts(OfMlflowKind):
    def on_test_batch_end(self, batch, logs=None):
        pass


TENSORBOARD = partial(keras.callbacks.TensorBoard, "logs")

BY_EPOCHS = {
    "early stopping": lambda: keras.callbacks.EarlyStopping(),
    "plateau": lambda: keras.callbacks.ReduceLROnPlateau(),
    "schedule": lambda: keras.callbacks.LearningRateScheduler(lambda epoch: 0.1),  # noqa: ARG005
    "CSV": lambda: keras.callbacks.CSVLogger("epochs.csv"),
    "averages": lambda: keras.callbacks.SwapEMAWeights(),
    "checkpoint": lambda: keras.callbacks.ModelCheckpoint("best.keras"),
    "backup": lambda: keras.callbacks.BackupAndRestore("backup"),
    "TensorBoard": TENSORBOARD,
    "W&B": OfWeightsAndBiasesKind,
    "W&B's checkpoint": lambda: CheckpointOfWeightsAndBiasesKind("best.keras"),
    "MLflow": OfMlflowKind,
    "lambda": lambda: keras.callbacks.LambdaCallback(on_epoch_end=print, on_test_end=print),
}
BY_BATCHES = {
    "checkpoint": lambda: keras.callbacks.ModelCheckpoint("best.keras", save_freq=10),
    "backup": lambda: keras.callbacks.BackupAndRestore("backup", save_freq=10),
    "TensorBoard": partial(TENSORBOARD, update_freq="batch"),
    "W&B": partial(OfWeightsAndBiasesKind, 3),
    "W&B's checkpoint": lambda: CheckpointOfWeightsAndBiasesKind("best.keras", save_freq=3),
    "MLflow": partial(OfMlflowKind, log_every_epoch=False, log_every_n_steps=5),
    "lambda": lambda: keras.callbacks.LambdaCallback(on_train_batch_begin=print),
    "watchful child": lambda: CheckpointThatCounts("best.keras"),
    "watchful child of a logger": LoggerThatCounts,
    "NaN": lambda: keras.callbacks.TerminateOnNaN(),
}


@pytest.mark.parametrize("name", BY_EPOCHS)
def test_what_acts_at_epochs_runs_on_whole_epochs(name):
    assert not watches_batches(BY_EPOCHS[name]())


@pytest.mark.parametrize("name", BY_BATCHES)
def test_what_acts_at_batches_runs_step_by_step(name):
    assert watches_batches(BY_BATCHES[name]())


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="Keras traces TensorFlow")
def test_a_tensorboard_that_traces_batches_runs_step_by_step():
    assert watches_batches(TENSORBOARD(profile_batch=(2, 3)))


@pytest.mark.parametrize(("log_freq", "is_called"), [("epoch", False), (3, True)])
def test_batch_hooks_of_a_logger_are_called_only_where_it_logs_at_batches(
    log_freq, is_called, small_digits
):
    given = OfWeightsAndBiasesKind(log_freq)
    logger = quick(callbacks=given, batch_size=100).fit(*small_digits).callbacks_[0]
    assert logger.n_batches == (6 if is_called else 0)


def test_a_patch_of_keras_own_fit_is_heard_of_every_batch(small_digits, monkeypatch):
    batches = []
    hears = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: batches.append(batch)  # noqa: ARG005
    )
    fit = keras.Model.fit

    def patched(model, *arguments, callbacks, **options):
        return fit(model, *arguments, callbacks=[*callbacks, hears], **options)

    monkeypatch.setattr(keras.Model, "fit", patched)
    quick(batch_size=100).fit(*small_digits)
    assert batches == [0, 1, 2] * 2


@pytest.mark.long
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="step by step elsewhere")
def test_a_patch_that_listens_at_epochs_changes_no_bit(small_digits, monkeypatch):
    """As MLflow's autologging does, it adds to the list that it is given."""
    X, y = small_digits
    settings = {"architecture": "fast", "early_stopping": True, "precision": "float32"}
    plain = quick(**settings).fit(X, y)
    heard = Noted()
    fit = keras.Model.fit

    def patched(model, *arguments, callbacks, **options):
        callbacks.append(heard)
        return fit(model, *arguments, callbacks=callbacks, **options)

    monkeypatch.setattr(keras.Model, "fit", patched)
    patched_fit = quick(**settings).fit(X, y)
    np.testing.assert_array_equal(patched_fit.predict_proba(X), plain.predict_proba(X))
    assert patched_fit.history_ == plain.history_
    assert len(heard.called) == 2 + 2 * 4


def test_checkpoints_of_each_epoch_are_loaded_by_keras_and_predict_as_the_fit_did(
    small_digits, tmp_path
):
    X, y = small_digits
    path = str(tmp_path / "{epoch}.keras")
    same = {"lr_schedule": "constant", "precision": "float32"}
    quick(callbacks=keras.callbacks.ModelCheckpoint(path), epochs=3, **same).fit(X, y)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["1.keras", "2.keras", "3.keras"]
    for epoch in (1, 3):
        ended_there = quick(epochs=epoch, **same).fit(X, y)
        images = X.reshape(-1, *ended_there.image_shape_).astype(np.float32)
        loaded = keras.saving.load_model(path.format(epoch=epoch))
        np.testing.assert_array_equal(
            loaded.predict(images, verbose=0).argmax(axis=1), ended_there.predict(X)
        )
        np.testing.assert_allclose(
            loaded.predict(images, verbose=0),
            ended_there.model_.predict(images, verbose=0),
            atol=1e-5,
        )


def test_the_best_checkpoint_is_that_of_the_lowest_validation_loss(small_digits, tmp_path):
    checkpoint = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras", save_best_only=True)
    # So high a rate does not improve every epoch.
    settings = {"early_stopping": True, "epochs": 6, "learning_rate": 0.02}
    losses = quick(callbacks=checkpoint, **settings).fit(*small_digits).history_["val_loss"]
    lowest_so_far = np.minimum.accumulate([math.inf, *losses])[:-1]
    improved = np.flatnonzero(losses < lowest_so_far) + 1
    assert sorted(int(path.stem) for path in tmp_path.iterdir()) == improved.tolist()


def test_tensorboard_has_the_figures_of_each_epoch(small_digits, tmp_path):
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    tf = pytest.importorskip("tensorflow")
    board = keras.callbacks.TensorBoard(tmp_path)
    history = quick(callbacks=board, early_stopping=True).fit(*small_digits).history_
    for folder, name in (("train", "loss"), ("validation", "val_loss")):
        [path] = (tmp_path / folder).iterdir()
        written = [
            float(tf.make_ndarray(value.tensor))
            for event in tf.compat.v1.train.summary_iterator(str(path))
            for value in event.summary.value
            if value.tag == "epoch_loss"
        ]
        np.testing.assert_allclose(written, history[name], rtol=1e-6)


def test_keras_own_backups_at_batches_leave_later_epochs_alone(small_digits, tmp_path):
    X, y = small_digits
    own = keras.callbacks.BackupAndRestore(tmp_path, save_freq=2, delete_checkpoint=False)
    by_batches = quick(callbacks=own, batch_size=100)
    assert by_batches.fit(X, y).n_iter_ == 2
    # Keras goes on from the second epoch, and would have every later fit begin there.
    assert by_batches.fit(X, y).n_iter_ == 1
    before = by_batches.predict_proba(X)
    by_batches.set_params(callbacks=None).partial_fit(X, y)
    assert np.abs(by_batches.predict_proba(X) - before).max() > 0
