"""Creates, trains and checks the members of an ensemble."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone, is_classifier
from sklearn.utils import _safe_indexing, assert_all_finite, check_random_state
from sklearn.utils.multiclass import check_classification_targets

from mnistcnn._meta_estimator import check_rejects_nothing, inner_estimator_with, input_of
from mnistcnn._types import Classifier, Images, Labels, RandomState
from mnistcnn.classifier import leave_compiled_network
from mnistcnn.preprocessing import (
    IMAGES_LOOKED_AT,
    RETURNED,
    Situation,
    as_numbers,
    as_pixels,
    as_rows,
    labels_to_learn,
    some_of,
    training_pixels_of,
    warn_of_unlike_images,
)

# What scikit-learn draws seeds below.
GREATEST_SEED = int(np.iinfo(np.int32).max)

OF_ENSEMBLE = Situation(
    "the classifier was trained on", "so no pixels suit both its earlier and its new members"
)

# The attributes in which all members must agree to predict together.
COMMON = ("classes_", "n_features_in_", "feature_names_in_", "image_shape_")


def check_can_be_member(estimator: Classifier, voting: str) -> None:
    """Refuse what cannot be copied and trained as a member.

    Raises
    ------
    ValueError
        If it is a class, is not a classifier, rejects images, or lacks the probabilities to be
        averaged.
    """
    if isinstance(estimator, type):
        raise ValueError(
            f"estimator must be an instance of a classifier, got the class {estimator.__name__}; "
            f"pass {estimator.__name__}()."
        )
    if not is_classifier(estimator):
        raise ValueError(f"estimator must be a classifier, got {estimator!r}.")
    check_rejects_nothing(
        estimator, "members cannot vote for a rejected label", "DigitEnsembleClassifier"
    )
    if voting == "soft" and not hasattr(estimator, "predict_proba"):
        raise ValueError(
            f"estimator must have predict_proba for voting='soft', got {estimator!r}; "
            "use voting='hard'."
        )


def checked_labels(X: Images, y: Labels, known: NDArray[Any] | None) -> NDArray[Any]:
    """Return labels as an array of one dimension.

    Raises
    ------
    ValueError
        If they are not labels, or differ from the known ones.
    """
    labels = labels_to_learn(X, y)
    assert_all_finite(labels, input_name="y")
    check_classification_targets(labels)
    if known is not None and not np.array_equal(np.unique(labels), known):
        raise ValueError(
            f"With warm_start=True y must hold the labels of the previous fit, {known.tolist()}, "
            f"got {np.unique(labels).tolist()}."
        )
    return labels


def seeds_of_members(random_state: RandomState, n_estimators: int) -> list[int]:
    """Return a seed for each member; those of a smaller ensemble are the first of a larger one.

    None takes fresh entropy, and leaves the caller's global generator as it is.
    """
    fresh = np.random.RandomState() if random_state is None else random_state
    seeds = check_random_state(fresh).randint(GREATEST_SEED, size=n_estimators)
    return [int(seed) for seed in seeds]


def members_that_stay(fitted: Mapping[str, Any], n_estimators: int) -> list[Any]:
    """Return the members of an earlier fit, which a warm start keeps.

    Raises
    ------
    ValueError
        If there are more of them than `n_estimators`.
    """
    members = list(fitted.get("estimators_", []))
    if len(members) > n_estimators:
        raise ValueError(
            f"n_estimators={n_estimators} must be larger or equal to "
            f"len(estimators_)={len(members)} when warm_start==True"
        )
    return members


def warn_of_unit_of_new_members(earlier: Sequence[Any], X: Images) -> None:
    """Warn if images certainly differ in unit from those of an earlier fit."""
    network = inner_estimator_with(earlier[0], "_training_pixels") if earlier else None
    if network is None:
        return
    try:
        places = some_of(np.arange(len(X)), IMAGES_LOOKED_AT)  # type: ignore[arg-type]
        given = input_of(network, earlier[0], _safe_indexing(X, places))
        rows, image_shape = as_numbers(np.asarray(as_rows(given)[0])), network.image_shape_
        if rows is not None and not RETURNED.includes(given):
            known, pixels = training_pixels_of(network), as_pixels(rows, image_shape)
            warn_of_unlike_images(known, pixels, image_shape, OF_ENSEMBLE)
    except (TypeError, ValueError):
        # What is wrong with the images, the fit of the new members says.
        return


def make_member(estimator: Classifier, seed: int) -> Any:
    """Return a copy of an unfitted estimator, each `random_state` in it drawn from a seed."""
    member = clone(estimator)
    generator = np.random.RandomState(seed)
    names = [
        name
        for name in sorted(member.get_params(deep=True))
        if name == "random_state" or name.endswith("__random_state")
    ]
    if names:
        member.set_params(**{name: int(generator.randint(GREATEST_SEED)) for name in names})
    return member


def train_member(
    member: Classifier, X: Images, y: NDArray[Any], parameters: Mapping[str, Any]
) -> Classifier:
    """Train a member and return it; the next one takes over its compiled network."""
    member.fit(X, y, **parameters)
    leave_compiled_network(member)
    return member


def check_have_in_common(members: Sequence[Any]) -> None:
    """Refuse members that do not know the same images and labels.

    Raises
    ------
    ValueError
        If one differs from the first.
    """
    for name in COMMON:
        # After a data frame, an array of the same pixels has no names to differ.
        expected, *others = [getattr(each, name) for each in members if hasattr(each, name)] or [()]
        for other in others:
            if not np.array_equal(np.asarray(expected), np.asarray(other)):
                raise ValueError(
                    "With warm_start=True, X and y must match the previous fit: its members have "
                    f"{name} {expected}, got {other}."
                )


def check_know(members: Sequence[Any], classes: NDArray[Any]) -> None:
    """Refuse members that were refitted on labels other than those of the ensemble.

    Raises
    ------
    ValueError
        If there is one.
    """
    for place, member in enumerate(members):
        known = getattr(member, "classes_", None)
        if known is not None and not np.array_equal(known, classes):
            raise ValueError(
                f"estimators_[{place}], {type(member).__name__}, must know the labels of the "
                f"ensemble, {classes.tolist()}, got {np.asarray(known).tolist()}; refit the "
                "ensemble."
            )
