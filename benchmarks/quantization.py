"""What int8 costs the exported pretrained network in accuracy, and what it saves in size.

The int8 files are calibrated on some of the first 50,000 training images of MNIST; all files
predict the others, which the network was trained on.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._benchmark import Benchmark, Case
from benchmarks._data import SIZES, Labels, Pixels, load_images, source
from benchmarks._results import ACCURACY, Figure, Measurement, Results
from mnistcnn import load_pretrained, load_sample_digits
from mnistcnn._onnxruntime import load_onnxruntime

MEGABYTES = "megabytes"
# As 50,000 are of MNIST's 60,000.
CALIBRATED_FROM = 5 / 6
AT_ONCE = 32

Predict = Callable[[Any], Any]


@dataclass(frozen=True)
class Sizes:
    """How many images the ranges of the activations are taken from, and how many are predicted."""

    n_calibration: int
    n_predicted: int


def _by_onnxruntime(path: Path) -> Predict:
    session = load_onnxruntime().InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda images: session.run(["probabilities"], {"images": images})[0]


def _by_litert(path: Path) -> Predict:
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(str(path)).get_signature_runner()
    return lambda images: runner(images=images)["probabilities"]


# For each kind of file what runs it, and what must be installed for that.
RUNTIMES = {
    ".onnx": (_by_onnxruntime, ("onnx", "onnxruntime", "tf2onnx")),
    ".tflite": (_by_litert, ("ai_edge_litert",)),
}
TYPES = ("float32", "int8")


def export_and_predict(*, suffix: str, computes_in: str, sizes: Sizes, repeat: int) -> Measurement:
    """Export the network, and return the size of its file and the accuracy of its predictions."""
    X, y = _digits()
    n_first = round(CALIBRATED_FROM * len(X))
    settings = {} if computes_in == "float32" else _int8(X[:n_first], sizes, repeat)
    images, labels = (part[n_first : n_first + sizes.n_predicted] for part in (X, y))
    runtime, _ = RUNTIMES[suffix]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"digits{suffix}"
        load_pretrained().export(path, **settings)
        measured = {MEGABYTES: path.stat().st_size / 1e6}
        places = _most_probable(runtime(path), images)
    if source() == "MNIST":
        measured[ACCURACY] = 100 * float((places == labels).mean())
    return measured


def _digits() -> tuple[Pixels, Labels]:
    """Return MNIST's training images, or the bundled digits: `export` refuses synthetic images."""
    if source() == "MNIST":
        X, y = load_images(SIZES["train"])
    else:
        digits = load_sample_digits()
        X, y = digits.images, digits.target
    return X[..., np.newaxis], y


def _int8(images: Any, sizes: Sizes, seed: int) -> dict[str, Any]:
    generator = np.random.default_rng(seed)
    chosen = generator.choice(len(images), sizes.n_calibration, replace=False)
    return {"quantization": "int8", "calibration_images": images[chosen]}


def _most_probable(predict: Predict, images: Any) -> Any:
    parts = (images[start : start + AT_ONCE] for start in range(0, len(images), AT_ONCE))
    return np.concatenate([predict(part).argmax(axis=1) for part in parts])


def cases(sizes: Sizes) -> list[Case]:
    """Return each kind of file, in float32 and in int8."""
    return [
        Case(
            f"{suffix}, {computes_in}",
            export_and_predict,
            {"suffix": suffix, "computes_in": computes_in, "sizes": sizes},
            # Without calibration there is nothing in which repeats could differ.
            max_repeats=1 if computes_in == "float32" else None,
            backend="tensorflow",
            packages=packages,
        )
        for suffix, (_, packages) in RUNTIMES.items()
        for computes_in in TYPES
    ]


def figures(results: Results, sizes: Sizes) -> list[Figure]:
    """Return what each kind of file loses, and how much smaller it becomes."""
    del sizes
    found = []
    for suffix in RUNTIMES:
        full, small = (f"{suffix}, {computes_in}" for computes_in in TYPES)
        loss = results.lead(full, small)
        size = results.ratio(small, full, MEGABYTES)
        found += [
            Figure(f"{suffix}: accuracy lost by int8", loss, "points", at_most=0.05),
            Figure(f"{suffix}: size of the int8 file / the float32 file", size),
        ]
    return found


BENCHMARK = Benchmark(
    summary="accuracy and size of exported files of the pretrained network, in float32 and int8",
    full=Sizes(512, 10_000),
    quick=Sizes(64, 64),
    cases=cases,
    figures=figures,
)
