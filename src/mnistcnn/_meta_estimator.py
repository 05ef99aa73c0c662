"""The common base of classifiers that wrap another one, which may already be fitted."""

from collections.abc import Mapping, Sequence
from inspect import Parameter, signature
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import UNUSED, MetadataRouter, MethodMapping, process_routing
from sklearn.utils.validation import check_is_fitted

from mnistcnn._types import Estimator, Images

__all__ = [
    "WrapperClassifier",
    "check_rejects_nothing",
    "inner_estimator",
    "snapshot_of",
    "check_takes",
    "parameters_of_fit",
    "routing_to_fit",
    "nested_estimators",
    "first_estimator",
    "input_of",
    "inner_estimator_with",
    "rejecting_estimator",
]

# The attributes in which scikit-learn's estimators keep the fitted ones that predict.
FITTED_ESTIMATORS = ("best_estimator_", "estimators_", "estimator_")

# Where an estimator holds one that may be refitted while it stays the same object.
INNER_ESTIMATORS = ("estimator", "estimator_", "best_estimator_")


class WrapperClassifier(
    ClassifierMixin,  # type: ignore[misc]
    MetaEstimatorMixin,  # type: ignore[misc]
    BaseEstimator,  # type: ignore[misc]
):
    """Predicts with `estimator_` after `fit`, and before that with `estimator` if it is fitted."""

    estimator: Any

    # The estimator asks for what `fit` is given.
    __metadata_request__fit: ClassVar[dict[str, str]] = {"sample_weight": UNUSED}

    def get_metadata_routing(self) -> MetadataRouter:
        """Return how metadata passed to `fit` are routed to the estimator.

        Returns
        -------
        routing : MetadataRouter
            As scikit-learn's user guide describes it.
        """
        return routing_to_fit(self, self.estimator)

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

    def _estimator_snapshot(self) -> Any:
        """Return a snapshot of it, which another thread that refits it does not change."""
        return snapshot_of(self._fitted_estimator())

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


def rejecting_estimator(estimator: Estimator) -> Any | None:
    """Return the part of an estimator that predicts a rejected label; None if there is none.

    Pipelines, frozen estimators and searches predict with the estimator in them.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.pipeline import make_pipeline
    >>> from mnistcnn import RejectingClassifier
    >>> from mnistcnn._meta_estimator import rejecting_estimator
    >>> rejecting_estimator(make_pipeline(RejectingClassifier(GaussianNB())))
    RejectingClassifier(estimator=GaussianNB())
    >>> rejecting_estimator(GaussianNB())
    """
    if "rejected_label" in _parameters(estimator):
        return estimator
    if hasattr(estimator, "steps"):
        # A frozen pipeline has steps, too.
        return rejecting_estimator(estimator.steps[-1][1])
    is_search = {"estimator", "refit"} <= _parameters(estimator).keys()
    if is_search or isinstance(estimator, FrozenEstimator | WrapperClassifier):
        own = vars(estimator)
        return rejecting_estimator(
            own.get("best_estimator_", own.get("estimator_", own["estimator"]))
        )
    return None


def check_rejects_nothing(estimator: Estimator, why: str, wrapper: str) -> None:
    """Refuse an estimator that predicts a rejected label, where it belongs around a wrapper.

    Parameters
    ----------
    estimator : estimator
        What was given to the wrapper.
    why : str
        Why the wrapper has no use for it, as a clause.
    wrapper : str
        The name of the wrapper's class.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from mnistcnn import RejectingClassifier
    >>> from mnistcnn._meta_estimator import check_rejects_nothing
    >>> check_rejects_nothing(
    ...     RejectingClassifier(GaussianNB()), "members only vote for labels", "VotingClassifier"
    ... )
    Traceback (most recent call last):
        ...
    ValueError: estimator must not reject images, since members only vote for labels, got
    RejectingClassifier(estimator=GaussianNB()); use RejectingClassifier(VotingClassifier(...)).
    """
    rejecting = rejecting_estimator(estimator)
    if rejecting is not None:
        raise ValueError(
            f"estimator must not reject images, since {why}, got {estimator!r}; use "
            f"{type(rejecting).__name__}({wrapper}(...))."
        )


def inner_estimator_with(estimator: Estimator, attribute: str) -> Any | None:
    """Return the part of an estimator that predicts and has an attribute; None if there is none.

    It is the estimator itself, the last step of a pipeline, the best estimator of a search, or one
    that is wrapped.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from mnistcnn._meta_estimator import inner_estimator_with
    >>> inner_estimator_with(make_pipeline(StandardScaler(), GaussianNB()), "var_smoothing")
    GaussianNB()
    >>> inner_estimator_with(GaussianNB(), "image_shape_")
    """
    part: Estimator | None = estimator
    while part is not None and not hasattr(part, attribute):
        part = inner_estimator(part)
    return part


def inner_estimator(estimator: Estimator) -> Any | None:
    """Return the inner estimator with which another one predicts; None if there is none."""
    if hasattr(estimator, "estimators_"):
        # Of several none predicts alone, and `estimator_` is their template.
        return None
    if hasattr(estimator, "steps"):
        return estimator.steps[-1][1]
    if isinstance(estimator, WrapperClassifier):
        return estimator._fitted_estimator()
    return getattr(estimator, "best_estimator_", getattr(estimator, "estimator_", None))


