"""How many images and requests a second `examples/serve` answers, and how soon at half of that.

The server is a process of its own with the exported pretrained network; what asks it, and measures,
is `examples/serve/load_test.py`, on the same machine.
"""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import numpy as np

from benchmarks._benchmark import Benchmark, Case
from benchmarks._results import Figure, Measurement, Results

SERVER = Path(__file__).parents[1] / "examples" / "serve"
# What users run lies beside the server, not in a package.
sys.path.append(str(SERVER))

import load_test  # noqa: E402

HOST = "127.0.0.1"
START_SECONDS = 120
PACKAGES = ("fastapi", "uvicorn", "prometheus_client", "multipart", "onnxruntime", "tf2onnx")
CASE = "the pretrained network"
IMAGES, REQUESTS = "images_per_second", "requests_per_second"
P50, P99 = "p50_milliseconds", "p99_milliseconds"


@dataclass(frozen=True)
class Sizes:
    """How long each part of the load test takes, its images a batch, and how many ask at a time."""

    seconds: float
    batch: int
    clients: int


def load_server(*, sizes: Sizes, repeat: int) -> Measurement:
    """Start the server, and run the load test against it."""
    del repeat
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder)) as port:
        arguments = Namespace(host=HOST, port=port, **vars(sizes))
        found = asyncio.run(load_test.measured(arguments))
    p50, p99 = 1000 * np.percentile(found.latencies, [50, 99])
    rates = {name: value for name, value in found._asdict().items() if name != "latencies"}
    return {**rates, P50: float(p50), P99: float(p99)}


@contextmanager
def _served(folder: Path) -> Iterator[int]:
    model, log = folder / "digits.onnx", folder / "log"
    export = [sys.executable, "-m", "mnistcnn", "export", "pretrained", str(model)]
    subprocess.run(export, check=True, capture_output=True)
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", "--app-dir", str(SERVER), "app:app"]
    with log.open("wb") as messages:
        process = subprocess.Popen(
            [*command, "--host", HOST, "--port", str(port), "--no-access-log"],
            env={**os.environ, "DIGITS_MODEL": str(model)},
            stdout=messages,
            stderr=messages,
        )
    try:
        _wait_for(process, port, log)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urlopen(f"http://{HOST}:{port}/health"):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the server did not start: {log.read_text('utf8', errors='replace')}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
    return port


def cases(sizes: Sizes) -> list[Case]:
    """Return the one case."""
    return [Case(CASE, load_server, {"sizes": sizes}, backend="tensorflow", packages=PACKAGES)]


def figures(results: Results, sizes: Sizes) -> list[Figure]:
    """Return the three figures that have a bar."""
    per_second = f"{sizes.clients} clients: requests of one image per second"
    p99 = results.median(CASE, P99)
    return [
        Figure(
            f"batches of {sizes.batch}: images per second",
            results.median(CASE, IMAGES),
            "",
            at_least=2000,
        ),
        Figure(per_second, results.median(CASE, REQUESTS), "", at_least=300),
        Figure("p99 of the latency at half of these requests per second", p99, "ms", at_most=50),
    ]


BENCHMARK = Benchmark(
    summary="images and requests per second of `examples/serve`, and latency at half of that load",
    full=Sizes(10, 256, 16),
    quick=Sizes(0.5, 16, 2),
    cases=cases,
    figures=figures,
)
