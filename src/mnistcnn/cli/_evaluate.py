"""``mnistcnn evaluate``: how good a model file is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from mnistcnn.cli._model_files import MODEL_FILE, WARNING, load_classifier
from mnistcnn.cli._options import data_option, limit_option, load_images, random_state_option
from mnistcnn.cli._tables import print_table


@click.command()
@data_option
@click.option(
    "--model-file",
    required=True,
    type=MODEL_FILE,
    help=f"A classifier that `mnistcnn train` has written. {WARNING}",
)
@limit_option
@random_state_option
def evaluate(data: str, model_file: Path, limit: int | None, random_state: int) -> None:
    """Measure the accuracy of a trained classifier.

    Of mnist it takes the 10,000 test images, of digits the last 297, which `mnistcnn train` does
    not use. An .npz file or a folder gives its
    test part, a CSV file is used whole.
    """
    X, y = load_images(data, part="test", limit=limit, random_state=random_state)
    classifier = load_classifier(model_file)
    _check_labels(classifier, y)
    predicted = classifier.predict(X)
    print_table(("label", "images", "accuracy %", "most often taken for"), _rows(y, predicted))
    accuracy = 100 * (predicted == y).mean()
    click.echo(
        f"Accuracy {accuracy:.2f} %, prediction error {100 - accuracy:.2f} % on {len(y):,} images."
    )


def _check_labels(classifier: Any, y: Any) -> None:
    known = classifier.classes_.tolist()
    unknown = sorted(set(y.tolist()) - set(known), key=str)
    if unknown:
        raise ValueError(
            f"--data must have labels that the classifier knows ({_listed(known)}), got "
            f"{_listed(unknown)}."
        )


def _listed(labels: list[Any]) -> str:
    return ", ".join(repr(label) for label in labels)


def _rows(y: Any, predicted: Any) -> Iterator[tuple[str, str, str, str]]:
    from sklearn.metrics import confusion_matrix
    from sklearn.utils.multiclass import unique_labels

    labels = unique_labels(y, predicted)
    counts = confusion_matrix(y, predicted, labels=labels)
    for position, label in enumerate(labels):
        row = counts[position]
        if row.any():
            accuracy = 100 * row[position] / row.sum()
            yield str(label), f"{row.sum():,}", f"{accuracy:.2f}", _mistake(labels, row, position)


def _mistake(labels: Any, row: Any, position: int) -> str:
    """Return the wrong label that was predicted most often, and how often."""
    wrong = row.copy()
    wrong[position] = 0
    return f"{labels[wrong.argmax()]} ({wrong.max()}x)" if wrong.any() else ""
