"""MLflow: its autologging records a fit and changes nothing of it, and its callback is heard."""

import pickle
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec

import keras
import numpy as np
import pytest
from sklearn.base import clone

from networks import quick_classifier

pytestmark = [
    pytest.mark.slow,
    # MLflow's own, and those of what it brings along.
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(find_spec("mlflow") is None, reason="mlflow is not installed"),
]

quick = partial(quick_classifier, architecture="fast")


@pytest.fixture(scope="module")
def tracked(tmp_path_factory):
    """MLflow, which keeps all in a folder of its own and asks no server."""
    folder = tmp_path_factory.mktemp("mlflow")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/tracking.db")
        patch.chdir(folder)
        import mlflow
        import mlflow.keras

        yield mlflow


@pytest.fixture
def mlflow(tracked, request):
    """MLflow with an empty experiment."""
    tracked.set_experiment(request.node.name)
    return tracked


@contextmanager
def autologging(mlflow, **options):
    mlflow.keras.autolog(**{"log_models": False, "log_datasets": False, "silent": True, **options})
    try:
        yield
    finally:
        mlflow.keras.autolog(disable=True)


def only_run(mlflow):
    [run] = mlflow.search_runs(output_format="list")
    return run


def recorded(mlflow, name):
    """The values of a metric, by the epochs that they were recorded for."""
    client = mlflow.MlflowClient()
    history = client.get_metric_history(only_run(mlflow).info.run_id, name)
    return [one.value for one in sorted(history, key=lambda one: one.step)]


def assert_equal_fits(one, other, X):
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))
    assert one.history_ == other.history_


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"early_stopping": True, "augmentation": "mnist"},
        {"callbacks": keras.callbacks.EarlyStopping("loss", patience=1)},
    ],
    ids=["plain", "with validation", "with callbacks"],
)
def test_autologging_records_each_epoch_and_changes_no_bit(parameters, mlflow, small_digits):
    X, y = small_digits
    plain = quick(**parameters).fit(X, y)
    with autologging(mlflow):
        logged = quick(**parameters).fit(X, y)
    assert_equal_fits(logged, plain, X)
    for name, values in plain.history_.items():
        assert recorded(mlflow, name) == pytest.approx(values)
    parameters = only_run(mlflow).data.params
    assert parameters["epochs"] == "2"
    assert "optimizer_learning_rate" in parameters
    assert only_run(mlflow).info.status == "FINISHED"


def test_the_fit_after_autologging_is_as_ever(mlflow, small_digits):
    X, y = small_digits
    plain = quick().fit(X, y)
    with autologging(mlflow):
        logged = quick().fit(X, y)
        assert clone(logged).get_params() == logged.get_params()
        logged.partial_fit(X, y)
    assert_equal_fits(pickle.loads(pickle.dumps(logged)), logged, X)
    assert_equal_fits(logged.fit(X, y), plain, X)
    assert_equal_fits(quick().fit(X, y), plain, X)


def test_autologging_of_batches_is_served_step_by_step(mlflow, small_digits):
    X, y = small_digits
    with autologging(mlflow, log_every_epoch=False, log_every_n_steps=2):
        quick(batch_size=50, epochs=2).fit(X, y)
    losses = recorded(mlflow, "loss")
    assert len(losses) == 6
    assert len(set(losses)) == 6


def test_the_logged_model_is_the_one_of_the_best_epoch(mlflow, small_digits):
    X, y = small_digits
    with autologging(mlflow, log_models=True):
        # Labels at random: what is learned by heart makes the validation part worse.
        at_random = np.random.default_rng(0).permutation(y)
        stopped = quick(early_stopping=True, epochs=6, n_iter_no_change=2).fit(X, at_random)
    assert stopped.best_epoch_ < stopped.n_iter_
    [model] = mlflow.search_logged_models(
        [only_run(mlflow).info.experiment_id], output_format="list"
    )
    loaded = mlflow.keras.load_model(model.model_uri)
    images = X.reshape(-1, *stopped.image_shape_).astype(np.float32)
    np.testing.assert_allclose(
        loaded.predict(images, verbose=0),
        stopped.model_.predict(images, verbose=0),
        atol=1e-5,
    )


def test_a_fit_that_fails_is_recorded_as_failed(mlflow, small_digits):
    failing = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, _: epoch / 0)
    with autologging(mlflow), pytest.raises(ZeroDivisionError):
        quick(callbacks=failing).fit(*small_digits)
    assert only_run(mlflow).info.status == "FAILED"


def test_its_callback_records_each_epoch_on_the_fast_way(mlflow, small_digits):
    X, y = small_digits
    with mlflow.start_run():
        logged = quick(callbacks=mlflow.keras.MlflowCallback(), early_stopping=True).fit(X, y)
    assert_equal_fits(logged, quick(early_stopping=True).fit(X, y), X)
    for name, values in logged.history_.items():
        assert recorded(mlflow, name) == pytest.approx(values)
    assert recorded(mlflow, "validation_loss") == pytest.approx(logged.history_["val_loss"])
    assert only_run(mlflow).data.params["optimizer_name"].startswith("adam")
