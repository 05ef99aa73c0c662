"""The `score` of the classifiers: scikit-learn's, with a warning of rows in another order."""

from typing import TYPE_CHECKING

from sklearn.base import ClassifierMixin

from mnistcnn._types import Images, Labels
from mnistcnn.preprocessing._row_order import warn_of_row_order

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["AccuracyMixin"]


class AccuracyMixin(ClassifierMixin):  # type: ignore[misc]
    """Gives a classifier scikit-learn's `score`."""

    def score(self, X: Images, y: Labels, sample_weight: "ArrayLike | None" = None) -> float:
        """Return the accuracy on labeled images.

        Parameters
        ----------
        X : array-like of shape (n, h * w), (n, h, w) or (n, h, w, c)
            Images.
        y : array-like of shape (n,)
            Labels, in the order of the images. A table with the same index in another order is
            warned of.
        sample_weight : array-like of shape (n,), default=None
            Weights of the images.

        Returns
        -------
        accuracy : float
            The fraction of the images, by weight, whose predicted label is that in `y`.
        """
        warn_of_row_order(X, y=y, sample_weight=sample_weight)
        accuracy: float = super().score(X, y, sample_weight)
        return accuracy
