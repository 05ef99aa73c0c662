"""The axes of displays, the only code that needs matplotlib before drawing."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from numpy.typing import NDArray

__all__ = ["axes_for", "check_matplotlib", "figure_of", "several_axes_for"]


def axes_for(ax: "Axes | None", display: str, *, figsize: tuple[float, float]) -> "Axes":
    """Return the axes to draw in, or say how to install matplotlib.

    What is no axes of an open figure is refused: nobody would see what is drawn there.
    """
    pyplot = _pyplot(display)
    if ax is None:
        return cast("Axes", pyplot.subplots(figsize=figsize, layout="constrained")[1])
    _check_can_be_drawn_in(ax)
    return ax


def several_axes_for(
    ax: "Axes | Iterable[Axes] | None", display: str, n: int, *, figsize: tuple[float, float]
) -> "NDArray[np.object_]":
    """Return `n` axes, one below the other in a new figure, or those that were given."""
    pyplot = _pyplot(display)
    if ax is None:
        size = (figsize[0], figsize[1] * n)
        made = pyplot.subplots(n, figsize=size, layout="constrained", sharex=True, squeeze=False)[1]
        return cast("NDArray[np.object_]", made.ravel())
    given = np.empty(1, dtype=object)
    given[0] = ax
    if isinstance(ax, Iterable):
        given = np.asarray(list(ax), dtype=object).ravel()
    if len(given) != n:
        raise ValueError(f"ax must be {n} Axes, one for each quantity, got {len(given)}.")
    for each in given:
        _check_can_be_drawn_in(each)
    return given


def figure_of(ax: "Axes") -> "Figure":
    """Return the figure of axes."""
    return cast("Figure", ax.figure)


def check_matplotlib(name: str) -> None:
    """Raise an error that says how to install matplotlib for a function, if it is missing.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(
            f"{name} needs matplotlib; pip install 'mnistcnn[plot]' installs it."
        ) from error


def _pyplot(display: str) -> Any:
    check_matplotlib(f"{display}.plot")
    from matplotlib import pyplot

    return pyplot


def _check_can_be_drawn_in(ax: object) -> None:
    from matplotlib.axes import Axes

    remedy = "make others with pyplot.subplots(), or pass None"
    if not isinstance(ax, Axes):
        raise ValueError(f"ax must be a matplotlib Axes or None, got {type(ax).__name__}.")
    if ax.figure is None or ax not in _axes_within(ax.figure):
        raise ValueError(f"ax must be in a figure, got Axes that were removed; {remedy}.")
    # A subfigure lies in a figure.
    if _is_closed(ax.figure.figure):
        raise ValueError(f"ax must be in an open figure, got Axes of a closed one; {remedy}.")


def _axes_within(figure: "Figure | SubFigure") -> list["Axes"]:
    found: list[Any] = list(figure.axes)
    for ax in found:
        # Those within others, such as insets, are looked through in turn.
        found.extend(ax.child_axes)
    return found


def _is_closed(figure: "Figure") -> bool:
    """Tell whether pyplot has closed a figure; figures made without pyplot are never closed."""
    from matplotlib import pyplot

    number = getattr(figure, "number", None)
    if number is None:
        return False
    if not pyplot.fignum_exists(number):
        return True
    # A figure that is made later may have the number of one that was closed.
    current = pyplot.gcf()
    is_open = pyplot.figure(number) is figure
    pyplot.figure(current)
    return not is_open
