"""Saliency maps, and the classes they are computed for."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from sklearn.utils.validation import check_is_fitted

from mnistcnn.exceptions import PixelRangeWarning

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mnistcnn._types import Classifier, Images, Label

__all__ = ["Saliency", "WantedClasses", "probabilities_of", "unit_was_checked", "wanted_classes"]

WantedClasses: TypeAlias = "Label | Sequence[Label] | None"


@dataclass(frozen=True, eq=False)
class Saliency:
    """Maps of the decisive pixels, one for each image and class.

    Parameters
    ----------
    images : ndarray of shape (n, h, w, c)
        The images, as passed to the classifier.
    maps : ndarray of shape (n, n_wanted, h, w), float64
        The importance of each pixel, for each image and requested class.
    classes : ndarray of shape (n, n_wanted)
        The labels of these classes.
    probabilities : ndarray of shape (n, n_wanted), float64
        The probabilities that the classifier gives these classes.
    method : {"occlusion", "gradient"}
        The method, and so the values of the maps: by how much the probability of the class falls if
        the pixel is covered, below 0 if it rises; or the absolute gradient of the class's score.

    See Also
    --------
    mnistcnn.inspection.occlusion_saliency : Computes maps for any classifier.
    mnistcnn.inspection.gradient_saliency : Computes maps for a network.
    mnistcnn.plotting.SaliencyDisplay : Draws the maps.

    Examples
    --------
    >>> from mnistcnn import load_pretrained, load_sample_digits
    >>> from mnistcnn.inspection import gradient_saliency
    >>> X, y = load_sample_digits(return_X_y=True)
    >>> gradient_saliency(load_pretrained(), X[:2])
    Saliency(2 images, 1 class each, method='gradient')
    """

    images: "NDArray[Any]"
    maps: "NDArray[np.float64]"
    classes: "NDArray[Any]"
    probabilities: "NDArray[np.float64]"
    method: str

    def __repr__(self) -> str:
        """Return the numbers of images and classes instead of all pixels."""
        n_images, n_classes = self.classes.shape
        return (
            f"Saliency({n_images} image{'s' * (n_images != 1)}, {n_classes} "
            f"class{'es' * (n_classes != 1)} each, method={self.method!r})"
        )


@contextmanager
def unit_was_checked() -> Iterator[None]:
    """Suppress further warnings of pixels in another unit, already issued for whole images."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PixelRangeWarning)
        yield


def probabilities_of(estimator: "Classifier", X: "Images") -> "NDArray[np.float64]":
    """Return the probabilities of images by a classifier that is fitted and knows two classes."""
    check_is_fitted(estimator)
    if not hasattr(estimator, "predict_proba"):
        raise ValueError(
            f"estimator must have predict_proba, got {type(estimator).__name__}, which has none."
        )
    if len(estimator.classes_) < 2:
        raise ValueError(
            "estimator must know at least 2 classes, since a single one is always predicted, got "
            f"{estimator.classes_.tolist()}."
        )
    return np.asarray(estimator.predict_proba(X), dtype=np.float64)


def wanted_classes(
    classes: WantedClasses, known: "NDArray[Any]", probabilities: "NDArray[np.float64]"
) -> "NDArray[np.intp]":
    """Return the columns ``(n, n_wanted)`` of the classes that are wanted for each image.

    None wants the most probable one of each.
    """
    if classes is None:
        most_probable: NDArray[np.intp] = probabilities.argmax(axis=1)
        return most_probable[:, None]
    wanted = [classes] if np.ndim(classes) == 0 else np.asarray(classes).ravel().tolist()
    columns = {label: column for column, label in enumerate(known.tolist())}
    unknown = [label for label in wanted if label not in columns]
    if unknown or not wanted:
        raise ValueError(
            f"classes must be labels that the estimator knows, {known.tolist()}, or None, got "
            f"{classes!r}."
        )
    return np.tile([columns[label] for label in wanted], (len(probabilities), 1))
