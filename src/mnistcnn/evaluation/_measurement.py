"""Measures one fit on the held-out images of its fold, in the process of the fit."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import nan
from time import perf_counter
from typing import Any, Self

# Unpickling the classes below in a worker process imports Keras there, so that the seconds of the
# import are never charged to the first architecture's fit.
import keras  # noqa: F401
from sklearn.metrics import get_scorer
from sklearn.pipeline import Pipeline

from mnistcnn._types import Classifier, Images, Labels

Scorer = Callable[[Classifier, Images, Labels], float]
Scoring = str | Scorer | Iterable[str] | Mapping[str, str | Scorer]

# Keras prints parts of its messages in bold.
_TERMINAL_STYLE = re.compile(r"\x1b\[[\d;]*m")


class MeasuredPipeline(Pipeline):  # type: ignore[misc]
    """A pipeline that times its fit, as `fit_seconds_`."""

    failure_ = ""

    def fit(self, X: Images, y: Labels, **parameters: Any) -> Self:
        """Fit the steps."""
        start = perf_counter()
        super().fit(X, y, **parameters)
        self.fit_seconds_ = perf_counter() - start
        return self


class FalliblePipeline(MeasuredPipeline):
    """A pipeline whose fit keeps the reason why it failed, as `failure_`, and raises nothing."""

    def fit(self, X: Images, y: Labels, **parameters: Any) -> Self:
        """Fit the steps, as far as they can be."""
        try:
            return super().fit(X, y, **parameters)
        except Exception as error:
            self.failure_ = _reason(error)
            return self


class Unmeasured(float):
    """Takes the place of a score that could not be measured, with the reason.

    scikit-learn brings numbers back from its workers, and no text but that of a number.
    """

    reason: str

    def __new__(cls, value: float, reason: str) -> Self:
        """Make the number, which may be NaN."""
        number = super().__new__(cls, value)
        number.reason = reason
        return number

    def __getnewargs__(self) -> tuple[float, str]:  # type: ignore[override]
        """Return the arguments with which another process rebuilds it."""
        return float(self), self.reason


@dataclass(frozen=True)
class FoldMeasurement:
    """A scikit-learn multi-metric scorer that also times one prediction of the fold's images.

    `accuracy` is among the scorers. `error_score` is what an `Unmeasured` score is; ``"raise"``
    raises the error of a scorer.
    """

    scorers: dict[str, Scorer]
    error_score: float | str

    def __call__(self, estimator: MeasuredPipeline, X: Images, y: Labels) -> dict[str, float]:
        """Return the scores by name, `fit_seconds`, `predict_seconds` and `from_memory`.

        The scores come first: the prediction that is timed is then never the one in which the
        network is compiled.
        """
        if estimator.failure_:
            nothing = Unmeasured(float(self.error_score), estimator.failure_)
            unknown = {"fit_seconds": nan, "predict_seconds": nan, "from_memory": 0.0}
            return dict.fromkeys(self.scorers, nothing) | unknown
        scores = {name: self._score(name, estimator, X, y) for name in self.scorers}
        can_predict = not isinstance(scores["accuracy"], Unmeasured)
        return scores | {
            "fit_seconds": estimator.fit_seconds_,
            "predict_seconds": _seconds_of_one_prediction(estimator, X) if can_predict else nan,
            "from_memory": float(estimator[-1].from_memory_),
        }

    def _score(self, name: str, estimator: MeasuredPipeline, X: Images, y: Labels) -> float:
        try:
            return float(self.scorers[name](estimator, X, y))
        except Exception as error:
            if self.error_score == "raise":
                raise
            return Unmeasured(float(self.error_score), f"{name}: {_reason(error)}")


def _reason(error: Exception) -> str:
    """Return the type and the message of an error, in one line."""
    message = _TERMINAL_STYLE.sub("", str(error))
    return " ".join([f"{type(error).__name__}:", *message.split()])


def _seconds_of_one_prediction(estimator: Classifier, X: Images) -> float:
    start = perf_counter()
    estimator.predict(X)
    return perf_counter() - start


def named_scorers(scoring: Scoring) -> dict[str, Scorer]:
    """Return the requested scorers by name, and accuracy, which every table holds."""
    asked = {name: get_scorer(scorer) for name, scorer in _scoring_by_name(scoring).items()}
    accuracy = get_scorer("accuracy")
    if repr(asked.setdefault("accuracy", accuracy)) != repr(accuracy):
        raise ValueError(
            "scoring must give the name 'accuracy' to scikit-learn's accuracy alone, since the "
            f"prediction error follows from it, got {asked['accuracy']!r} of that name."
        )
    return asked


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
