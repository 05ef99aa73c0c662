"""The figures of the page: accuracy against time, the confusion matrix, and doubtful labels."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Record = dict[str, Any]

# Points of one recipe are seeds; colors and markers together tell networks apart, in gray as well.
MARKERS = "osD^v<>Ph*X"


def draw_accuracy_against_time(by_recipe: Mapping[str, list[Record]], path: Path) -> None:
    """Draw the error of each recipe against the seconds of its fit, both on logarithmic axes.

    Parameters
    ----------
    by_recipe : mapping of str to list of dict
        The records of each recipe; those without any are left out.
    path : Path
        The SVG file.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 5), layout="constrained")
    ax = figure.add_subplot()
    for number, (name, runs) in enumerate(each for each in by_recipe.items() if each[1]):
        seconds = [run["seconds"] for run in runs]
        errors = [100 * (1 - run["accuracy"]) for run in runs]
        marker = MARKERS[number % len(MARKERS)]
        ax.plot(seconds, errors, marker, color=f"C{number % 10}", alpha=0.6, label=name)
        ax.annotate(
            name,
            (float(np.median(seconds)), float(np.median(errors))),
            xytext=(5, 5),
            textcoords="offset points",
            fontsize="small",
        )
    ax.set(xscale="log", yscale="log", xlabel="seconds of fit", ylabel="wrong test images, %")
    # Minor labels of a logarithmic axis are written as powers, which nobody reads as per cent.
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("")
    ax.set_yticks([0.2, 0.3, 0.4, 0.5, 0.7, 1, 1.5, 2, 3])
    ax.grid(visible=True, which="both", alpha=0.3)
    _save(figure, path)


def draw_confusion_matrix(runs: list[Record], labels: NDArray[Any], path: Path) -> None:
    """Draw how many images of each digit one network took for which, in the mean over the runs.

    Parameters
    ----------
    runs : list of dict
        Records of one recipe on these images.
    labels : ndarray of shape (n,)
        The labels of all test images.
    path : Path
        The SVG file.
    """
    from matplotlib.figure import Figure
    from sklearn.metrics import ConfusionMatrixDisplay

    matrix = sum(_confusion_matrix(run, labels) for run in runs) / len(runs)
    figure = Figure(figsize=(6.5, 6), layout="constrained")
    ax = figure.add_subplot()
    # Right answers are a hundred times the mistakes, which would all have one color beside them.
    mistakes = np.where(np.eye(len(matrix), dtype=bool), np.nan, matrix)
    display = ConfusionMatrixDisplay(matrix).plot(
        ax=ax, cmap="Greys", colorbar=False, values_format=".4g"
    )
    display.im_.set_clim(0, 2 * np.nanmax(mistakes))
    for text in display.text_.diagonal():
        text.set_color("white")
    for row, column in zip(*np.nonzero(matrix == 0), strict=True):
        display.text_[row, column].set_text("")
    _save(figure, path)


def _confusion_matrix(run: Record, labels: NDArray[Any]) -> NDArray[np.float64]:
    from sklearn.metrics import confusion_matrix

    predicted = labels.copy()
    for wrong in run["wrong"]:
        predicted[wrong["image"]] = wrong["predicted"]
    matrix: NDArray[np.float64] = confusion_matrix(labels, predicted, labels=np.unique(labels))
    return matrix.astype(float)


def draw_images(
    images: NDArray[np.uint8], titles: list[str], path: Path, *, n_columns: int = 8
) -> None:
    """Draw images in a grid with a title above each.

    Parameters
    ----------
    images : ndarray of shape (n, 28, 28), uint8
        Light ink on a dark ground.
    titles : list of str of length n
        What stands above each.
    path : Path
        The PNG file.
    n_columns : int, default=8
        Images a row.
    """
    from mnistcnn.plotting import DigitGridDisplay

    display = DigitGridDisplay(images=255 - images, titles=titles, n_columns=n_columns)
    _save(display.plot().figure_, path)


def _save(figure: Any, path: Path) -> None:
    import matplotlib

    path.parent.mkdir(parents=True, exist_ok=True)
    # Equal records give an equal file.
    fixed = {"Date": None} if path.suffix == ".svg" else {"Software": None}
    with matplotlib.rc_context({"svg.hashsalt": "mnistcnn", "svg.fonttype": "none"}):
        figure.savefig(path, dpi=120, metadata=fixed)
