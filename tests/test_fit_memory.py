"""`memory`: equal fits are read back bit-equal, and others are trained."""

import joblib
import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV
from sklearn.pipeline import Pipeline

from fit_memories import assert_read_back, quick
from mnistcnn import Augmentation, ImageReshaper
from mnistcnn.architectures import Fast, Simple

# Each fits several networks.
pytestmark = pytest.mark.slow


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
def test_an_equal_fit_is_read_back(parameters, byte_digits, tmp_path):
    X, y = byte_digits
    without = quick(None, **parameters).fit(X, y)
    trained = quick(tmp_path, **parameters).fit(X, y)
    read = quick(tmp_path, **parameters).fit(X, y)
    assert not without.from_memory_
    assert not trained.from_memory_
    assert_read_back(read, trained, X)
    assert_read_back(read, without, X)


def test_the_part_set_aside_tells_fits_apart(byte_digits, tmp_path):
    # Pixels that are not scaled by the training part say nothing of which images are in it.
    settings = {"early_stopping": True, "pixel_scaling": "unit", "epochs": 1}
    X, y = byte_digits
    for fraction in (0.1, 0.2):
        classifier = quick(tmp_path, validation_fraction=fraction, **settings)
        assert not classifier.fit(15 * X, y).from_memory_


def test_another_version_of_what_computes_trains_anew(byte_digits, tmp_path, monkeypatch):
    quick(tmp_path, epochs=1).fit(*byte_digits)
    monkeypatch.setattr(keras, "__version__", "99.0")
    assert not quick(tmp_path, epochs=1).fit(*byte_digits).from_memory_


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
def test_each_of_many_is_found_again(folder_of_many, byte_digits):
    folder, fits = folder_of_many
    for name, trained in zip(("plain", *OTHERS), fits, strict=True):
        again = clone(trained).fit(*byte_digits)
        assert again.from_memory_, name
        np.testing.assert_array_equal(
            again.predict_proba(byte_digits[0]), trained.predict_proba(byte_digits[0])
        )


@pytest.mark.long
def test_other_data_are_trained(folder_of_many, byte_digits):
    folder, _ = folder_of_many
    X, y = byte_digits
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
def test_the_form_of_the_data_and_the_names_of_the_labels_do_not_matter(
    folder_of_many, byte_digits
):
    folder, [plain, *_] = folder_of_many
    X, y = byte_digits
    for images in (X.reshape(-1, 8, 8), pd.DataFrame(X), X.astype(np.int64), X.tolist()):
        assert_read_back(quick(folder).fit(images, y), plain, X)
    names = np.array([f"digit {i}" for i in range(10)])
    named = quick(folder).fit(X, names[y])
    assert named.from_memory_
    np.testing.assert_array_equal(named.predict(X), names[plain.predict(X)])


def test_what_it_goes_on_from_is_whole(byte_digits, tmp_path):
    X, y = byte_digits
    trained, read = quick(tmp_path).fit(X, y), quick(tmp_path).fit(X, y)
    assert read.from_memory_
    for classifier in (trained, read):
        classifier.partial_fit(X, y).set_params(warm_start=True, memory=None).fit(X, y)
    np.testing.assert_array_equal(trained.predict_proba(X), read.predict_proba(X))


def test_warm_starts_from_equal_networks_are_equal_and_from_others_are_not(byte_digits, tmp_path):
    X, y = byte_digits
    twice = [quick(tmp_path, warm_start=True).fit(X, y).fit(X, y) for _ in range(2)]
    assert [fit.from_memory_ for fit in twice] == [False, True]
    np.testing.assert_array_equal(*(fit.predict_proba(X) for fit in twice))
    other = quick(None, warm_start=True, random_state=7).fit(X, y)
    assert not other.set_params(memory=tmp_path, random_state=0).fit(X, y).from_memory_


@pytest.mark.parametrize("random_state", [None, np.random.RandomState(0)], ids=["None", "state"])
def test_without_an_integer_seed_it_trains_and_says_so_if_asked(
    random_state, byte_digits, tmp_path, capsys
):
    for _ in range(2):
        silent = quick(tmp_path, random_state=random_state).fit(*byte_digits)
        assert not silent.from_memory_
    assert capsys.readouterr().out == ""
    quick(tmp_path, random_state=random_state, verbose=2).fit(*byte_digits)
    assert "without looking in memory: random_state is not an integer" in capsys.readouterr().out


