"""Full disks and folders that may not be written to: refused, and all is as it was."""

import os
import subprocess
import sys
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

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
def test_where_nothing_can_be_written_nothing_is_lost(kind, trial):
    # Not below the folder of pytest's, which only its owner can enter.
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "place").mkdir()
        with small_disk(folder / "place") if kind == "disk" else nullcontext():
            report = trial.of_child("no_room.py", kind, folder, share=0.02, at_least=2)
        trial.injects(FAULTS[kind], report["injected"])
