"""Displays the training history of one or more fits."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
from sklearn.utils.validation import check_is_fitted

from mnistcnn._meta_estimator import inner_estimator_with
from mnistcnn.plotting._axes import figure_of, several_axes_for
from mnistcnn.plotting._looks import TRAINING, VALIDATION, line_looks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from numpy.typing import NDArray

    from mnistcnn._types import Classifier

__all__ = ["TrainingHistoryDisplay"]

History: TypeAlias = Mapping[str, Sequence[float]]

# By the rule of early stopping, the first decides which epoch is best, the second among equal ones.
VALIDATIONS = ("val_accuracy", "val_loss")

BANDS = {"min-max": "lowest to highest", "sd": "mean ± standard deviation"}


class TrainingHistoryDisplay:
    """The quantities of each epoch of a fit, on the training images and any validation images.

    The best epoch is marked if there was a validation. Several fits with the same settings, such as
    folds or seeds, are drawn as their mean and a band, with a faint line for each fit.

    Parameters
    ----------
    history : dict of str to sequence of float, or a sequence of such dicts
        One value per epoch for each name, as in ``DigitCNNClassifier.history_``: `loss`,
        `accuracy`, `learning_rate` and, with a validation, `val_loss` and `val_accuracy`. A
        sequence contains one dict for each fit. Epochs without a value are NaN. Those without a
        validation may also be left out, as by Keras's ``validation_freq=2``: if there are fewer
        values of `val_loss` (or, without it, of `val_accuracy`) than epochs, these, and as many
        values of other validations, belong to every second, third, ... epoch.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the first quantity.
    axes_ : ndarray of shape (n_quantities,), dtype object
        The matplotlib Axes of each quantity.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    lines_ : dict of str to matplotlib Line2D
        The line of each name in the history that was drawn; for several fits, the line of their
        mean.
    run_lines_ : dict of str to list of matplotlib Line2D
        The lines of the fits, if there are several.
    bands_ : dict of str to matplotlib PolyCollection
        The bands, if there are several fits.
    best_epoch_ : int or None
        The epoch, counted from 1, with the highest validation accuracy, and among equal ones the
        lowest validation loss; for several fits, by their means. None without a validation, or if
        the history does not tell to which epochs its values belong.
    best_epoch_lines_ : list of matplotlib Line2D
        The lines that mark this epoch, one for each quantity.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from mnistcnn.plotting import TrainingHistoryDisplay
    >>> history = {"loss": [0.9, 0.4, 0.2], "val_loss": [0.8, 0.4, 0.5]}
    >>> display = TrainingHistoryDisplay(history=history).plot()
    >>> [line.get_label() for line in display.lines_.values()]
    ['training', 'validation']
    >>> display.best_epoch_
    2
    """

    ax_: "Axes"
    axes_: "NDArray[np.object_]"
    figure_: "Figure"
    lines_: "dict[str, Line2D]"
    run_lines_: "dict[str, list[Line2D]]"
    bands_: "dict[str, PolyCollection]"
    best_epoch_: int | None
    best_epoch_lines_: "list[Line2D]"

    def __init__(self, *, history: History | Sequence[History]) -> None:
        self.history = history

    @classmethod
    def from_estimator(
        cls,
        estimator: "Classifier",
        *,
        quantity: str | Sequence[str] = "loss",
        ax: "Axes | Iterable[Axes] | None" = None,
        **line_options: Any,
    ) -> "TrainingHistoryDisplay":
        """Draw the `history_` of a fitted classifier.

        Parameters
        ----------
        estimator : classifier
            A fitted `DigitCNNClassifier`, or a pipeline, search or wrapper around one.
        quantity : str or sequence of str, default="loss"
            As in `plot`.
        ax : matplotlib Axes or a sequence of them, default=None
            As in `plot`.
        **line_options : dict
            As in `plot`.

        Returns
        -------
        TrainingHistoryDisplay
            The display, already drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the classifier is not fitted.
        ValueError
            If it has no `history_`, or in the cases of `plot`.
        """
        display = cls(history=_history_of(estimator, "estimator"))
        return display.plot(ax, quantity=quantity, **line_options)

    @classmethod
    def from_estimators(
        cls,
        estimators: "Iterable[Classifier]",
        *,
        quantity: str | Sequence[str] = "loss",
        band: str = "min-max",
        ax: "Axes | Iterable[Axes] | None" = None,
        **line_options: Any,
    ) -> "TrainingHistoryDisplay":
        """Draw the mean of several fits with a band around it.

        Parameters
        ----------
        estimators : iterable of classifiers
            Fitted classifiers, each as in `from_estimator`: the `estimator` that
            :func:`sklearn.model_selection.cross_validate` returns with ``return_estimator=True``,
            or the `estimators_` of a `mnistcnn.DigitEnsembleClassifier`.
        quantity : str or sequence of str, default="loss"
            As in `plot`.
        band : {"min-max", "sd"}, default="min-max"
            As in `plot`.
        ax : matplotlib Axes or a sequence of them, default=None
            As in `plot`.
        **line_options : dict
            As in `plot`.

        Returns
        -------
        TrainingHistoryDisplay
            The display, already drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If one of the classifiers is not fitted.
        ValueError
            As in `from_estimator`, or if `estimators` is empty.
        """
        histories = [
            _history_of(each, f"estimators[{place}]") for place, each in enumerate(estimators)
        ]
        display = cls(history=histories)
        return display.plot(ax, quantity=quantity, band=band, **line_options)

    def plot(
        self,
        ax: "Axes | Iterable[Axes] | None" = None,
        *,
        quantity: str | Sequence[str] = "loss",
        band: str = "min-max",
        **line_options: Any,
    ) -> "TrainingHistoryDisplay":
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes or a sequence of them, default=None
            Axes to draw in, one for each quantity; None makes a new figure.
        quantity : str or sequence of str, default="loss"
            A name in the history, or several names, which are drawn one below the other. If the
            history also contains ``val_<quantity>``, both are drawn.
        band : {"min-max", "sd"}, default="min-max"
            The band around the mean of several fits: from the lowest to the highest, or one sample
            standard deviation to either side. Mean and band end with the shortest fit.
        **line_options : dict
            Passed to ``Axes.plot`` for every line of a fit or of a mean.

        Returns
        -------
        TrainingHistoryDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the history has no epochs or no such quantity, if it does not tell to which epochs
            the values of the quantity or of its validation belong, if another parameter is not as
            described, or if `ax` cannot be drawn in.
        """
        runs = _runs_of(self.history)
        quantities = [quantity] if isinstance(quantity, str) else list(quantity)
        _check_quantities(quantities, runs)
        if band not in BANDS:
            raise ValueError(f"band must be one of {list(BANDS)}, got {band!r}.")
        drawn = _drawn_values(quantities, runs)
        axes = several_axes_for(ax, type(self).__name__, len(quantities), figsize=(6, 4))
        self.lines_, self.run_lines_, self.bands_, self.best_epoch_lines_ = {}, {}, {}, []
        self.best_epoch_ = _best_epoch(runs)
        for each, name in zip(axes, quantities, strict=True):
            self._draw_quantity(each, name, drawn, band, line_options)
        axes[-1].set_xlabel("epoch")
        self.axes_, self.ax_, self.figure_ = axes, axes[0], figure_of(axes[0])
        return self

    def _draw_quantity(
        self,
        ax: "Axes",
        quantity: str,
        values_of: Mapping[str, list[Sequence[float]]],
        band: str,
        options: dict[str, Any],
    ) -> None:
        parts = ((quantity, "training", TRAINING), (f"val_{quantity}", "validation", VALIDATION))
        for name, label, looks in parts:
            values = values_of.get(name, [])
            drawn = line_looks({**looks, "label": label}, options)
            if len(values) == 1:
                [self.lines_[name]] = _draw_lines(ax, values, drawn)
            elif values:
                self._draw_runs(ax, name, values, band, drawn)
        if self.best_epoch_ is not None:
            label = f"best epoch: {self.best_epoch_}"
            line = ax.axvline(self.best_epoch_, color="black", linestyle=":", label=label)
            self.best_epoch_lines_.append(line)
        ax.locator_params(axis="x", integer=True)
        ax.set_ylabel(quantity.replace("_", " "))
        ax.legend()

    def _draw_runs(
        self,
        ax: "Axes",
        name: str,
        values: list[Sequence[float]],
        band: str,
        looks: dict[str, Any],
    ) -> None:
        faint = {**looks, "alpha": 0.3, "linewidth": 0.8, "marker": "", "label": None}
        self.run_lines_[name] = _draw_lines(ax, values, faint)
        mean, lower, upper = _mean_and_band(values, band)
        label = looks["label"]
        of_mean = {**looks, "label": f"{label}, mean of {len(values)} fits"}
        [self.lines_[name]] = _draw_lines(ax, [mean], of_mean)
        epochs, _ = _measured(mean)
        self.bands_[name] = ax.fill_between(
            epochs,
            lower[epochs - 1],
            upper[epochs - 1],
            facecolor=looks["color"],
            edgecolor=looks["color"],
            alpha=0.25,
            linewidth=0,
            hatch="///" if name.startswith("val_") else None,
            label=f"{label}, {BANDS[band]}",
        )


