"""Displays grids of images: samples of each class, mistakes, or before and after a change."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from mnistcnn.plotting._axes import axes_for, figure_of
from mnistcnn.plotting._grid_contents import (
    answers_of,
    as_given,
    cells_of,
    check_comparable,
    check_count,
    check_titles,
    first_images,
    heading_of_mistakes,
    images_and_shape,
    labels_of,
    probabilities_of_predictions,
    shown,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from mnistcnn._types import Classifier, ImageLike, Images, Labels, Transformer

__all__ = ["DigitGridDisplay"]

# In inches: an image, the gap beside it, and a line above it.
SIDE, GAP, LINE = 1.0, 0.1, 0.18


class DigitGridDisplay:
    """A grid of images: samples of each class, mistakes, or images before and after a change.

    Parameters
    ----------
    images : array-like of shape (n, h * w), (n, h, w) or (n, h, w, c), or a list of images
        Gray images, or RGB images with three channels; of any other number of channels, the mean is
        shown. They may have any dtype and range: the smallest value is black, the largest white.
        Images in a list may have different shapes, (h, w) or (h, w, c).
    titles : sequence of str of length n
        The title above each image.
    n_columns : int, default=10
        Number of images in a row.
    rows : sequence of int of length n, default=None
        The row of each image, counted from 0, in ascending order; each row is filled from the left
        and holds at most `n_columns`. None fills one row after the other.
    heading : str, default=""
        The heading above all images; it is drawn even if there are no images.
    image_shape : tuple of int, default=None
        ``(h, w)`` or ``(h, w, c)`` of flat images; None means that they are square.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes in which it was drawn.
    axes_ : ndarray of shape (n_rows, n_columns), dtype object
        The matplotlib Axes of each cell, None where it is empty.
    figure_ : matplotlib Figure
        The figure of `ax_`.
    images_ : ndarray of shape (n_rows, n_columns), dtype object
        The matplotlib AxesImage of each cell, None where it is empty.

    See Also
    --------
    sklearn.metrics.ConfusionMatrixDisplay : How often each class is predicted as which.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from mnistcnn import load_sample_digits
    >>> from mnistcnn.plotting import DigitGridDisplay
    >>> X, y = load_sample_digits(return_X_y=True)
    >>> display = DigitGridDisplay.from_samples(X, y, n_per_class=4)
    >>> display.axes_.shape
    (10, 4)
    """

    ax_: "Axes"
    axes_: "NDArray[np.object_]"
    figure_: "Figure"
    images_: "NDArray[np.object_]"

    def __init__(
        self,
        *,
        images: "ArrayLike",
        titles: Sequence[str],
        n_columns: int = 10,
        rows: Sequence[int] | None = None,
        heading: str = "",
        image_shape: tuple[int, ...] | None = None,
    ) -> None:
        self.images = images
        self.titles = titles
        self.n_columns = n_columns
        self.rows = rows
        self.heading = heading
        self.image_shape = image_shape

    @classmethod
    def from_samples(
        cls,
        X: "Images",
        y: "Labels",
        *,
        n_per_class: int = 10,
        image_shape: tuple[int, ...] | None = None,
        ax: "Axes | None" = None,
        **image_options: Any,
    ) -> "DigitGridDisplay":
        """Draw the first images of each class, one class in each row.

        Parameters
        ----------
        X : array-like of shape (n, h * w), (n, h, w) or (n, h, w, c)
            The images.
        y : array-like of shape (n,)
            Their labels.
        n_per_class : int, default=10
            Number of images of each class; if a class has fewer, all are drawn.
        image_shape : tuple of int, default=None
            As in the constructor.
        ax : matplotlib Axes, default=None
            As in `plot`.
        **image_options : dict
            As in `plot`.

        Returns
        -------
        DigitGridDisplay
            The display, already drawn.

        Raises
        ------
        ValueError
            If X and y differ in length, if y is not one-dimensional, or if `n_per_class` is not a
            positive integer.
        """
        check_count("n_per_class", n_per_class)
        check_consistent_length(X, y)
        images, labels = np.asarray(X), labels_of("y", y)
        classes, classes_of_all = np.unique(labels, return_inverse=True)
        chosen = [
            np.flatnonzero(classes_of_all == row)[:n_per_class] for row in range(len(classes))
        ]
        places = np.concatenate(chosen) if chosen else np.array([], dtype=int)
        display = cls(
            images=images[places],
            titles=[str(label) for label in labels[places]],
            n_columns=n_per_class,
            rows=classes_of_all[places].tolist(),
            image_shape=image_shape,
        )
        return display.plot(ax, **image_options)

    @classmethod
    def from_predictions(
        cls,
        X: "Images",
        y_true: "Labels",
        y_pred: "Labels",
        *,
        y_proba: "ArrayLike | None" = None,
        n_images: int = 20,
        image_shape: tuple[int, ...] | None = None,
        ax: "Axes | None" = None,
        **image_options: Any,
    ) -> "DigitGridDisplay":
        """Draw misclassified images with their label, the prediction and its probability.

        Parameters
        ----------
        X : array-like of shape (n, h * w), (n, h, w) or (n, h, w, c)
            The images.
        y_true : array-like of shape (n,)
            Their labels.
        y_pred : array-like of shape (n,)
            The predictions.
        y_proba : array-like of shape (n,) or (n, n_classes), default=None
            The probability of each prediction, or the probabilities of all classes, of which the
            largest is used. The mistakes with the highest probability come first; None keeps their
            order.
        n_images : int, default=20
            Maximum number of images.
        image_shape : tuple of int, default=None
            As in the constructor.
        ax : matplotlib Axes, default=None
            As in `plot`.
        **image_options : dict
            As in `plot`.

        Returns
        -------
        DigitGridDisplay
            Already drawn. If there are no mistakes, it says so and has no images.

        Raises
        ------
        ValueError
            If the lengths differ, if labels or predictions are not one-dimensional or mix text and
            numbers, if a probability is not from 0 to 1, or if `n_images` is not a positive
            integer.
        """
        check_count("n_images", n_images)
        check_consistent_length(X, y_true, y_pred, y_proba)
        images = np.asarray(X)
        labels, predictions = labels_of("y_true", y_true), labels_of("y_pred", y_pred)
        check_comparable(labels, predictions)
        probabilities = None if y_proba is None else probabilities_of_predictions(y_proba)
        mistakes = np.flatnonzero(labels != predictions)
        if probabilities is not None:
            mistakes = mistakes[np.argsort(-probabilities[mistakes], kind="stable")]
        shown = mistakes[:n_images]
        titles = [
            f"true {labels[place]}\npredicted {predictions[place]}"
            + ("" if probabilities is None else f"\n{100 * probabilities[place]:.1f} %")
            for place in shown
        ]
        heading = heading_of_mistakes(len(shown), len(mistakes), len(labels), y_proba is not None)
        display = cls(images=images[shown], titles=titles, heading=heading, image_shape=image_shape)
        return display.plot(ax, **image_options)

    @classmethod
    def from_estimator(
        cls,
        estimator: "Classifier",
        X: "Images",
        y: "Labels",
        *,
        n_images: int = 20,
        image_shape: tuple[int, ...] | None = None,
        ax: "Axes | None" = None,
        **image_options: Any,
    ) -> "DigitGridDisplay":
        """Draw the images that a fitted classifier misclassifies, the most confident first.

        Parameters
        ----------
        estimator : classifier
            A fitted classifier; without `predict_proba`, the images stay in their order. Images
            that it rejects, as a `RejectingClassifier` does, are left out.
        X : array-like of shape (n, h * w), (n, h, w) or (n, h, w, c)
            The images, as it takes them.
        y : array-like of shape (n,)
            Their labels.
        n_images : int, default=20
            As in `from_predictions`.
        image_shape : tuple of int, default=None
            As in the constructor; None means the `image_shape_` of the classifier, or of the last
            step of a pipeline, the best estimator of a search or a wrapped classifier, if there is
            one and it fits the images.
        ax : matplotlib Axes, default=None
            As in `plot`.
        **image_options : dict
            As in `plot`.

        Returns
        -------
        DigitGridDisplay
            The display, already drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the classifier is not fitted.
        ValueError
            As in `from_predictions`.
        """
        check_count("n_images", n_images)
        check_is_fitted(estimator)
        labels = labels_of("y", y)
        check_consistent_length(X, labels)
        answers = answers_of(estimator, X)
        images = X
        if image_shape is None:
            images, image_shape = images_and_shape(estimator, X)
        return cls.from_predictions(
            np.asarray(images)[answers.are_given],
            labels[answers.are_given],
            answers.predictions,
            y_proba=answers.probabilities,
            n_images=n_images,
            image_shape=image_shape,
            ax=ax,
            **image_options,
        )

    @classmethod
    def from_normalizer(
        cls,
        normalizer: "Transformer",
        images: "Iterable[ImageLike]",
        *,
        n_images: int = 10,
        ax: "Axes | None" = None,
        **image_options: Any,
    ) -> "DigitGridDisplay":
        """Draw each image beside its normalized form.

        Parameters
        ----------
        normalizer : DigitNormalizer
            A normalizer, or any other fitted transformer that turns images into images.
        images : iterable of arrays of shape (h, w) or (h, w, c), or of Pillow images
            The images, of any size, in a form that it accepts.
        n_images : int, default=10
            Maximum number of images; the first ones are drawn.
        ax : matplotlib Axes, default=None
            As in `plot`.
        **image_options : dict
            As in `plot`.

        Returns
        -------
        DigitGridDisplay
            Already drawn, with four pairs in a row.

        Raises
        ------
        ValueError
            If `images` is a single image or contains anything but images, such as the path of a
            file (`mnistcnn.images.open_image` opens one), or if `n_images` is not a positive
            integer.
        EmptyImageError
            If images have no ink, unless `normalizer` has ``empty="blank"``.
        """
        check_count("n_images", n_images)
        given = first_images(images, n_images)
        originals = [as_given(image, f"images[{place}]") for place, image in enumerate(given)]
        normalized = shown(np.asarray(normalizer.transform(given)), None)
        pairs = [image for pair in zip(originals, normalized, strict=True) for image in pair]
        display = cls(
            images=pairs,
            titles=["as given", "normalized"] * len(given),
            n_columns=8,
        )
        return display.plot(ax, **image_options)

    def plot(self, ax: "Axes | None" = None, **image_options: Any) -> "DigitGridDisplay":
        """Draw the display.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes whose area the grid fills; None makes a new figure.
        **image_options : dict
            Passed to ``Axes.imshow`` for every image.

        Returns
        -------
        DigitGridDisplay
            The display itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If a parameter is not as described in the constructor, if lengths differ, or if `ax`
            cannot be drawn in.
        """
        check_count("n_columns", self.n_columns)
        check_titles(self.titles)
        images = shown(self.images, self.image_shape)
        check_consistent_length(images, self.titles, self.rows)
        cells = cells_of(len(images), self.n_columns, self.rows)
        n_rows = 1 + max((row for row, _ in cells), default=-1)
        n_columns = self.n_columns if self.rows is not None else min(self.n_columns, len(images))
        n_lines = 1 + max((title.count("\n") for title in self.titles), default=0)
        height = SIDE + GAP + LINE * n_lines
        # A heading needs some room, too.
        size = ((SIDE + GAP) * max(n_columns, 4), height * max(n_rows, 1) + 2 * LINE)
        ax = axes_for(ax, type(self).__name__, figsize=size)
        ax.set_axis_off()
        axes, drawn = np.full((2, n_rows, n_columns), None, dtype=object)
        width = SIDE / (SIDE + GAP) / max(n_columns, 1)
        for (row, column), image, title in zip(cells, images, self.titles, strict=True):
            place = (column / n_columns, 1 - (row + 1) / n_rows)
            cell = ax.inset_axes((*place, width, SIDE / height / n_rows))
            looks = {"cmap": "gray", "vmin": 0, "vmax": 1, **image_options}
            drawn[row, column] = cell.imshow(image, **looks)
            cell.set_title(title, fontsize="small")
            cell.set_axis_off()
            axes[row, column] = cell
        if len(images):
            ax.set_title(self.heading)
        else:
            ax.text(0.5, 0.5, self.heading, ha="center", va="center", transform=ax.transAxes)
        self.ax_, self.axes_, self.images_, self.figure_ = ax, axes, drawn, figure_of(ax)
        return self
