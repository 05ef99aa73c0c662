"""Displays the prediction errors of a comparison, and accuracy against time and size."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mnistcnn.plotting._axes import axes_for, figure_of
from mnistcnn.plotting._looks import MEAN, POINTS, line_looks

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.container import ErrorbarContainer
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.text import Text
    from numpy.typing import ArrayLike, NDArray

    from mnistcnn.evaluation import ComparisonResult

__all__ = ["ComparisonDisplay"]

# What each kind needs, and what it calls its horizontal axis.
KINDS = {
    "errors": ("prediction_errors", "prediction error (%)"),
    "fit_time": ("fit_seconds", "time of a fit (s)"),
    "parameters": ("parameters", "parameters"),
}


class ComparisonDisplay:
    """The results of a comparison: the errors of each fold, or accuracy against time or size.

    Parameters
    ----------
    prediction_errors : dict of str to array-like of shape (n_folds,)
        The prediction error of each fold in percent, 100 (1 - accuracy), for each architecture, the
        first at the top; NaN for failed folds.
    parameters : dict of str to int
        The number of parameters of each architecture.
    fit_seconds : dict of str to float, default=None
        The mean time of a fit of each architecture; needed only if it is drawn.
    accuracy_intervals : dict of str to (float, float), default=None
        Lower and upper end of the interval of each mean accuracy, in percent; NaN if unknown. None
        draws only the means.
    confidence : float, default=0.95
        The confidence level of these intervals, from 0 to 1.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes in which it was drawn.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    dots_ : dict of str to matplotlib Line2D
        The folds of each architecture, if errors were drawn.
    means_ : dict of str to matplotlib ErrorbarContainer
        The mean of each architecture, with its standard deviation or interval.
    texts_ : list of matplotlib Text
        The texts beside them.

    See Also
    --------
    mnistcnn.compare_architectures : Measures the results drawn here.

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
    >>> display.plot(kind="parameters").ax_.get_ylabel()
    'accuracy (%)'
    """

    ax_: "Axes"
    figure_: "Figure"
    dots_: "dict[str, Line2D]"
    means_: "dict[str, ErrorbarContainer]"
    texts_: "list[Text]"

    def __init__(
        self,
        *,
        prediction_errors: Mapping[str, "ArrayLike"],
        parameters: Mapping[str, int],
        fit_seconds: Mapping[str, float] | None = None,
        accuracy_intervals: Mapping[str, tuple[float, float]] | None = None,
        confidence: float = 0.95,
    ) -> None:
        self.prediction_errors = prediction_errors
        self.parameters = parameters
        self.fit_seconds = fit_seconds
        self.accuracy_intervals = accuracy_intervals
        self.confidence = confidence

    @classmethod
    def from_result(
        cls,
        result: "ComparisonResult",
        *,
        kind: str = "errors",
        confidence: float = 0.95,
        ax: "Axes | None" = None,
        **dot_options: Any,
    ) -> "ComparisonDisplay":
        """Draw a comparison, with the architectures in the order of its table.

        Parameters
        ----------
        result : ComparisonResult
            From `compare_architectures`.
        kind : {"errors", "fit_time", "parameters"}, default="errors"
            As in `plot`.
        confidence : float, default=0.95
            As in `ComparisonResult.intervals`, which computes the intervals of the accuracy.
        ax : matplotlib Axes, default=None
            As in `plot`.
        **dot_options : dict
            As in `plot`.

        Returns
        -------
        ComparisonDisplay
            The display, already drawn.

        Raises
        ------
        ValueError
            As in `plot`, or if `confidence` is not between 0 and 1.
        """
        table = result.table
        errors: dict[str, list[float]] = {name: [] for name in table["architecture"]}
        for record in result.records:
            errors[record["architecture"]].append(100 * (1 - record["accuracy"]))
        intervals = result.intervals(scorer="accuracy", confidence=confidence)
        ends = (100 * intervals[["lower", "upper"]]).itertuples(index=False, name=None)
        display = cls(
            prediction_errors=errors,
            parameters=result.parameters,
            fit_seconds=dict(zip(table["architecture"], table["fit_seconds"], strict=True)),
            accuracy_intervals=dict(zip(intervals["architecture"], ends, strict=True)),
            confidence=confidence,
        )
        return display.plot(ax, kind=kind, **dot_options)

    def plot(
        self, ax: "Axes | None" = None, *, kind: str = "errors", **dot_options: Any
    ) -> "ComparisonDisplay":
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw in; None makes a new figure.
        kind : {"errors", "fit_time", "parameters"}, default="errors"
            ``"errors"`` draws a row for each architecture, with a dot for each fold, their mean and
            standard deviation. The others draw the mean accuracy with its interval against the time
            of a fit or the number of parameters on a logarithmic axis; architectures without a mean
            are left out and named in the legend.
        **dot_options : dict
            Passed to ``Axes.plot`` for the dots of the folds, or to ``Axes.errorbar`` for the mean
            accuracies.

        Returns
        -------
        ComparisonDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `kind` is none of these, if data that it needs were not given, or if `ax` cannot be
            drawn in.
        """
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {list(KINDS)}, got {kind!r}.")
        needed, label = KINDS[kind]
        if getattr(self, needed) is None:
            raise ValueError(f"{needed} must be given for kind={kind!r}, got None.")
        height = 1.5 + 0.6 * len(self.prediction_errors) if kind == "errors" else 5
        ax = axes_for(ax, type(self).__name__, figsize=(7, height))
        self.dots_, self.means_, self.texts_ = {}, {}, []
        if kind == "errors":
            self._draw_errors(ax, dot_options)
        else:
            self._draw_accuracies(ax, getattr(self, needed), dot_options)
        ax.set_xlabel(label)
        self.ax_, self.figure_ = ax, figure_of(ax)
        return self

    def _draw_errors(self, ax: "Axes", dot_options: dict[str, Any]) -> None:
        looks = {"color": "#0072B2", "marker": "o", "alpha": 0.35, "linestyle": "none"}
        dots = line_looks({**looks, "label": "one fold"}, dot_options)
        for row, (name, folds) in enumerate(self.prediction_errors.items()):
            errors = np.asarray(folds, dtype=float)
            [self.dots_[name]] = ax.plot(errors, np.full(len(errors), row), **dots)
            self._draw_mean_error(ax, row, name, errors)
        n_rows = len(self.prediction_errors)
        ax.set_yticks(range(n_rows), self._row_labels())
        # Upside down, so that the first row is the top one.
        ax.set_ylim(n_rows - 0.5, -0.6)
        ax.set_xlim(left=0)
        ax.grid(axis="x", alpha=0.3)
        ax.legend(*_one_of_each(ax))

    def _draw_mean_error(
        self, ax: "Axes", row: int, name: str, errors: "NDArray[np.float64]"
    ) -> None:
        mean = errors.mean()
        if np.isnan(mean):
            self.texts_.append(_written_above(ax, "failed", (0, row), ha="left"))
            return
        deviation = errors.std(ddof=1) if len(errors) > 1 else 0.0
        looks = {**MEAN, "capsize": 4, "label": "mean and standard deviation"}
        self.means_[name] = ax.errorbar(mean, row, xerr=deviation, **looks)
        self.texts_.append(_written_above(ax, f"{mean:.2f} %", (mean, row)))

    def _draw_accuracies(
        self, ax: "Axes", places: Mapping[str, float], dot_options: dict[str, Any]
    ) -> None:
        for number, (name, errors) in enumerate(self.prediction_errors.items()):
            looks = POINTS[number % len(POINTS)]
            accuracy = 100 - np.asarray(errors, dtype=float).mean()
            options = {**looks, "linestyle": "none", "capsize": 4, "label": name, **dot_options}
            if np.isnan(accuracy):
                ax.plot([], [], linestyle="none", label=f"{name}: failed")
                continue
            lengths = np.abs(np.array([self._interval(name)], dtype=float).T - accuracy)
            self.means_[name] = ax.errorbar(
                [places[name]], [accuracy], yerr=np.nan_to_num(lengths).tolist(), **options
            )
        ax.set_xscale("log")
        interval = f", mean and {100 * self.confidence:g} % interval"
        ax.set_ylabel("accuracy (%)" + (interval if self.accuracy_intervals is not None else ""))
        ax.grid(alpha=0.3)
        ax.legend(fontsize="small")

    def _interval(self, name: str) -> tuple[float, float]:
        known = self.accuracy_intervals or {}
        return known.get(name, (np.nan, np.nan))

    def _row_labels(self) -> list[str]:
        return [f"{name}\n{self.parameters[name]:,} parameters" for name in self.prediction_errors]


def _written_above(
    ax: "Axes", text: str, point: tuple[float, float], *, ha: str = "center"
) -> "Text":
    looks: dict[str, Any] = {"textcoords": "offset points", "ha": ha, "fontsize": "small"}
    return ax.annotate(text, point, xytext=(0, 8), **looks)


def _one_of_each(ax: "Axes") -> tuple[list["Artist"], list[str]]:
    """Return the handles of a legend in which the rows do not repeat each other."""
    handles, labels = ax.get_legend_handles_labels()
    by_label = dict(zip(labels, handles, strict=True))
    return list(by_label.values()), list(by_label)
