"""Reshapes flat rows of pixels into images, and back."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_array, validate_data

from mnistcnn._scikit_learn import (
    CallbackSupportMixin,
    StrOptions,
    reports_its_fit,
    validate_parameters,
)
from mnistcnn._types import Images, ImageShape, Labels
from mnistcnn.preprocessing._alpha import warn_of_opaque_alpha
from mnistcnn.preprocessing._pixel_columns import check_pixel_columns, check_unseen_columns
from mnistcnn.preprocessing._row_order import warn_of_row_order
from mnistcnn.preprocessing._shapes import (
    ImageShapeParameter,
    as_rows,
    pad_columns,
    resolve_image_shape,
)

__all__ = ["ImageReshaper"]

_PRESERVED = [
    "float64",
    *("float32", "float16", "int64", "int32", "int16", "int8"),
    *("uint64", "uint32", "uint16", "uint8"),
]


class ImageReshaper(CallbackSupportMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Reshape flat rows of pixels into images.

    Values and dtype stay as they are; only the shape changes. Both flat rows and images that
    already have the right height, width and channels are accepted.

    Parameters
    ----------
    image_shape : {"auto", "pad"}, tuple of 2 int or tuple of 3 int, default="auto"
        The shape of one image.

        - ``"auto"``: rows must have a square number of columns and become
          ``(n, side, side, 1)``; images ``(n, h, w)`` become ``(n, h, w, 1)``.
        - ``"pad"``: as ``"auto"``, after padding the rows with zeros to the next square.
        - ``(h, w)``: images become ``(n, h, w)``.
        - ``(h, w, c)``: images become ``(n, h, w, c)``.

    Attributes
    ----------
    image_shape_ : tuple of 3 int
        Height, width and channels of the images seen in `fit`.
    n_features_in_ : int
        Number of values in one image, before any padding.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns seen in `fit`, if they are all strings.

    See Also
    --------
    PixelScaler : Scales the values of rows or images.

    Notes
    -----
    Only the shape is learned, so `transform` also works without `fit`. The result shares memory
    with the input if :func:`numpy.reshape` can do so. Images are not a table, so there is no
    `set_output`.

    Examples
    --------
    >>> from mnistcnn import ImageReshaper
    >>> from sklearn.datasets import load_digits
    >>> rows, _ = load_digits(return_X_y=True)
    >>> reshaper = ImageReshaper().fit(rows)
    >>> reshaper.transform(rows).shape
    (1797, 8, 8, 1)
    >>> reshaper.inverse_transform(reshaper.transform(rows)).shape
    (1797, 64)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "image_shape": [StrOptions({"auto", "pad"}), tuple, list],
    }

    def __init__(self, image_shape: ImageShapeParameter = "auto") -> None:
        self.image_shape = image_shape

    @reports_its_fit
    def fit(self, X: Images, y: "Labels | None" = None) -> Self:
        """Learn the shape of the images.

        Parameters
        ----------
        X : array-like of shape (n, p), (n, h, w) or (n, h, w, c), any numeric dtype
            Flat rows or images.
        y : array-like of shape (n,), default=None
            Labels. Nothing is learned from them, but a warning is issued if their index has the
            order of other rows than that of `X`.

        Returns
        -------
        ImageReshaper
            The transformer itself.

        Raises
        ------
        ValueError
            If `image_shape` is invalid or does not fit `X`, if `X` contains values that are not
            finite numbers, or if it is a table whose columns are not the pixels in reading order by
            their names.
        """
        validate_parameters(self)
        warn_of_row_order(X, y=y)
        rows, array_shape = as_rows(X)
        check_pixel_columns(rows)
        pixels = check_array(rows, dtype="numeric", estimator=self, input_name="X")
        image_shape = resolve_image_shape(self.image_shape, array_shape)
        warn_of_opaque_alpha(self.image_shape, array_shape, pixels)
        self.image_shape_ = image_shape
        validate_data(self, rows, skip_check_array=True)
        return self

    def transform(self, X: Images) -> NDArray[Any]:
        """Reshape rows into images.

        Parameters
        ----------
        X : array-like of shape (n, p), (n, h, w) or (n, h, w, c), any numeric dtype
            Flat rows or images, with as many values per image as in `fit`.

        Returns
        -------
        ndarray of shape (n, h, w) or (n, h, w, c), dtype of X
            Images; the channels are left out only if `image_shape` is ``(h, w)``.

        Raises
        ------
        ValueError
            If the images do not have the shape seen in `fit`, or if `X` is a table whose columns
            are not the pixels in reading order by their names.
        """
        rows, array_shape = as_rows(X)
        pixels = validate_data(self, rows, dtype="numeric", reset=False)
        check_unseen_columns(self, rows)
        image_shape = self._resolved(array_shape)
        if not hasattr(self, "image_shape_"):
            warn_of_opaque_alpha(self.image_shape, array_shape, pixels)
        shown: tuple[int, ...] = image_shape
        if not isinstance(self.image_shape, str):
            shown = image_shape[: len(self.image_shape)]
        return pad_columns(pixels, image_shape).reshape(-1, *shown)

    def inverse_transform(self, X: Images) -> NDArray[Any]:
        """Flatten images into rows, without the columns that `transform` padded.

        Parameters
        ----------
        X : array-like of shape (n, h, w) or (n, h, w, c), any numeric dtype
            Images as `transform` returns them.

        Returns
        -------
        ndarray of shape (n, `n_features_in_`), dtype of X
            Flat rows.

        Raises
        ------
        ValueError
            If the images do not have the shape seen in `fit`.
        NotFittedError
            If `image_shape` is ``"pad"`` and `fit` has not been called: only `fit` learns how many
            columns were padded.
        """
        rows, array_shape = as_rows(X)
        flat: NDArray[Any] = check_array(rows, dtype="numeric", estimator=self, input_name="X")
        image_shape = self._resolved(array_shape)
        if self.image_shape == "pad" and not hasattr(self, "n_features_in_"):
            raise NotFittedError(
                "This ImageReshaper with image_shape='pad' is not fitted yet. Call 'fit' before "
                "'inverse_transform', which has to know how many columns were padded."
            )
        return flat[:, : getattr(self, "n_features_in_", np.prod(image_shape))]

    def _resolved(self, array_shape: tuple[int, ...]) -> ImageShape:
        image_shape = resolve_image_shape(self.image_shape, array_shape)
        fitted = getattr(self, "image_shape_", image_shape)
        if image_shape != fitted:
            raise ValueError(
                f"X must hold images of shape {fitted}, on which ImageReshaper was fitted, got "
                f"an array of shape {array_shape}."
            )
        return image_shape

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = list(_PRESERVED)
        return tags
