"""How long `mnistcnn predict` takes to start, and how many image files it answers a second then.

The pretrained network is computed by onnxruntime, or by Keras as where onnxruntime is missing.
"""

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from benchmarks._benchmark import Benchmark, Case
from benchmarks._results import Figure, Measurement, Results
from mnistcnn import load_sample_digits

SPEED, START = "images_per_second", "start_seconds"
SCANS = {"200x200, PNG": (200, "png"), "1000x1000, JPEG": (1000, "jpg")}
SCAN = next(iter(SCANS))
BY_KERAS = f"{SCAN}, by Keras"
COMMAND = "from mnistcnn.cli import main; main()"
ONNXRUNTIME_MISSING = "import sys; sys.modules['onnxruntime'] = None; "


@dataclass(frozen=True)
class Sizes:
    """How many files there are, and how many different ones these are."""

    n_files: int
    n_different: int


def time_command(*, kind: str, program: str, sizes: Sizes, repeat: int) -> Measurement:
    """Time the command on one file, which is its start, and on many."""
    del repeat
    with tempfile.TemporaryDirectory() as folder:
        files = _written(Path(folder), kind, sizes)
        start, whole = (_seconds(program, paths) for paths in (files[:1], files))
    return {START: start, SPEED: (len(files) - 1) / max(whole - start, 1e-9)}


def _seconds(program: str, paths: list[Path]) -> float:
    command = [sys.executable, "-c", program, "predict", "--csv"]
    started = time.perf_counter()
    answer = subprocess.run(
        command, input="\n".join(map(str, paths)), text=True, capture_output=True, check=True
    )
    seconds = time.perf_counter() - started
    if len(answer.stdout.splitlines()) != len(paths) + 1:
        raise RuntimeError(f"not all images were answered: {answer.stderr}")
    return seconds


def _written(folder: Path, kind: str, sizes: Sizes) -> list[Path]:
    side, suffix = SCANS[kind]
    images = load_sample_digits().images[: sizes.n_different]
    scans = [
        Image.fromarray(255 - image).resize((side, side), Image.Resampling.BICUBIC)
        for image in images
    ]
    paths = [folder / f"{number}.{suffix}" for number in range(sizes.n_files)]
    for number, path in enumerate(paths):
        scans[number % len(scans)].save(path)
    return paths


def cases(sizes: Sizes) -> list[Case]:
    """Return each kind of file, and one of them by Keras."""
    of_each = [
        Case(
            kind,
            time_command,
            {"kind": kind, "program": COMMAND, "sizes": sizes},
            packages=("onnxruntime",),
        )
        for kind in SCANS
    ]
    by_keras = {"kind": SCAN, "program": ONNXRUNTIME_MISSING + COMMAND, "sizes": sizes}
    return [*of_each, Case(BY_KERAS, time_command, by_keras)]


def figures(results: Results, sizes: Sizes) -> list[Figure]:
    """Return the speed that has a bar, and the start."""
    del sizes
    speed, start = results.median(SCAN, SPEED), results.median(SCAN, START)
    return [
        Figure(f"{SCAN}: images per second after the start", speed, "", at_least=100),
        Figure("the start, with one image", start, "s", at_most=1.5),
        Figure("the start by Keras", results.median(BY_KERAS, START), "s"),
    ]


BENCHMARK = Benchmark(
    summary="start of `mnistcnn predict`, and image files per second then",
    full=Sizes(2000, 100),
    quick=Sizes(2, 2),
    cases=cases,
    figures=figures,
)
