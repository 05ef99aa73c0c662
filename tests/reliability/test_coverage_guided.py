"""Files that atheris makes, which sees what code they reach; it is no requirement of the tests."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from trials import SECONDS

SHARE = 0.03


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("kind", ["idx3-ubyte", "npz", "csv"])
def test_whatever_code_a_file_reaches_it_is_read_or_refused_by_name(kind, trial, tmp_path):
    if find_spec("atheris") is None:
        pytest.skip("atheris is not installed")
    script = Path(__file__).with_name("coverage_guided.py")
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", script, kind, str(tmp_path), str(SHARE * SECONDS)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-3000:]
    (n_runs,) = re.findall(r"^Done (\d+) runs", ended.stderr, re.MULTILINE)
    trial.tries(f"files of atheris's, read as `.{kind}`", int(n_runs))
