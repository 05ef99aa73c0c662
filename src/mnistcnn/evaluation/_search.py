"""The search over architectures with scikit-learn's grid search, and one record per fit."""

from collections.abc import Callable, Iterable
from itertools import product, repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GridSearchCV

from mnistcnn._scikit_learn import CandidateByCandidate
from mnistcnn.classifier import DigitCNNClassifier
from mnistcnn.evaluation._candidates import Builder
from mnistcnn.evaluation._measurement import (
    FalliblePipeline,
    FoldMeasurement,
    MeasuredPipeline,
    Scorer,
    Unmeasured,
)
from mnistcnn.preprocessing import ImageReshaper

_PARAMETER = "classifier__architecture"

Record = dict[str, Any]
Split = tuple[NDArray[np.intp], NDArray[np.intp]]


class ArchitectureSearch(CandidateByCandidate, GridSearchCV):  # type: ignore[misc]
    """A grid search over the architectures of a pipeline, which refits none of them."""

    @classmethod
    def over(
        cls,
        architectures: dict[str, Builder],
        template: DigitCNNClassifier,
        scorers: dict[str, Scorer],
        splits: list[Split],
        *,
        n_jobs: int | None,
        error_score: float | str,
    ) -> "ArchitectureSearch":
        """Return a search over ``ImageReshaper`` -> `template` with each architecture."""
        reshaper = ImageReshaper(image_shape=template.image_shape)
        classifier = template.set_params(image_shape="auto")
        pipeline = MeasuredPipeline if error_score == "raise" else FalliblePipeline
        return cls(
            pipeline([("reshaper", reshaper), ("classifier", classifier)]),
            {_PARAMETER: list(architectures.values())},
            scoring=FoldMeasurement(scorers, error_score),
            n_jobs=n_jobs,
            refit=False,
            cv=splits,
            # What may fail is caught where it does, so that its reason comes back.
            error_score="raise",
        )

    def one_by_one(
        self, architectures: dict[str, Builder], report: Callable[[dict[str, Any]], object]
    ) -> None:
        """Evaluate one architecture after another, and report the results after each."""
        self.candidates = {label: {_PARAMETER: value} for label, value in architectures.items()}
        self.on_candidate_done = report


def records_of(
    results: dict[str, Any], labels: list[str], splits: list[Split], scorers: list[str]
) -> list[Record]:
    """Return one record per fit from `cv_results_`, which may hold only the first architectures."""
    fits = product(range(len(results["params"])), range(len(splits)))
    reasons = map(_reasons, _own_scores(results))
    return [
        {
            "architecture": labels[row],
            "fold": fold,
            "train_images": len(splits[fold][0]),
            "test_images": len(splits[fold][1]),
            **_measurements(results, row, fold, scorers),
            "from_memory": bool(results[f"split{fold}_test_from_memory"][row]),
            "failure": "; ".join(dict.fromkeys(unmeasured.values())),
            "failed_scorers": list(unmeasured),
        }
        for (row, fold), unmeasured in zip(fits, reasons, strict=False)
    ]


def _measurements(
    results: dict[str, Any], row: int, fold: int, scorers: list[str]
) -> dict[str, float]:
    names = [*scorers, "fit_seconds", "predict_seconds"]
    return {name: float(results[f"split{fold}_test_{name}"][row]) for name in names}


def _own_scores(results: dict[str, Any]) -> Iterable[dict[str, float]]:
    # A later scikit-learn may hand over no scores but those in the arrays, which give no reasons.
    own_scores: Iterable[dict[str, float]] = results.get("fold_scores", repeat({}))
    return own_scores


def _reasons(scores: dict[str, float]) -> dict[str, str]:
    """Return the reason for each scorer that failed."""
    return {name: score.reason for name, score in scores.items() if isinstance(score, Unmeasured)}
