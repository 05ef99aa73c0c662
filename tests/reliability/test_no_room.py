"""Full disks and folders that may not be written to: refused, and all is as it was."""

import os
import subprocess
import sys
from contextlib import contextmanager

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.long,
    pytest.mark.skipif(sys.platform != "linux", reason="limits files as Linux does"),
]

FAULTS = {
    "limit": "writing beyond the largest size of files",
    "disk": "writing to a disk of a megabyte that is full",
    "protected": "writing to a folder that is protected",
}


@contextmanager
def small_disk(folder):
    """Have a folder be a disk of its own."""
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk, and not everywhere")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("kind", FAULTS)
def test_where_nothing_can_be_written_nothing_is_lost(kind, trial, tmp_path):
    (tmp_path / "place").mkdir()
    # Whoever is not root has to reach the folder.
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(folder.stat().st_mode | 0o055)

    def run():
        report = trial.of_child("no_room.py", kind, tmp_path, share=0.02, at_least=2)
        trial.injects(FAULTS[kind], report["injected"])

    if kind == "disk":
        with small_disk(tmp_path / "place"):
            run()
    else:
        run()
