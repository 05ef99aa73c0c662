"""What classifiers have in common that stand around another one, fitted already or not."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

__all__ = ["WrapperClassifier"]


class WrapperClassifier(
    ClassifierMixin,  # type: ignore[misc]
    MetaEstimatorMixin,  # type: ignore[misc]
    BaseEstimator,  # type: ignore[misc]
):
    """Answers by `estimator_` once `fit` was called, and before by `estimator`, if it is fitted."""

    estimator: Any

    @property
    def classes_(self) -> NDArray[Any]:
        """The labels, sorted."""
        return np.asarray(self._fitted_estimator().classes_)

    @property
    def n_features_in_(self) -> int:
        """Pixels of one image."""
        return int(self._fitted_estimator().n_features_in_)

    @property
    def feature_names_in_(self) -> NDArray[Any]:
        """Names of the columns, if there are any."""
        return np.asarray(self._fitted_estimator().feature_names_in_)

    def _fitted_estimator(self) -> Any:
        return vars(self).get("estimator_", self.estimator)

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether it was fitted, or the estimator in it."""
        try:
            check_is_fitted(self._fitted_estimator())
        except NotFittedError:
            return False
        return True

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that it takes what the estimator takes."""
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags
