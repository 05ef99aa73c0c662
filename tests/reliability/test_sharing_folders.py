"""Two processes that fetch, keep fits and save in the same folders at once."""

import functools
import json
import os
import subprocess
import sys
import threading
import time
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from mirrors import QuietHandler
from mnist_files import write_data
from mnistcnn.datasets._catalogue import MNIST
from trials import SECONDS

pytestmark = [pytest.mark.slow, pytest.mark.long]

SECONDS_OF_IMPORTS = 20


def test_two_processes_do_not_disturb_each_other(trial, tmp_path):
    write_data(tmp_path / "mirror", MNIST, ".gz")
    handler = functools.partial(QuietHandler, directory=tmp_path / "mirror")
    paths = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        words = [tmp_path, address, time.time() + SECONDS_OF_IMPORTS, 0.02 * SECONDS]
        both = [
            subprocess.Popen(
                [sys.executable, Path(__file__).with_name("sharing.py"), *map(str, words)],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "no_proxy": "127.0.0.1"},
            )
            for _ in range(2)
        ]  # fmt: skip
        ended = [each.communicate() for each in both]
        server.shutdown()
    for process, (output, errors) in zip(both, ended, strict=True):
        assert process.returncode == 0, errors[-3000:]
        for what, n in json.loads(output.splitlines()[-1])["counts"].items():
            trial.tries(f"{what} beside another process", n)
    leftovers = [path for path in tmp_path.rglob("*") if path.name.startswith(".mnistcnn-")]
    assert not leftovers
