"""`memory`: equal fits are read back bit-equal, others are trained, whatever lies in the folder."""

import inspect
import os
import re
import subprocess
import sys
import time

import joblib
import keras
import numpy as np
import pandas as pd
import pytest
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV
from sklearn.pipeline import Pipeline

from mnistcnn import Augmentation, DigitCNNClassifier, ImageReshaper
from mnistcnn.architectures import Fast, Simple

# Each fits several networks.
pytestmark = pytest.mark.slow


def quick(memory, **parameters):
    settings = {"epochs": 2, "random_state": 0, "precision": "float32", **parameters}
    return DigitCNNClassifier(
        **{"architecture": Simple(4, kernel_size=3), **settings}, memory=memory
    )


@pytest.fixture
def data(small_digits):
    X, y = small_digits
    return X[:120].astype(np.uint8), y[:120]


def attributes_of(classifier):
    names = ["classes_", "n_features_in_", "image_shape_", "n_iter_", "history_", "precision_"]
    if classifier.early_stopping:
        names += ["best_epoch_", "validation_scores_"]
    return {name: np.asarray(getattr(classifier, name)).tolist() for name in names}


def assert_read_back(classifier, trained, X):
    assert classifier.from_memory_
    assert attributes_of(classifier) == attributes_of(trained)
    np.testing.assert_array_equal(classifier.predict_proba(X), trained.predict_proba(X))


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"early_stopping": True, "n_iter_no_change": 1, "epochs": 6},
        {"augmentation": "strong", "class_weight": "balanced"},
        {"architecture": Fast((4, 4), dense_units=8), "precision": "bfloat16"},
        {"precision": "float16", "optimizer": keras.optimizers.SGD(0.01, momentum=0.9)},
    ],
    ids=lambda parameters: ", ".join(parameters) or "defaults",
)
def test_an_equal_fit_is_read_back(parameters, data, tmp_path):
    X, y = data
    without = quick(None, **parameters).fit(X, y)
    trained = quick(tmp_path, **parameters).fit(X, y)
    read = quick(tmp_path, **parameters).fit(X, y)
    assert not without.from_memory_
    assert not trained.from_memory_
    assert_read_back(read, trained, X)
    assert_read_back(read, without, X)


def test_the_part_set_aside_tells_fits_apart(data, tmp_path):
    # Pixels that are not scaled by the training part say nothing of which images are in it.
    settings = {"early_stopping": True, "pixel_scaling": "unit", "epochs": 1}
    for fraction in (0.1, 0.2):
        classifier = quick(tmp_path, validation_fraction=fraction, **settings)
        assert not classifier.fit(*data).from_memory_


def test_another_version_of_what_computes_trains_anew(data, tmp_path, monkeypatch):
    quick(tmp_path, epochs=1).fit(*data)
    monkeypatch.setattr(keras, "__version__", "99.0")
    assert not quick(tmp_path, epochs=1).fit(*data).from_memory_


OTHERS = {
    "epochs": {"epochs": 3},
    "rate": {"learning_rate": 0.003},
    "mini-batch size": {"batch_size": 16},
    "seed": {"random_state": 1},
    "schedule": {"lr_schedule": "constant"},
    "plateau": {"lr_schedule": "plateau"},
    "optimizer": {"optimizer": "sgd"},
    "template": {"optimizer": keras.optimizers.Adam(0.001)},
    "rate of a template": {"optimizer": keras.optimizers.Adam(0.002)},
    "weight decay": {"weight_decay": 0.01},
    "label smoothing": {"label_smoothing": 0.1},
    "class weights": {"class_weight": {0: 2.0}},
    "hyperparameter": {"architecture": Simple(4, kernel_size=3, dropout=0.4)},
    "augmentation": {"augmentation": Augmentation(rotation=10)},
    "more rotation": {"augmentation": Augmentation(rotation=11)},
    "early stopping": {"early_stopping": True},
    "validation fraction": {"early_stopping": True, "validation_fraction": 0.2},
    "patience": {"early_stopping": True, "n_iter_no_change": 1},
    "pixel scaling": {"pixel_scaling": "unit"},
    "precision": {"precision": "bfloat16"},
    "callback": {"callbacks": keras.callbacks.EarlyStopping("loss", patience=3)},
    "callback's patience": {"callbacks": keras.callbacks.EarlyStopping("loss", patience=4)},
}


