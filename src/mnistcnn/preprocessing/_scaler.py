"""Scales pixels to the small numbers that networks learn from, and back."""

from collections.abc import Callable
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from mnistcnn._scikit_learn import (
    CallbackSupportMixin,
    Options,
    StrOptions,
    reports_its_fit,
    validate_parameters,
)
from mnistcnn._types import Images, Labels
from mnistcnn.preprocessing._pixel_checks import (
    warn_of_another_range,
    warn_of_unlike_pixels,
)
from mnistcnn.preprocessing._pixel_columns import check_pixel_columns, check_unseen_columns
from mnistcnn.preprocessing._pixel_warnings import FITTED_ON, RETURNED
from mnistcnn.preprocessing._row_order import warn_of_row_order
from mnistcnn.preprocessing._shapes import as_rows
from mnistcnn.preprocessing._signs import check_not_signed
from mnistcnn.preprocessing._statistics import PIXELS_A_BLOCK, pixel_statistics
from mnistcnn.preprocessing._training_pixels import IN_TRANSFORM, TrainingPixels

__all__ = ["PixelScaler"]


def _gives_rows(scaler: "PixelScaler") -> bool:
    return getattr(scaler, "_n_dimensions_in", 2) == 2


class PixelScaler(
    CallbackSupportMixin,  # type: ignore[misc]
    OneToOneFeatureMixin,  # type: ignore[misc]
    TransformerMixin,  # type: ignore[misc]
    BaseEstimator,  # type: ignore[misc]
):
    """Scale all pixels by the same two numbers.

    scikit-learn's scalers treat each column separately, which amplifies the noise in the corners of
    an image. Here all pixels are scaled in the same way, so an image still looks the same.

    Parameters
    ----------
    method : {"standard", "unit"}, default="standard"
        - ``"standard"``: subtract the mean of all pixels seen in `fit` and divide by their
          standard deviation. Pixels that are all the same are divided by 1.
        - ``"unit"``: bring `data_range` to 0 ... 1 by ``(X - low) / (high - low)``. Nothing is
          learned and nothing is clipped, whatever the dtype of `X`.
    data_range : tuple of 2 float, default=(0, 255)
        The lowest and the highest value that a pixel can have, in the unit of `X`; used by
        ``method="unit"``.
    dtype : {"float32", "float64"} or the NumPy type, default="float32"
        The dtype of the result.

    Attributes
    ----------
    mean_ : float
        The mean of all pixels, in the unit of `X`; only with ``method="standard"``.
    scale_ : float
        The standard deviation of all pixels; only with ``method="standard"``.
    n_features_in_ : int
        Number of values in one image.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns seen in `fit`, if they are all strings.

    See Also
    --------
    ImageReshaper : Reshapes rows into images.
    sklearn.preprocessing.StandardScaler : Scales each column by its own mean and deviation.

    Notes
    -----
    Each block of pixels is computed in float64 and rounded once, so equal pixels give equal results
    whatever their dtype, and there is never a float64 copy of the whole of `X`.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn import PixelScaler
    >>> pixels = np.array([[0, 51], [204, 255]], dtype=np.uint8)
    >>> PixelScaler(method="unit").fit_transform(pixels)
    array([[0. , 0.2],
           [0.8, 1. ]], dtype=float32)
    >>> scaler = PixelScaler().fit(pixels)
    >>> scaler.mean_
    127.5
    >>> scaler.inverse_transform(scaler.transform(pixels)).round(3)
    array([[  0.,  51.],
           [204., 255.]], dtype=float32)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "method": [StrOptions({"standard", "unit"})],
        "data_range": [tuple, list],
        "dtype": [StrOptions({"float32", "float64"}), Options(type, {np.float32, np.float64})],
    }

    def __init__(
        self,
        method: str = "standard",
        *,
        data_range: tuple[float, float] = (0, 255),
        dtype: DTypeLike = "float32",
    ) -> None:
        self.method = method
        self.data_range = data_range
        self.dtype = dtype

    @reports_its_fit
    def fit(self, X: Images, y: "Labels | None" = None) -> Self:
        """Learn the mean and standard deviation; with ``method="unit"`` only the number of pixels.

        Parameters
        ----------
        X : array-like of shape (n, p), (n, h, w) or (n, h, w, c), any numeric dtype
            Flat rows or images.
        y : array-like of shape (n,), default=None
            Labels. Nothing is learned from them, but a warning is issued if their index has the
            order of other rows than that of `X`.

        Returns
        -------
        PixelScaler
            The transformer itself.

        Raises
        ------
        ValueError
            If a parameter is invalid, if `X` contains values that are not finite numbers, or
            negative integers that look like bytes read as signed, or if it is a table whose columns
            are not the pixels in reading order by their names.

        Warns
        -----
        PixelRangeWarning
            If ``method="unit"`` is given pixels that are clearly not in the unit of `data_range`,
            such as scaled ones, or `X` mixes units.
        """
        self._check_parameters()
        warn_of_row_order(X, y=y)
        rows, array_shape = as_rows(X)
        check_pixel_columns(rows)
        pixels = check_array(rows, dtype="numeric", estimator=self, input_name="X")
        self._check_signs(pixels)
        if self.method == "standard":
            self.mean_, self.scale_ = _statistics(pixels)
            self._pixel_range = float(pixels.min()), float(pixels.max())
        if self._warns_of(pixels):
            FITTED_ON.remember(X)
        self._n_dimensions_in = len(array_shape)
        validate_data(self, rows, skip_check_array=True)
        return self

    def transform(self, X: Images) -> NDArray[Any]:
        """Scale the pixels.

        Parameters
        ----------
        X : array-like of shape (n, p), (n, h, w) or (n, h, w, c), any numeric dtype
            Flat rows or images, with as many values per image as in `fit`.

        Returns
        -------
        ndarray of the shape of X, dtype `dtype`
            Scaled pixels.

        Raises
        ------
        ValueError
            If `X` does not have as many values per image as in `fit`, if it contains negative
            integers that look like bytes read as signed, if it is a table whose columns are not the
            pixels in reading order by their names, or if a result does not fit into `dtype`.

        Warns
        -----
        PixelRangeWarning
            If `X` is clearly in another unit than in `fit` or than `data_range`, or mixes units.
        """
        self._check_parameters()
        rows, array_shape = as_rows(X)
        pixels = validate_data(self, rows, dtype="numeric", reset=False)
        check_unseen_columns(self, rows)
        self._check_signs(pixels)
        shift, scale = self._shift_and_scale()
        scaled = self._in_blocks(pixels, lambda block: (block - shift) / scale).reshape(array_shape)
        if FITTED_ON.includes(X) or self._warns_of(pixels):
            RETURNED.remember(scaled)
        return scaled

    def inverse_transform(self, X: Images) -> NDArray[Any]:
        """Bring scaled pixels back to their original unit.

        Parameters
        ----------
        X : array-like of shape (n, p), (n, h, w) or (n, h, w, c), any numeric dtype
            Scaled pixels.

        Returns
        -------
        ndarray of the shape of X, dtype `dtype`
            Pixels in their original unit, not rounded.

        Raises
        ------
        ValueError
            If `X` contains values that are not finite numbers, or if a result does not fit into
            `dtype`.
        """
        self._check_parameters()
        rows, array_shape = as_rows(X)
        rows = check_array(rows, dtype="numeric", estimator=self, input_name="X")
        shift, scale = self._shift_and_scale()
        return self._in_blocks(rows, lambda block: block * scale + shift).reshape(array_shape)

    @available_if(_gives_rows)  # type: ignore[untyped-decorator]
    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[np.object_]:
        """Return the names of the output columns, which are those of the input.

        This method is available only if `fit` has seen flat rows; the values of images have no
        names.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns; None means those seen in `fit`, or else ``x0``, ``x1`` and so on.

        Returns
        -------
        ndarray of shape (`n_features_in_`,), dtype object
            The names.
        """
        names: NDArray[np.object_] = super().get_feature_names_out(input_features)
        return names

    def _check_parameters(self) -> None:
        validate_parameters(self)
        numbers = all(isinstance(end, Real) and np.isfinite(end) for end in self.data_range)
        if not (numbers and len(self.data_range) == 2 and self.data_range[0] < self.data_range[1]):
            raise ValueError(
                "data_range must be two finite numbers (low, high) with low < high, got "
                f"{self.data_range!r}."
            )

    def _check_signs(self, pixels: NDArray[Any]) -> None:
        low, high = self.data_range
        # A range that signed bytes could fill, or below zero, was stated for such pixels.
        if self.method == "standard" or (low >= 0 and high > np.iinfo(np.int8).max):
            check_not_signed(pixels)

    def _warns_of(self, rows: NDArray[Any]) -> bool:
        """Warn if pixels are not in the unit that is scaled; tell whether."""
        if self.method == "unit":
            low, high = (float(end) for end in self.data_range)
            return warn_of_another_range((low, high), rows)
        # A scaler that an older version has stored knows no range.
        known = TrainingPixels(vars(self).get("_pixel_range"), (self.mean_, self.scale_))
        return warn_of_unlike_pixels(known, rows, IN_TRANSFORM)

    def _shift_and_scale(self) -> tuple[float, float]:
        if self.method == "unit":
            low, high = (float(end) for end in self.data_range)
            return low, high - low
        check_is_fitted(self, ("mean_", "scale_"))
        return self.mean_, self.scale_

    def _in_blocks(
        self,
        rows: NDArray[Any],
        formula: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    ) -> NDArray[Any]:
        result = np.empty(rows.shape, dtype=self.dtype)
        step = max(1, PIXELS_A_BLOCK // rows.shape[1])
        for start in range(0, len(rows), step):
            block = slice(start, start + step)
            with np.errstate(over="ignore"):
                result[block] = formula(rows[block].astype(np.float64))
            if not np.isfinite(result[block]).all():
                raise ValueError(
                    f"X must hold values whose result fits into dtype={self.dtype!r}, got "
                    f"values up to {np.abs(rows[block]).max()}."
                )
        return result

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = self.method == "standard"
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = [getattr(self.dtype, "__name__", self.dtype)]
        return tags


def _statistics(pixels: NDArray[Any]) -> tuple[float, float]:
    extreme = np.abs([float(pixels.min()), float(pixels.max())]).max()
    with np.errstate(over="ignore"):
        # No pixel is further than twice the extreme from the one that sums are taken around.
        sum_of_squares = pixels.size * (2 * extreme) ** 2
    if not np.isfinite(sum_of_squares):
        raise ValueError(
            f"X must hold values whose squares add up within float64, got values up to {extreme}."
        )
    return pixel_statistics(pixels)
