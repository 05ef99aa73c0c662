"""Combines the predictions of the members into those of the ensemble."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mnistcnn._types import Images
from mnistcnn.classifier import JointPredictor

if TYPE_CHECKING:
    from mnistcnn.ensemble._estimator import DigitEnsembleClassifier

VOTINGS = ("soft", "hard")


def votes_softly(ensemble: "DigitEnsembleClassifier") -> bool:
    """Tell whether an ensemble has probabilities, in the form of scikit-learn's `available_if`.

    Raises
    ------
    AttributeError
        If it has none.
    """
    if ensemble.voting == "hard":
        raise AttributeError(f"predict_proba is not available when voting={ensemble.voting!r}")
    return True


def mean_probabilities(
    members: Sequence[Any], X: Images, predictor: JointPredictor
) -> NDArray[np.float64]:
    """Return the mean of the members' probabilities, computed in one pass if possible.

    Parameters
    ----------
    members : sequence of estimators
        Fitted ones with `predict_proba`.
    X : array-like of shape (n, ...)
        The images to predict, in a form that the members accept.
    predictor : JointPredictor
        Asks networks together.

    Returns
    -------
    probabilities : ndarray of shape (n, n_classes), float64
        Columns in the order of the members' `classes_`.
    """
    of_each = predictor.probabilities(members, X)
    if of_each is not None:
        together: NDArray[np.float64] = of_each.mean(axis=1)
        return together
    total = np.asarray(members[0].predict_proba(X), dtype=np.float64)
    for member in members[1:]:
        total = total + member.predict_proba(X)
    mean: NDArray[np.float64] = total / len(members)
    return mean


def votes_of(
    members: Sequence[Any], X: Images, classes: NDArray[Any], predictor: JointPredictor
) -> NDArray[np.intp]:
    """Return the place in `classes` of each member's label for each image.

    Parameters
    ----------
    members : sequence of estimators
        Fitted ones.
    X : array-like of shape (n, ...)
        The images to predict, in a form that the members accept.
    classes : ndarray of shape (n_classes,)
        All labels, sorted.
    predictor : JointPredictor
        Asks networks together, where that is possible.

    Returns
    -------
    votes : ndarray of shape (n, n_members), int
        Indices.

    Raises
    ------
    ValueError
        If a member predicts a label that is not in `classes`.
    """
    of_each = predictor.probabilities(members, X)
    if of_each is not None:
        together: NDArray[np.intp] = of_each.argmax(axis=2)
        return together
    answers = [np.asarray(member.predict(X)) for member in members]
    known = set(classes.tolist())
    for place, (member, labels) in enumerate(zip(members, answers, strict=True)):
        unknown = [label for label in dict.fromkeys(labels.tolist()) if label not in known]
        if unknown:
            raise ValueError(
                f"estimators_[{place}], {type(member).__name__}, must predict labels of the "
                f"ensemble, {classes.tolist()}, got {unknown[0]!r}."
            )
    return np.stack([np.searchsorted(classes, labels) for labels in answers], axis=1)


def majority(votes: NDArray[np.intp], n_classes: int) -> NDArray[np.intp]:
    """Return the majority vote of the members; ties go to the smallest, as in scikit-learn.

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
