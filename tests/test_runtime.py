"""Threads of TensorFlow in worker processes, seen in real ones."""

import os
import subprocess
import sys

import pytest

# They start processes of their own.
pytestmark = pytest.mark.slow

REPORT = """
import os
import joblib
import numpy as np

def threads(_):
    from mnistcnn import DigitCNNClassifier
    DigitCNNClassifier("baseline", epochs=1).fit(np.eye(20, 16), np.arange(20) % 2)
    import tensorflow as tf
    return tf.config.threading.get_intra_op_parallelism_threads()

if __name__ == "__main__":
    with joblib.parallel_config("loky", n_jobs=2, inner_max_num_threads=3):
        print(joblib.Parallel()(joblib.delayed(threads)(i) for i in range(2)), threads(0))
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("callers_choice", "expected"), [(None, "[3, 3] 0"), ("2", "[0, 0] 0")], ids=["share", "caller"]
)
def test_workers_keep_to_their_share_unless_the_caller_chose(callers_choice, expected, tmp_path):
    script = tmp_path / "report.py"
    script.write_text(REPORT)
    environment = {k: v for k, v in os.environ.items() if k != "TF_NUM_INTRAOP_THREADS"}
    if callers_choice:
        environment["TF_NUM_INTRAOP_THREADS"] = callers_choice
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == expected
