"""One search on every parallel engine that joblib has: the same scores each time."""

import json
import os
import signal
import subprocess
import sys

import pytest

from killable_search import Search

SCRIPT = """
import json, sys, warnings
import joblib, numpy as np
from sklearn.model_selection import GridSearchCV
from mnistcnn import DigitCNNClassifier
from mnistcnn.architectures import Simple

X = np.random.default_rng(0).integers(0, 255, (120, 64), np.uint8)
y = np.arange(120) % 10
network = DigitCNNClassifier(Simple(4, kernel_size=3), epochs=2, random_state=0)
grid = {"architecture__dropout": [0.1, 0.5], "learning_rate": [1e-3, 1e-2]}
search = GridSearchCV(network, grid, cv=2, scoring="neg_log_loss", refit=False)
engine, repeats = sys.argv[1], int(sys.argv[2])
if engine == "dask":
    from dask.distributed import Client, LocalCluster
    client = Client(LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None))
if engine == "ray":
    import ray
    from ray.util.joblib import register_ray
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    register_ray()
for _ in range(repeats):
    with joblib.parallel_config(engine, n_jobs=1 if engine == "sequential" else 2):
        scores = search.fit(X, y).cv_results_
    print(json.dumps([scores[f"split{k}_test_score"].tolist() for k in range(2)]))
sys.stdout.flush()
if engine == "dask":
    client.shutdown()
if engine == "ray":
    ray.shutdown()
"""

REPEATS = 5


def scores_of(engine):
    # One and two threads differ in the last bits, whatever the engine.
    one_thread = {"TF_NUM_INTRAOP_THREADS": "1", "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT, engine, str(REPEATS)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **one_thread},
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    return [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("[[")]


@pytest.fixture(scope="module")
def sequential_scores():
    return scores_of("sequential")


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("engine", ["loky", "threading", "dask", "ray"])
def test_every_engine_gives_the_scores_of_a_search_in_sequence(engine, sequential_scores):
    first = sequential_scores[0]
    assert sequential_scores == [first] * REPEATS
    assert scores_of(engine) == [first] * REPEATS


# What each engine may say where a worker was killed; dask does the work again, mostly.
LOSSES = {
    "loky": "TerminatedWorkerError",
    # The threads' process is the search itself.
    "threading": "",
    "dask": "FutureCancelledError",
    "ray": "ActorDiedError",
}


@pytest.fixture(scope="module")
def scores_without_kill(tmp_path_factory):
    return Search("grid", "sequential", tmp_path_factory.mktemp("undisturbed")).scores()


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("engine", LOSSES)
def test_a_killed_worker_costs_its_fit_only(engine, scores_without_kill, tmp_path):
    killed = Search("grid", engine, tmp_path)
    killed.wait_for_training(4)
    worker, *_ = killed.fits()[-1]
    os.kill(worker, signal.SIGKILL)
    scores = killed.scores()
    assert scores == scores_without_kill or LOSSES[engine] in killed.errors, killed.errors[-3000:]
    again = Search("grid", engine, tmp_path, 1)
    assert again.scores() == scores_without_kill, again.errors[-3000:]
    assert not killed.finished() & set(again.trained())
    assert len(again.finished()) == 24
