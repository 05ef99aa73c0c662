"""A fit that is killed goes on from its last whole epoch, and ends bit-equal to a whole one."""

import shutil

import keras
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from backups import Begun, Notes, Rate, assert_equal_fits, backed_up, network_of, stop
from choice import each_time
from mnistcnn.architectures import Simple

# Each fits several networks.
pytestmark = pytest.mark.slow


def stopping(**options):
    return keras.callbacks.EarlyStopping("loss", restore_best_weights=True, **options)


AVERAGING = keras.optimizers.AdamW(1e-2, use_ema=True, ema_momentum=0.9)

FITS = {
    "dropout, augmentation": {
        "architecture": Simple(4, kernel_size=3, dense_units=16),
        "augmentation": "strong",
    },
    "early stopping": {
        "early_stopping": True,
        "n_iter_no_change": 3,
        "epochs": 20,
        "learning_rate": 0.03,
    },
    "averaged weights": {"optimizer": AVERAGING},
    "averages in the network": {
        "optimizer": AVERAGING,
        "others": [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)],
    },
    "loss scale": {"precision": "float16", "optimizer": "sgd"},
    "plateau": {"lr_schedule": "plateau", "learning_rate": 0.1, "epochs": 9},
    "callbacks of Keras": {
        "lr_schedule": "constant",
        "learning_rate": 0.05,
        "epochs": 9,
        "others": [
            keras.callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=0.05, cooldown=1),
            stopping(patience=3, min_delta=0.01),
        ],
    },
    "step by step": {
        "others": [keras.callbacks.LambdaCallback(on_train_batch_end=lambda *_, **__: None)]
    },
}


# What an optimizer keeps comes back with averaged weights too, and a callback with Keras's own.
EACH_TIME = set(FITS) - {"averages in the network"}


@pytest.mark.parametrize("name", each_time(EACH_TIME, list(FITS)))
def test_a_stopped_fit_goes_on_as_if_it_had_not_been(name, small_digits, tmp_path):
    X, y = small_digits
    whole = backed_up(tmp_path / "whole", **FITS[name]).fit(X, y)
    in_parts = backed_up(tmp_path / "parts", **FITS[name])
    stop(in_parts, (X, y), at=1)
    stop(in_parts, (X, y), at=3)
    in_parts.fit(X, y)
    assert_equal_fits(in_parts, whole, X)
    for notes in (in_parts.callbacks_[1], whole.callbacks_[1]):
        assert notes.losses == whole.history_["loss"]
        assert list(notes.by_epoch) == list(range(whole.n_iter_))
    assert not (tmp_path / "parts").exists()


def test_only_the_rest_is_trained(small_digits, tmp_path):
    begun = Begun(tmp_path / "begun")
    classifier = backed_up(tmp_path / "backup", others=[begun])
    stop(classifier, small_digits, at=2)
    # Of the epoch that it was stopped in there is no backup.
    classifier.fit(*small_digits)
    assert begun.epochs() == [0, 1, 2, 2, 3, 4]


def test_a_fit_that_had_ended_is_given_back(small_digits, tmp_path):
    X, y = small_digits
    kept, begun = {"delete_checkpoint": False}, Begun(tmp_path / "begun")
    classifier = backed_up(tmp_path, options=kept, others=[begun], early_stopping=True)
    first = classifier.fit(X, y).predict_proba(X), classifier.history_
    trained = begun.epochs()
    again = classifier.fit(X, y)
    assert begun.epochs() == trained
    np.testing.assert_array_equal(again.predict_proba(X), first[0])
    assert again.history_ == first[1]


OTHERS = {
    "images": {},
    "labels": {},
    "weights": {},
    "epochs": {"epochs": 3},
    "learning_rate": {"learning_rate": 0.01},
    "random_state": {"random_state": 1},
    "architecture": {"architecture": "two_layer_mlp"},
    "function": {"architecture": network_of("relu")},
    "optimizer": {"optimizer": keras.optimizers.Adam(epsilon=1e-5)},
    "augmentation": {"augmentation": "light"},
    "early_stopping": {"early_stopping": True},
    "label_smoothing": {"label_smoothing": 0.1},
    "callback": {"others": [stopping(patience=1)]},
    "own callback": {"others": [Rate(0.01)], "lr_schedule": "constant"},
}


def quick(folder, **parameters):
    return backed_up(folder, **{"epochs": 2, **parameters})


@pytest.fixture(scope="module")
def stopped_fit(small_digits, tmp_path_factory):
    """The folder with the backup of a fit that was stopped in its second epoch."""
    folder = tmp_path_factory.mktemp("stopped")
    stop(quick(folder), small_digits, at=1)
    return folder


@pytest.fixture(scope="module")
def whole_fit(small_digits, tmp_path_factory):
    """The same fit, which nothing stopped."""
    return quick(tmp_path_factory.mktemp("whole")).fit(*small_digits)