def test_a_callback_with_effects_sees_every_fit(byte_digits, tmp_path):
    seen = []
    watching = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, *_: seen.append(epoch))
    for _ in range(2):
        assert not quick(tmp_path, callbacks=watching).fit(*byte_digits).from_memory_
    assert seen == [0, 1, 0, 1]


def test_a_callback_without_effects_is_read_back_too(byte_digits, tmp_path):
    stopping = keras.callbacks.EarlyStopping("accuracy", patience=0, mode="min")
    trained, read = (
        quick(tmp_path, callbacks=stopping, epochs=9).fit(*byte_digits) for _ in range(2)
    )
    assert read.from_memory_
    assert read.callbacks_[0].stopped_epoch == trained.callbacks_[0].stopped_epoch > 0
    assert read.n_iter_ == trained.n_iter_ < 9


def test_scikit_learns_progress_bar_is_served_and_a_monitor_sees_every_epoch(byte_digits, tmp_path):
    callback = pytest.importorskip("sklearn.callback", reason="from scikit-learn 1.9 on")
    quick(tmp_path).fit(*byte_digits)
    bar = quick(tmp_path).set_callbacks(callback.ProgressBar()).fit(*byte_digits)
    assert bar.from_memory_
    monitor = callback.ScoringMonitor(scoring="accuracy")
    monitored = quick(tmp_path).set_callbacks(monitor).fit(*byte_digits)
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


def test_a_function_is_known_by_the_network_it_builds(byte_digits, tmp_path):
    trained = quick(tmp_path, architecture=with_units(8)).fit(*byte_digits)
    assert_read_back(
        quick(tmp_path, architecture=with_units(8)).fit(*byte_digits), trained, byte_digits[0]
    )
    assert not quick(tmp_path, architecture=with_units(9)).fit(*byte_digits).from_memory_


class OwnLayer(keras.layers.Dense):
    """Whose code may change between two fits without a trace in its config."""


def with_own_layer(input_shape, n_classes):
    layers = [keras.Input(input_shape), keras.layers.Flatten(), OwnLayer(n_classes)]
    return keras.Sequential(layers)


def test_layers_of_your_own_are_trained_each_time(byte_digits, tmp_path, capsys):
    for verbose in (0, 2):
        classifier = quick(tmp_path, architecture=with_own_layer, verbose=verbose).fit(*byte_digits)
        assert not classifier.from_memory_
    assert "function or class of your own may have changed" in capsys.readouterr().out


class OwnAugmentation(Augmentation):
    """Draws what its code says."""


def test_augmentation_optimizer_and_schedule_of_your_own_are_trained_each_time(
    byte_digits, tmp_path
):
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
            assert not quick(tmp_path, **parameters).fit(*byte_digits).from_memory_


def test_a_search_that_runs_again_trains_nothing(byte_digits, tmp_path):
    def search():
        memory = joblib.Memory(tmp_path, verbose=0)
        pipeline = Pipeline([("images", ImageReshaper()), ("classifier", quick(memory))])
        grid = {"classifier__architecture__dropout": [0.1, 0.3]}
        scoring = {"loss": "neg_log_loss", "read": reads_from_memory}
        return GridSearchCV(pipeline, grid, cv=3, scoring=scoring, refit="loss").fit(*byte_digits)

    first, second = search(), search()
    assert first.cv_results_["mean_test_read"].tolist() == [0, 0]
    assert second.cv_results_["mean_test_read"].tolist() == [1, 1]
    assert second.best_estimator_[-1].from_memory_
    for fold in range(3):
        name = f"split{fold}_test_loss"
        np.testing.assert_array_equal(first.cv_results_[name], second.cv_results_[name])


def test_a_halving_search_over_a_pipeline_runs_again_without_training(byte_digits, tmp_path):
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
        ).fit(*byte_digits)
        assert found.n_resources_ == [1, 2]
        return reads, found.cv_results_["mean_test_score"].tolist()

    (first_reads, first_scores), (reads, scores) = search(), search()
    assert not all(first_reads)
    assert all(reads)
    assert scores == first_scores


def reads_from_memory(pipeline, X, y):  # noqa: ARG001
    return float(pipeline[-1].from_memory_)


def test_joblibs_memory_that_keeps_nothing_changes_nothing(byte_digits):
    nowhere = joblib.Memory(None)
    assert not any(quick(nowhere).fit(*byte_digits).from_memory_ for _ in range(2))


def test_library_code_prints_nothing_whatever_the_memory_tells(byte_digits, tmp_path, capsys):
    for _ in range(2):
        quick(joblib.Memory(tmp_path, verbose=1)).fit(*byte_digits)
    assert capsys.readouterr().out == ""
