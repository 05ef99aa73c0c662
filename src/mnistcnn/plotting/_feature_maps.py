"""Displays the layer outputs of a network, and the filters of its first layer."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mnistcnn.inspection import network_and_input, network_within
from mnistcnn.plotting._axes import axes_for, figure_of
from mnistcnn.plotting._grid_contents import check_count, shown
from mnistcnn.plotting._looks import COLORMAP

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage
    from numpy.typing import ArrayLike, NDArray

    from mnistcnn._types import Classifier, ImageLike

__all__ = ["FeatureMapDisplay"]

# In inches: a map, and the line above a row of them.
SIDE, TITLE = 0.9, 0.3

PER_ROW = 8


class FeatureMapDisplay:
    """The output of each layer of a network for one image, or the filters of its first layer.

    Parameters
    ----------
    maps : dict of str to array-like of shape (h, w, n_maps) or (n_units,)
        The maps of each layer, by its name, or the outputs of its units, which are drawn as one
        strip.
    image : array-like of shape (h, w) or (h, w, c), default=None
        The input image, which is drawn first.
    n_maps : int, default=8
        Maximum number of maps of each layer; the first ones are drawn, eight in a row.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes in which it was drawn.
    axes_ : dict of str to list of matplotlib Axes
        The Axes of the maps of each layer.
    images_ : dict of str to list of matplotlib AxesImage
        The maps in these Axes. Maps of the same layer share one scale.
    image_ : matplotlib AxesImage or None
        The image, if there is one.
    figure_ : matplotlib Figure
        The figure of `ax_`.

    See Also
    --------
    mnistcnn.DigitCNNClassifier.layer_outputs : Return the outputs.
    mnistcnn.DigitCNNClassifier.layer_kernels : Return the filters.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from mnistcnn import DigitCNNClassifier, load_sample_digits
    >>> from mnistcnn.plotting import FeatureMapDisplay
    >>> X, y = load_sample_digits(return_X_y=True)
    >>> classifier = DigitCNNClassifier("convnet", epochs=1).fit(X[:200], y[:200])
    >>> display = FeatureMapDisplay.from_estimator(classifier, X[0])
    >>> {name: len(maps) for name, maps in display.axes_.items()}
    {'conv2d': 8, 'conv2d_1': 8, 'logits': 1}
    """

    ax_: "Axes"
    axes_: "dict[str, list[Axes]]"
    images_: "dict[str, list[AxesImage]]"
    image_: "AxesImage | None"
    figure_: "Figure"

    def __init__(
        self,
        *,
        maps: Mapping[str, "ArrayLike"],
        image: "ArrayLike | None" = None,
        n_maps: int = PER_ROW,
    ) -> None:
        self.maps = maps
        self.image = image
        self.n_maps = n_maps

    @classmethod
    def from_estimator(
        cls,
        estimator: "Classifier",
        image: "ImageLike",
        *,
        layers: Sequence[str] | None = None,
        n_maps: int = PER_ROW,
        ax: "Axes | None" = None,
        **image_options: Any,
    ) -> "FeatureMapDisplay":
        """Draw the outputs of layers for one image.

        Parameters
        ----------
        estimator : classifier
            A fitted `DigitCNNClassifier`, or a pipeline, search or wrapper around one.
        image : array-like of shape (h, w), (h, w, c) or (h * w,), or Pillow image
            One image, in a form in which the classifier accepts images.
        layers : sequence of str, default=None
            Names of layers, as in `DigitCNNClassifier.layer_outputs`; None means the layers that
            have kernels, which are the convolutions and the dense layers.
        n_maps : int, default=8
            As in the constructor.
        ax : matplotlib Axes, default=None
            As in `plot`.
        **image_options : dict
            As in `plot`.

        Returns
        -------
        FeatureMapDisplay
            The display, already drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the classifier is not fitted.
        ValueError
            If `estimator` does not contain a single network, if there is no such layer, if `image`
            is not one image that the network accepts, or if `n_maps` is not a positive integer.
        """
        check_count("n_maps", n_maps)
        network, given = network_and_input(estimator, [_only_image(image)])
        if layers is None:
            kernels = network.layer_kernels()
            outputs = network.layer_outputs(given)
            chosen = {name: outputs[name] for name in outputs if name in kernels} or outputs
        else:
            chosen = network.layer_outputs(given, layers=layers)
        display = cls(
            maps={name: output[0] for name, output in chosen.items()},
            image=_in_shape(np.asarray(given)[0], network.image_shape_),
            n_maps=n_maps,
        )
        return display.plot(ax, **image_options)

    @classmethod
    def from_filters(
        cls,
        estimator: "Classifier",
        *,
        n_maps: int = 32,
        ax: "Axes | None" = None,
        **image_options: Any,
    ) -> "FeatureMapDisplay":
        """Draw the filters of the first layer that has any.

        A dense layer that is connected to all pixels has one filter of the size of the image for
        each unit.

        Parameters
        ----------
        estimator : classifier
            As in `from_estimator`.
        n_maps : int, default=32
            As in the constructor.
        ax : matplotlib Axes, default=None
            As in `plot`.
        **image_options : dict
            As in `plot`.

        Returns
        -------
        FeatureMapDisplay
            Already drawn; filters with several channels are averaged over the channels.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the classifier is not fitted.
        ValueError
            If `estimator` does not contain a single network, if the filters of its first layer are
            not images, or if `n_maps` is not a positive integer.
        """
        check_count("n_maps", n_maps)
        network = network_within(estimator)
        name, kernel = next(iter(network.layer_kernels().items()), ("none", np.empty(0)))
        if kernel.ndim == 2 and len(kernel) == np.prod(network.image_shape_):
            kernel = kernel.reshape(*network.image_shape_, -1)
        if kernel.ndim != 4:
            raise ValueError(
                "estimator must hold a network whose first layer with a kernel is a convolution or "
                f"sees all pixels, got layer {name} with a kernel of shape {kernel.shape}."
            )
        display = cls(maps={name: kernel.mean(axis=2)}, n_maps=n_maps)
        return display.plot(ax, **image_options)

    def plot(self, ax: "Axes | None" = None, **image_options: Any) -> "FeatureMapDisplay":
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes whose area the maps fill; None makes a new figure.
        **image_options : dict
            Passed to ``Axes.imshow`` for every map.

        Returns
        -------
        FeatureMapDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If maps, image or `n_maps` are not as described in the constructor, or if `ax` cannot be
            drawn in.
        """
        check_count("n_maps", self.n_maps)
        maps = _checked_maps(self.maps)
        image = None if self.image is None else shown([self.image], None)[0]
        rows = [(name, self._rows_of(array)) for name, array in maps.items()]
        n_rows = sum(n for _, n in rows) + (image is not None)
        size = (SIDE * PER_ROW, (SIDE + TITLE) * n_rows)
        ax = axes_for(ax, type(self).__name__, figsize=size)
        ax.set_axis_off()
        self.axes_, self.images_, self.image_ = {}, {}, None
        grid = _Grid(ax, n_rows)
        if image is not None:
            cell = grid.cell(0, 0)
            self.image_ = cell.imshow(image, cmap="gray", vmin=0, vmax=1)
            cell.set_title("image", loc="left", fontsize="small")
        top = int(image is not None)
        for name, n in rows:
            self._draw_layer(grid, top, name, maps[name], image_options)
            top += n
        self.ax_, self.figure_ = ax, figure_of(ax)
        return self

    def _rows_of(self, maps: "NDArray[Any]") -> int:
        if maps.ndim == 1:
            return 1
        n_maps: int = min(self.n_maps, maps.shape[2])
        return -(-n_maps // PER_ROW)

    def _draw_layer(
        self, grid: "_Grid", top: int, name: str, maps: "NDArray[Any]", options: dict[str, Any]
    ) -> None:
        looks: dict[str, Any] = {"cmap": COLORMAP, "vmin": np.nanmin(maps), "vmax": np.nanmax(maps)}
        if maps.ndim == 1:
            cells, drawn = [grid.strip(top)], [maps[None]]
            looks["aspect"] = "auto"
            title = f"{name}: {len(maps)} units"
        else:
            drawn = list(np.moveaxis(maps, 2, 0)[: self.n_maps])
            cells = [
                grid.cell(top + place // PER_ROW, place % PER_ROW) for place in range(len(drawn))
            ]
            height, width, n = maps.shape
            title = f"{name}: {len(drawn)} of {n}, {height}x{width}"
        pairs = zip(cells, drawn, strict=True)
        self.axes_[name] = cells
        self.images_[name] = [cell.imshow(each, **{**looks, **options}) for cell, each in pairs]
        cells[0].set_title(title, loc="left", fontsize="small")


class _Grid:
    """Rows of eight cells in axes, each below a line of text."""

    def __init__(self, ax: "Axes", n_rows: int) -> None:
        self._ax = ax
        self._n_rows = n_rows

    def cell(self, row: int, column: int) -> "Axes":
        """Return new axes for a map."""
        return self._within(row, column / PER_ROW, 0.94 / PER_ROW, SIDE)

    def strip(self, row: int) -> "Axes":
        """Return new axes for the units of a layer."""
        return self._within(row, 0, 1, SIDE / 3)

    def _within(self, row: int, left: float, width: float, height: float) -> "Axes":
        line = SIDE + TITLE
        top = 1 - (row + TITLE / line) / self._n_rows
        share = height / line / self._n_rows
        cell = self._ax.inset_axes((left, top - share, width, share))
        cell.set_axis_off()
        return cell


def _checked_maps(maps: Mapping[str, "ArrayLike"]) -> "dict[str, NDArray[Any]]":
    arrays = {name: np.asarray(array, dtype=np.float64) for name, array in maps.items()}
    wrong = {name: a.shape for name, a in arrays.items() if a.ndim not in (1, 3) or not a.size}
    if wrong or not arrays:
        raise ValueError(
            "maps must hold layers with outputs of shape (h, w, n_maps) or (n_units,), got "
            f"{wrong or 'none'}."
        )
    return arrays


def _only_image(image: "ImageLike") -> Any:
    """Return a single image, also from an array of one; several are refused."""
    array = np.asarray(image)
    if array.ndim > 1 and len(array) == 1:
        return array[0]
    may_have_channels = array.ndim == 3 and array.shape[2] <= 4
    if array.ndim in (1, 2) or may_have_channels:
        return image
    raise ValueError(
        "image must be one image, of shape (h, w), (h, w, c) or (h * w,), got an array of shape "
        f"{array.shape}."
    )


def _in_shape(image: "NDArray[Any]", shape: tuple[int, ...]) -> "NDArray[Any]":
    missing = int(np.prod(shape)) - image.size
    return np.pad(image.ravel(), (0, missing)).reshape(shape)
