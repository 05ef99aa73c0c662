"""Train the classifier of parts that `load_reader` uses, and write its files.

    MNISTCNN_DATA=FOLDER python scripts/train_part_classifier.py --writers FILE

Lines are composed of MNIST's first 50,000 training images and taken apart as a reader does; see
`pretraining.parts_of_lines`. The network tells single digits, and pairs that touch, from all else.
With the file of QMNIST's writers a seventh of them is set aside: on lines of their digits the
network is measured, and the temperature of its probabilities set. Without it, every seventh digit
is set aside. Lines and the network are kept in the folder `--cache`.
"""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from joblib import Memory, Parallel, delayed
from numpy.typing import NDArray
from pretraining.calibration import best_temperature, temperature_scaled
from pretraining.parts_of_lines import Judged, Lines
from pretraining.training_images import with_other_pens
from sklearn.base import clone

from mnistcnn import DigitCNNClassifier, fetch_mnist
from mnistcnn.architectures import Accurate
from mnistcnn.classifier import restore_fit
from mnistcnn.pretrained._files import write_network

ROOT = Path(__file__).parents[1]
WEIGHTS = ROOT / "src" / "mnistcnn" / "pretrained" / "weights"

# So many of the images are drawn anew with other pens, too.
N_IMAGES, N_REDRAWN = 50_000, 20_000
SEED = 0
WRITER_COLUMN, ONE_IN = 2, 7
N_LINES, N_LINES_SET_ASIDE, LINES_PER_JOB = 24_000, 1_200, 500
PARAMETERS: dict[str, Any] = {
    "architecture": Accurate(filters=(24, 48, 64, 96)),
    "epochs": 10,
    "random_state": SEED,
}
NAME = "parts"


def judged(lines: Lines, seed: int, n_lines: int) -> Judged:
    """Return views of parts of lines, and what each is."""
    rng = np.random.default_rng(seed)
    return _joined(lines.judged(rng) for _ in range(n_lines))


def _joined(all_judged: Iterator[Judged]) -> Judged:
    views, labels = zip(*all_judged, strict=True)
    return Judged(np.concatenate(views), np.concatenate(labels))


def trained(examples: Judged) -> DigitCNNClassifier:
    """Return a network that tells digits, pieces, several and other things apart."""
    print(f"training on {len(examples.labels):,} parts", flush=True)
    classifier = DigitCNNClassifier(**PARAMETERS, verbose=2)
    return classifier.fit(*examples).set_params(verbose=0)


def write(
    classifier: DigitCNNClassifier, temperature: float, figures: dict[str, float], folder: Path
) -> str:
    """Write the network's file, its probabilities calibrated, and return its SHA-256."""
    calibrated = restore_fit(
        # In float32 the same image gets the same answer on every machine.
        clone(classifier).set_params(precision="float32"),
        image_shape=classifier.image_shape_,
        classes=classifier.classes_,
        weights=temperature_scaled(classifier.model_.get_weights(), temperature),
        history={key: list(map(float, each)) for key, each in classifier.history_.items()},
        pixel_range=(0.0, 255.0),
    )
    about = {
        "data": "lines composed of MNIST's first 50,000 training images, letters and scribbles",
        "command": "python scripts/train_part_classifier.py",
        "temperature": temperature,
        **figures,
    }
    return write_network(folder, NAME, calibrated, about)


def _is_set_aside(writers: Path | None) -> NDArray[np.bool_]:
    if writers is None:
        return np.arange(N_IMAGES) % ONE_IN == 0
    with np.load(writers) as file:
        return np.asarray(file["train"][:N_IMAGES, WRITER_COLUMN] % ONE_IN == 0)


def main() -> None:
    """Compose lines, train, print what the lines set aside say, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--writers", type=Path, help="QMNIST's labels, as a NumPy archive")
    parser.add_argument("--output", type=Path, default=WEIGHTS, help="default: the package's own")
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache" / "pretraining")
    arguments = parser.parse_args()
    digits = fetch_mnist(subset="train")
    is_set_aside = _is_set_aside(arguments.writers)
    memory = Memory(arguments.cache, verbose=0)
    kept_judged, kept_fit = memory.cache(judged), memory.cache(trained)
    kept_pens = memory.cache(with_other_pens)

    def examples(of: NDArray[np.bool_], n_lines: int) -> Judged:
        images, target = digits.images[:N_IMAGES][of], digits.target[:N_IMAGES][of]
        redrawn = kept_pens(images[:N_REDRAWN], target[:N_REDRAWN], SEED)
        lines = Lines(
            np.concatenate([images, redrawn]), np.concatenate([target, target[:N_REDRAWN]])
        )
        jobs = (
            delayed(kept_judged)(lines, seed, LINES_PER_JOB)
            for seed in range(-(-n_lines // LINES_PER_JOB))
        )
        return _joined(iter(Parallel(n_jobs=-1)(jobs)))

    classifier = kept_fit(examples(~is_set_aside, N_LINES))
    views, labels = examples(is_set_aside, N_LINES_SET_ASIDE)
    logits = classifier.decision_function(views)
    numbers = np.searchsorted(classifier.classes_, labels)
    accuracy = 100 * float((logits.argmax(axis=1) == numbers).mean())
    temperature = best_temperature(logits, numbers)
    print(f"accuracy {accuracy:.2f} %, temperature {temperature:.3f}")
    sha256 = write(classifier, temperature, {"accuracy_percent": accuracy}, arguments.output)
    print(f"to be put into mnistcnn/pretrained/_loading.py: {sha256}")
    print("to be run then: python scripts/export_pretrained.py")


if __name__ == "__main__":
    main()