@pytest.fixture(scope="module")
def folder_of_many(small_digits, tmp_path_factory):
    """A folder with a fit of every kind."""
    folder = tmp_path_factory.mktemp("fits")
    X, y = small_digits[0][:120].astype(np.uint8), small_digits[1][:120]
    fits = [quick(folder, **parameters).fit(X, y) for parameters in ({}, *OTHERS.values())]
    return folder, fits


@pytest.mark.long
def test_a_fit_that_differs_in_any_parameter_is_trained(folder_of_many):
    _, fits = folder_of_many
    assert [fit.from_memory_ for fit in fits] == [False] * len(fits)


@pytest.mark.long
def test_each_of_many_is_found_again(folder_of_many, data):
    folder, fits = folder_of_many
    for name, trained in zip(("plain", *OTHERS), fits, strict=True):
        again = clone(trained).fit(*data)
        assert again.from_memory_, name
        np.testing.assert_array_equal(again.predict_proba(data[0]), trained.predict_proba(data[0]))


@pytest.mark.long
def test_other_data_are_trained(folder_of_many, data):
    folder, _ = folder_of_many
    X, y = data
    changed, labels = X.copy(), y.copy()
    changed[5, 5] += 1
    labels[5] = (labels[5] + 1) % 10
    weights = np.ones(len(y))
    weights[7] = 2
    for others in (
        quick(folder).fit(changed, y),
        quick(folder).fit(X, labels),
        quick(folder).fit(X[::-1], y[::-1]),
        quick(folder).fit(X[:-1], y[:-1]),
        quick(folder).fit(X, y, sample_weight=weights),
        quick(folder).fit(X, y, X_val=X[:50], y_val=y[:50]),
        quick(folder).fit(X, y, X_val=X[:51], y_val=y[:51]),
    ):
        assert not others.from_memory_


@pytest.mark.long
def test_the_form_of_the_data_and_the_names_of_the_labels_do_not_matter(folder_of_many, data):
    folder, [plain, *_] = folder_of_many
    X, y = data
    for images in (X.reshape(-1, 8, 8), pd.DataFrame(X), X.astype(np.int64), X.tolist()):
        assert_read_back(quick(folder).fit(images, y), plain, X)
    names = np.array([f"digit {i}" for i in range(10)])
    named = quick(folder).fit(X, names[y])
    assert named.from_memory_
    np.testing.assert_array_equal(named.predict(X), names[plain.predict(X)])


def test_what_it_goes_on_from_is_whole(data, tmp_path):
    X, y = data
    trained, read = quick(tmp_path).fit(X, y), quick(tmp_path).fit(X, y)
    assert read.from_memory_
    for classifier in (trained, read):
        classifier.partial_fit(X, y).set_params(warm_start=True, memory=None).fit(X, y)
    np.testing.assert_array_equal(trained.predict_proba(X), read.predict_proba(X))


def test_warm_starts_from_equal_networks_are_equal_and_from_others_are_not(data, tmp_path):
    X, y = data
    twice = [quick(tmp_path, warm_start=True).fit(X, y).fit(X, y) for _ in range(2)]
    assert [fit.from_memory_ for fit in twice] == [False, True]
    np.testing.assert_array_equal(*(fit.predict_proba(X) for fit in twice))
    other = quick(None, warm_start=True, random_state=7).fit(X, y)
    assert not other.set_params(memory=tmp_path, random_state=0).fit(X, y).from_memory_


