"""The page: its head, its sections and its sidebar."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcnn._types import Classifier
from mnistcnn._wording import counted
from mnistcnn.evaluation._environment import describe_environment
from mnistcnn.evaluation._report._calibration import Calibration
from mnistcnn.evaluation._report._charts import history_chart
from mnistcnn.evaluation._report._elements import Content, Element, document, element
from mnistcnn.evaluation._report._layout import (
    cell,
    facts,
    figure,
    name_of,
    note,
    scrolling_table,
    section,
)
from mnistcnn.evaluation._report._predictions import Predictions
from mnistcnn.evaluation._report._results import (
    calibration_section,
    classes_section,
    confusion_section,
    mistakes_section,
    summary_section,
)
from mnistcnn.evaluation._report._settings import (
    Part,
    history_of,
    networks_within,
    parts_of,
)

__all__ = ["Subject", "page"]

# Nothing is fetched, and no script is run, whatever a label or a name might hold.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
QUANTITIES = ("loss", "accuracy", "learning_rate")


@dataclass(frozen=True, eq=False)
class Subject:
    """What the report describes.

    Parameters
    ----------
    classifier : classifier
        Fitted.
    title : str
        The heading of the page.
    data_name : str
        The name of the images, or an empty string.
    images : str
        Their number, shape, dtype and range.
    pixels : list of n_shown ndarrays of shape (h, w) or (h, w, 3), dtype float64
        Of the misclassified images that are shown, from 0 to 1.
    n_images : int
        The maximum number of misclassified images to show.
    warnings : list of str
        The warnings issued while the classifier predicted.
    """

    classifier: Any
    title: str
    data_name: str
    images: str
    pixels: list[NDArray[np.float64]]
    n_images: int
    warnings: list[str]


def page(subject: Subject, predictions: Predictions, calibration: Calibration | None) -> str:
    """Return the whole page as HTML."""
    sections = [
        summary_section(predictions, calibration),
        classes_section(predictions),
        confusion_section(predictions),
        calibration_section(calibration),
        mistakes_section(predictions, subject.pixels, subject.n_images),
        _training_section(subject.classifier),
        _settings_section(subject.classifier),
        _environment_section(),
    ]
    shown = [each for each in sections if each is not None]
    summary, classes, confusion, *others = shown
    pair = element("div", classes, confusion, class_="pair")
    main = element("main", summary, pair, *others)
    body = element("body", _header(subject), _navigation(shown), main, _footer())
    return document(element("html", _head(subject.title), body, lang="en"))


def _head(title: str) -> Element:
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        # Browsers ask a server for one where there is none.
        element("link", rel="icon", href="data:,"),
        element("title", title),
        element("style", _style()),
    )


@cache
def _style() -> str:
    return (files("mnistcnn.evaluation._report") / "page.css").read_text("utf-8")


def _header(subject: Subject) -> Element:
    now = datetime.now().astimezone()
    date = element("time", f"{now:%Y-%m-%d %H:%M %Z}", datetime=now.isoformat("T", "minutes"))
    named = {"Classifier": element("code", type(subject.classifier).__name__)}
    data = {"Data": subject.data_name} if subject.data_name else {}
    described: Mapping[str, Content] = {**named, **data, "Images": subject.images, "Date": date}
    warned = [element("li", warning) for warning in subject.warnings]
    return element(
        "header",
        element("h1", subject.title),
        facts(described),
        element("ul", *warned, class_="warnings", aria_label="Warnings") if warned else None,
    )


def _navigation(sections: list[Element]) -> Element:
    headings = [str(each[0].text) for each in sections]
    links = [
        element("li", element("a", heading, href=f"#{name_of(heading)}")) for heading in headings
    ]
    return element("nav", element("ul", *links), aria_label="Sections")


def _footer() -> Element:
    return element("footer", element("p", "Written by mnistcnn."))


def _training_section(classifier: Classifier) -> Element | None:
    history = history_of(classifier)
    drawn = [quantity for quantity in QUANTITIES if quantity in history]
    if not drawn:
        return None
    n_networks = len(networks_within(classifier))
    charts = [_history_figure(history, quantity) for quantity in drawn]
    of_several = note(f"The curves of the first of {n_networks:,} networks.")
    return section(
        "Training",
        of_several if n_networks > 1 else None,
        element("div", *charts, class_="charts"),
    )


def _history_figure(history: dict[str, list[float]], quantity: str) -> Element:
    values, name = history[quantity], quantity.replace("_", " ")
    validated = [value for value in history.get(f"val_{quantity}", []) if not isnan(value)]
    shown = f"{name.capitalize()} after each epoch, at the end {values[-1]:.4g}"
    if validated:
        is_of_last_epoch = not isnan(history[f"val_{quantity}"][-1])
        where = "validation" if is_of_last_epoch else "the last validation"
        shown += f" in training and {validated[-1]:.4g} in {where}"
    return figure(history_chart(history, quantity, f"{shown}."), f"{shown}.")


def _settings_section(classifier: Classifier) -> Element:
    networks = networks_within(classifier)
    several = note(f"{len(networks):,} networks predict together.") if len(networks) > 1 else None
    return section("Settings", several, *map(_part, parts_of(classifier)))


def _part(part: Part) -> Element:
    table: Element = note("All parameters have their default values.")
    if part.changed:
        rows = [
            (element("code", each.name), [_code(each.value), _code(each.default)])
            for each in part.changed
        ]
        caption = "Parameters that differ from their defaults."
        table = scrolling_table(caption, ("parameter", "value", "default"), rows)
    known = facts({name.capitalize(): text for name, text in part.facts.items()})
    heading = element("h3", element("code", part.name))
    return element("article", heading, known if part.facts else None, table)


def _code(text: str) -> Element:
    return cell(element("code", text) if text else "required")


def _environment_section() -> Element:
    environment: dict[str, Any] = describe_environment()
    versions = ", ".join(f"{name} {version}" for name, version in environment["versions"].items())
    machine = {
        "Backend": environment["backend"],
        "Devices": ", ".join(environment["devices"]),
        "Processor": f"{environment['processor']}, {counted(environment['logical_cores'], 'core')}",
        "Platform": environment["platform"],
        "Versions": versions,
    }
    return section("Environment", note("Where the classifier was measured."), facts(machine))
