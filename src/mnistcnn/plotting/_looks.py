"""Styles of lines that are distinguishable in gray and by color-blind readers."""

from typing import Any

__all__ = ["COLORMAP", "MEAN", "POINTS", "REGION", "TRAINING", "VALIDATION", "line_looks"]

# Of equal steps to the eye, in gray too, and nearly the same for the color-blind (Nunez, Anderton
# and Renslow 2018).
COLORMAP = "cividis"

# The colors are Okabe and Ito's (2008); line and marker say the same without them.
TRAINING: dict[str, Any] = {"color": "#0072B2", "linestyle": "-", "marker": "o"}
VALIDATION: dict[str, Any] = {"color": "#E69F00", "linestyle": "--", "marker": "s"}
REGION = "#56B4E9"
MEAN: dict[str, Any] = {"color": "black", "marker": "D"}

_COLORS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#000000")
_MARKERS = "osD^vP*X<>"

# One for each of up to seventy points, in which neighbors differ in both.
POINTS: tuple[dict[str, Any], ...] = tuple(
    {"color": _COLORS[number % len(_COLORS)], "marker": _MARKERS[number % len(_MARKERS)]}
    for number in range(len(_COLORS) * len(_MARKERS))
)


def line_looks(looks: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """Return the looks of a line where a user's options come first, by whatever name."""
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.lines import Line2D

    return {**looks, **normalize_kwargs(options, Line2D)}
