"""Thousands of damaged image files: each is read, or refused by name, and nothing else happens."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

LARGEST_MEMORY = 1_000_000_000
CHILD = Path(__file__).with_name("mutated_images.py")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """What a process of its own says after it has read them all."""
    folder = tmp_path_factory.mktemp("mutated")
    child = subprocess.run(
        [sys.executable, "-W", "always", CHILD, folder], capture_output=True, text=True
    )
    assert child.returncode == 0, child.stderr
    return json.loads(child.stdout) | {"stderr": child.stderr}


@pytest.mark.slow
@pytest.mark.long
class TestMutatedImages:
    def test_there_are_enough_of_every_kind(self, report):
        assert report["n_files"] >= 4_000
        assert report["n_kinds"] >= 30
        # Neither are all of them beyond reading, nor is the damage without effect.
        assert 0.1 < report["n_refused"] / report["n_files"] < 0.9

    def test_all_errors_are_the_librarys_own_and_name_their_file(self, report):
        assert report["leaks"] == []

    def test_nobody_is_warned(self, report):
        # libtiff writes there by itself, without a way to stop it.
        assert "Warning: " not in report["stderr"]

    @pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak")
    def test_memory_stays_below_a_gigabyte(self, report):
        assert 0 < report["peak"] < LARGEST_MEMORY
