"""Draws the charts of the page as SVG, in the colors of the page, light or dark."""

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from io import BytesIO
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from sklearn.calibration import CalibrationDisplay

from mnistcnn.evaluation._report._calibration import N_BINS, Calibration
from mnistcnn.plotting import TrainingHistoryDisplay

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["calibration_chart", "history_chart"]

# In inches: what a phone shows at its full size.
WIDTH = 4.4
# What matplotlib draws in, and what the page has in its place.
FIRST, SECOND = "#0000c0", "#0000c1"
COLORS = {
    "#000000": "var(--ink)",
    "#b0b0b0": "var(--line)",
    FIRST: "var(--accent)",
    SECOND: "var(--second)",
}
LOOKS = {
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.prop_cycle": f"cycler('color', ['{FIRST}', '{SECOND}'])",
    "figure.facecolor": "none",
    "font.size": 10,
    "grid.alpha": 0.5,
    "legend.frameon": False,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
}
SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"


def calibration_chart(calibration: Calibration, description: str) -> Element:
    """Return the reliability curve, above a histogram of the probabilities."""
    with _own_looks():
        figure = _figure(height=4.6)
        curve, histogram = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [3, 1]})
        CalibrationDisplay(
            calibration.accuracies, calibration.mean_confidences, calibration.confidences
        ).plot(ax=curve, color=FIRST, markersize=5)
        curve.get_legend().remove()
        curve.set(xlabel="", ylabel="accuracy", xlim=(0, 1.01), ylim=(0, 1.03))
        histogram.hist(calibration.confidences, bins=N_BINS, range=(0, 1), color=FIRST, alpha=0.6)
        histogram.set(xlabel="highest probability", ylabel="images")
        histogram.locator_params(axis="y", nbins=3, integer=True)
        return _as_element(figure, "calibration", description)


def history_chart(
    history: Mapping[str, Sequence[float]], quantity: str, description: str
) -> Element:
    """Return a chart of a quantity after each epoch."""
    with _own_looks():
        figure = _figure(height=2.9)
        ax: Axes = figure.subplots()
        is_short = len(history[quantity]) < 40
        marker: dict[str, Any] = {"marker": "o", "markersize": 3} if is_short else {}
        TrainingHistoryDisplay(history=history).plot(ax, quantity=quantity, **marker)
        if f"val_{quantity}" not in history:
            ax.get_legend().remove()  # type: ignore[union-attr]
        return _as_element(figure, quantity, description)


def _own_looks() -> AbstractContextManager[Any]:
    # A figure for a page of ours, whatever the user has set for others.
    from matplotlib import style

    return style.context(["default", LOOKS])


def _figure(*, height: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH, height), layout="constrained")


def _as_element(figure: "Figure", name: str, description: str) -> Element:
    file = BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    drawn = ElementTree.fromstring(file.getvalue())
    for part in list(drawn):
        # Who made it, which nobody sees.
        if part.tag.endswith("metadata"):
            drawn.remove(part)
    for defined in drawn.iter(f"{SVG}defs"):
        for rule in defined.findall(f"{SVG}style"):
            # It would hold for the whole page, whose own says the same of charts alone.
            defined.remove(rule)
    for part in drawn.iter():
        _adapt(part, name)
    for size in ("width", "height", "version"):
        drawn.attrib.pop(size, None)
    drawn.attrib.update({"role": "img", "aria-label": description})
    return drawn


def _adapt(part: Element, name: str) -> None:
    """Adapt an SVG element to the page: no namespaces, unique names, the page's colors."""
    part.tag = part.tag.removeprefix(SVG)
    if LINK in part.attrib:
        part.set("href", part.attrib.pop(LINK))
    for attribute, value in part.attrib.items():
        if attribute == "id":
            value = f"{name}-{value}"
        elif attribute == "href":
            value = f"#{name}-{value.removeprefix('#')}"
        value = re.sub(r"url\(#", f"url(#{name}-", value)
        for drawn_in, shown_in in COLORS.items():
            value = value.replace(drawn_in, shown_in)
        part.set(attribute, value)
    if part.tag == "text":
        # The font of the page, at the size of the chart.
        size = re.search(r"[\d.]+px", part.get("style", ""))
        part.set(
            "style",
            re.sub(
                r"font:[^;]*", f"font-size: {size[0] if size else '10px'}", part.get("style", "")
            ),
        )
