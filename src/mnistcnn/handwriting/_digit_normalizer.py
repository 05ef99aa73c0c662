"""Normalizes images of digits from any source to MNIST's form."""

import os
from collections.abc import Iterable, Mapping
from functools import partial
from numbers import Integral
from typing import Any, BinaryIO, ClassVar, Self, TypeAlias, cast

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from numpy.typing import NDArray
from PIL import Image
from sklearn.base import BaseEstimator, TransformerMixin

from mnistcnn._scikit_learn import StrOptions, validate_parameters
from mnistcnn._types import Labels
from mnistcnn.exceptions import EmptyImageError, UnreadableImageError
from mnistcnn.handwriting._mnist_form import SIDE
from mnistcnn.handwriting._normalization import FORMS, Steps, formed, normalized
from mnistcnn.images import ReadableImage, gray_over_white, in_one_unit, upright_image

__all__ = ["DigitNormalizer"]

# A worker is given so many images at a time.
IMAGES_PER_TASK = 64
REMEDY = "wrap a single image in a list, [image]"

Digit: TypeAlias = NDArray[np.uint8] | None


class DigitNormalizer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Bring images of single digits from any source to MNIST's form.

    A network that is right on 99 % of MNIST's digits is often wrong on its user's own, because
    MNIST's images were all made in the same way: light ink on black, strokes of one width, 20x20
    pixels around the center of gravity. This transformer brings scans, photographs, mouse drawings
    and images from other data sets to this form, and leaves MNIST's own images (nearly) unchanged.

    Parameters
    ----------
    style : {"mnist", "emnist"}, default="mnist"
        The size and position of the digit: as in MNIST (see
        :func:`~mnistcnn.handwriting.to_mnist_form`) or as in EMNIST (see
        :func:`~mnistcnn.handwriting.to_emnist_form`).
    polarity : {"auto", "dark_on_light", "light_on_dark"}, default="auto"
        Whether ink is darker or lighter than its background. For ``"auto"``, the background is the
        brightness that prevails in the whole image, along its border and in its corners.
    level_light : bool, default=True
        Whether uneven light, shadows and vignettes are removed, if there are any.
    remove_noise : bool, default=True
        Whether the noise of cameras and JPEG files is measured, and everything no stronger than it
        is treated as background.
    remove_lines : bool, default=True
        Whether ruled lines, squared paper and the edges of boxes are removed.
    remove_specks : bool, default=True
        Whether components smaller than a tenth of the largest are removed, unless they are as large
        as a dot of the pen and close to the digit.
    smooth_small : bool, default=True
        Whether digits smaller than 18 pixels are enlarged smoothly instead of in squares.
    broaden_hairlines : bool, default=True
        Whether strokes thinner than 1/13 of the digit, which hardly occur in MNIST, are broadened
        to 1/9 of it.
    empty : {"error", "blank"}, default="error"
        The result for an image without ink: an error that names it, or a black image.
    n_jobs : int or None, default=None
        Number of processes that share the images, as in scikit-learn: None means one, -1 all cores.
        Several processes pay off from a few thousand images on.

    See Also
    --------
    mnistcnn.handwriting.to_mnist_form : Only the last step, for clean images.

    Notes
    -----
    Nothing is learned: `transform` works without `fit`, and each image is treated on its own, but
    the images of one array have one unit. There is no `set_output`, since images are not a table.

    The method is described on the page "Your own handwriting" of the user guide. The threshold
    between ink and background comes from the noise and from the ink's strength (half of it, with
    hysteresis) rather than from Otsu's method, which fails where there is little ink.

    Examples
    --------
    A thin black line on white, drawn with a mouse:

    >>> import numpy as np
    >>> from mnistcnn import DigitNormalizer
    >>> drawing = np.full((200, 300), 255, dtype=np.uint8)
    >>> drawing[40:160, 70:72] = 0
    >>> digits = DigitNormalizer().transform([drawing])
    >>> digits.shape, digits.dtype
    ((1, 28, 28), dtype('uint8'))
    >>> int(digits[0].max()), int(digits[0, 0].max())
    (255, 0)

    In front of a classifier, images may have any size and kind:

    >>> from mnistcnn import DigitCNNClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> pipeline = make_pipeline(DigitNormalizer(), DigitCNNClassifier())
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "style": [StrOptions(set(FORMS))],
        "polarity": [StrOptions({"auto", "dark_on_light", "light_on_dark"})],
        "level_light": ["boolean"],
        "remove_noise": ["boolean"],
        "remove_lines": ["boolean"],
        "remove_specks": ["boolean"],
        "smooth_small": ["boolean"],
        "broaden_hairlines": ["boolean"],
        "empty": [StrOptions({"error", "blank"})],
        "n_jobs": [None, Integral],
    }

    def __init__(
        self,
        *,
        style: str = "mnist",
        polarity: str = "auto",
        level_light: bool = True,
        remove_noise: bool = True,
        remove_lines: bool = True,
        remove_specks: bool = True,
        smooth_small: bool = True,
        broaden_hairlines: bool = True,
        empty: str = "error",
        n_jobs: int | None = None,
    ) -> None:
        self.style = style
        self.polarity = polarity
        self.level_light = level_light
        self.remove_noise = remove_noise
        self.remove_lines = remove_lines
        self.remove_specks = remove_specks
        self.smooth_small = smooth_small
        self.broaden_hairlines = broaden_hairlines
        self.empty = empty
        self.n_jobs = n_jobs

    def fit(self, X: Iterable[ReadableImage], y: "Labels | None" = None) -> Self:  # noqa: ARG002
        """Check the parameters; there is nothing to learn.

        Parameters
        ----------
        X : object
            Ignored.
        y : None
            Ignored.

        Returns
        -------
        DigitNormalizer
            The transformer itself.

        Raises
        ------
        ValueError
            If a parameter is invalid.
        """
        validate_parameters(self)
        return self

    def transform(self, X: Iterable[ReadableImage]) -> NDArray[np.uint8]:
        """Bring images to MNIST's form.

        Parameters
        ----------
        X : sequence of n images, or ndarray of shape (n, h, w), (n, h, w, 3) or (n, h, w, 4)
            Each image shows one digit and is an array of shape (h, w), (h, w, 3) or (h, w, 4) of
            any numeric dtype and unit, a Pillow image, the path or content of a file, or the value
            of Gradio's sketchpad. Sizes and kinds may differ. Images of one array have one unit, as
            have all arrays of dtype uint8; fractions of up to 2 are taken for values from 0 to 1.

        Returns
        -------
        ndarray of shape (n, 28, 28), dtype uint8
            Light ink with values up to 255, on a background of 0.

        Raises
        ------
        EmptyImageError
            If images have no ink and `empty` is ``"error"``.
        UnreadableImageError
            If a file cannot be read as an image.
        ValueError
            If a parameter is invalid, or `X` is a single image or holds something else.
        OSError
            If a path cannot be opened.

        Warns
        -----
        UserWarning
            If a Pillow image is derived from an opened photograph, as by ``convert`` or ``rotate``,
            and still has the EXIF orientation, by which it is rotated.
        """
        validate_parameters(self)
        images = as_images(X, "X")
        steps = _steps_of(self)
        digits = _in_tasks(images, steps, self.n_jobs)
        blank = [index for index, digit in enumerate(digits) if digit is None]
        if blank and self.empty == "error":
            names = ", ".join(f"X[{index}]" for index in blank)
            raise EmptyImageError(
                f"X must hold images with ink, got none in {names}; empty='blank' makes them black."
            )
        result = np.zeros((len(digits), SIDE, SIDE), dtype=np.uint8)
        for index, digit in enumerate(digits):
            if digit is not None:
                result[index] = digit
        return result

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.no_validation = True
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.input_tags.positive_only = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def in_normal_form(
    crops: Iterable[NDArray[np.uint8]], normalizer: DigitNormalizer
) -> NDArray[np.uint8]:
    """Bring ink that is already isolated to the form in which a normalizer returns images.

    Parameters
    ----------
    crops : iterable of n ndarray of shape (h, w), uint8
        Light ink on black, one digit in each, as returned by `find_digits`.
    normalizer : DigitNormalizer
        Its `style`, `smooth_small` and `broaden_hairlines` are used.

    Returns
    -------
    ndarray of shape (n, 28, 28), dtype uint8

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn import DigitNormalizer
    >>> from mnistcnn.handwriting import in_normal_form
    >>> in_normal_form([np.full((40, 10), 255, dtype=np.uint8)], DigitNormalizer()).shape
    (1, 28, 28)
    """
    steps = _steps_of(normalizer)
    return np.stack([formed(np.divide(crop, 255, dtype=np.float32), steps) for crop in crops])


