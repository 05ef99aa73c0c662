"""Displays in scikit-learn's manner: data in ``__init__``, looks in ``plot``.

They read results and import matplotlib only in ``plot``.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from sklearn.utils.validation import check_is_fitted

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from mnistcnn.classifier import DigitCNNClassifier
    from mnistcnn.evaluation import ComparisonResult

__all__ = ["ComparisonDisplay", "PairwiseDisplay", "TrainingHistoryDisplay"]


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
        ax = _axes(ax, type(self).__name__, figsize=(7, 1.5 + 0.6 * n_rows))
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


class PairwiseDisplay:
    """The difference of each pair of architectures, its interval, and what counts as none.

    Parameters
    ----------
    pairs : DataFrame
        From `ComparisonResult.pairwise`: `first`, `second`, `difference`, `lower` and `upper`. The
        first row is drawn at the top.
    rope : float
        Differences of up to this much either way, which are shaded, are of no importance.
    unit : str, default="points"
        The unit of all of them.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure of `ax_`.

    See Also
    --------
    mnistcnn.ComparisonResult.pairwise : Computes what is drawn here.

    Examples
    --------
    >>> import matplotlib, pandas
    >>> matplotlib.use("agg")
    >>> from mnistcnn.plotting import PairwiseDisplay
    >>> pairs = pandas.DataFrame(
    ...     {"first": ["simple"], "second": ["baseline"],
    ...      "difference": [1.2], "lower": [0.3], "upper": [2.1]}
    ... )
    >>> PairwiseDisplay(pairs=pairs, rope=0.1).plot().ax_.get_xlabel()
    'difference (points)'
    """

    ax_: "Axes"
    figure_: "Figure"

    def __init__(self, *, pairs: "pd.DataFrame", rope: float, unit: str = "points") -> None:
        self.pairs = pairs
        self.rope = rope
        self.unit = unit

    @classmethod
    def from_result(
        cls,
        result: "ComparisonResult",
        *,
        rope: float | None = None,
        scorer: str | None = None,
        confidence: float = 0.95,
        ax: "Axes | None" = None,
        **interval_options: Any,
    ) -> "PairwiseDisplay":
        """Draw the pairs of a comparison.

        Parameters
        ----------
        result : ComparisonResult
            From `compare_architectures`.
        rope, scorer, confidence
            As in `ComparisonResult.pairwise`.
        ax : matplotlib Axes, default=None
            As in `plot`.
        **interval_options : dict
            As in `plot`.

        Returns
        -------
        PairwiseDisplay
            Already drawn.
        """
        pairs = result.pairwise(rope=rope, scorer=scorer, confidence=confidence)
        display = cls(pairs=pairs, rope=pairs.attrs["rope"], unit=pairs.attrs["unit"])
        return display.plot(ax, **interval_options)

    def plot(self, ax: "Axes | None" = None, **interval_options: Any) -> "PairwiseDisplay":
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        **interval_options : dict
            Handed to ``Axes.errorbar`` for the differences and their intervals.

        Returns
        -------
        PairwiseDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        n_rows = len(self.pairs)
        ax = _axes(ax, type(self).__name__, figsize=(7, 1.5 + 0.4 * n_rows))
        difference, *bounds = self.pairs[["difference", "lower", "upper"]].to_numpy(dtype=float).T
        if self.rope > 0:
            ax.axvspan(-self.rope, self.rope, alpha=0.2, label="practically equal")
            ax.legend()
        ax.axvline(0, color="grey", linewidth=1)
        looks = {"fmt": "D", "color": "black", "capsize": 4, **interval_options}
        # As lists: an older matplotlib takes an array of one for a number.
        lengths = np.abs(bounds - difference).tolist()
        ax.errorbar(difference, range(n_rows), xerr=lengths, **looks)
        ax.set_yticks(range(n_rows), self.pairs["first"] + " - " + self.pairs["second"])
        # Upside down, so that the first row is the top one.
        ax.set_ylim(max(n_rows, 1) - 0.5, -0.5)
        ax.set_xlabel(f"difference ({self.unit})")
        self.ax_, self.figure_ = ax, cast("Figure", ax.figure)
        return self


class TrainingHistoryDisplay:
    """A quantity of one fit, epoch by epoch: on the training and any validation images.

    Parameters
    ----------
    history : dict of str to sequence of float
        One value an epoch for each name, as in ``DigitCNNClassifier.history_``: `loss`,
        `accuracy`, `learning_rate` and, with early stopping, `val_loss` and `val_accuracy`.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Where it was drawn.
    figure_ : matplotlib Figure
        The figure of `ax_`.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from mnistcnn.plotting import TrainingHistoryDisplay
    >>> history = {"loss": [0.9, 0.4, 0.2], "val_loss": [0.8, 0.5, 0.4]}
    >>> display = TrainingHistoryDisplay(history=history).plot()
    >>> [line.get_label() for line in display.ax_.lines]
    ['training', 'validation']
    """

    ax_: "Axes"
    figure_: "Figure"

    def __init__(self, *, history: Mapping[str, Sequence[float]]) -> None:
        self.history = history

    @classmethod
    def from_estimator(
        cls,
        estimator: "DigitCNNClassifier",
        *,
        quantity: str = "loss",
        ax: "Axes | None" = None,
        **line_options: Any,
    ) -> "TrainingHistoryDisplay":
        """Draw the `history_` of a fitted classifier.

        Parameters
        ----------
        estimator : DigitCNNClassifier
            Fitted.
        quantity : str, default="loss"
            As in `plot`.
        ax : matplotlib Axes, default=None
            As in `plot`.
        **line_options : dict
            As in `plot`.

        Returns
        -------
        TrainingHistoryDisplay
            Already drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the classifier is not fitted.
        """
        check_is_fitted(estimator, "history_")
        return cls(history=estimator.history_).plot(ax, quantity=quantity, **line_options)

    def plot(
        self, ax: "Axes | None" = None, *, quantity: str = "loss", **line_options: Any
    ) -> "TrainingHistoryDisplay":
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.
        quantity : str, default="loss"
            A name of `history`. Where the history holds ``val_<quantity>`` too, that is drawn
            beside it.
        **line_options : dict
            Handed to ``Axes.plot`` for every line.

        Returns
        -------
        TrainingHistoryDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `history` has no such quantity.
        """
        if quantity not in self.history:
            raise ValueError(f"quantity must be one of {sorted(self.history)}, got {quantity!r}.")
        ax = _axes(ax, type(self).__name__, figsize=(6, 4))
        for name, label in ((quantity, "training"), (f"val_{quantity}", "validation")):
            if name in self.history:
                values = self.history[name]
                ax.plot(range(1, len(values) + 1), values, **{"label": label, **line_options})
        ax.locator_params(axis="x", integer=True)
        ax.set_xlabel("epoch")
        ax.set_ylabel(quantity.replace("_", " "))
        ax.legend()
        self.ax_, self.figure_ = ax, cast("Figure", ax.figure)
        return self


def _axes(ax: "Axes | None", display: str, *, figsize: tuple[float, float]) -> "Axes":
    """Return the axes to draw in, or say how to install what draws."""
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError(
            f"{display}.plot needs matplotlib; pip install 'mnistcnn[plot]' installs it."
        ) from error
    return pyplot.subplots(figsize=figsize, layout="constrained")[1] if ax is None else ax
