"""What a plain Python session shows of TensorFlow's start, in real processes."""

import os
import platform
import subprocess
import sys

import pytest

# They start processes of their own.
pytestmark = [pytest.mark.slow, pytest.mark.long]

FIT = """
from mnistcnn import DigitCNNClassifier
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score
X, y = load_digits(return_X_y=True)
classifier = DigitCNNClassifier("baseline", epochs=1).fit(X[:100], y[:100])
classifier.predict(X[:5])
"""

IN_WORKERS = """
print(cross_val_score(DigitCNNClassifier("baseline", epochs=1), X[:100], y[:100], cv=2, n_jobs=2))
"""

SETTINGS = ("TF_CPP_MIN_LOG_LEVEL", "MNISTCNN_TF_CPP_MIN_LOG_LEVEL")


def stderr_of(program, **environment):
    inherited = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    answer = subprocess.run(
        [sys.executable, "-c", program],
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    return answer.stderr


@pytest.fixture(scope="module")
def told_by_tensorflow():
    """What TensorFlow itself writes when it starts; nothing on some machines."""
    return stderr_of("import tensorflow")


@pytest.mark.long
def test_a_session_and_its_workers_are_silent():
    assert stderr_of(FIT + IN_WORKERS) == ""


@pytest.mark.parametrize(
    "program",
    [
        "from mnistcnn import get_architecture\nget_architecture('fast').build((28, 28, 1), 10)",
        "from mnistcnn.scikeras_adapter import KerasClassifier",
        "import mnistcnn\nmnistcnn.clear_cache()",
    ],
)
def test_every_way_to_keras_is_silent(program):
    assert stderr_of(program) == ""


@pytest.mark.parametrize("level", ["0", "1"])
def test_whoever_asks_for_messages_gets_them(level, told_by_tensorflow):
    program = f"{FIT}\nimport os\nassert os.environ['TF_CPP_MIN_LOG_LEVEL'] == {level!r}"
    shown = stderr_of(program, TF_CPP_MIN_LOG_LEVEL=level)
    assert bool(shown) == bool(told_by_tensorflow)


def test_settings_of_one_who_has_imported_tensorflow_stay(told_by_tensorflow):
    # TensorFlow imports JAX where it is installed, which chooses a level.
    program = (
        "import os, tensorflow\n"
        "level = os.environ.get('TF_CPP_MIN_LOG_LEVEL')\n"
        f"{FIT}\n"
        "assert os.environ.get('TF_CPP_MIN_LOG_LEVEL') == level"
    )
    assert bool(stderr_of(program)) == bool(told_by_tensorflow)


def test_importing_the_package_sets_nothing():
    assert stderr_of("import os, mnistcnn\nassert 'TF_CPP_MIN_LOG_LEVEL' not in os.environ") == ""


NOISE = [
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR",
    "I0000 00:00:1795600382.828816    8135 port.cc:153] oneDNN custom operations are on.",
    "2026-01-01 10:00:00.123456: W tensorflow/core/x.cc:1] something",
    "E0000 00:00:1.2 1 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error",
]
NEWS = [
    "a line of the caller's",
    "E0000 00:00:1.2 1 cuda_dnn.cc:1] Loaded runtime CuDNN library: 9.1.0",
]


def test_what_others_write_meanwhile_comes_afterwards():
    program = (
        "import os, sys\n"
        "from mnistcnn._quiet_start import start_up_silenced\n"
        "with start_up_silenced():\n"
        f"    for line in {NOISE + NEWS!r}:\n"
        "        os.write(2, line.encode() + b'\\n')\n"
        "print('later', file=sys.stderr)\n"
    )
    assert stderr_of(program).splitlines() == [*NEWS, "later"]


def test_an_error_in_between_is_told_and_a_crash_shows_where():
    failing = "from mnistcnn._quiet_start import start_up_silenced\nwith start_up_silenced():\n    "
    error = subprocess.run(
        [sys.executable, "-c", failing + "1 / 0"], capture_output=True, text=True, check=False
    )
    assert "ZeroDivisionError" in error.stderr
    inherited = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    crash = subprocess.run(
        [sys.executable, "-c", failing + "import os; os.abort()"],
        env=inherited, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert crash.returncode != 0
    assert "Aborted" in crash.stderr


def test_a_closed_stderr_is_no_obstacle():
    program = f"import os\nos.close(2)\n{FIT}"
    assert stderr_of(program) == ""


class TestOneDNN:
    TOLD = "import mnistcnn, keras, os; print(os.environ.get('TF_ENABLE_ONEDNN_OPTS'))"

    def told(self, program, **environment):
        inherited = {
            name: value for name, value in os.environ.items() if name != "TF_ENABLE_ONEDNN_OPTS"
        }
        answer = subprocess.run(
            [sys.executable, "-c", program],
            env=inherited | environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return answer.stdout.strip()

    @pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="x86 has oneDNN")
    def test_is_taken_where_the_user_has_not_decided(self):
        assert self.told(self.TOLD) == "1"

    def test_the_users_choice_stays(self):
        assert self.told(self.TOLD, TF_ENABLE_ONEDNN_OPTS="0") == "0"
