"""The prediction for each image, printed as a table, CSV or JSON."""

import csv
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from mnistcnn._types import Array, Classifier, Label
from mnistcnn.cli._image_sources import BATCH_SIZE, Named
from mnistcnn.cli._tables import plain_label, print_json, print_table


class Answer(NamedTuple):
    """The prediction for one image; the fields are the columns of the CSV.

    Attributes
    ----------
    file : str
        The name of the image.
    digit : int, float or str
        The prediction; for a rejected image, the rejected label.
    probability : float
        That of the digit; for a rejected image that of the most probable one.
    second_digit, second_probability : int, float or str, and float
        The most probable one of the others.
    rejected : bool
        Whether the classifier rejected the image.
    """

    file: str
    digit: Label
    probability: float
    second_digit: Label
    second_probability: float
    rejected: bool


def answers_for(
    images: Iterator[Named],
    classifier: Classifier,
    predict: Callable[[Array], tuple[Array, Array]],
) -> Iterator[Answer]:
    """Yield the predictions in image order; `predict` returns labels and probabilities."""
    import numpy as np

    while batch := list(islice(images, BATCH_SIZE)):
        rows = np.stack([image for _, image in batch])
        for (name, _), label, probabilities in zip(batch, *predict(rows), strict=True):
            yield _answer(name, plain_label(label), classifier.classes_.tolist(), probabilities)


def _answer(name: str, label: Label, classes: list[Any], probabilities: Array) -> Answer:
    by_probability = (-probabilities).argsort(kind="stable").tolist()
    is_rejected = label not in classes
    first = by_probability[0] if is_rejected else classes.index(label)
    second = next(place for place in by_probability if place != first)
    return Answer(
        file=name,
        digit=label if is_rejected else plain_label(classes[first]),
        probability=float(probabilities[first]),
        second_digit=plain_label(classes[second]),
        second_probability=float(probabilities[second]),
        rejected=is_rejected,
    )


def print_as_csv(answers: Iterable[Answer]) -> None:
    """Print one line per prediction, as soon as it is made."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(Answer._fields)
    for answer in answers:
        writer.writerow(
            (
                *(answer.file, answer.digit, f"{answer.probability:.6f}"),
                *(answer.second_digit, f"{answer.second_probability:.6f}"),
                str(answer.rejected).lower(),
            )
        )
        # Ctrl-C or a kill must not lose it.
        sys.stdout.flush()


def print_as_json(answers: Iterable[Answer]) -> None:
    """Print a list of one object per prediction; after an error or Ctrl-C, of those made so far."""
    made: list[Answer] = []
    try:
        made.extend(answers)
    finally:
        print_json([answer._asdict() for answer in made])


def print_as_table(answers: Iterable[Answer]) -> None:
    """Print one row per prediction; after an error or Ctrl-C, those made so far."""
    made: list[Answer] = []
    try:
        made.extend(answers)
    finally:
        if made:
            print_table(("file", "digit", "%", "second choice", "%"), map(_cells, made))


def _cells(answer: Answer) -> tuple[str, ...]:
    digit = "rejected" if answer.rejected else str(answer.digit)
    return (
        *(answer.file, digit, f"{100 * answer.probability:.2f}"),
        *(str(answer.second_digit), f"{100 * answer.second_probability:.2f}"),
    )
