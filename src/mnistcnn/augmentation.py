"""Random changes to training images: parameters and NumPy draws; backends apply them."""

from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from mnistcnn._scikit_learn import Interval, validate_parameter_constraints
from mnistcnn._types import ImageShape

__all__ = ["Augmentation", "RandomTransforms"]

Floats = NDArray[np.float32]

# Displacements are drawn at the points of a coarse grid and interpolated between them, which is
# what smoothing a field of single pixels comes to at a fraction of the work.
GRID = 5


@dataclass(frozen=True, eq=False)
class RandomTransforms:
    """The random transforms drawn for each of n images.

    Parameters
    ----------
    affine : ndarray of shape (n, 8), float32
        Transforms from a pixel of the result to one of the image, row by row:
        ``x' = a0 x + a1 y + a2``, ``y' = b0 x + b1 y + b2``; the last two numbers are 0.
    displacements : ndarray of shape (n, 5, 5, 2), float32, or None
        How far, in pixels, the points of a grid over the image are moved along y and x.
    strokes : ndarray of shape (n,), float32, or None
        From -1, as thin as one step of erosion makes it, to 1, as thick as one of dilation.
    blurs : ndarray of shape (n,), float32, or None
        Standard deviation of a blur, in pixels, from 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn import Augmentation
    >>> drawn = Augmentation(shift=0.1, blur=0.5).draw(3, (28, 28, 1), np.random.default_rng(0))
    >>> drawn.affine.shape, drawn.blurs.shape, drawn.strokes
    ((3, 8), (3,), None)
    """

    affine: Floats
    displacements: Floats | None = None
    strokes: Floats | None = None
    blurs: Floats | None = None

    def columns(self) -> list[Floats]:
        """Return the arrays that are there, the affine transforms first."""
        return [part for part in vars(self).values() if part is not None]


