"""Images in MNIST's form, as a certain classifier takes them: in rows, in a table or as images."""

from math import isqrt
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from mnistcnn._types import Array, Estimator
    from mnistcnn.handwriting._digit_normalizer import DigitNormalizer

__all__ = ["input_for", "leading_normalizer", "normalized_input_for"]


def leading_normalizer(classifier: "Estimator") -> "DigitNormalizer | None":
    """Return the normalizer that a classifier begins with, as pipelines may; None if there is none.

    Examples
    --------
    >>> from mnistcnn import DigitNormalizer, load_pretrained
    >>> from mnistcnn.handwriting import leading_normalizer
    >>> from sklearn.pipeline import make_pipeline
    >>> leading_normalizer(make_pipeline(DigitNormalizer(), load_pretrained()))
    DigitNormalizer()
    """
    if not _may_hold_another(classifier):
        return None
    # Both load scikit-learn, which takes a second; what holds another estimator has done so.
    from mnistcnn._meta_estimator import first_estimator
    from mnistcnn.handwriting._digit_normalizer import DigitNormalizer

    first = first_estimator(classifier)
    return first if isinstance(first, DigitNormalizer) else None


def _may_hold_another(classifier: "Estimator") -> bool:
    parameters: dict[str, Any] = getattr(classifier, "get_params", dict)()
    return hasattr(classifier, "steps") or "estimator" in parameters


def input_for(classifier: "Estimator", X: "Array") -> Any:
    """Return images in the form in which a classifier takes them.

    One that begins with a normalizer takes images, not rows of pixels; one that was fitted on a
    table takes a table with the same columns.

    Parameters
    ----------
    classifier : classifier
        Fitted.
    X : ndarray of shape (n, p), (n, h, w) or (n, h, w, c)
        The images.
    """
    side = isqrt(X.shape[1])
    if X.ndim == 2 and side * side == X.shape[1] and leading_normalizer(classifier) is not None:
        return X.reshape(len(X), side, side)
    names = getattr(classifier, "feature_names_in_", None)
    if names is None or len(names) != np.prod(X.shape[1:]):
        return X
    import pandas as pd

    return pd.DataFrame(X.reshape(len(X), -1), columns=names)


def normalized_input_for(classifier: "Estimator", X: "Array") -> Any:
    """Return images in MNIST's form, light on black, as `input_for` does.

    Where the normalizer that a classifier begins with expects dark ink, it is given dark ink.
    """
    normalizer: Any = leading_normalizer(classifier)
    is_for_dark_ink = normalizer is not None and normalizer.polarity == "dark_on_light"
    return input_for(classifier, 255 - X if is_for_dark_ink else X)
