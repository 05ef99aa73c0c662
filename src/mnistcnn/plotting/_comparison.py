"""The prediction errors of a comparison."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from mnistcnn.plotting._axes import axes_for

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from mnistcnn.evaluation import ComparisonResult

__all__ = ["ComparisonDisplay"]


class ComparisonDisplay:
    """The prediction error of each architecture: a dot a fold, their mean and deviation.

    Parameters
    ----------
    prediction_errors : dict of str to array-like of shape (n_folds,)
        The prediction error of each fold in percent, 100 (1 - accuracy), by architecture, the first
        at the top; NaN where it failed.
    parameters : dict of str to int
        How many parameters each architecture has.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure of `ax_`.

    See Also
    --------
    mnistcnn.compare_architectures : Measures what is drawn here.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from mnistcnn.plotting import ComparisonDisplay
    >>> display = ComparisonDisplay(
    ...     prediction_errors={"simple": [1.1, 0.9], "baseline": [2.0, 1.8]},
    ...     parameters={"simple": 592_074, "baseline": 623_290},
    ... )
    >>> display.plot().ax_.get_xlabel()
    'prediction error (%)'
    """

    ax_: "Axes"
    figure_: "Figure"

    def __init__(
        self, *, prediction_errors: Mapping[str, "ArrayLike"], parameters: Mapping[str, int]
    ) -> None:
        self.prediction_errors = prediction_errors
        self.parameters = parameters

    @classmethod
    def from_result(
        cls, result: "ComparisonResult", *, ax: "Axes | None" = None, **dot_options: Any
    ) -> "ComparisonDisplay":
        """Draw a comparison, the architectures in the order of its table.

        Parameters
        ----------
        result : ComparisonResult
            From `compare_architectures`.
        ax : matplotlib Axes, default=None
            As in `plot`.
        **dot_options : dict
            As in `plot`.

        Returns
        -------
        ComparisonDisplay
            Already drawn.
        """
        errors: dict[str, list[float]] = {name: [] for name in result.table["architecture"]}
        for record in result.records:
            errors[record["architecture"]].append(100 * (1 - record["accuracy"]))
        display = cls(prediction_errors=errors, parameters=result.parameters)
        return display.plot(ax, **dot_options)

    def plot(self, ax: "Axes | None" = None, **dot_options: Any) -> "ComparisonDisplay":
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **dot_options : dict
            Handed to ``Axes.plot`` for the dots of the folds.

        Returns
        -------
        ComparisonDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        n_rows = len(self.prediction_errors)
        ax = axes_for(ax, type(self).__name__, figsize=(7, 1.5 + 0.6 * n_rows))
        for row, errors in enumerate(self.prediction_errors.values()):
            _draw_row(ax, row, np.asarray(errors, dtype=float), dot_options)
        ax.set_yticks(range(n_rows), self._row_labels())
        # Upside down, so that the first row is the top one.
        ax.set_ylim(n_rows - 0.5, -0.6)
        ax.set_xlim(left=0)
        ax.set_xlabel("prediction error (%)")
        ax.grid(axis="x", alpha=0.3)
        ax.legend(*_one_of_each(ax))
        self.ax_, self.figure_ = ax, cast("Figure", ax.figure)
        return self

    def _row_labels(self) -> list[str]:
        return [f"{name}\n{self.parameters[name]:,} parameters" for name in self.prediction_errors]


def _draw_row(
    ax: "Axes", row: int, errors: "NDArray[np.float64]", dot_options: dict[str, Any]
) -> None:
    looks = {"marker": "o", "linestyle": "none", "color": "tab:blue", "alpha": 0.35}
    ax.plot(errors, np.full(len(errors), row), **{**looks, "label": "one fold", **dot_options})
    mean = errors.mean()
    if np.isnan(mean):
        _write_above(ax, "failed", (0, row), ha="left")
        return
    ax.errorbar(
        mean,
        row,
        xerr=errors.std(ddof=1) if len(errors) > 1 else 0.0,
        fmt="D",
        color="black",
        capsize=4,
        label="mean and standard deviation",
    )
    _write_above(ax, f"{mean:.2f} %", (mean, row))


def _write_above(ax: "Axes", text: str, point: tuple[float, float], *, ha: str = "center") -> None:
    ax.annotate(text, point, xytext=(0, 8), textcoords="offset points", ha=ha, fontsize="small")


def _one_of_each(ax: "Axes") -> tuple[list["Artist"], list[str]]:
    """Return the handles of a legend in which the rows do not repeat each other."""
    handles, labels = ax.get_legend_handles_labels()
    by_label = dict(zip(labels, handles, strict=True))
    return list(by_label.values()), list(by_label)
