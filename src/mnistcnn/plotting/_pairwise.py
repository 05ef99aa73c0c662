"""The differences between the architectures of a comparison."""

from typing import TYPE_CHECKING, Any

import numpy as np

from mnistcnn.plotting._axes import axes_for, figure_of
from mnistcnn.plotting._looks import REGION

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.container import ErrorbarContainer
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    from mnistcnn.evaluation import ComparisonResult

__all__ = ["PairwiseDisplay"]


class PairwiseDisplay:
    """The difference of each pair of architectures, its interval, and the region of equivalence.

    Parameters
    ----------
    pairs : DataFrame
        From `ComparisonResult.pairwise`: `first`, `second`, `difference`, `lower` and `upper`. The
        first row is drawn at the top.
    rope : float
        Differences of up to this value in either direction are of no importance; they are shaded.
    unit : str, default="points"
        The unit of all differences.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes in which it was drawn.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    intervals_ : matplotlib ErrorbarContainer
        The differences with their intervals.
    region_ : matplotlib Patch or None
        The region of practical equivalence, if there is one.
    zero_line_ : matplotlib Line2D
        The line at a difference of zero.

    See Also
    --------
    mnistcnn.ComparisonResult.pairwise : Computes the differences drawn here.

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
    intervals_: "ErrorbarContainer"
    region_: "Patch | None"
    zero_line_: "Line2D"

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
            The display, already drawn.
        """
        pairs = result.pairwise(rope=rope, scorer=scorer, confidence=confidence)
        display = cls(pairs=pairs, rope=pairs.attrs["rope"], unit=pairs.attrs["unit"])
        return display.plot(ax, **interval_options)

    def plot(self, ax: "Axes | None" = None, **interval_options: Any) -> "PairwiseDisplay":
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw in; None makes a new figure.
        **interval_options : dict
            Passed to ``Axes.errorbar`` for the differences and their intervals.

        Returns
        -------
        PairwiseDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `ax` cannot be drawn in.
        """
        n_rows = len(self.pairs)
        ax = axes_for(ax, type(self).__name__, figsize=(7, 1.5 + 0.4 * n_rows))
        difference, *bounds = self.pairs[["difference", "lower", "upper"]].to_numpy(dtype=float).T
        self.region_ = None
        if self.rope > 0:
            self.region_ = ax.axvspan(
                -self.rope, self.rope, color=REGION, alpha=0.4, label="practically equal"
            )
            ax.legend()
        self.zero_line_ = ax.axvline(0, color="gray", linewidth=1)
        options = {"fmt": "D", "color": "black", "capsize": 4, **interval_options}
        # As lists: an older matplotlib takes an array of one for a number.
        lengths = np.abs(bounds - difference).tolist()
        self.intervals_ = ax.errorbar(difference, range(n_rows), xerr=lengths, **options)
        ax.set_yticks(range(n_rows), self.pairs["first"] + " - " + self.pairs["second"])
        # Upside down, so that the first row is the top one.
        ax.set_ylim(max(n_rows, 1) - 0.5, -0.5)
        ax.set_xlabel(f"difference ({self.unit})")
        self.ax_, self.figure_ = ax, figure_of(ax)
        return self