def _history_of(estimator: "Classifier", name: str) -> History:
    check_is_fitted(estimator)
    fitted = inner_estimator_with(estimator, "history_")
    if fitted is None:
        raise ValueError(
            f"{name} must be a DigitCNNClassifier, or a pipeline, search or wrapper around one, "
            f"got {type(estimator).__name__}; from_estimators takes several."
        )
    return cast("History", fitted.history_)


def _runs_of(history: History | Sequence[History]) -> list[History]:
    """Return the histories of all fits; each must hold at least one epoch."""
    runs = [history] if isinstance(history, Mapping) else list(history)
    if not runs or not all(any(map(len, run.values())) for run in runs):
        raise ValueError(
            "history must hold at least one epoch of each fit, got none; a network that was "
            "trained elsewhere and wrapped has no history."
        )
    return runs


def _drawn_values(quantities: list[str], runs: list[History]) -> dict[str, list[Sequence[float]]]:
    """Return the values of all fits, one an epoch, of each name that is to be drawn."""
    names = [name for quantity in quantities for name in (quantity, f"val_{quantity}")]
    known = [name for name in names if all(name in run for run in runs)]
    return {name: [_values_of_epochs(run, name) for run in runs] for name in known}


def _values_of_epochs(run: History, name: str) -> Sequence[float]:
    values = _in_their_epochs(run, name)
    if values is None:
        raise ValueError(
            "history must hold a value of each epoch, or validations of every second, third, ... "
            f"one, got {len(run[name])} values of {name} for {_n_epochs(run)} epochs; put NaN for "
            "the epochs without one."
        )
    return values


