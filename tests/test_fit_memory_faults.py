"""A `memory` that is damaged, full or locked: one warning, and the fit trains."""

import inspect
import os
import re
import subprocess
import sys
import time

import joblib
import numpy as np
import pytest
from joblib import Parallel, delayed

from fit_memories import assert_read_back, quick

# Each fits several networks.
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("bytes_left", [0, 1, 500, -1], ids=["empty", "a byte", "500", "all but 1"])
def test_a_damaged_entry_is_trained_again_and_replaced_with_one_warning(
    bytes_left, byte_digits, tmp_path
):
    trained = quick(tmp_path).fit(*byte_digits)
    [entry] = tmp_path.rglob("output.pkl")
    entry.write_bytes(entry.read_bytes()[:bytes_left])
    assert_trained_again_with_one_warning(trained, byte_digits, tmp_path)


def assert_trained_again_with_one_warning(trained, data, folder):
    with pytest.warns(RuntimeWarning, match="memory holds a damaged fit .* replaced") as caught:
        again = quick(folder).fit(*data)
    assert len(caught) == 1
    assert not again.from_memory_
    np.testing.assert_array_equal(again.predict_proba(data[0]), trained.predict_proba(data[0]))
    assert_read_back(quick(folder).fit(*data), trained, data[0])


@pytest.mark.parametrize("content", [None, {"values": [np.zeros(3)]}, [1, 2]])
def test_an_entry_that_holds_something_else_is_trained_again(content, byte_digits, tmp_path):
    trained = quick(tmp_path).fit(*byte_digits)
    [entry] = tmp_path.rglob("output.pkl")
    joblib.dump(content, entry)
    assert_trained_again_with_one_warning(trained, byte_digits, tmp_path)


def test_a_folder_that_cannot_be_made_is_told_once_and_the_fit_trains(byte_digits, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.warns(RuntimeWarning, match="memory cannot be used") as caught:
        classifier = quick(tmp_path / "file" / "folder").fit(*byte_digits)
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
def test_a_read_only_folder_is_told_once_and_the_fit_trains(
    was_used, byte_digits, tmp_path, read_only
):
    if was_used:
        quick(tmp_path).fit(*byte_digits)
    read_only(tmp_path)
    if was_used:
        assert quick(tmp_path).fit(*byte_digits).from_memory_
    with pytest.warns(RuntimeWarning, match="memory cannot be .*Permission denied") as caught:
        classifier = quick(tmp_path, random_state=1).fit(*byte_digits)
    assert len(caught) == 1
    assert not classifier.from_memory_


@pytest.mark.parametrize("memory", [7, object(), ["folder"]])
def test_what_is_no_memory_is_refused(memory, byte_digits):
    with pytest.raises(ValueError, match="'memory' parameter of DigitCNNClassifier must be"):
        quick(memory).fit(*byte_digits)


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
def test_processes_that_write_at_once_and_are_killed_leave_no_wrong_entry(byte_digits, tmp_path):
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
        quick(None, random_state=seed)
        .fit(*byte_digits)
        .predict_proba(byte_digits[0])
        .tobytes()
        .hex()[:4000]
        for seed in range(n_fits)
    ]
    assert outputs[1][1::2] == expected


def test_threads_that_fit_the_same_at_once(byte_digits, tmp_path):
    fits = Parallel(n_jobs=4, prefer="threads")(
        delayed(lambda: quick(tmp_path).fit(*byte_digits))() for _ in range(8)
    )
    for fit in fits:
        np.testing.assert_array_equal(
            fit.predict_proba(byte_digits[0]), fits[0].predict_proba(byte_digits[0])
        )
    assert_read_back(quick(tmp_path).fit(*byte_digits), fits[0], byte_digits[0])
