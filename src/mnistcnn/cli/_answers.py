"""The prediction for each image, and the forms in which it is printed."""

import csv
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from mnistcnn._types import Array, Classifier, Label
from mnistcnn.cli._image_sources import Named
from mnistcnn.cli._tables import plain_label, print_json, print_table

# Few enough that the first answers come soon, many enough to be computed at full speed.
BATCH_SIZE = 128


class Answer(NamedTuple):
    """The prediction for one image; the fields are the columns of the CSV."""

    file: str
    digit: Label
    probability: float
    second_digit: Label
    second_probability: float


def answers_for(
    images: Iterator[Named], classifier: Classifier, predict_proba: Callable[[Array], Array]
) -> Iterator[Answer]:
    """Give the answers in the order of the images."""
    import numpy as np

    while batch := list(islice(images, BATCH_SIZE)):
        rows = np.stack([image for _, image in batch])
        for (name, _), probabilities in zip(batch, predict_proba(rows), strict=True):
            first, second = np.argsort(-probabilities, kind="stable")[:2]
            yield Answer(
                name,
                *(plain_label(classifier.classes_[first]), float(probabilities[first])),
                *(plain_label(classifier.classes_[second]), float(probabilities[second])),
            )


def print_as_csv(answers: Iterable[Answer]) -> None:
    """Print a line an answer, as soon as it is there."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(Answer._fields)
    for answer in answers:
        writer.writerow(
            (
                *(answer.file, answer.digit, f"{answer.probability:.6f}"),
                *(answer.second_digit, f"{answer.second_probability:.6f}"),
            )
        )
        # Ctrl-C or a kill must not lose it.
        sys.stdout.flush()


def print_as_json(answers: Iterable[Answer]) -> None:
    """Print a list of one object an answer; after an error or Ctrl-C, of those that are there."""
    rows: list[dict[str, Any]] = []
    try:
        rows.extend(answer._asdict() for answer in answers)
    finally:
        print_json(rows)


def print_as_table(answers: Iterable[Answer]) -> None:
    """Print a row an answer; after an error or Ctrl-C, of those that are there."""
    rows: list[tuple[str, ...]] = []
    try:
        rows.extend(map(_cells, answers))
    finally:
        if rows:
            print_table(("file", "digit", "%", "second choice", "%"), rows)


def _cells(answer: Answer) -> tuple[str, ...]:
    return (
        *(answer.file, str(answer.digit), f"{100 * answer.probability:.2f}"),
        *(str(answer.second_digit), f"{100 * answer.second_probability:.2f}"),
    )