def _steps_of(normalizer: DigitNormalizer) -> Steps:
    return Steps(*(getattr(normalizer, name) for name in Steps._fields))


def as_images(X: object, name: str) -> list[ReadableImage]:
    """Return the images one by one, refusing a single one, which could be taken for many.

    Parameters
    ----------
    X : object
        The input of the user.
    name : str
        The name of the parameter, for errors.
    """
    single = (str, bytes, os.PathLike, Image.Image, Mapping)
    is_scalar = hasattr(X, "read") or getattr(X, "shape", None) == ()
    if not isinstance(X, Iterable) or isinstance(X, single) or is_scalar:
        raise ValueError(f"{name} must hold images, got a single {type(X).__name__}; {REMEDY}.")
    shape: tuple[int, ...] = getattr(X, "shape", ())
    if len(shape) == 2:
        raise ValueError(
            f"{name} must be a sequence of images or an array (n, h, w), got one of shape {shape}; "
            f"{REMEDY}, and reshape flat rows to (n, h, w)."
        )
    if len(shape) == 3 and shape[2] in (1, 2, 3, 4):
        raise ValueError(
            f"{name} must be a sequence of images or an array (n, h, w), got one of shape {shape}, "
            f"which looks like one image with {shape[2]} channels; {REMEDY}."
        )
    images = list(X)
    if not images:
        raise ValueError(f"{name} must hold at least one image, got none.")
    if isinstance(images[0], list | tuple) and not any(map(_is_row, images[0])):
        raise ValueError(f"{name} must hold images, got a row of numbers in {name}[0]; {REMEDY}.")
    return in_one_unit(X, images)


