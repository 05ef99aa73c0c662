"""A comparison as a search: what fails, on which engine, and what scikit-learn's callbacks see."""

import json
import os
import subprocess
import sys
from itertools import count
from threading import Barrier, Lock

import keras
import numpy as np
import pytest
from joblib import parallel_config
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV

from choice import long
from mnistcnn import DigitCNNClassifier, NonFiniteLossError, compare_architectures
from mnistcnn._scikit_learn import CandidateByCandidate, set_callbacks
from networks import one_layer

# Each fits several networks.
pytestmark = pytest.mark.slow

QUICK = {"cv": 2, "epochs": 1, "random_state": 0}


def diverging(input_shape, n_classes):
    """A network that can be built, and whose loss is not finite."""
    too_large = [keras.layers.Rescaling(1e30), keras.layers.Rescaling(1e30)]
    return keras.Sequential(
        [
            keras.Input(input_shape),
            *too_large,
            keras.layers.Flatten(),
            keras.layers.Dense(n_classes),
        ]
    )


NETWORKS = {"diverging": diverging, "one_layer": one_layer}
FIGURES = ["accuracy_mean", "accuracy_sd", "prediction_error_percent", "fit_seconds"]
FIGURES += ["microseconds_per_image"]


def scores_of(result, architecture, scorer="accuracy"):
    return [r[scorer] for r in result.records if r["architecture"] == architecture]


@pytest.fixture(scope="module")
def one_layer_alone(small_digits):
    return compare_architectures(*small_digits, architectures={"one_layer": one_layer}, **QUICK)


class FullDisk(keras.callbacks.Callback):
    """Fails in the fits whose number, counted from 0, is among those given."""

    def __init__(self, *failing, error=OSError):
        super().__init__()
        self.failing, self.error = failing, error
        # One for all copies, unlike a list.
        self.numbers = count()

    def on_train_begin(self, logs=None):  # noqa: ARG002
        if next(self.numbers) in self.failing:
            raise self.error("No space left\n  on \x1b[1mdevice\x1b[0m")


def with_full_disk(*failing, **options):
    return DigitCNNClassifier(callbacks=FullDisk(*failing, **options))


