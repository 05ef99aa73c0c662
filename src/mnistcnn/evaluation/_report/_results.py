"""The sections with the results of the classifier."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mnistcnn._html import data_url
from mnistcnn.evaluation._report._calibration import N_BINS, Calibration
from mnistcnn.evaluation._report._charts import calibration_chart
from mnistcnn.evaluation._report._elements import Content, Element, element
from mnistcnn.evaluation._report._layout import (
    cell,
    facts,
    figure,
    note,
    percent,
    scrolling_table,
    section,
)
from mnistcnn.evaluation._report._predictions import CONFIDENCE, Predictions

__all__ = [
    "calibration_section",
    "classes_section",
    "confusion_section",
    "mistakes_section",
    "summary_section",
]

# How much of the color the greatest share of a row gets in the confusion matrix.
MAX_STRENGTH = 70


def summary_section(predictions: Predictions, calibration: Calibration | None) -> Element:
    """Return the section with the main figures."""
    low, high = predictions.interval
    n, n_right = len(predictions.true), int(predictions.right.sum())
    figures: dict[str, Content] = {
        "Accuracy": [
            element("strong", percent(predictions.accuracy)),
            element(
                "span",
                f"{100 * CONFIDENCE:.0f} % interval {percent(low)} to {percent(high)} (Wilson)",
            ),
        ],
        "Prediction error": [
            element("strong", percent(1 - predictions.accuracy)),
            element("span", f"{n - n_right:,} of {n:,} images"),
        ],
        "F1, mean of the classes": element("strong", f"{predictions.scores('macro')[2]:.4f}"),
    }
    if predictions.rejects:
        figures["Rejected"] = _rejected(predictions)
    if calibration is not None:
        figures["Expected calibration error"] = [
            element("strong", percent(calibration.expected_error)),
            element("span", _tendency(calibration)),
        ]
    return section("Summary", facts(figures, class_="figures"))


def _rejected(predictions: Predictions) -> list[Content]:
    answered = predictions.answered
    accuracy = "all images are rejected"
    if answered.any():
        accuracy = f"{percent(predictions.right[answered].mean())} of the others are right"
    return [
        element("strong", percent(1 - answered.mean())),
        element("span", f"{int((~answered).sum()):,} images, which count as wrong; {accuracy}"),
    ]


def _tendency(calibration: Calibration) -> str:
    points = 100 * calibration.excess
    if abs(points) < 0.005:
        return "neither over- nor underconfident overall"
    direction = "over" if points > 0 else "under"
    return f"{direction}confident by {abs(points):.2f} points overall"


def classes_section(predictions: Predictions) -> Element:
    """Return the section with precision, recall, F1 and support of each class."""
    precisions, recalls, f1s, supports = predictions.scores()
    rows: list[tuple[Content, list[Element]]] = [
        (str(predictions.classes[code]), _scores(*scores))
        for code, *scores in zip(predictions.shown, precisions, recalls, f1s, supports, strict=True)
    ]
    for name, average in (("mean", "macro"), ("weighted mean", "weighted")):
        rows.append((name, _scores(*predictions.scores(average)[:3], len(predictions.true))))
    missing = (supports == 0).any() or not predictions.counts[:, :-1].sum(axis=0).all()
    return section(
        "Classes",
        scrolling_table(
            "Precision, recall and F1 of each class, and the number of its images (support).",
            ("class", "precision", "recall", "F1", "support"),
            rows,
            class_="numbers",
        ),
        note(
            "A score of a class that no image has, or that was never predicted, is 0 where it is "
            "not defined, as in scikit-learn's classification_report."
        )
        if missing
        else None,
    )


def _scores(precision: float, recall: float, f1: float, support: int) -> list[Element]:
    shares = [cell(f"{share:.4f}") for share in (precision, recall, f1)]
    return [*shares, cell(f"{support:,}")]


def confusion_section(predictions: Predictions) -> Element:
    """Return the section with the confusion matrix."""
    labels = [str(predictions.classes[code]) for code in predictions.shown]
    counts, columns = predictions.counts, list(labels)
    if counts[:, -1].any():
        columns.append("rejected" if predictions.rejects else "other")
    else:
        counts = counts[:, :-1]
    rows = [
        (label, [_count(row, column, place) for column in range(len(columns))])
        for place, (label, row) in enumerate(zip(labels, counts, strict=True))
    ]
    return section(
        "Confusion matrix",
        scrolling_table(
            "Number of images of each class (row) by predicted class (column).",
            ("true class", *columns),
            rows,
            class_="confusion",
        ),
        _most_frequent(counts, labels, columns),
    )


def _count(row: NDArray[np.int64], column: int, place: int) -> Element:
    count = row[column]
    if not count:
        return cell("0", class_="none")
    share = count / row.sum()
    # Of mistakes even few are to be seen.
    strength = MAX_STRENGTH * (share * 0.6 if column == place else np.sqrt(share))
    kind = "right" if column == place else "wrong"
    return cell(f"{count:,}", class_=kind, style=f"--strength: {strength:.0f}%")


def _most_frequent(
    counts: NDArray[np.int64], labels: list[str], columns: list[str]
) -> Element | None:
    wrong = counts[:, : len(labels)] * (1 - np.eye(len(labels), dtype=np.int64))
    if not wrong.any():
        return None
    order = np.argsort(-wrong, axis=None, kind="stable")[:3]
    pairs = [np.unravel_index(place, wrong.shape) for place in order]
    named = [
        f"{labels[row]} as {columns[column]} ({wrong[row, column]:,}×)"
        for row, column in pairs
        if wrong[row, column]
    ]
    return note(f"Most frequent confusions: {', '.join(named)}.")


def calibration_section(calibration: Calibration | None) -> Element:
    """Return the section on the calibration of the probabilities."""
    heading = "Calibration"
    if calibration is None:
        return section(heading, note("Not measured: the classifier has no predict_proba."))
    error = percent(calibration.expected_error)
    chart = calibration_chart(
        calibration,
        "The accuracy of images by their highest probability, with the diagonal of perfect "
        f"calibration; expected calibration error {error}.",
    )
    said = element(
        "div",
        element(
            "p",
            f"The expected calibration error is {error}: the mean distance between accuracy and "
            f"highest probability over the images in {N_BINS} bins of equal width (Naeini et "
            "al. 2015, Guo et al. 2017).",
        ),
        element("p", f"The classifier is {_tendency(calibration)}."),
    )
    shown = figure(
        chart,
        "Above: the accuracy of images with about the same highest probability. On the dotted line "
        "it equals that probability, below the line the classifier is overconfident. Below: the "
        "number of these images.",
    )
    return section(heading, element("div", shown, said, class_="beside"))


def mistakes_section(
    predictions: Predictions, pixels: list[NDArray[np.float64]], n: int
) -> Element:
    """Return the first `n` misclassified images; `pixels` are theirs, from 0 to 1."""
    mistakes = predictions.mistakes
    if not len(mistakes):
        none = "None of the images is misclassified."
        if not predictions.answered.all():
            none = "None of the images that were not rejected is misclassified."
        return section("Misclassified images", element("p", none))
    figures = [
        element("li", _mistake(predictions, place, image))
        for place, image in zip(mistakes[:n], pixels, strict=True)
    ]
    return section(
        "Misclassified images",
        element("p", _which(len(mistakes), len(figures), predictions.probabilities is not None)),
        element("ul", *figures, class_="images"),
    )


def _which(n_mistakes: int, n_shown: int, are_ordered: bool) -> str:
    order = "the most confident first" if are_ordered else "in the order of the data"
    images = f"{n_mistakes:,} images" if n_mistakes > 1 else "One image"
    shown = f", {n_shown:,} of them shown" if n_shown < n_mistakes else ""
    return f"{images} misclassified{shown}, {order}. Images are counted from 0."


def _mistake(predictions: Predictions, place: int, pixels: NDArray[np.float64]) -> Element:
    true = str(predictions.classes[predictions.true[place]])
    predicted = str(predictions.classes[predictions.predicted[place]])
    sure = predictions.of_prediction
    probability = None
    if sure is not None:
        probability = element("span", f"with {percent(sure[place], 1)}")
    return figure(
        element("img", src=_as_url(pixels), alt=f"Labeled {true}, predicted as {predicted}."),
        element("span", "predicted ", element("b", predicted)),
        probability,
        element("span", "true ", element("b", true)),
        element("span", f"image {place:,}", class_="place"),
        class_="digit",
    )


def _as_url(pixels: NDArray[np.float64]) -> str:
    """Return an image as a data URL."""
    # What is not finite has no gray.
    levels = np.nan_to_num(255 * pixels).round().astype(np.uint8)
    return data_url(Image.fromarray(levels), optimize=True)
