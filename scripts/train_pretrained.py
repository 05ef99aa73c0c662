"""Train the network that comes with the package, and write its file.

    MNISTCNN_DATA=FOLDER python scripts/train_pretrained.py

Uses MNIST's 60,000 training images and nothing else. The network has columns that
differ in width and are trained one by one. Copies of the columns, trained on the first 50,000, are
measured on the last 10,000, which also set the temperature of the probabilities; what is written is
trained on all, in the same way. What was done is kept in the folder `--cache`, so
that an interrupted run goes on from there, unless the code has changed.
"""

import argparse
import hashlib
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from joblib import Memory
from numpy.typing import NDArray
from pretraining.calibration import best_temperature, expected_calibration_error, temperature_scaled
from pretraining.training_images import training_images, with_other_pens
from scipy.special import softmax

from mnistcnn import DigitCNNClassifier, fetch_mnist
from mnistcnn.architectures import Accurate, Architecture, MultiColumn
from mnistcnn.classifier import restore_fit
from mnistcnn.pretrained._files import write_network

ROOT = Path(__file__).parents[1]
WEIGHTS = ROOT / "src" / "mnistcnn" / "pretrained" / "weights"

N_HELD_OUT = 10_000
SEED = 0
# Chosen on the last 10,000 training images and on images simulated from them.
COLUMNS = (Accurate(filters=(32, 64, 64, 128)), Accurate(filters=(32, 96, 96, 192)))
PARAMETERS: dict[str, Any] = {
    "augmentation": "handwriting",
    "epochs": 16,
    "random_state": SEED,
}
NAME = "digits"

MNIST_PIXELS = (0.0, 255.0)
# A network begins with the offset and the scale of its pixels.
N_SCALING = 2

Floats = NDArray[np.float32]
Images = NDArray[np.uint8]
Labels = NDArray[np.int64]


def trained(
    images: Images,
    other_pens: Images,
    target: Labels,
    architecture: Architecture,
    parameters: dict[str, Any],
) -> DigitCNNClassifier:
    """Return a network trained on digits, on the same ones redrawn, and on no digits."""
    X, y = training_images(images, other_pens, target, SEED)
    print(f"training on {len(y):,} images, {len(images):,} of them MNIST's own", flush=True)
    classifier = DigitCNNClassifier(architecture, **parameters, verbose=2)
    return classifier.fit(X, y).set_params(verbose=0)


def calibration(
    columns: list[DigitCNNClassifier], images: Images, target: Labels
) -> dict[str, float]:
    """Return the temperature that suits images a network has not seen, and its figures there."""
    of_columns = [column.decision_function(images) for column in columns]
    logits = np.mean(of_columns, axis=0)
    temperature = best_temperature(logits, target)
    before, after = (softmax(logits / divisor, axis=1) for divisor in (1.0, temperature))
    mistakes = {
        f"held_out_mistakes_of_column_{number}": float((alone.argmax(axis=1) != target).sum())
        for number, alone in enumerate(of_columns, start=1)
    }
    return {
        **mistakes,
        "held_out_mistakes": float((logits.argmax(axis=1) != target).sum()),
        "temperature": temperature,
        "held_out_accuracy_percent": 100 * float((logits.argmax(axis=1) == target).mean()),
        "held_out_calibration_error_percent": 100 * expected_calibration_error(after, target),
        "held_out_calibration_error_percent_before": (
            100 * expected_calibration_error(before, target)
        ),
    }


def write(
    columns: list[DigitCNNClassifier],
    figures: dict[str, float],
    parameters: dict[str, Any],
    folder: Path,
    name: str,
) -> str:
    """Write the file of a network of columns, its probabilities calibrated; return its SHA-256."""
    first = columns[0]
    architecture = MultiColumn(tuple(column.architecture for column in columns))
    joined = restore_fit(
        # In float32 the same image gets the same answer on every machine.
        DigitCNNClassifier(architecture, **{**parameters, "precision": "float32"}),
        image_shape=first.image_shape_,
        classes=first.classes_,
        weights=_joined(columns, figures["temperature"]),
        history=_mean_history(columns),
        pixel_range=MNIST_PIXELS,
    )
    return write_network(folder, name, joined, {**_about(first.precision_), **figures})


def _joined(columns: list[DigitCNNClassifier], temperature: float) -> list[Floats]:
    """Return the weights of all: how pixels are scaled, then those of each column."""
    weights = [temperature_scaled(column.model_.get_weights(), temperature) for column in columns]
    scaling = weights[0][:N_SCALING]
    if any(each[:N_SCALING] != scaling for each in weights):
        raise ValueError("columns must have been trained on the same images")
    return [*scaling, *(array for each in weights for array in each[N_SCALING:])]


def _about(precision: str) -> dict[str, Any]:
    return {
        "data": "MNIST's 60,000 training images; the same redrawn; 6,000 images of no digit",
        "command": "python scripts/train_pretrained.py",
        "versions": {name: version(name) for name in ("tensorflow", "keras", "numpy", "scipy")},
        "processor": platform.processor() or platform.machine(),
        "trained_in": precision,
        "history": "the mean over the columns, each of which was trained alone",
    }


def _mean_history(columns: list[DigitCNNClassifier]) -> dict[str, list[float]]:
    histories = {key: [column.history_[key] for column in columns] for key in columns[0].history_}
    return {key: np.mean(values, axis=0).tolist() for key, values in histories.items()}


def _state_of_the_code() -> str:
    """Return a name that changes with what trains: nothing kept from other code is used."""
    folders = (ROOT / "scripts", ROOT / "src" / "mnistcnn")
    files = sorted(file for folder in folders for file in folder.rglob("*.py"))
    files.append(ROOT / "benchmarks" / "_thinning.py")
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def main() -> None:
    """Train, print what the held-out images say, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=WEIGHTS, help="default: the package's own")
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache" / "pretraining")
    arguments = parser.parse_args()
    digits = fetch_mnist(subset="train")
    images, target = digits.images, digits.target
    memory = Memory(arguments.cache / _state_of_the_code(), verbose=0)
    other_pens = memory.cache(with_other_pens)(images, target, SEED)
    training, held_out = slice(None, -N_HELD_OUT), slice(-N_HELD_OUT, None)
    fit = memory.cache(trained)

    def trained_columns(rows: slice) -> list[DigitCNNClassifier]:
        examples = images[rows], other_pens[rows], target[rows]
        return [fit(*examples, column, PARAMETERS) for column in COLUMNS]

    figures = calibration(trained_columns(training), images[held_out], target[held_out])
    print("\n".join(f"{name}: {figure:.4f}" for name, figure in figures.items()), flush=True)
    sha256 = write(trained_columns(slice(None)), figures, PARAMETERS, arguments.output, NAME)
    print(f"to be put into mnistcnn/pretrained/_loading.py: {sha256}")
    print("to be run then: python scripts/export_pretrained.py")


if __name__ == "__main__":
    main()