class TestFailures:
    @pytest.mark.parametrize(
        ("engine", "is_reported"),
        [
            ("sequential", False),
            ("threading", True),
            ("loky", True),
            long("sequential", True),
            long("threading", False),
            long("loky", False),
        ],
    )
    def test_a_failing_architecture_has_a_row_that_says_why(
        self, small_digits, one_layer_alone, engine, is_reported
    ):
        partial, lock = [], Lock()

        def keep(result):
            with lock:  # What cannot be sent to a worker.
                partial.append(result)

        options = {"on_architecture_done": keep} if is_reported else {}
        with (
            pytest.warns(FitFailedWarning, match="diverging failed in 2 of 2 folds: NonFiniteLoss"),
            parallel_config(engine, n_jobs=2),
        ):
            result = compare_architectures(
                *small_digits, architectures=NETWORKS, **QUICK, **options
            )
        best, failed = result.table.to_dict("records")
        assert (best["architecture"], best["failure"]) == ("one_layer", "")
        assert failed["failure"].startswith("2 of 2 folds: NonFiniteLossError: The training")
        assert failed["parameters"] == 650
        assert np.isnan([failed[figure] for figure in FIGURES]).all()
        assert scores_of(result, "one_layer") == scores_of(one_layer_alone, "one_layer")
        # NaN equals nothing, but is written like any other.
        reported = [str(part.records) for part in partial]
        assert reported == [str(result.records[:2]), str(result.records)][: 2 * is_reported]

    def test_one_fold_that_fails_leaves_the_others_in_the_records(self, small_digits):
        with pytest.warns(FitFailedWarning, match="b failed in 1 of 3 folds: OSError: No space"):
            result = compare_architectures(
                *small_digits,
                architectures={"a": one_layer, "b": one_layer, "c": one_layer},
                estimator=with_full_disk(4),
                **QUICK | {"cv": 3},
            )
        assert list(result.table["architecture"]) == ["a", "c", "b"]
        assert np.isnan(result.table["accuracy_mean"][2])
        failures = [record["failure"] for record in result.records]
        assert failures == ["", "", "", "", "OSError: No space left on device", "", "", "", ""]
        first, missing, last = scores_of(result, "b")
        assert [first, last] == scores_of(result, "a")[::2]
        assert np.isnan(missing)
        assert result.failures == {"b": "1 of 3 folds: OSError: No space left on device"}

    def test_a_scorer_that_fails_is_named_and_the_others_are_kept(
        self, small_digits, one_layer_alone
    ):
        def fussy(estimator, X, y):  # noqa: ARG001
            raise LookupError("no label of mine")

        with pytest.warns(FitFailedWarning, match="fussy: LookupError: no label of mine"):
            result = compare_architectures(
                *small_digits,
                architectures={"one_layer": one_layer},
                scoring={"fussy": fussy, "accuracy": "accuracy"},
                **QUICK,
            )
        assert scores_of(result, "one_layer") == scores_of(one_layer_alone, "one_layer")
        assert np.isnan(scores_of(result, "one_layer", "fussy")).all()
        assert (result.table["microseconds_per_image"] > 0).all()

    @pytest.mark.parametrize("error_score", [np.nan, 0.0])
    def test_a_scorer_that_fails_leaves_the_pairs_of_the_others(self, small_digits, error_score):
        def fussy(estimator, X, y):  # noqa: ARG001
            raise LookupError("no label of mine")

        with pytest.warns(FitFailedWarning, match="fussy: LookupError"):
            result = compare_architectures(
                *small_digits,
                architectures={"one_layer": one_layer, "wider": "baseline"},
                scoring={"accuracy": "accuracy", "fussy": fussy},
                error_score=error_score,
                **QUICK,
            )
        assert {record["failed_scorers"][0] for record in result.records} == {"fussy"}
        assert len(result.pairwise(scorer="accuracy")) == 1
        assert len(result.pairwise(scorer="fussy")) == 0
        assert result.verdict.startswith("By accuracy in 2 folds, ")
        json.dumps(result.to_dict(), allow_nan=False)

    @pytest.mark.parametrize("networks", [["diverging"], ["diverging", "again"]])
    def test_where_nothing_can_be_trained_there_is_an_error(self, small_digits, networks):
        architectures = dict.fromkeys(networks, diverging)
        with pytest.raises(
            ValueError,
            match="None of the architectures could be trained: NonFiniteLossError: The training",
        ):
            compare_architectures(*small_digits, architectures=architectures, **QUICK)

    def test_errors_are_raised_on_request(self, small_digits):
        with pytest.raises(NonFiniteLossError):
            compare_architectures(
                *small_digits, architectures=NETWORKS, error_score="raise", **QUICK
            )

    def test_a_scorer_too_is_raised_on_request(self, small_digits):
        def fussy(estimator, X, y):  # noqa: ARG001
            raise LookupError("no label of mine")

        with pytest.raises(LookupError):
            compare_architectures(
                *small_digits,
                architectures=[one_layer],
                scoring=fussy,
                error_score="raise",
                **QUICK,
            )

    def test_a_score_for_failures_counts(self, small_digits):
        with pytest.warns(FitFailedWarning, match="diverging"):
            result = compare_architectures(
                *small_digits, architectures=NETWORKS, error_score=0, **QUICK
            )
        assert scores_of(result, "diverging") == [0, 0]
        assert list(result.table["prediction_error_percent"])[-1] == 100
        assert np.isnan(result.table["fit_seconds"].iloc[-1])

    def test_an_interrupt_is_no_failure(self, small_digits):
        done = []
        with pytest.raises(KeyboardInterrupt):
            compare_architectures(
                *small_digits,
                architectures={"a": one_layer, "b": one_layer, "c": one_layer},
                estimator=with_full_disk(3, error=KeyboardInterrupt),
                on_architecture_done=done.append,
                **QUICK,
            )
        assert [list(result.table["architecture"]) for result in done] == [["a"]]

    def test_a_wrong_setting_of_the_template_is_refused_before_a_fit(self, small_digits):
        with pytest.raises(ValueError, match="'label_smoothing' parameter"):
            compare_architectures(
                *small_digits,
                architectures=[one_layer],
                estimator=DigitCNNClassifier(label_smoothing=2),
            )

    def test_without_reasons_from_scikit_learn_the_scores_are_the_same(
        self, small_digits, one_layer_alone, monkeypatch
    ):
        monkeypatch.delattr(CandidateByCandidate, "_format_results")
        with pytest.warns(UserWarning, match="non-finite"):
            result = compare_architectures(*small_digits, architectures=NETWORKS, **QUICK)
        assert scores_of(result, "one_layer") == scores_of(one_layer_alone, "one_layer")
        assert np.isnan(scores_of(result, "diverging")).all()


class Meeting(keras.callbacks.Callback):
    """Lets each fit go on when so many have begun."""

    def __init__(self, n_fits):
        super().__init__()
        self.barrier = Barrier(n_fits, timeout=60)

    def on_train_begin(self, logs=None):  # noqa: ARG002
        self.barrier.wait()


def test_more_networks_than_folds_are_trained_at_the_same_time(small_digits):
    with parallel_config("threading", n_jobs=4):
        result = compare_architectures(
            *small_digits,
            architectures={"a": one_layer, "b": one_layer},
            estimator=DigitCNNClassifier(callbacks=Meeting(4)),
            **QUICK,
        )
    assert result.failures == {}


