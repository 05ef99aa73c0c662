"""What is measured on the held-out images of one fold; it runs in the process that fits."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from time import perf_counter

# Unpickling the class below in a worker process imports Keras there, so that the seconds of the
# import are never charged to the first architecture's fit.
import keras  # noqa: F401
from sklearn.metrics import get_scorer

from mnistcnn._types import Classifier, Images, Labels

Scorer = Callable[[Classifier, Images, Labels], float]
Scoring = str | Scorer | Iterable[str] | Mapping[str, str | Scorer]


@dataclass(frozen=True)
class FoldMeasurement:
    """A scikit-learn multi-metric scorer that also times one prediction of the fold's images.

    Parameters
    ----------
    scorers : dict of str to callable
        Called as ``scorer(estimator, X, y)``.
    """

    scorers: dict[str, Scorer]

    def __call__(self, estimator: Classifier, X: Images, y: Labels) -> dict[str, float]:
        """Return the scores by name and `predict_seconds`.

        The scores come first: the prediction that is timed is then never the one in which the
        network is compiled.
        """
        scores = {name: float(scorer(estimator, X, y)) for name, scorer in self.scorers.items()}
        return scores | {"predict_seconds": _seconds_of_one_prediction(estimator, X)}


def _seconds_of_one_prediction(estimator: Classifier, X: Images) -> float:
    start = perf_counter()
    estimator.predict(X)
    return perf_counter() - start


def named_scorers(scoring: Scoring) -> dict[str, Scorer]:
    """Return the scorers that were asked for by name, and accuracy, which the table always holds.

    Parameters
    ----------
    scoring : str, callable, iterable of str, or dict of str to str or callable
        As in scikit-learn's ``cross_validate``.
    """
    asked = {name: get_scorer(scorer) for name, scorer in _scoring_by_name(scoring).items()}
    return asked if "accuracy" in asked else asked | {"accuracy": get_scorer("accuracy")}


def _scoring_by_name(scoring: Scoring) -> Mapping[str, str | Scorer]:
    if isinstance(scoring, str):
        return {scoring: scoring}
    if callable(scoring):
        return {getattr(scoring, "__name__", "score"): scoring}
    if isinstance(scoring, Mapping) and scoring:
        return scoring
    names = list(scoring) if isinstance(scoring, Iterable) else []
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError(
            "scoring must be the name of a scorer, a callable, a non-empty list of names or a "
            f"non-empty dict of name to scorer, got {scoring!r}."
        )
    return {name: name for name in names}
