"""Print what the model card says of the network that comes with the package.

    MNISTCNN_DATA=FOLDER python scripts/evaluate_pretrained.py
        [--semeion FILE.npz] [--drawings FOLDER]

None of these images trained anything; the model card says what was decided after a look at their
figures. `--semeion` is an archive with the arrays `x` and `y`,
`--drawings` a folder of PNG files whose names end in their digit.
"""

import argparse
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from pretraining.calibration import expected_calibration_error
from pretraining.out_of_distribution import OUT_OF_DISTRIBUTION
from scipy.stats import binomtest
from sklearn.datasets import load_digits

from mnistcnn import DigitNormalizer, RejectingClassifier, fetch_mnist, load_pretrained

REJECTED = -1


def table(columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    """Return a table in Markdown."""
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def with_interval(n_wrong: int, n: int) -> str:
    """Return an error in percent with its 95 % interval of Clopper and Pearson."""
    interval = binomtest(n_wrong, n).proportion_ci(0.95, method="exact")
    low, high = 100 * interval.low, 100 * interval.high
    return f"{100 * n_wrong / n:.2f} % ({n_wrong} of {n:,}; {low:.2f} to {high:.2f} %)"


def on_mnist(classifier: Any, images: Any, target: Any) -> None:
    """Print error, calibration and results by digit on MNIST's test images."""
    probabilities = classifier.predict_proba(images)
    answers = probabilities.argmax(axis=1)
    print(f"Test error: {with_interval((answers != target).sum(), len(target))}")
    error = 100 * expected_calibration_error(probabilities, target)
    print(f"Expected calibration error: {error:.3f} %\n")
    rows = [
        (digit, (target == digit).sum(), *_recall_and_precision(answers, target, digit))
        for digit in range(10)
    ]
    print(table(("digit", "images", "recall %", "precision %"), rows))
    normalized = classifier.predict(DigitNormalizer().transform(images))
    print(f"\nThrough the normalizer: {with_interval((normalized != target).sum(), len(target))}\n")


def _recall_and_precision(answers: Any, target: Any, digit: int) -> tuple[str, str]:
    right = ((answers == digit) & (target == digit)).sum()
    of_all, of_answers = (target == digit).sum(), (answers == digit).sum()
    return f"{100 * right / of_all:.2f}", f"{100 * right / of_answers:.2f}"


def on_other_pens(classifier: Any, arguments: argparse.Namespace) -> None:
    """Print errors on images of other people and pens, each through the normalizer."""
    digits = load_digits()
    collections = {"scikit-learn's digits, 8x8": (list(digits.images), digits.target)}
    if arguments.semeion:
        with np.load(arguments.semeion, allow_pickle=False) as archive:
            collections["Semeion, 16x16"] = list(archive["x"]), archive["y"]
    if arguments.drawings:
        files = sorted(arguments.drawings.glob("*.png"))
        collections["own drawings"] = files, np.array([int(file.stem[-1]) for file in files])
    normalizer = DigitNormalizer()
    rows = []
    for name, (images, target) in collections.items():
        answers = classifier.predict(normalizer.transform(images))
        rows.append((name, len(target), with_interval((answers != target).sum(), len(target))))
    print(table(("images", "number", "error"), rows), end="\n\n")


def on_non_digits(classifier: Any, images: Any, target: Any) -> None:
    """Print how many digits and how many other images are rejected, by threshold."""
    kinds = {name: make(images, np.random.default_rng(0)) for name, make in OUT_OF_DISTRIBUTION}
    rows = []
    for threshold in (0.5, 0.8, 0.9, 0.95, 0.99):
        rejecting = RejectingClassifier(classifier, threshold=threshold)
        answers = rejecting.predict(images)
        kept = answers != REJECTED
        percentages = [
            f"{100 * (rejecting.predict(others) == REJECTED).mean():.1f}"
            for others in kinds.values()
        ]
        wrong = 100 * (answers != target)[kept].mean()
        rows.append((threshold, f"{100 * (~kept).mean():.2f}", f"{wrong:.2f}", *percentages))
    print("Rejected, in percent:\n")
    columns = ("threshold", "digits", "error of the other digits", *kinds)
    print(table(columns, rows))


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--semeion", type=Path, metavar="FILE.npz")
    parser.add_argument("--drawings", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    classifier = load_pretrained()
    test = fetch_mnist(subset="test")
    on_mnist(classifier, test.images, test.target)
    on_other_pens(classifier, arguments)
    on_non_digits(classifier, test.images, test.target)


if __name__ == "__main__":
    main()