class TestCallbacks:
    @pytest.mark.skipif(
        not hasattr(GridSearchCV, "set_callbacks"),
        reason="scikit-learn has callbacks from version 1.9 on",
    )
    @pytest.mark.parametrize("engine", ["sequential", "loky"])
    def test_bars_show_architectures_folds_and_epochs(
        self, small_digits, capsys, monkeypatch, engine
    ):
        from sklearn.callback import ProgressBar

        monkeypatch.setenv("COLUMNS", "200")
        with parallel_config(engine, n_jobs=2):
            compare_architectures(
                *small_digits,
                architectures={"first": one_layer, "second": one_layer},
                callbacks=ProgressBar(max_propagation_depth=None),
                **QUICK,
            )
        lines = capsys.readouterr().out.splitlines()
        n_bars = {" - first #0": 1, " - second #1": 1, "DigitCNNClassifier - fit": 4}
        for text, expected in n_bars.items():
            bars = [line for line in lines if text in line]
            assert len(bars) == expected
            assert all("100%" in line for line in bars)

    @pytest.mark.skipif(
        not hasattr(GridSearchCV, "set_callbacks"),
        reason="scikit-learn has callbacks from version 1.9 on",
    )
    def test_those_of_keras_are_refused(self, small_digits):
        with pytest.raises(TypeError, match=r"scikit-learn's, .* got \[<.*History.*pass Keras"):
            compare_architectures(
                *small_digits, architectures=[one_layer], callbacks=keras.callbacks.History()
            )

    def test_an_older_scikit_learn_is_told(self):
        with pytest.raises(ValueError, match=r"callbacks needs scikit-learn 1\.9 or later, got \d"):
            set_callbacks(object(), [])


SCRIPT = """
import json, sys, warnings
import joblib, numpy as np
from mnistcnn import compare_architectures
from mnistcnn.architectures import Simple
from test_architecture_search import diverging

X = np.random.default_rng(0).integers(0, 255, (120, 64), np.uint8)
y = np.arange(120) % 10
engine = sys.argv[1]
if engine == "dask":
    from dask.distributed import Client, LocalCluster
    client = Client(LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None))
if engine == "ray":
    import ray
    from ray.util.joblib import register_ray
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    register_ray()
for options in ({}, {"on_architecture_done": lambda result: None}):
    with joblib.parallel_config(engine, n_jobs=1 if engine == "sequential" else 2):
        result = compare_architectures(
            X, y, architectures={"simple": Simple(4, kernel_size=3), "diverging": diverging}, cv=2,
            scoring=["neg_log_loss", "f1_macro"], epochs=2, random_state=0, **options,
        )
    scores = [[r["neg_log_loss"], r["f1_macro"], r["accuracy"]] for r in result.records[:2]]
    print(json.dumps(["result", scores, result.failures]))
sys.stdout.flush()
if engine == "dask":
    client.shutdown()
if engine == "ray":
    ray.shutdown()
"""


def compared_on(engine):
    # One and two threads differ in the last bits, whatever the engine.
    one_thread = {"TF_NUM_INTRAOP_THREADS": "1", "OMP_NUM_THREADS": "1"}
    path = os.pathsep.join([os.path.dirname(__file__), os.environ.get("PYTHONPATH", "")])
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, engine],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **one_thread, "PYTHONPATH": path},
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    return [json.loads(line) for line in ended.stdout.splitlines() if line.startswith('["result"')]


@pytest.fixture(scope="module")
def in_sequence():
    return compared_on("sequential")


@pytest.mark.long
@pytest.mark.parametrize("engine", ["loky", "threading", "dask", "ray"])
def test_every_engine_gives_the_same_scores_and_reasons(engine, in_sequence):
    at_once, one_by_one = in_sequence
    assert at_once == one_by_one
    assert list(at_once[2]) == ["diverging"]
    assert compared_on(engine) == in_sequence


def test_a_comparison_that_runs_again_with_a_memory_trains_only_what_is_missing(
    small_digits, tmp_path
):
    settings = {**QUICK, "memory": tmp_path}
    alone = compare_architectures(*small_digits, architectures={"one_layer": one_layer}, **settings)
    both = {"one_layer": one_layer, "baseline": "baseline"}
    together = compare_architectures(*small_digits, architectures=both, **settings)
    again = compare_architectures(*small_digits, architectures=both, **settings)
    assert [r["from_memory"] for r in alone.records] == [False, False]
    assert [r["from_memory"] for r in together.records] == [True, True, False, False]
    assert [r["from_memory"] for r in again.records] == [True] * 4
    for label in both:
        assert scores_of(again, label) == scores_of(together, label)
    assert scores_of(again, "one_layer") == scores_of(alone, "one_layer")


@pytest.mark.parametrize("random_state", [None, np.random.RandomState(0)], ids=["None", "state"])
def test_a_memory_that_would_find_nothing_again_is_refused(random_state, small_digits, tmp_path):
    with pytest.raises(ValueError, match="random_state must be an int if memory is given"):
        compare_architectures(*small_digits, memory=tmp_path, random_state=random_state)