@pytest.mark.parametrize("random_state", [None, np.random.RandomState(0)], ids=["None", "state"])
def test_without_an_integer_seed_it_trains_and_says_so_if_asked(
    random_state, data, tmp_path, capsys
):
    for _ in range(2):
        silent = quick(tmp_path, random_state=random_state).fit(*data)
        assert not silent.from_memory_
    assert capsys.readouterr().out == ""
    quick(tmp_path, random_state=random_state, verbose=2).fit(*data)
    assert "without looking in memory: random_state is not an integer" in capsys.readouterr().out


def test_a_callback_with_effects_sees_every_fit(data, tmp_path):
    seen = []
    watching = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, *_: seen.append(epoch))
    for _ in range(2):
        assert not quick(tmp_path, callbacks=watching).fit(*data).from_memory_
    assert seen == [0, 1, 0, 1]


def test_a_callback_without_effects_is_read_back_too(data, tmp_path):
    stopping = keras.callbacks.EarlyStopping("accuracy", patience=0, mode="min")
    trained, read = (quick(tmp_path, callbacks=stopping, epochs=9).fit(*data) for _ in range(2))
    assert read.from_memory_
    assert read.callbacks_[0].stopped_epoch == trained.callbacks_[0].stopped_epoch > 0
    assert read.n_iter_ == trained.n_iter_ < 9


def test_scikit_learns_progress_bar_is_served_and_a_monitor_sees_every_epoch(data, tmp_path):
    callback = pytest.importorskip("sklearn.callback", reason="from scikit-learn 1.9 on")
    quick(tmp_path).fit(*data)
    bar = quick(tmp_path).set_callbacks(callback.ProgressBar()).fit(*data)
    assert bar.from_memory_
    monitor = callback.ScoringMonitor(scoring="accuracy")
    monitored = quick(tmp_path).set_callbacks(monitor).fit(*data)
    assert not monitored.from_memory_


def with_units(units):
    def network(input_shape, n_classes):
        layers = keras.layers
        return keras.Sequential(
            [
                keras.Input(input_shape),
                layers.Flatten(),
                layers.Dense(units),
                layers.Dense(n_classes),
            ]
        )

    return network


def test_a_function_is_known_by_the_network_it_builds(data, tmp_path):
    trained = quick(tmp_path, architecture=with_units(8)).fit(*data)
    assert_read_back(quick(tmp_path, architecture=with_units(8)).fit(*data), trained, data[0])
    assert not quick(tmp_path, architecture=with_units(9)).fit(*data).from_memory_


class OwnLayer(keras.layers.Dense):
    """Whose code may change between two fits without a trace in its config."""


def with_own_layer(input_shape, n_classes):
    layers = [keras.Input(input_shape), keras.layers.Flatten(), OwnLayer(n_classes)]
    return keras.Sequential(layers)


def test_layers_of_your_own_are_trained_each_time(data, tmp_path, capsys):
    for verbose in (0, 2):
        classifier = quick(tmp_path, architecture=with_own_layer, verbose=verbose).fit(*data)
        assert not classifier.from_memory_
    assert "function or class of your own may have changed" in capsys.readouterr().out


class OwnAugmentation(Augmentation):
    """Draws what its code says."""


def test_augmentation_optimizer_and_schedule_of_your_own_are_trained_each_time(data, tmp_path):
    class OwnOptimizer(keras.optimizers.SGD):
        pass

    @keras.saving.register_keras_serializable(package="tests")
    class OwnSchedule(keras.optimizers.schedules.CosineDecay):
        pass

    own = (
        {"augmentation": OwnAugmentation()},
        {"optimizer": OwnOptimizer()},
        {"optimizer": keras.optimizers.SGD(OwnSchedule(0.1, 10))},
    )
    for parameters in own:
        for _ in range(2):
            assert not quick(tmp_path, **parameters).fit(*data).from_memory_