class Augmentation(BaseEstimator):  # type: ignore[misc]
    """Random changes to each training image, applied in one transform.

    Each parameter is the largest change. In every epoch, a new change is drawn for each image,
    uniformly in both directions. The parameters can be searched as ``augmentation__rotation`` and
    so on.

    Parameters
    ----------
    rotation : float, default=0.0
        Rotation in degrees; a twentieth of a turn, Keras's ``RandomRotation(0.05)``, is 18.
    zoom : float, default=0.0
        Fraction of the size, drawn separately for height and width; at least 0 and below 1.
    shear : float, default=0.0
        Shear in degrees, at least 0 and below 90.
    shift : float, default=0.0
        Shift as a fraction of height and width, at least 0 and below 1; 2 of 28 pixels are
        ``2 / 28``.
    elastic : float, default=0.0
        Standard deviation, in pixels, of a smooth random displacement [1]_.
    stroke : float, default=0.0
        How much strokes are thickened or thinned on each side, in pixels, from 0 to 1; for light
        ink on a dark background.
    blur : float, default=0.0
        Largest standard deviation of a blur, in pixels, from 0 to 1; for each image it is drawn
        between 0 and this value. The kernel is a binomial one of 5x5 pixels, which at 1 is the
        usual approximation of a Gaussian. The blur is applied last, like that of a camera or a
        scanner.

    References
    ----------
    .. [1] P. Simard, D. Steinkraus and J. Platt, "Best Practices for Convolutional Neural Networks
       Applied to Visual Document Analysis", ICDAR 2003.

    Examples
    --------
    >>> from mnistcnn import Augmentation
    >>> Augmentation(rotation=10, shift=0.1)
    Augmentation(rotation=10, shift=0.1)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "rotation": [Interval(Real, 0, None, closed="left")],
        "zoom": [Interval(Real, 0, 1, closed="left")],
        "shear": [Interval(Real, 0, 90, closed="left")],
        "shift": [Interval(Real, 0, 1, closed="left")],
        "elastic": [Interval(Real, 0, None, closed="left")],
        "stroke": [Interval(Real, 0, 1, closed="both")],
        "blur": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(
        self,
        *,
        rotation: float = 0.0,
        zoom: float = 0.0,
        shear: float = 0.0,
        shift: float = 0.0,
        elastic: float = 0.0,
        stroke: float = 0.0,
        blur: float = 0.0,
    ) -> None:
        self.rotation = rotation
        self.zoom = zoom
        self.shear = shear
        self.shift = shift
        self.elastic = elastic
        self.stroke = stroke
        self.blur = blur

    def __eq__(self, other: object) -> bool:
        """Tell whether both draw the same changes."""
        return isinstance(other, Augmentation) and self.get_params() == other.get_params()

    __hash__ = None  # type: ignore[assignment]

    def validate(self) -> None:
        """Check the parameters.

        Raises
        ------
        ValueError
            If a parameter is out of its range.
        """
        _check_fraction("shift", self.shift, "height and width, so 2 of 28 pixels are 2 / 28")
        _check_fraction("zoom", self.zoom, "the size, so 0.1 draws sizes from 0.9 to 1.1")
        validate_parameter_constraints(
            self._parameter_constraints, self.get_params(), caller_name=type(self).__name__
        )

    def draw(
        self, n_images: int, image_shape: ImageShape, generator: np.random.Generator
    ) -> RandomTransforms:
        """Draw the random changes for n images.

        Parameters
        ----------
        n_images : int
            Number of images.
        image_shape : tuple of 3 int
            Height, width and channels of one image.
        generator : numpy.random.Generator
            The source of the random numbers.

        Returns
        -------
        transforms : RandomTransforms
            The changes drawn, one row for each image.

        Examples
        --------
        >>> import numpy as np
        >>> from mnistcnn import Augmentation
        >>> drawn = Augmentation(rotation=10).draw(3, (28, 28, 1), np.random.default_rng(0))
        >>> drawn.affine.shape
        (3, 8)
        """
        affine = self._affine(n_images, image_shape, generator)
        parts: dict[str, Floats] = {}
        if self.elastic:
            field = generator.standard_normal((n_images, GRID, GRID, 2), dtype=np.float32)
            parts["displacements"] = np.float32(self.elastic) * field
        if self.stroke:
            parts["strokes"] = _uniform(generator, self.stroke, n_images).astype(np.float32)
        if self.blur:
            parts["blurs"] = generator.uniform(0, self.blur, n_images).astype(np.float32)
        return RandomTransforms(affine, **parts)

    def _affine(
        self, n_images: int, image_shape: ImageShape, generator: np.random.Generator
    ) -> Floats:
        height, width, _ = image_shape
        angle = np.deg2rad(_uniform(generator, self.rotation, n_images))
        slant = np.tan(np.deg2rad(_uniform(generator, self.shear, n_images)))
        across, down = 1 + _uniform(generator, self.zoom, 2, n_images)
        cosine, sine = np.cos(angle), np.sin(angle)
        a0, a1 = cosine / across, (slant * cosine - sine) / across
        b0, b1 = sine / down, (slant * sine + cosine) / down
        shift_x = _uniform(generator, self.shift * width, n_images)
        shift_y = _uniform(generator, self.shift * height, n_images)
        middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
        # The middle of the result comes from the shifted middle of the image.
        a2 = middle_x + shift_x - a0 * middle_x - a1 * middle_y
        b2 = middle_y + shift_y - b0 * middle_x - b1 * middle_y
        nothing = np.zeros(n_images)
        rows = np.stack([a0, a1, a2, b0, b1, b2, nothing, nothing], axis=1)
        return rows.astype(np.float32)


def _check_fraction(name: str, value: object, whole: str) -> None:
    """Refuse a number of pixels or a factor where a fraction is meant, and say so."""
    if isinstance(value, Real) and float(value) >= 1:
        raise ValueError(
            f"The '{name}' parameter of Augmentation must be a fraction, at least 0 and below 1, "
            f"of {whole}. Got {value} instead."
        )


def _uniform(generator: np.random.Generator, largest: float, *shape: int) -> NDArray[np.float64]:
    return generator.uniform(-largest, largest, shape)


PRESETS = {
    "light": Augmentation(rotation=5, zoom=0.05, shift=0.04),
    "mnist": Augmentation(rotation=10, zoom=0.1, shear=8, shift=0.07),
    "strong": Augmentation(rotation=15, zoom=0.15, shear=12, shift=0.1, elastic=0.7, stroke=0.7),
    "handwriting": Augmentation(
        rotation=12, zoom=0.15, shear=10, shift=0.07, elastic=0.5, stroke=0.5, blur=0.6
    ),
}
