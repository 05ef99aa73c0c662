"""Displays saliency maps: which pixels a prediction depends on."""

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_consistent_length

from mnistcnn.inspection import gradient_saliency, occlusion_saliency
from mnistcnn.plotting._axes import axes_for, figure_of
from mnistcnn.plotting._grid_contents import check_count, first_rows, shown
from mnistcnn.plotting._looks import COLORMAP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage
    from numpy.typing import ArrayLike, NDArray

    from mnistcnn._types import Classifier, Images, Label
    from mnistcnn.inspection import Saliency

__all__ = ["SaliencyDisplay"]

METHODS = {"occlusion": occlusion_saliency, "gradient": gradient_saliency}
LABELS = {
    "occlusion": "fall of the probability\nwhere covered",
    "gradient": "size of the gradient\nof the score",
}

# In inches: a cell with its title, the bar of colors with its label, and what that needs at least.
SIDE, TITLE, BAR, LOWEST = 1.4, 0.25, 1.2, 2.2


class SaliencyDisplay:
    """Images, each with a map of the pixels that were decisive for one or more classes.

    Bright pixels support the class. All maps share one scale, which the color bar shows.

    Parameters
    ----------
    images : array-like of shape (n, h, w) or (n, h, w, c)
        The images.
    maps : array-like of shape (n, n_wanted, h, w)
        How decisive each pixel was, for each image and requested class.
    titles : array-like of str of shape (n, n_wanted)
        The title above each map.
    label : str, default=""
        The quantity in the maps, as the label of the color bar.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes in which it was drawn.
    axes_ : ndarray of shape (n, 1 + n_wanted), dtype object
        The matplotlib Axes of each image, followed by those of its maps.
    images_ : ndarray of shape (n, 1 + n_wanted), dtype object
        The matplotlib AxesImage in each of these Axes.
    colorbar_ : matplotlib Colorbar
        The scale of the maps.
    figure_ : matplotlib Figure
        The figure of `ax_`.

    See Also
    --------
    mnistcnn.inspection.occlusion_saliency : Computes maps for any classifier.
    mnistcnn.inspection.gradient_saliency : Computes maps for a network.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from mnistcnn import load_pretrained, load_sample_digits
    >>> from mnistcnn.plotting import SaliencyDisplay
    >>> X, y = load_sample_digits(return_X_y=True)
    >>> display = SaliencyDisplay.from_estimator(load_pretrained(), X[:2], method="gradient")
    >>> display.axes_.shape
    (2, 2)
    """

    ax_: "Axes"
    axes_: "NDArray[np.object_]"
    images_: "NDArray[np.object_]"
    colorbar_: "Colorbar"
    figure_: "Figure"

    def __init__(
        self, *, images: "ArrayLike", maps: "ArrayLike", titles: "ArrayLike", label: str = ""
    ) -> None:
        self.images = images
        self.maps = maps
        self.titles = titles
        self.label = label

    @classmethod
    def from_estimator(
        cls,
        estimator: "Classifier",
        X: "Images",
        *,
        method: str = "occlusion",
        classes: "Label | Sequence[Label] | None" = None,
        n_images: int = 5,
        ax: "Axes | None" = None,
        **image_options: Any,
    ) -> "SaliencyDisplay":
        """Draw which pixels are decisive for the classes of a fitted classifier.

        Parameters
        ----------
        estimator : classifier
            A fitted classifier; for ``method="gradient"``, a `DigitCNNClassifier`, or a pipeline,
            search or wrapper around one.
        X : array-like of shape (n, h * w), (n, h, w) or (n, h, w, c)
            Images, in a form that the estimator accepts.
        method : {"occlusion", "gradient"}, default="occlusion"
            The function that computes the maps: `mnistcnn.inspection.occlusion_saliency` [1]_, or
            `mnistcnn.inspection.gradient_saliency` [2]_, which takes a small fraction of the time.
        classes : label or sequence of labels, default=None
            The classes for which maps of every image are computed; None means its predicted class.
        n_images : int, default=5
            Maximum number of images; the first ones are drawn.
        ax : matplotlib Axes, default=None
            As in `plot`.
        **image_options : dict
            As in `plot`.

        Returns
        -------
        SaliencyDisplay
            The display, already drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the classifier is not fitted.
        ValueError
            If a parameter is not as described, or in the cases of these two functions.

        References
        ----------
        .. [1] M. D. Zeiler and R. Fergus, "Visualizing and Understanding Convolutional Networks",
           ECCV 2014.
        .. [2] K. Simonyan, A. Vedaldi and A. Zisserman, "Deep Inside Convolutional Networks:
           Visualising Image Classification Models and Saliency Maps", ICLR workshop 2014.
        """
        check_count("n_images", n_images)
        if method not in METHODS:
            raise ValueError(f"method must be one of {list(METHODS)}, got {method!r}.")
        saliency = METHODS[method](estimator, first_rows(estimator, X, n_images), classes=classes)
        return cls.from_saliency(saliency, ax=ax, **image_options)

    @classmethod
    def from_saliency(
        cls, saliency: "Saliency", *, ax: "Axes | None" = None, **image_options: Any
    ) -> "SaliencyDisplay":
        """Draw maps that have already been computed.

        Parameters
        ----------
        saliency : Saliency
            The result of `mnistcnn.inspection.occlusion_saliency` or
            `mnistcnn.inspection.gradient_saliency`.
        ax : matplotlib Axes, default=None
            As in `plot`.
        **image_options : dict
            As in `plot`.

        Returns
        -------
        SaliencyDisplay
            The display, already drawn.
        """
        titles = [
            [f"{label}: {100 * probability:.1f} %" for label, probability in pairs]
            for pairs in map(zip, saliency.classes.tolist(), saliency.probabilities)
        ]
        display = cls(
            images=saliency.images,
            maps=saliency.maps,
            titles=titles,
            label=LABELS[saliency.method],
        )
        return display.plot(ax, **image_options)

    def plot(self, ax: "Axes | None" = None, **image_options: Any) -> "SaliencyDisplay":
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes whose area the images and maps fill; None makes a new figure.
        **image_options : dict
            Passed to ``Axes.imshow`` for every map.

        Returns
        -------
        SaliencyDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If images, maps and titles do not fit together, or if `ax` cannot be drawn in.
        """
        images = shown(self.images, None)
        maps = np.asarray(self.maps, dtype=np.float64)
        titles = np.asarray(self.titles)
        _check_fit_together(images, maps, titles)
        n_rows, n_columns = maps.shape[0], 1 + maps.shape[1]
        size = (SIDE * n_columns + BAR, max((SIDE + TITLE) * n_rows, LOWEST))
        ax = axes_for(ax, type(self).__name__, figsize=size)
        ax.set_axis_off()
        axes, drawn = np.full((2, n_rows, n_columns), None, dtype=object)
        looks = {**_scale(maps), "cmap": COLORMAP, **image_options}
        for row in range(n_rows):
            cells = [_cell(ax, row, column, axes.shape) for column in range(n_columns)]
            axes[row] = cells
            drawn[row, 0] = cells[0].imshow(images[row], cmap="gray", vmin=0, vmax=1)
            for column, cell in enumerate(cells[1:]):
                drawn[row, 1 + column] = cell.imshow(maps[row, column], **looks)
                cell.set_title(titles[row, column], fontsize="small")
        self.ax_, self.axes_, self.images_, self.figure_ = ax, axes, drawn, figure_of(ax)
        self.colorbar_ = self._draw_colorbar(ax, drawn[0, 1])
        return self

    def _draw_colorbar(self, ax: "Axes", drawn: "AxesImage") -> "Colorbar":
        left = _share_of_cells(self.axes_.shape[1])
        place = ax.inset_axes((left, 0.05, 0.12 * (1 - left), 0.9))
        return self.figure_.colorbar(drawn, cax=place, label=self.label)


def _check_fit_together(images: list[Any], maps: "NDArray[Any]", titles: "NDArray[Any]") -> None:
    check_consistent_length(images, maps, titles)
    if maps.ndim != 4 or not maps.size or titles.shape != maps.shape[:2]:
        raise ValueError(
            "maps must be of shape (n, n_wanted, h, w) and titles of shape (n, n_wanted), without "
            f"a 0, got {maps.shape} and {titles.shape}."
        )
    if maps.shape[2:] != images[0].shape[:2]:
        raise ValueError(
            f"maps must be as high and wide as the images, {images[0].shape[:2]}, got "
            f"{maps.shape[2:]}."
        )


def _scale(maps: "NDArray[np.float64]") -> dict[str, float]:
    """Return the limits of the color scale, with 0 in the middle if any value is negative."""
    largest = float(np.nanmax(np.abs(maps))) or 1.0
    return {"vmin": -largest if np.nanmin(maps) < 0 else 0.0, "vmax": largest}


def _share_of_cells(n_columns: int) -> float:
    """Return the part of the width that the cells take, beside the color bar."""
    return SIDE * n_columns / (SIDE * n_columns + BAR)


def _cell(ax: "Axes", row: int, column: int, shape: tuple[int, ...]) -> "Axes":
    n_rows, n_columns = shape
    height = SIDE / (SIDE + TITLE) / n_rows
    width = _share_of_cells(n_columns) / n_columns
    cell = ax.inset_axes((column * width, 1 - (row + 1) / n_rows, 0.95 * width, height))
    cell.set_axis_off()
    return cell
