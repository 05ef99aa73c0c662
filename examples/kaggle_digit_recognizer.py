"""Kaggle's "Digit Recognizer", from its two files to a submission, with plots on the way.

    python examples/kaggle_digit_recognizer.py [FOLDER]

FOLDER holds ``train.csv`` (a column ``label``, then 784 of pixels) and ``test.csv`` (pixels only),
and gets ``submission.csv`` and the plots. Without it, both files are written from the bundled
digits first, into a folder that goes away.

The lines between the comments "eight lines" are the whole way without plots. For a leaderboard,
replace the network by ``DigitCNNClassifier("accurate", epochs=12, augmentation="mnist")``, or run
``mnistcnn kaggle --train train.csv --test test.csv --submission submission.csv``.
"""

import sys
import tempfile
from pathlib import Path

import matplotlib
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import train_test_split

from mnistcnn import (
    DigitCNNClassifier,
    load_sample_digits,
    read_kaggle_csv,
    write_kaggle_submission,
)
from mnistcnn.plotting import DigitGridDisplay, TrainingHistoryDisplay

matplotlib.use("agg")


def write_bundled_digits(folder):
    """Write the bundled digits as Kaggle's two files."""
    frame = load_sample_digits(as_frame=True).frame
    frame.head(1500).to_csv(folder / "train.csv", index=False)
    frame.tail(297).drop(columns="label").to_csv(folder / "test.csv", index=False)


def to_submission(folder):
    """Train on train.csv, and write the predictions for test.csv."""
    # eight lines
    X, y = read_kaggle_csv(folder / "train.csv", return_X_y=True)
    X_test = read_kaggle_csv(folder / "test.csv", target=None).data
    parts = train_test_split(X, y, test_size=0.2, stratify=y, random_state=0)
    X_train, X_val, y_train, y_val = parts
    classifier = DigitCNNClassifier("fast", epochs=3, random_state=0)
    classifier.fit(X_train, y_train, X_val=X_val, y_val=y_val)
    print(f"Accuracy on {len(y_val)} images held out: {classifier.score(X_val, y_val):.4f}")
    write_kaggle_submission(folder / "submission.csv", classifier.predict(X_test), overwrite=True)
    # eight lines
    return classifier, X_train, y_train, X_val, y_val


def plot(folder, classifier, X_train, y_train, X_val, y_val):
    """Show the images, the network, its epochs, and its mistakes."""
    classifier.model_.summary(expand_nested=True)
    displays = {
        "samples": DigitGridDisplay.from_samples(X_train, y_train, n_per_class=8),
        "loss": TrainingHistoryDisplay.from_estimator(classifier, quantity="loss"),
        "accuracy": TrainingHistoryDisplay.from_estimator(classifier, quantity="accuracy"),
        "confusion": ConfusionMatrixDisplay.from_estimator(classifier, X_val, y_val),
        "mistakes": DigitGridDisplay.from_estimator(classifier, X_val, y_val),
    }
    for name, display in displays.items():
        display.figure_.savefig(folder / f"{name}.png")
        print(f"{name}.png", end=" ")
    print(f"and submission.csv are in {folder}")


with tempfile.TemporaryDirectory() as temporary:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else temporary)
    if folder == Path(temporary):
        write_bundled_digits(folder)
    plot(folder, *to_submission(folder))
