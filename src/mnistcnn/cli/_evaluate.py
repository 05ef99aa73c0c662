"""``mnistcnn evaluate``: measures the accuracy of a model file."""

from functools import partial
from pathlib import Path
from typing import Any

import click

from mnistcnn._types import Array, Classifier
from mnistcnn.cli._model_files import (
    MODEL_FILE,
    WRITTEN_BY,
    check_labels,
    check_size,
    load_model_file,
    named_on_error,
    run_code_option,
)
from mnistcnn.cli._options import (
    data_option,
    json_option,
    limit_option,
    load_images,
    quiet_option,
    random_state_option,
)
from mnistcnn.cli._polarity import looks_inverted, warn_if_better_inverted
from mnistcnn.cli._progress import progress_of_answers
from mnistcnn.cli._tables import plain_label, print_json, print_table


@click.command()
@data_option
@click.option(
    "--model-file",
    required=True,
    type=MODEL_FILE,
    help=f"A classifier {WRITTEN_BY}.",
)
@run_code_option
@limit_option
@random_state_option
@json_option
@quiet_option
def evaluate(
    data: str,
    model_file: Path,
    runs_code: bool,
    limit: int | None,
    random_state: int,
    as_json: bool,
    quiet: bool,
) -> None:
    """Measure the accuracy of a trained classifier.

    From mnist it uses the 10,000 test images, and from digits the last 297, which `mnistcnn train`
    does not use. From an .npz file or a folder it uses the test part, and from a CSV file all
    images.
    """
    from mnistcnn._batches import predict_in_batches

    X, y = load_images(data, part="test", limit=limit, random_state=random_state)
    classifier = load_model_file(model_file, runs_code=runs_code)
    check_labels(classifier, y)
    check_size(classifier, X, model_file)
    predict = partial(_predicted, classifier, model_file)
    is_inverted = looks_inverted(classifier, X)
    with progress_of_answers(quiet=quiet) as advance:
        (predicted,) = predict_in_batches([predict], X, advance)
    summary = _summary(y, predicted)
    if not is_inverted:
        warn_if_better_inverted(predict, X, y, summary["accuracy"])
    (print_json if as_json else _print)(summary)


def _predicted(classifier: Classifier, model_file: Path, X: Array) -> Array:
    from mnistcnn.handwriting import input_for

    return named_on_error(classifier.predict, input_for(classifier, X), model_file)


def _summary(y: Array, predicted: Array) -> dict[str, Any]:
    accuracy = float((predicted == y).mean())
    return {
        "images": len(y),
        "accuracy": accuracy,
        "prediction_error_percent": 100 - 100 * accuracy,
        "labels": _by_label(y, predicted),
    }


def _by_label(y: Array, predicted: Array) -> list[dict[str, Any]]:
    from sklearn.metrics import confusion_matrix
    from sklearn.utils.multiclass import unique_labels

    labels = unique_labels(y, predicted)
    counts = confusion_matrix(y, predicted, labels=labels)
    return [
        {
            "label": plain_label(labels[position]),
            "images": int(row.sum()),
            "accuracy": float(row[position] / row.sum()),
            **_most_frequent_mistake(labels, row, position),
        }
        for position, row in enumerate(counts)
        if row.any()
    ]


def _most_frequent_mistake(labels: Array, row: Array, position: int) -> dict[str, Any]:
    wrong = row.copy()
    wrong[position] = 0
    label = plain_label(labels[wrong.argmax()]) if wrong.any() else None
    return {"most_often_taken_for": label, "times": int(wrong.max())}


def _print(summary: dict[str, Any]) -> None:
    print_table(
        ("label", "images", "accuracy %", "most often mistaken for"),
        [
            (
                *(str(row["label"]), f"{row['images']:,}", f"{100 * row['accuracy']:.2f}"),
                f"{row['most_often_taken_for']} ({row['times']}x)" if row["times"] else "",
            )
            for row in summary["labels"]
        ],
    )
    print(
        f"Accuracy {100 * summary['accuracy']:.2f} %, prediction error "
        f"{summary['prediction_error_percent']:.2f} % on {summary['images']:,} images."
    )
