"""From what the members say to what the ensemble says."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcnn._types import Images


def mean_probabilities(members: Sequence[Any], X: Images) -> NDArray[np.float64]:
    """Return the mean of the members' probabilities, asked one by one.

    Parameters
    ----------
    members : sequence of estimators
        Fitted ones with `predict_proba`.
    X : array-like of shape (n, ...)
        What the members take.

    Returns
    -------
    probabilities : ndarray of shape (n, n_classes), float64
        Columns in the order of the members' `classes_`.
    """
    total = np.asarray(members[0].predict_proba(X), dtype=np.float64)
    for member in members[1:]:
        total = total + member.predict_proba(X)
    mean: NDArray[np.float64] = total / len(members)
    return mean


def votes_of(members: Sequence[Any], X: Images, classes: NDArray[Any]) -> NDArray[np.intp]:
    """Return the place in `classes` of each member's label for each image, asked one by one.

    Parameters
    ----------
    members : sequence of estimators
        Fitted ones.
    X : array-like of shape (n, ...)
        What the members take.
    classes : ndarray of shape (n_classes,)
        All labels, sorted.

    Returns
    -------
    votes : ndarray of shape (n, n_members), int
        Indices.
    """
    return np.stack([np.searchsorted(classes, member.predict(X)) for member in members], axis=1)


def majority(votes: NDArray[np.intp], n_classes: int) -> NDArray[np.intp]:
    """Return what most members vote for; of several the smallest, as scikit-learn does.

    Examples
    --------
    >>> import numpy as np
    >>> from mnistcnn.ensemble._voting import majority
    >>> majority(np.array([[3, 1, 3], [2, 0, 1]]), n_classes=4)
    array([3, 0])
    """
    places = n_classes * np.arange(len(votes))[:, np.newaxis] + votes
    counts = np.bincount(places.ravel(), minlength=n_classes * len(votes))
    most: NDArray[np.intp] = counts.reshape(len(votes), n_classes).argmax(axis=1)
    return most