def test_a_search_that_runs_again_trains_nothing(data, tmp_path):
    def search():
        memory = joblib.Memory(tmp_path, verbose=0)
        pipeline = Pipeline([("images", ImageReshaper()), ("classifier", quick(memory))])
        grid = {"classifier__architecture__dropout": [0.1, 0.3]}
        scoring = {"loss": "neg_log_loss", "read": reads_from_memory}
        return GridSearchCV(pipeline, grid, cv=3, scoring=scoring, refit="loss").fit(*data)

    first, second = search(), search()
    assert first.cv_results_["mean_test_read"].tolist() == [0, 0]
    assert second.cv_results_["mean_test_read"].tolist() == [1, 1]
    assert second.best_estimator_[-1].from_memory_
    for fold in range(3):
        name = f"split{fold}_test_loss"
        np.testing.assert_array_equal(first.cv_results_[name], second.cv_results_[name])


def test_a_halving_search_over_a_pipeline_runs_again_without_training(data, tmp_path):
    pipeline = Pipeline([("images", ImageReshaper()), ("classifier", quick(tmp_path))])

    def search():
        reads = []

        def accuracy(fitted, X, y):
            reads.append(fitted[-1].from_memory_)
            return fitted.score(X, y)

        found = HalvingGridSearchCV(
            pipeline,
            {"classifier__learning_rate": [1e-2, 1e-5]},
            resource="classifier__epochs",
            min_resources=1,
            max_resources=2,
            factor=2,
            cv=2,
            scoring=accuracy,
            refit=False,
            random_state=0,
        ).fit(*data)
        assert found.n_resources_ == [1, 2]
        return reads, found.cv_results_["mean_test_score"].tolist()

    (first_reads, first_scores), (reads, scores) = search(), search()
    assert not all(first_reads)
    assert all(reads)
    assert scores == first_scores


def reads_from_memory(pipeline, X, y):  # noqa: ARG001
    return float(pipeline[-1].from_memory_)


def test_joblibs_memory_that_keeps_nothing_changes_nothing(data):
    nowhere = joblib.Memory(None)
    assert not any(quick(nowhere).fit(*data).from_memory_ for _ in range(2))


def test_library_code_prints_nothing_whatever_the_memory_tells(data, tmp_path, capsys):
    for _ in range(2):
        quick(joblib.Memory(tmp_path, verbose=1)).fit(*data)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("bytes_left", [0, 1, 500, -1], ids=["empty", "a byte", "500", "all but 1"])
def test_a_damaged_entry_is_trained_again_and_replaced_with_one_warning(bytes_left, data, tmp_path):
    trained = quick(tmp_path).fit(*data)
    [entry] = tmp_path.rglob("output.pkl")
    entry.write_bytes(entry.read_bytes()[:bytes_left])
    assert_trained_again_with_one_warning(trained, data, tmp_path)


def assert_trained_again_with_one_warning(trained, data, folder):
    with pytest.warns(RuntimeWarning, match="memory holds a damaged fit .* replaced") as caught:
        again = quick(folder).fit(*data)
    assert len(caught) == 1
    assert not again.from_memory_
    np.testing.assert_array_equal(again.predict_proba(data[0]), trained.predict_proba(data[0]))
    assert_read_back(quick(folder).fit(*data), trained, data[0])


@pytest.mark.parametrize("content", [None, {"values": [np.zeros(3)]}, [1, 2]])
def test_an_entry_that_holds_something_else_is_trained_again(content, data, tmp_path):
    trained = quick(tmp_path).fit(*data)
    [entry] = tmp_path.rglob("output.pkl")
    joblib.dump(content, entry)
    assert_trained_again_with_one_warning(trained, data, tmp_path)


