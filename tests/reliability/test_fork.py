"""A process that was forked after a network had run says so at once, in place of a hang."""

import subprocess
import sys

import pytest

# They start processes of their own.
pytestmark = [pytest.mark.slow, pytest.mark.long]

PRELUDE = """
import concurrent.futures, multiprocessing, sys
import numpy as np
from mnistcnn import DigitCNNClassifier
X, y = np.random.default_rng(0).integers(0, 255, (40, 64), np.uint8), np.arange(40) % 10
classifier = DigitCNNClassifier("baseline", epochs=1, random_state=0)
fork = multiprocessing.get_context("fork")
def told(task, *arguments):
    try:
        task(*arguments)
    except Exception as error:
        print(type(error).__name__, error)
"""

# Some pools wait for their workers at the end.
END = """
import os
sys.stdout.flush()
for child in multiprocessing.active_children():
    child.kill()
os._exit(0)
"""

ENTRIES = {
    "Pool, predict": "classifier.fit(X, y); fork.Pool(1).map(classifier.predict, [X])",
    "Pool, fit": "classifier.fit(X, y); fork.Pool(1).starmap(classifier.fit, [(X, y)])",
    "ProcessPoolExecutor": (
        "classifier.fit(X, y)\n"
        "    executor = concurrent.futures.ProcessPoolExecutor(1, mp_context=fork)\n"
        "    executor.submit(classifier.predict_proba, X).result()"
    ),
    "joblib": (
        "classifier.fit(X, y)\n"
        "    import joblib\n"
        "    from sklearn.model_selection import cross_val_score\n"
        "    with joblib.parallel_config('multiprocessing', n_jobs=2):\n"
        "        cross_val_score(classifier, X, y, cv=2, error_score='raise')"
    ),
}


def output_of(script):
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"{PRELUDE}\n{script}\n{END}"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="forks")
@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
def test_a_forked_process_names_what_to_use_instead(entry, trial):
    answer = output_of(f"def task():\n    {entry}\ntold(task)")
    assert "RuntimeError" in answer
    assert all(word in answer for word in ("forked", "spawn", "forkserver", "loky"))
    trial.injects("forks after a network had run")


@pytest.mark.skipif(sys.platform != "linux", reason="forks")
def test_a_process_forked_before_any_network_ran_can_compute(trial):
    answer = output_of("print(fork.Pool(1).starmap(classifier.fit, [(X, y)])[0].n_iter_)")
    assert answer.strip() == "1"
    trial.injects("forks before any network had run")
