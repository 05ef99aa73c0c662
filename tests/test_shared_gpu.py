"""Several fits on one GPU: who is told, seen in real workers that take a CPU for one."""

import os
import subprocess
import sys

import pytest

# They start processes of their own.
pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="Linux's names")]

PROGRAM = """
import os, sys, time, warnings
import joblib
import numpy as np

tell = warnings.showwarning

def tell_slowly(*told):
    # Long enough for the other threads to come to the same warning.
    time.sleep(0.5)
    tell(*told)

warnings.simplefilter("always")
warnings.showwarning = tell_slowly

def fit(_):
    from mnistcnn import DigitCNNClassifier
    from mnistcnn._training import shared_gpu
    shared_gpu._has_gpu = lambda: True
    if sys.argv[2] == "own":
        os.environ["CUDA_VISIBLE_DEVICES"] = f"{os.getpid()},99"
    DigitCNNClassifier("baseline", epochs=1).fit(np.eye(20, 16), np.arange(20) % 2)

if __name__ == "__main__":
    if sys.argv[1] == "ray":
        import ray
        from ray.util.joblib import register_ray
        ray.init("local", num_cpus=2, include_dashboard=False)
        register_ray()
    n_jobs = 1 if sys.argv[1] == "sequential" else 2
    # Ray starts new workers for each search, which know nothing of those before.
    for _ in range(1 if sys.argv[1] == "ray" else 2):
        with joblib.parallel_config(sys.argv[1], n_jobs=n_jobs):
            joblib.Parallel(batch_size=1)(joblib.delayed(fit)(i) for i in range(6))
"""


def told_by(engine, gpu, tmp_path):
    script = tmp_path / "fits.py"
    script.write_text(PROGRAM)
    # No other test of this machine shares this GPU.
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": f"of {tmp_path}", "RAY_DEDUP_LOGS": "0"}
    done = subprocess.run(
        [sys.executable, str(script), engine, gpu],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return [line for line in done.stderr.splitlines() if "SharedGPUWarning:" in line]


@pytest.mark.parametrize(
    "engine",
    [*(pytest.param(engine, marks=pytest.mark.long) for engine in ("loky", "ray")), "threading"],
)
def test_several_fits_on_one_gpu_are_told_of_once(engine, tmp_path):
    (message,) = told_by(engine, "shared", tmp_path)
    assert "n_jobs=1" in message
    assert "CUDA_VISIBLE_DEVICES" in message


@pytest.mark.long
def test_workers_with_a_gpu_each_are_left_in_peace(tmp_path):
    assert told_by("loky", "own", tmp_path) == []


@pytest.mark.long
def test_one_fit_after_another_is_left_in_peace(tmp_path):
    assert told_by("sequential", "shared", tmp_path) == []
