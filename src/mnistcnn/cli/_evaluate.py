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
from mnistcnn.cli._progress import progress_of_images
from mnistcnn.cli._tables import plain_label, print_facts, print_json, print_table


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

    Images that the classifier rejects, as a RejectingClassifier does, count as wrong, and are not
    among the mistakes.
    """
    from mnistcnn._batches import predict_in_batches

    X, y = load_images(data, part="test", limit=limit, random_state=random_state, quiet=quiet)
    classifier = load_model_file(model_file, runs_code=runs_code, quiet=quiet)
    check_labels(classifier, y)
    check_size(classifier, X, model_file)
    predict = partial(_predicted, classifier, model_file)
    is_inverted = looks_inverted(classifier, X)
    with progress_of_images(quiet=quiet) as advance:
        advance(0, len(X))
        (predicted,) = predict_in_batches([predict], X, advance)
    are_rejected = _are_rejected(classifier, predicted)
    summary = _summary(y, predicted, are_rejected)
    if not is_inverted:
        warn_if_better_inverted(predict, X, y, summary["accuracy"])
    if as_json:
        print_json(summary)
    else:
        _print(summary, rejects=are_rejected is not None)


def _predicted(classifier: Classifier, model_file: Path, X: Array) -> Array:
    from mnistcnn.handwriting import input_for

    return named_on_error(classifier.predict, input_for(classifier, X), model_file)


def _are_rejected(classifier: Classifier, predicted: Array) -> "Array | None":
    """Tell which images are rejected; None where the classifier rejects none at all."""
    import numpy as np

    from mnistcnn._meta_estimator import rejecting_estimator

    if rejecting_estimator(classifier) is None:
        return None
    return np.isin(predicted, classifier.classes_, invert=True)


def _summary(y: Array, predicted: Array, are_rejected: "Array | None") -> dict[str, Any]:
    import numpy as np

    rejected = np.zeros(len(y), bool) if are_rejected is None else are_rejected
    right = predicted == y
    accuracy = float(right.mean())
    return {
        "images": len(y),
        "accuracy": accuracy,
        "prediction_error_percent": 100 - 100 * accuracy,
        "rejected": int(rejected.sum()),
        "accuracy_of_accepted": None if rejected.all() else float(right[~rejected].mean()),
        "labels": _by_label(y, predicted, rejected),
    }


def _by_label(y: Array, predicted: Array, rejected: Array) -> list[dict[str, Any]]:
    import numpy as np

    rows = []
    for label in np.unique(y):
        of_label = y == label
        rows.append(
            {
                "label": plain_label(label),
                "images": int(of_label.sum()),
                "accuracy": float((predicted[of_label] == label).mean()),
                "rejected": int(rejected[of_label].sum()),
                **_most_frequent_mistake(predicted[of_label & ~rejected & (predicted != y)]),
            }
        )
    return rows


def _most_frequent_mistake(mistakes: Array) -> dict[str, Any]:
    import numpy as np

    labels, counts = np.unique(mistakes, return_counts=True)
    if not len(labels):
        return {"most_often_taken_for": None, "times": 0}
    return {
        "most_often_taken_for": plain_label(labels[counts.argmax()]),
        "times": int(counts.max()),
    }


def _print(summary: dict[str, Any], *, rejects: bool) -> None:
    of_rejected = ("rejected",) if rejects else ()
    print_table(
        ("label", "images", "accuracy %", *of_rejected, "most often mistaken for"),
        [
            (
                *(str(row["label"]), f"{row['images']:,}", f"{100 * row['accuracy']:.2f}"),
                *(f"{row[name]:,}" for name in of_rejected),
                f"{row['most_often_taken_for']} ({row['times']}x)" if row["times"] else "",
            )
            for row in summary["labels"]
        ],
    )
    print_facts(
        f"Accuracy {100 * summary['accuracy']:.2f} %, prediction error "
        f"{summary['prediction_error_percent']:.2f} % on {summary['images']:,} images."
    )
    if rejects:
        print_facts(_of_rejected(summary))


def _of_rejected(summary: dict[str, Any]) -> str:
    accuracy = summary["accuracy_of_accepted"]
    if accuracy is None:
        return "All images are rejected, which counts as wrong."
    return (
        f"Rejected: {summary['rejected']:,} images, which count as wrong; {100 * accuracy:.2f} % "
        "of the others are right."
    )