@pytest.mark.parametrize("name", OTHERS)
def test_the_backup_of_another_fit_is_not_continued_and_the_user_is_told(
    name, stopped_fit, small_digits, tmp_path
):
    X, y = small_digits
    folder = shutil.copytree(stopped_fit, tmp_path / "backup")
    data = {
        "images": (X[::-1], y),
        "labels": (X, 9 - y),
        "weights": (X, y, np.linspace(1, 2, len(X))),
    }.get(name, (X, y))
    with pytest.warns(UserWarning, match="holds the backup of another fit"):
        other = quick(folder, **OTHERS[name]).fit(*data)
    assert other.callbacks_[1].losses == other.history_["loss"]
    assert other.n_iter_ == OTHERS[name].get("epochs", 2)
    # That of the stopped fit is still there.
    assert [path.name for path in folder.iterdir()] == [path.name for path in stopped_fit.iterdir()]


def test_a_callback_may_be_added_to_the_rest(small_digits, tmp_path):
    X, y = small_digits
    whole = backed_up(tmp_path / "whole").fit(X, y)
    stop(backed_up(tmp_path / "parts"), (X, y), at=2)
    log = keras.callbacks.CSVLogger(tmp_path / "rest.csv")
    rest = backed_up(tmp_path / "parts")
    rest.callbacks = [log, *rest.callbacks]
    assert_equal_fits(rest.fit(X, y), whole, X)
    assert len((tmp_path / "rest.csv").read_text().splitlines()) == 1 + 3


@pytest.mark.parametrize("damage", ["cut", "changed", "empty"])
def test_a_damaged_backup_is_told_of_once_and_the_fit_starts_anew(
    damage, stopped_fit, whole_fit, small_digits, tmp_path
):
    X, y = small_digits
    folder = shutil.copytree(stopped_fit, tmp_path / "backup")
    [path] = folder.glob("fit-*/state.npz")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(
        {"cut": content[: len(content) // 2], "changed": content, "empty": b""}[damage]
    )
    with pytest.warns(UserWarning, match="is damaged") as caught:
        anew = quick(folder).fit(X, y)
    assert len(caught) == 1
    assert anew.callbacks_[1].losses == anew.history_["loss"]
    assert_equal_fits(anew, whole_fit, X)


def test_files_that_keras_left_are_left_alone(small_digits, tmp_path):
    X, y = small_digits
    (tmp_path / "latest.weights.h5").write_bytes(b"Keras's own")
    assert backed_up(tmp_path).fit(X, y).n_iter_ == 5
    assert [path.name for path in tmp_path.iterdir()] == ["latest.weights.h5"]


def test_one_epoch_has_no_backup(small_digits, tmp_path):
    X, y = small_digits
    plain = backed_up(tmp_path, callbacks=None).partial_fit(X, y, classes=range(10))
    stream = backed_up(tmp_path / "backup").partial_fit(X, y, classes=range(10))
    for one in (plain, stream):
        one.partial_fit(X, y)
    assert_equal_fits(stream, plain, X)
    assert list(tmp_path.iterdir()) == []


def test_a_search_goes_on_within_the_fit_that_was_stopped(small_digits, tmp_path):
    X, y = small_digits
    grid = {"learning_rate": [1e-3, 1e-2]}
    begun = Begun(tmp_path / "begun")

    def search(folder):
        backup = keras.callbacks.BackupAndRestore(folder)
        classifier = backed_up(folder, epochs=3, callbacks=lambda: [backup, Notes(), begun])
        return GridSearchCV(classifier, grid, cv=2, error_score="raise", refit=False)

    whole = search(tmp_path / "whole").fit(X, y).cv_results_["mean_test_score"]
    begun.path.unlink()
    stop(search(tmp_path / "parts"), (X, y), at=2)
    in_parts = search(tmp_path / "parts").fit(X, y).cv_results_["mean_test_score"]
    np.testing.assert_array_equal(in_parts, whole)
    # Three epochs of the first fit, one more of it, and those of three others.
    assert begun.epochs() == [0, 1, 2, 2, *[0, 1, 2] * 3]
    assert not (tmp_path / "parts").exists()


@pytest.mark.parametrize(
    ("parameters", "folder", "message"),
    [
        ({"random_state": None}, "backup", "random_state must be.*BackupAndRestore.*got None"),
        ({}, "gs://bucket/backup", "backup_dir is a local folder, got 'gs://bucket/backup'"),
        (
            {"callbacks": [keras.callbacks.BackupAndRestore("backup")] * 2},
            "backup",
            "at most one BackupAndRestore, got 2",
        ),
    ],
)
def test_backups_that_could_not_be_gone_on_with_are_refused(
    parameters, folder, message, small_digits, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=message):
        backed_up(folder, **parameters).fit(*small_digits)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told_before_the_first_epoch(small_digits, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    begun = keras.callbacks.LambdaCallback(on_train_begin=pytest.fail)
    with pytest.raises(NotADirectoryError):
        backed_up(tmp_path / "file", others=[begun]).fit(*small_digits)
