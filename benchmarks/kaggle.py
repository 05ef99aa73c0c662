"""How long `mnistcnn kaggle` takes from Kaggle's two files to a submission, and how right that is.

The files are made from MNIST as the competition's were: 42,000 of its 70,000 images, drawn at
random, are labeled, and the other 28,000 are to be predicted.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from benchmarks._benchmark import Benchmark, Case
from benchmarks._data import SIZES, Labels, load_images, source
from benchmarks._results import ACCURACY, SECONDS, Figure, Measurement, Results

ALONE = "mnistcnn kaggle"
TOGETHER = "mnistcnn kaggle --ensemble 10 --validation-fraction 0"
OPTIONS: dict[str, list[str]] = {ALONE: [], TOGETHER: TOGETHER.split()[2:]}
COMMAND = "from mnistcnn.cli import main; main()"


@dataclass(frozen=True)
class Sizes:
    """How many images there are in each file, and the options that shorten a trial run."""

    n_labeled: int
    n_to_predict: int
    options: tuple[str, ...] = ()


def submit(*, name: str, sizes: Sizes, repeat: int) -> Measurement:
    """Time the command from its start to its end, and score the file that it wrote."""
    with _files_of_the_competition(sizes, repeat) as (train, test, y):
        submission = train.with_name("submission.csv")
        command = [sys.executable, "-c", COMMAND, "kaggle", "--quiet"]
        command += ["--train", str(train), "--test", str(test), "--submission", str(submission)]
        command += ["--random-state", str(repeat), *sizes.options, *OPTIONS[name]]
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - started
        labels = pd.read_csv(submission)["Label"].to_numpy()
    accuracy = {ACCURACY: 100 * float(np.mean(labels == y))} if source() == "MNIST" else {}
    return {SECONDS: seconds, **accuracy}


@contextmanager
def _files_of_the_competition(sizes: Sizes, seed: int) -> Iterator[tuple[Path, Path, Labels]]:
    """Write train.csv and test.csv, and give the labels of the second."""
    images, digits = zip(*(load_images(SIZES[part], subset=part) for part in SIZES), strict=True)
    rows = np.concatenate(images).reshape(-1, 784)
    X, X_test, y, y_test = train_test_split(
        rows,
        np.concatenate(digits),
        train_size=sizes.n_labeled,
        test_size=sizes.n_to_predict,
        random_state=seed,
    )
    pixels = [f"pixel{number}" for number in range(784)]
    with tempfile.TemporaryDirectory() as folder:
        train, test = Path(folder, "train.csv"), Path(folder, "test.csv")
        labeled = pd.DataFrame(X, columns=pixels)
        labeled.insert(0, "label", y)
        labeled.to_csv(train, index=False)
        pd.DataFrame(X_test, columns=pixels).to_csv(test, index=False)
        yield train, test, y_test


def cases(sizes: Sizes) -> list[Case]:
    """Return the command as it is by default, and with an ensemble."""
    return [Case(name, submit, {"name": name, "sizes": sizes}) for name in OPTIONS]


def figures(results: Results, sizes: Sizes) -> list[Figure]:  # noqa: ARG001
    """Return the time of the default, and the accuracies."""
    return [
        Figure(f"{ALONE}: from the files to the submission", results.median(ALONE), "s", None, 600),
        Figure(f"{ALONE}: mean accuracy", results.mean(ALONE, ACCURACY), "%", at_least=99.5),
        Figure(f"{TOGETHER}: from the files to the submission", results.median(TOGETHER), "s"),
        Figure(f"{TOGETHER}: mean accuracy", results.mean(TOGETHER, ACCURACY), "%", at_least=99.65),
    ]


BENCHMARK = Benchmark(
    summary="from Kaggle's two files to a submission, and its accuracy",
    full=Sizes(42_000, 28_000),
    quick=Sizes(200, 50, ("--epochs", "1")),
    cases=cases,
    figures=figures,
    process="fresh",
)
