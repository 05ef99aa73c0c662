"""Print what int8 costs the network that comes with the package, in accuracy, and brings in size.

    MNISTCNN_DATA=FOLDER python scripts/quantization_loss.py

The files that `export` writes are calibrated on 512 of MNIST's first 50,000 training images, and
asked for the last 10,000. It needs the extras `onnx` and `litert`.
"""

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

from mnistcnn import fetch_mnist, load_pretrained
from mnistcnn._onnxruntime import load_onnxruntime

N_TRAINING = 50_000
N_CALIBRATION = 512
AT_ONCE = 32

Ask = Callable[[Any], Any]


def asked_by_onnxruntime(path: Path) -> Ask:
    """Return what gives the probabilities of a batch by an ONNX file."""
    session = load_onnxruntime().InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda images: session.run(["probabilities"], {"images": images})[0]


def asked_by_litert(path: Path) -> Ask:
    """Return what gives the probabilities of a batch by a LiteRT file."""
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(str(path)).get_signature_runner()
    return lambda images: runner(images=images)["probabilities"]


RUNTIMES = {".onnx": asked_by_onnxruntime, ".tflite": asked_by_litert}


def most_probable(ask: Ask, images: Any) -> Any:
    """Return the place of the most probable class of each image."""
    places = [ask(images[i : i + AT_ONCE]).argmax(axis=1) for i in range(0, len(images), AT_ONCE)]
    return np.concatenate(places)


def main() -> None:
    """Print a row a file."""
    X, target = fetch_mnist(return_X_y=True)
    images = X.reshape(-1, 28, 28, 1)
    chosen = np.random.default_rng(0).choice(N_TRAINING, N_CALIBRATION, replace=False)
    last = images[N_TRAINING:]
    in_int8 = {"quantization": "int8", "calibration_images": images[chosen]}
    classifier = load_pretrained()
    print(f"{'format':<8} {'computes in':<12} {'accuracy %':>10} {'MB':>6}")
    with TemporaryDirectory() as folder:
        for suffix, runtime in RUNTIMES.items():
            for name, settings in (("float32", {}), ("int8", in_int8)):
                path = Path(folder) / f"{name}{suffix}"
                classifier.export(path, **settings)
                places = most_probable(runtime(path), last)
                accuracy = 100 * (places == target[N_TRAINING:]).mean()
                size = path.stat().st_size / 1e6
                print(f"{suffix:<8} {name:<12} {accuracy:>10.2f} {size:>6.2f}")


if __name__ == "__main__":
    main()