def first_estimator(estimator: Estimator) -> Any:
    """Return the part of an estimator that is given the images: the first step of a pipeline.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from mnistcnn._meta_estimator import first_estimator
    >>> first_estimator(make_pipeline(StandardScaler(), GaussianNB()))
    StandardScaler()
    """
    steps = getattr(estimator, "steps", None)
    if steps:
        return first_estimator(steps[0][1])
    within = inner_estimator(estimator) or _parameters(estimator).get("estimator")
    return estimator if within is None else first_estimator(within)


def input_of(part: Estimator, estimator: Estimator, X: Images) -> Any:
    """Return the input of the inner estimator that predicts: images after the steps before it.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import MinMaxScaler
    >>> from mnistcnn._meta_estimator import input_of
    >>> pipeline = make_pipeline(MinMaxScaler(), GaussianNB()).fit([[0], [16]], [0, 1])
    >>> input_of(pipeline[-1], pipeline, [[8]])
    array([[0.5]])
    """
    around: Any = estimator
    while around is not part:
        if len(getattr(around, "steps", ())) > 1:
            X = around[:-1].transform(X)
        around = inner_estimator(around)
    return X


def snapshot_of(estimator: Any) -> Any:
    """Return a snapshot of an estimator, which another thread that refits it does not change.

    The steps of a pipeline and the estimators within a wrapper are snapshots, too. They share what
    was learned: a fit replaces it and never changes it.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.pipeline import make_pipeline
    >>> from mnistcnn._meta_estimator import snapshot_of
    >>> pipeline = make_pipeline(GaussianNB()).fit([[0], [1]], [0, 1])
    >>> snapshot = snapshot_of(pipeline)
    >>> pipeline.fit([[0], [1]], [2, 3]).classes_.tolist(), snapshot.classes_.tolist()
    ([2, 3], [0, 1])
    """
    if isinstance(estimator, type) or not hasattr(estimator, "get_params"):
        return estimator
    attributes = dict(vars(estimator))
    if "steps" in attributes:
        attributes["steps"] = [(name, snapshot_of(step)) for name, step in attributes["steps"]]
    for name in attributes.keys() & set(INNER_ESTIMATORS):
        attributes[name] = snapshot_of(attributes[name])
    # Its class may copy for another process, at a cost that a prediction must not have.
    snapshot = object.__new__(type(estimator))
    snapshot.__dict__.update(attributes)
    return snapshot


def nested_estimators(estimator: Estimator) -> list[Any]:
    """Return an estimator and those within it: in a fitted one, those with which it predicts.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from mnistcnn._meta_estimator import nested_estimators
    >>> nested_estimators(make_pipeline(StandardScaler(), GaussianNB()))[1:]
    [StandardScaler(), GaussianNB()]
    """
    found: dict[int, Any] = {}
    waiting: list[Any] = [estimator]
    while waiting:
        part = waiting.pop(0)
        if isinstance(part, list | tuple):
            waiting[:0] = part
        elif id(part) not in found and hasattr(part, "get_params") and not isinstance(part, type):
            found[id(part)] = part
            fitted = [getattr(part, name) for name in FITTED_ESTIMATORS if hasattr(part, name)]
            waiting.extend(fitted or _parameters(part).values())
    return list(found.values())


def _parameters(estimator: Estimator) -> dict[str, Any]:
    if isinstance(estimator, type) or not hasattr(estimator, "get_params"):
        return {}
    parameters: dict[str, Any] = estimator.get_params(deep=False)
    return parameters


def check_takes(estimator: Estimator, names: Sequence[str]) -> None:
    """Refuse parameters of `fit` that an estimator's own does not know.

    Raises
    ------
    ValueError
        If there is one.
    """
    known = signature(estimator.fit).parameters
    takes_any = any(each.kind is Parameter.VAR_KEYWORD for each in known.values())
    unknown = [name for name in names if name not in known]
    if unknown and not takes_any:
        raise ValueError(
            f"{unknown[0]} must be None for an estimator whose fit does not accept it, such as "
            f"{type(estimator).__name__}."
        )


def routing_to_fit(owner: Estimator, estimator: Estimator) -> MetadataRouter:
    """Return how an owner routes what its `fit` is given to that of the estimator in it."""
    to_fit = MethodMapping().add(caller="fit", callee="fit")
    router = MetadataRouter(owner=owner).add_self_request(owner)
    return router.add(estimator=estimator, method_mapping=to_fit)


def parameters_of_fit(
    owner: Estimator, estimator: Estimator, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what of it an owner passes to the `fit` of the estimator in it; None is not given.

    With metadata routing that is what the estimator requests; without, it must take all.

    Raises
    ------
    UnsetMetadataPassedError
        If, with metadata routing, the estimator does not say whether it requests one; it is a
        ValueError.
    TypeError
        If, with metadata routing, the estimator says that it does not.
    ValueError
        If, without, it does not take one.
    """
    passed = {name: value for name, value in given.items() if value is not None}
    if isinstance(estimator, FrozenEstimator):
        # Its fit does nothing, so it requests nothing either.
        return {}
    if get_config()["enable_metadata_routing"]:
        routed: dict[str, Any] = process_routing(owner, "fit", **passed)["estimator"]["fit"]
        return routed
    check_takes(estimator, list(passed))
    return passed
