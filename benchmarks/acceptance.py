"""What `DigitCNNClassifier()` reaches on MNIST's test set, which is only looked at here.

    MNISTCNN_DATA=FOLDER python benchmarks/acceptance.py

Trains the default classifier on all 60,000 raw images with several seeds, and again on the same
pixels in other forms: equal pixel values must give equal predictions, pixels from 0 to 1 the same
accuracy. Nothing is chosen by these figures.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import pandas as pd

from mnistcnn import DigitCNNClassifier, fetch_mnist

Pixels = np.ndarray[Any, Any]

FORMS_OF_EQUAL_VALUES: dict[str, Callable[[Pixels], Any]] = {
    "float64": lambda X: X.astype(np.float64),
    "DataFrame of int64": lambda X: pd.DataFrame(X.astype(np.int64)),
}


def accuracy(train: Any, test: Any, unit: Callable[[Pixels], Any], seed: int) -> dict[str, float]:
    """Fit on all of MNIST's training images and score on the test images."""
    classifier = DigitCNNClassifier(random_state=seed)
    started = time.perf_counter()
    classifier.fit(unit(train.data), train.target)
    seconds = time.perf_counter() - started
    score = classifier.score(unit(test.data), test.target)
    return {"seed": seed, "accuracy": score, "fit_seconds": seconds}


def equal_predictions(train: Any, test: Any) -> dict[str, bool]:
    """Tell for each form of the same pixel values whether it gives the same predictions."""
    expected = DigitCNNClassifier(random_state=0).fit(train.data, train.target)
    probabilities = expected.predict_proba(test.data)
    results = {}
    for name, form in FORMS_OF_EQUAL_VALUES.items():
        fitted = DigitCNNClassifier(random_state=0).fit(form(train.data), train.target)
        results[name] = bool((fitted.predict_proba(form(test.data)) == probabilities).all())
    # In the order of the digits, as "0" to "9" are too; labels that sort otherwise belong to other
    # output units, which is as another seed.
    letters = np.array(list("abcdefghij"))
    lettered = DigitCNNClassifier(random_state=0).fit(train.data, letters[train.target])
    results["letters as labels"] = bool(
        (lettered.predict(test.data) == letters[expected.predict(test.data)]).all()
    )
    return results


def summary(runs: list[dict[str, float]]) -> dict[str, float]:
    """Return mean and standard deviation over seeds, in percent."""
    scores = [100 * run["accuracy"] for run in runs]
    return {
        "mean": statistics.mean(scores),
        "sd": statistics.stdev(scores) if len(scores) > 1 else 0.0,
        "n": len(scores),
        "median_fit_seconds": statistics.median(run["fit_seconds"] for run in runs),
    }


def main() -> None:
    """Print the figures, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--output", help="a JSON file")
    arguments = parser.parse_args()
    train, test = fetch_mnist(subset="train"), fetch_mnist(subset="test")
    results: dict[str, Any] = {}
    for name, unit in [("uint8", lambda X: X), ("0-1 floats", lambda X: (X / 255).astype("f4"))]:
        runs = [accuracy(train, test, unit, seed) for seed in range(arguments.seeds)]
        results[name] = {**summary(runs), "runs": runs}
        print(
            f"{name:12} {results[name]['mean']:.3f} % +- {results[name]['sd']:.3f}, "
            f"n = {len(runs)}, fit {results[name]['median_fit_seconds']:.1f} s",
            flush=True,
        )
    results["equal"] = equal_predictions(train, test)
    print("equal predictions:", results["equal"])
    if arguments.output:
        with open(arguments.output, "w", encoding="utf8") as file:
            json.dump(results, file, indent=2)


if __name__ == "__main__":
    main()
