"""The parameters of a classifier that differ from the defaults, and its networks."""

from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Any, TypeGuard

from mnistcnn._meta_estimator import nested_estimators
from mnistcnn._types import Classifier, Estimator
from mnistcnn.architectures import get_architecture
from mnistcnn.classifier import (
    DigitCNNClassifier,
    architecture_of_fit,
    n_parameters_of,
    set_since_fit,
)

__all__ = ["ChangedParameter", "Part", "history_of", "networks_within", "parts_of"]

# Beyond it a value is cut off; whole arrays may be parameters.
MAX_VALUE_LENGTH = 300
ABBREVIATED = "..."


@dataclass(frozen=True)
class ChangedParameter:
    """A parameter whose value differs from its default, both as Python code.

    `default` is empty where there is none.
    """

    name: str
    value: str
    default: str


@dataclass(frozen=True)
class Part:
    """One estimator of those that a classifier consists of.

    `facts` says what is known of a fitted network: a name and a text each.
    """

    name: str
    changed: list[ChangedParameter]
    facts: dict[str, str]


def parts_of(classifier: Classifier) -> list[Part]:
    """Return the classifier and the estimators in it; of those that differ only in seed, the first.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from mnistcnn.evaluation._report._settings import parts_of
    >>> pipeline = make_pipeline(StandardScaler(with_mean=False), GaussianNB())
    >>> _, scaler, bayes = parts_of(pipeline)
    >>> scaler.changed
    [ChangedParameter(name='with_mean', value='False', default='True')]
    >>> bayes.changed
    []
    """
    parts: dict[tuple[Any, ...], Part] = {}
    for estimator in nested_estimators(classifier):
        changed = _changed(estimator)
        alike = (type(estimator), *(each for each in changed if each.name != "random_state"))
        part = Part(type(estimator).__name__, changed, _facts(estimator))
        # A fitted one tells more than what it is a copy of.
        if alike not in parts or part.facts and not parts[alike].facts:
            parts[alike] = part
    return list(parts.values())


def networks_within(classifier: Classifier) -> list[DigitCNNClassifier]:
    """Return the fitted networks with which a classifier predicts."""
    return [each for each in nested_estimators(classifier) if _is_fitted_network(each)]


def history_of(classifier: Classifier) -> dict[str, list[float]]:
    """Return the epochs of the classifier, or of the first network in it; empty without any."""
    for estimator in nested_estimators(classifier):
        history = getattr(estimator, "history_", None)
        if isinstance(history, dict) and history:
            return history
    return {}


def _is_fitted_network(estimator: Estimator) -> TypeGuard[DigitCNNClassifier]:
    return isinstance(estimator, DigitCNNClassifier) and hasattr(estimator, "image_shape_")


def _changed(estimator: Estimator) -> list[ChangedParameter]:
    known = signature(type(estimator).__init__).parameters
    changed = []
    for name, value in estimator.get_params(deep=False).items():
        default = known[name].default if name in known else Parameter.empty
        # As scikit-learn tells them apart; arrays are neither equal nor unequal.
        if default is Parameter.empty or repr(value) != repr(default):
            shown = "" if default is Parameter.empty else _short(default)
            changed.append(ChangedParameter(name, _short(value), shown))
    return changed


def _short(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= MAX_VALUE_LENGTH else text[:MAX_VALUE_LENGTH] + ABBREVIATED


def _facts(estimator: Estimator) -> dict[str, str]:
    if not _is_fitted_network(estimator):
        return {}
    facts = {
        **_architecture_facts(architecture_of_fit(estimator)),
        "network parameters": f"{n_parameters_of(estimator):,}",
        "image shape": "×".join(map(str, estimator.image_shape_)),
        "precision": str(estimator.precision_),
    }
    if estimator.n_iter_:
        facts["epochs"] = f"{estimator.n_iter_:,}"
    if hasattr(estimator, "best_epoch_"):
        facts["best epoch"] = f"{estimator.best_epoch_:,}"
    changed = set_since_fit(estimator)
    if changed:
        facts["set after the fit"] = (
            f"{', '.join(changed)}; the network was trained with different values"
        )
    return facts


def _architecture_facts(architecture: object) -> dict[str, str]:
    if architecture is None:
        return {"architecture": "not known, as another one was set after the fit"}
    if isinstance(architecture, str):
        architecture = get_architecture(architecture)
    name = getattr(architecture, "name", getattr(architecture, "__name__", None))
    published = getattr(architecture, "published", None)
    facts = {"architecture": str(name or type(architecture).__name__)}
    if published is not None:
        # Names of architectures stand in backticks there.
        layers = published.layers.replace("`", "")
        facts |= {"layers by default": layers, "source": published.source}
    return facts
