"""The epochs of a fit."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from sklearn.utils.validation import check_is_fitted

from mnistcnn.plotting._axes import axes_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from mnistcnn.classifier import DigitCNNClassifier

__all__ = ["TrainingHistoryDisplay"]


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
        ax = axes_for(ax, type(self).__name__, figsize=(6, 4))
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