def _is_row(part: object) -> bool:
    return isinstance(part, list | tuple | np.ndarray)


def _in_tasks(images: list[ReadableImage], steps: Steps, n_jobs: int | None) -> list[Digit]:
    if effective_n_jobs(n_jobs) == 1:
        return _normalized_task(0, images, steps)
    images = [_sendable(index, image) for index, image in enumerate(images)]
    task = delayed(partial(_normalized_task, steps=steps))
    starts = range(0, len(images), IMAGES_PER_TASK)
    results = Parallel(n_jobs=n_jobs)(
        task(start, images[start : start + IMAGES_PER_TASK]) for start in starts
    )
    return [digit for result in results for digit in result]


def _sendable(index: int, image: ReadableImage) -> ReadableImage:
    """Return the content of an open file, which cannot be sent to other processes itself.

    From there nobody would hear a warning, and sent images have lost what they are from.
    """
    if isinstance(image, Image.Image):
        try:
            return upright_image(image)
        except UnreadableImageError as error:
            raise UnreadableImageError(f"X[{index}]: {error}") from error
    if not hasattr(image, "read"):
        return image
    file = cast(BinaryIO, image)
    # One that has just been written stands at its end.
    if file.seekable():
        file.seek(0)
    return bytes(file.read())


def _normalized_task(first: int, images: list[ReadableImage], steps: Steps) -> list[Digit]:
    return [_normalized_one(first + i, image, steps) for i, image in enumerate(images)]


def _normalized_one(index: int, image: ReadableImage, steps: Steps) -> Digit:
    try:
        gray = gray_over_white(image)
    except UnreadableImageError as error:
        raise UnreadableImageError(f"X[{index}]: {error}") from error
    except ValueError as error:
        raise ValueError(f"X[{index}] {error}") from error
    return normalized(gray, steps)