def test_a_folder_that_cannot_be_made_is_told_once_and_the_fit_trains(data, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.warns(RuntimeWarning, match="memory cannot be used") as caught:
        classifier = quick(tmp_path / "file" / "folder").fit(*data)
    assert len(caught) == 1
    assert not classifier.from_memory_


FULL_DISK = """
import resource, sys, warnings, numpy as np
from joblib.memory import CacheWarning
from sklearn.datasets import load_digits
{helper}
from mnistcnn import DigitCNNClassifier
from mnistcnn.architectures import Simple
X, y = load_digits(return_X_y=True)
X, y = X[:120].astype(np.uint8), y[:120]
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    fit = quick(sys.argv[1]).fit(X, y)
kinds = (RuntimeWarning, CacheWarning)
messages = [warning.message for warning in caught if issubclass(warning.category, kinds)]
print(*messages, fit.from_memory_)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit to a file's size")
def test_a_full_disk_is_told_once_and_the_fit_trains(tmp_path):
    script = FULL_DISK.format(helper=inspect.getsource(quick))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, str(tmp_path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert re.fullmatch(
        r"memory cannot be (used|written to) \(.*File too large\), so .* not cached\. False\n",
        done.stdout,
    )


@pytest.fixture
def read_only():
    """Return what takes the permission to write from a folder and all below it."""
    made_read_only = []

    def take(folder):
        for below, _, _ in os.walk(folder):
            made_read_only.append(below)
            os.chmod(below, 0o555)

    yield take
    for folder in made_read_only:
        os.chmod(folder, 0o755)


@pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("was_used", [False, True])
def test_a_read_only_folder_is_told_once_and_the_fit_trains(was_used, data, tmp_path, read_only):
    if was_used:
        quick(tmp_path).fit(*data)
    read_only(tmp_path)
    if was_used:
        assert quick(tmp_path).fit(*data).from_memory_
    with pytest.warns(RuntimeWarning, match="memory cannot be .*Permission denied") as caught:
        classifier = quick(tmp_path, random_state=1).fit(*data)
    assert len(caught) == 1
    assert not classifier.from_memory_


@pytest.mark.parametrize("memory", [7, object(), ["folder"]])
def test_what_is_no_memory_is_refused(memory, data):
    with pytest.raises(ValueError, match="'memory' parameter of DigitCNNClassifier must be"):
        quick(memory).fit(*data)


SCRIPT = """
import sys, numpy as np
from sklearn.datasets import load_digits
{helper}
from mnistcnn import DigitCNNClassifier
from mnistcnn.architectures import Simple
X, y = load_digits(return_X_y=True)
X, y = X[:120].astype(np.uint8), y[:120]
for seed in range(int(sys.argv[2])):
    fit = quick(sys.argv[1], random_state=seed).fit(X, y)
    print(fit.from_memory_, fit.predict_proba(X).tobytes().hex()[:4000], flush=True)
"""


def process(folder, n_fits):
    script = SCRIPT.format(helper=inspect.getsource(quick))
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", script, str(folder), str(n_fits)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TF_NUM_INTRAOP_THREADS": "1"},
    )


@pytest.mark.long
def test_processes_that_write_at_once_and_are_killed_leave_no_wrong_entry(data, tmp_path):
    generator = np.random.default_rng(0)
    n_fits = 6
    for _ in range(3):
        pair = [process(tmp_path, n_fits) for _ in range(2)]
        # The first line tells that both are past their imports.
        for one in pair:
            one.stdout.readline()
        time.sleep(generator.uniform(0, 0.5))
        for one in pair:
            one.kill()
            one.communicate()
    outputs = [process(tmp_path, n_fits).communicate()[0].split() for _ in range(2)]
    assert outputs[1][::2] == ["True"] * n_fits
    assert outputs[0][1::2] == outputs[1][1::2]
    expected = [
        quick(None, random_state=seed).fit(*data).predict_proba(data[0]).tobytes().hex()[:4000]
        for seed in range(n_fits)
    ]
    assert outputs[1][1::2] == expected


def test_threads_that_fit_the_same_at_once(data, tmp_path):
    fits = Parallel(n_jobs=4, prefer="threads")(
        delayed(lambda: quick(tmp_path).fit(*data))() for _ in range(8)
    )
    for fit in fits:
        np.testing.assert_array_equal(fit.predict_proba(data[0]), fits[0].predict_proba(data[0]))
    assert_read_back(quick(tmp_path).fit(*data), fits[0], data[0])
