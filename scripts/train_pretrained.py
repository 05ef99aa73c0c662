"""Train the network that comes with the package, and write its files.

    MNISTCNN_DATA=FOLDER python scripts/train_pretrained.py

Uses MNIST's 60,000 training pictures and nothing else. The network is a committee, whose members
differ in width and are trained one by one. Twins of the members, trained on the first
50,000, are measured on the last 10,000, which also set the temperature of the probabilities; what
is written is trained on all, in the same way. What was done is kept in the folder `--cache`, so
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
from pretraining.calibration import best_temperature, cooled, expected_calibration_error
from pretraining.pictures import training_pictures, with_other_pens
from scipy.special import softmax

from mnistcnn import DigitCNNClassifier, fetch_mnist
from mnistcnn.architectures import Accurate, Architecture, Committee
from mnistcnn.pretrained._descriptions import described
from mnistcnn.pretrained._files import Description, digest, read_network, write_network

ROOT = Path(__file__).parents[1]
WEIGHTS = ROOT / "src" / "mnistcnn" / "pretrained" / "weights"

N_HELD_OUT = 10_000
SEED = 0
# Chosen on the last 10,000 training pictures and on pictures simulated from them.
MEMBERS = (Accurate(filters=(32, 64, 64, 128)), Accurate(filters=(32, 96, 96, 192)))
PARAMETERS: dict[str, Any] = {
    "augmentation": "handwriting",
    "epochs": 16,
    "random_state": SEED,
}
NAME = "accurate"

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
    X, y = training_pictures(images, other_pens, target, SEED)
    print(f"training on {len(y):,} pictures, {len(images):,} of them MNIST's own", flush=True)
    classifier = DigitCNNClassifier(architecture, **parameters, verbose=2)
    return classifier.fit(X, y).set_params(verbose=0)


def calibration(
    members: list[DigitCNNClassifier], images: Images, target: Labels
) -> dict[str, float]:
    """Return the temperature that suits pictures a network has not seen, and its figures there."""
    of_members = [member.decision_function(images) for member in members]
    logits = np.mean(of_members, axis=0)
    temperature = best_temperature(logits, target)
    before, after = (softmax(logits / divisor, axis=1) for divisor in (1.0, temperature))
    mistakes = {
        f"held_out_mistakes_of_member_{number}": float((alone.argmax(axis=1) != target).sum())
        for number, alone in enumerate(of_members, start=1)
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
    members: list[DigitCNNClassifier],
    figures: dict[str, float],
    parameters: dict[str, Any],
    folder: Path,
    name: str,
) -> None:
    """Write the files of a committee, its probabilities calibrated."""
    first = members[0]
    architecture = Committee(tuple(member.architecture for member in members))
    description = Description(
        # In float32 the same picture gets the same answer on every machine.
        parameters={**parameters, "precision": "float32"},
        architecture=described(architecture),
        image_shape=list(first.image_shape_),
        classes=first.classes_.tolist(),
        history=_mean_history(members),
        about={**_about(first.precision_), **figures},
    )
    write_network(folder, name, description, _joined(members, figures["temperature"]))


def _joined(members: list[DigitCNNClassifier], temperature: float) -> list[Floats]:
    """Return the weights of the committee: how pixels are scaled, then those of each member."""
    weights = [cooled(member.model_.get_weights(), temperature) for member in members]
    scaling = weights[0][:N_SCALING]
    if any(each[:N_SCALING] != scaling for each in weights):
        raise ValueError("members of a committee must have been trained on the same pictures")
    return [*scaling, *(array for each in weights for array in each[N_SCALING:])]


def _about(precision: str) -> dict[str, Any]:
    return {
        "data": "MNIST's 60,000 training pictures; the same redrawn; 6,000 pictures of no digit",
        "command": "python scripts/train_pretrained.py",
        "versions": {name: version(name) for name in ("tensorflow", "keras", "numpy", "scipy")},
        "processor": platform.processor() or platform.machine(),
        "trained_in": precision,
        "history": "the mean over the members, each of which was trained alone",
    }


def _mean_history(members: list[DigitCNNClassifier]) -> dict[str, list[float]]:
    columns = {
        column: [member.history_[column] for member in members] for column in members[0].history_
    }
    return {column: np.mean(values, axis=0).tolist() for column, values in columns.items()}


def _state_of_the_code() -> str:
    """Return a name that changes with what trains: nothing kept from other code is used."""
    folders = (ROOT / "scripts", ROOT / "src" / "mnistcnn")
    files = sorted(file for folder in folders for file in folder.rglob("*.py"))
    files.append(ROOT / "benchmarks" / "_thinning.py")
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def main() -> None:
    """Train, print what the held-out pictures say, and write the files."""
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

    def committee(rows: slice) -> list[DigitCNNClassifier]:
        examples = images[rows], other_pens[rows], target[rows]
        return [fit(*examples, member, PARAMETERS) for member in MEMBERS]

    figures = calibration(committee(training), images[held_out], target[held_out])
    print("\n".join(f"{name}: {figure:.4f}" for name, figure in figures.items()), flush=True)
    write(committee(slice(None)), figures, PARAMETERS, arguments.output, NAME)
    description, _ = read_network(arguments.output, NAME)
    print(f"to be put into mnistcnn/pretrained/_loading.py: {digest(description)}")


if __name__ == "__main__":
    main()
