"""Fits that share a folder for backups go on from their own, and own code tells them apart."""

from concurrent.futures import ThreadPoolExecutor

import joblib
import keras
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from backups import Rate, assert_equal_fits, backed_up, network_of, stop
from mnistcnn import Augmentation

# Each fits several networks.
pytestmark = pytest.mark.slow


def with_activation(function):
    """A function that builds layers with a function of the user's, always of the same name."""

    def own(x):
        return function(x)

    return network_of(own)


def with_layer(function):
    class Own(keras.layers.Layer):
        def call(self, x):
            return function(x)

    def build(input_shape, n_classes):
        layers = [keras.layers.Flatten(), keras.layers.Dense(16), Own()]
        return keras.Sequential([keras.Input(input_shape), *layers, keras.layers.Dense(n_classes)])

    return build


def optimizer_of(function):
    class Own(keras.optimizers.SGD):
        def update_step(self, gradient, variable, learning_rate):
            super().update_step(function(gradient), variable, learning_rate)

    return Own(0.1)


def scheduled_by(function):
    @keras.saving.register_keras_serializable("backup")
    class Own(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.01 + 0.0 * function(keras.ops.cast(step, "float32"))

        def get_config(self):
            return {}

    return keras.optimizers.SGD(Own())


def drawing_with(function):
    class Own(Augmentation):
        def draw(self, n_images, image_shape, generator):
            return super().draw(n_images, image_shape, function(generator))

    return Own(rotation=5)


# Two times the same, and corrected.
OWN_CODE = {
    "activation": lambda function: {"architecture": with_activation(function)},
    "layer": lambda function: {"architecture": with_layer(function)},
    "optimizer": lambda function: {"optimizer": optimizer_of(function)},
    "schedule": lambda function: {"optimizer": scheduled_by(function)},
    "augmentation": lambda function: {"augmentation": drawing_with(function)},
    "callback": lambda function: {
        "others": [keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: function(1))]
    },
}  # fmt: skip


def first_version():
    return lambda x: x


def corrected_version():
    return lambda x: x if x is not None else 0


@pytest.mark.parametrize("name", OWN_CODE)
def test_own_code_is_gone_on_with_until_it_is_corrected(name, small_digits, tmp_path):
    X, y = small_digits
    of = OWN_CODE[name]
    stop(backed_up(tmp_path, **of(first_version())), (X, y), at=3)
    stop(backed_up(tmp_path, **of(first_version())), (X, y), at=4)
    with pytest.warns(UserWarning, match="other data, parameters, callbacks, functions"):
        corrected = backed_up(tmp_path, **of(corrected_version())).fit(X, y)
    assert corrected.callbacks_[1].by_epoch.keys() == set(range(5))
    rest = backed_up(tmp_path, **of(first_version()))
    rest.callbacks = [*rest.callbacks, keras.callbacks.CSVLogger(tmp_path / "rest.csv")]
    rest.fit(X, y)
    _, first_row = (tmp_path / "rest.csv").read_text().splitlines()
    assert first_row.startswith("4,")


def test_corrected_code_is_trained_where_backups_are_kept(small_digits, tmp_path):
    X, y = small_digits
    kept = {"options": {"delete_checkpoint": False}, "epochs": 2}
    wrong, right = (with_activation(f) for f in (lambda x: 0 * x, lambda x: keras.ops.relu(x)))
    backed_up(tmp_path, architecture=wrong, **kept).fit(X, y)
    with pytest.warns(UserWarning, match="holds the backup of another fit"):
        corrected = backed_up(tmp_path, architecture=right, **kept).fit(X, y)
    anew = backed_up(tmp_path / "anew", architecture=right, **kept).fit(X, y)
    assert_equal_fits(corrected, anew, X)


@pytest.mark.filterwarnings("ignore:.*holds the backup of another fit")
@pytest.mark.parametrize("options", [{}, {"delete_checkpoint": False}], ids=str)
def test_a_search_over_callbacks_scores_as_without_backups(options, small_digits, tmp_path):
    X, y = small_digits
    rates = (0.5, 0.001, 0.01)

    def scores(*first):
        grid = {"callbacks": [[*first, Rate(rate)] for rate in rates]}
        one = backed_up(tmp_path, lr_schedule="constant", epochs=3)
        search = GridSearchCV(one, grid, cv=2, error_score="raise", refit=False)
        with joblib.parallel_config("threading", n_jobs=3):
            return search.fit(X, y).cv_results_["mean_test_score"]

    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup", **options)
    np.testing.assert_array_equal(scores(backup), scores())


def test_equal_fits_at_the_same_time_end_alike(small_digits, tmp_path):
    X, y = small_digits
    alone = backed_up(tmp_path / "alone").fit(X, y)
    with ThreadPoolExecutor(4) as pool:
        fits = [pool.submit(backed_up(tmp_path / "shared").fit, X, y) for _ in range(8)]
        for fit in fits:
            assert_equal_fits(fit.result(), alone, X)
    assert not (tmp_path / "shared").exists()