def _n_epochs(run: History) -> int:
    return max((len(run[name]) for name in run if not name.startswith("val_")), default=0)


def _in_their_epochs(run: History, name: str) -> Sequence[float] | None:
    """Return a value for each epoch, NaN for none; None if nobody knows where they belong."""
    values, n_epochs = run[name], _n_epochs(run)
    if not 0 < len(values) < n_epochs:
        return values if len(values) else [np.nan] * n_epochs
    frequency = n_epochs // len(values)
    # Of 11 epochs, 2 values may be those of the 4th and the 8th, or of the 5th and the 10th.
    is_certain = n_epochs % len(values) == 0 or n_epochs // max(frequency - 1, 1) != len(values)
    is_regular = n_epochs // frequency == len(values) and is_certain
    if not is_regular or not _is_of_validation(run, name):
        return None
    placed = np.full(n_epochs, np.nan)
    placed[frequency - 1 :: frequency] = values
    return placed.tolist()


def _is_of_validation(run: History, name: str) -> bool:
    """Say whether Keras may have measured something, rather than a callback in epochs of its own.

    Keras measures everything on the validation images in the same epochs, the loss among it.
    """
    measured = next((run[each] for each in reversed(VALIDATIONS) if each in run), [])
    return name.startswith("val_") and len(run[name]) == len(measured)


def _check_quantities(quantities: list[str], runs: list[History]) -> None:
    known = [name for name in runs[0] if all(name in run for run in runs)]
    unknown = [name for name in quantities if name not in known]
    if unknown or not quantities:
        wanted = repr(unknown[0]) if unknown else "none"
        remedy = "; a fit measures validation images with early_stopping=True or X_val"
        advice = remedy if wanted.startswith("'val_") else ""
        raise ValueError(f"quantity must be one of {sorted(known)}, got {wanted}{advice}.")


def _draw_lines(
    ax: "Axes", values: Sequence[Sequence[float]], looks: dict[str, Any]
) -> "list[Line2D]":
    return [ax.plot(*_measured(each), **looks)[0] for each in values]


def _measured(values: "Sequence[float] | NDArray[np.float64]") -> "list[NDArray[np.float64]]":
    """Return the epochs in which there is a value, from 1 on, and the values."""
    numbers = np.asarray(values, dtype=float)
    is_measured = ~np.isnan(numbers)
    return [np.flatnonzero(is_measured) + 1, numbers[is_measured]]


def _mean_and_band(values: list[Sequence[float]], band: str) -> "NDArray[np.float64]":
    """Return mean, lower and upper end in the epochs that all fits have, ``(3, n_epochs)``."""
    n_epochs = min(map(len, values))
    common = np.array([each[:n_epochs] for each in values], dtype=float)
    mean = common.mean(axis=0)
    if band == "min-max":
        return np.array([mean, common.min(axis=0), common.max(axis=0)])
    deviation = common.std(axis=0, ddof=1)
    return np.array([mean, mean - deviation, mean + deviation])


def _best_epoch(runs: list[History]) -> int | None:
    """Return the best epoch in validation, by the rule of early stopping."""
    known = [name for name in VALIDATIONS if all(name in run for run in runs)]
    placed = [[_in_their_epochs(run, name) for run in runs] for name in known]
    certain = [[values for values in each if values is not None] for each in placed]
    if certain != placed:
        return None
    means = [_mean_and_band(each, "min-max")[0] for each in certain]
    signs = [1 if name == "val_accuracy" else -1 for name in known]
    ranks = [sign * mean for sign, mean in zip(signs, means, strict=True)]
    if not ranks or np.isnan(ranks[0]).all():
        return None
    # What was not measured, or has become NaN, is no better than anything.
    compared = [np.where(np.isnan(rank), -np.inf, rank) for rank in ranks]
    rows = list(zip(*compared, strict=True))
    return rows.index(max(rows)) + 1
