"""Where a display draws, the only place that needs matplotlib before anything is drawn."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["axes_for"]


def axes_for(ax: "Axes | None", display: str, *, figsize: tuple[float, float]) -> "Axes":
    """Return the axes to draw in, or say how to install what draws."""
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError(
            f"{display}.plot needs matplotlib; pip install 'mnistcnn[plot]' installs it."
        ) from error
    return pyplot.subplots(figsize=figsize, layout="constrained")[1] if ax is None else ax
