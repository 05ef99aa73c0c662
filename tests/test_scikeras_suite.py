"""The script that runs scikeras's own tests tells what fails with our class alone."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "scikeras_suite.py"
sys.path.insert(0, str(SCRIPT.parent))

from scikeras_suite import difference_of, failed_with_ours_alone  # noqa: E402

# In the form of scikeras's, which is not ours to hand on.
TESTS = """
import numpy as np
import pytest
from scikeras.wrappers import KerasClassifier
from .models import NAME

def test_both_pass():
    assert KerasClassifier().get_params()["epochs"] == 1

def test_both_fail():
    assert NAME == "another"

def test_chance_is_the_same_with_both():
    assert np.random.uniform() == np.random.RandomState(0).uniform()

def test_X_dtype_changes_incremental_fit():
    assert KerasClassifier.__module__.startswith("scikeras")
"""
UNKNOWN = """
def test_of_something_else():
    assert KerasClassifier.__module__.startswith("scikeras")
"""


def test_only_what_passes_with_theirs_counts():
    theirs = {"a": "passed", "b": "failed", "c": "skipped", "d": "passed", "e": "passed"}
    ours = {"a": "failed", "b": "failed", "c": "failed", "d": "passed"}
    assert failed_with_ours_alone(theirs, ours) == ["a", "e"]


@pytest.mark.parametrize(
    "name",
    [
        "test_errors::test_X_dtype_changes_incremental_fit",
        "test_errors::test_target_dtype_changes_incremental_fit",
        "test_input_outputs::test_input_dtype_conversion[uint8-KerasClassifier]",
    ],
)
def test_documented_differences_are_told_by_name(name):
    assert "any dtype" in difference_of(f"tests.{name}")


def test_other_names_have_no_documented_difference():
    assert difference_of("tests.test_errors::test_unknown_param") is None


@pytest.fixture
def answer(tmp_path, request):
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "models.py").write_text('NAME = "one"')
    (folder / "test_some.py").write_text(request.param)
    return subprocess.run(
        [sys.executable, SCRIPT, folder], capture_output=True, text=True, check=False
    )


@pytest.mark.slow
@pytest.mark.long
class TestScript:
    @pytest.mark.parametrize("answer", [TESTS], indirect=True)
    def test_names_what_fails_by_a_documented_difference(self, answer):
        assert answer.returncode == 0, answer.stderr
        lines = answer.stdout.splitlines()
        assert lines[0] == "scikeras's classifier: 3 passed, 1 failed, 0 skipped"
        assert lines[1] == "mnistcnn's classifier: 2 passed, 2 failed, 0 skipped"
        assert "test_X_dtype_changes_incremental_fit (images of any dtype" in lines[2]

    @pytest.mark.parametrize("answer", [TESTS + UNKNOWN], indirect=True)
    def test_ends_with_an_error_where_no_difference_explains_it(self, answer):
        assert answer.returncode == 1
        assert "test_of_something_else (no documented difference)" in answer.stdout

    def test_says_what_it_takes(self, tmp_path):
        missing = subprocess.run(
            [sys.executable, SCRIPT, tmp_path / "nowhere"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert missing.returncode == 1
        assert "PATH is the folder `tests`" in missing.stderr
