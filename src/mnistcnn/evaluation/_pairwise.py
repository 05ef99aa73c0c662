"""Tests which differences between architectures are significant, and puts it into a sentence."""

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import get_scorer_names

from mnistcnn._wording import listed

# Names of scikit-learn's scorers of proportions begin with these; their differences are given in
# percentage points.
_PROPORTIONS = (
    "accuracy",
    "average_precision",
    "balanced_accuracy",
    "f1",
    "jaccard",
    "precision",
    "recall",
    "roc_auc",
    "top_k_accuracy",
)
_POINTS_OF_NO_IMPORTANCE = 0.1
_MIN_FOLDS_FOR_VERDICT = 3
# Below what rounding makes of equal differences: without it they would divide by zero.
_MIN_DEVIATION = 1e-12
# How far rounding takes a mean of ones above 1.
_ROUNDING = 1e-9


def are_proportions(scorer: str, scores: pd.DataFrame) -> bool:
    """Say whether scores are between 0 and 1, and those of a scorer whose scores always are.

    The name alone does not tell: a custom scorer may have any name.
    """
    known = scorer.startswith(_PROPORTIONS) and scorer in get_scorer_names()
    values = scores.to_numpy(dtype=float)
    outside = (values < -_ROUNDING) | (values > 1 + _ROUNDING)
    return known and not outside.any()


def compare_pairs(
    records: list[dict[str, Any]], scorer: str, *, rope: float | None, confidence: float
) -> pd.DataFrame:
    """Return one row per pair of architectures, as `ComparisonResult.pairwise` describes it."""
    folds = pd.DataFrame(records)
    failed = {record["architecture"] for record in records if _has_failed(record, scorer)}
    scores = _complete_scores(folds, scorer, failed)
    pairs = list(combinations(scores.columns, 2))
    in_points = are_proportions(scorer, scores)
    unit = 100 if in_points else 1
    if rope is None:
        rope = _POINTS_OF_NO_IMPORTANCE if in_points else 0.0
    differences = np.array([unit * (scores[first] - scores[second]) for first, second in pairs])
    overlap = folds["test_images"].sum() / folds["train_images"].sum()
    columns = _corrected_test(
        differences.reshape(len(pairs), len(scores)), overlap, rope, confidence
    )
    table = pd.DataFrame(pairs, columns=["first", "second"]).assign(**columns)
    table.attrs = {
        "scorer": scorer,
        "unit": "points" if in_points else scorer,
        "rope": rope,
        "confidence": confidence,
    }
    return table


def mean_intervals(
    records: list[dict[str, Any]], scorer: str, *, confidence: float
) -> pd.DataFrame:
    """Return the interval of each mean, as `ComparisonResult.intervals` describes it."""
    folds = pd.DataFrame(records)
    scores = folds.pivot(index="fold", columns="architecture", values=scorer)
    scores = scores[folds["architecture"].unique()]
    means = scores.mean().where(scores.notna().all())
    overlap = folds["test_images"].sum() / folds["train_images"].sum()
    n_folds = len(scores)
    lower = upper = np.full(len(means), np.nan)
    if n_folds > 1:
        deviation = scores.std() * np.sqrt(1 / n_folds + overlap)
        quantile = stats.t(n_folds - 1).ppf((1 + confidence) / 2)
        lower, upper = (means + side * quantile * deviation for side in (-1, 1))
    bounds = (0, 1) if are_proportions(scorer, scores) else (-np.inf, np.inf)
    table = pd.DataFrame({"mean": means, "lower": lower, "upper": upper}).rename_axis(
        "architecture"
    )
    table[["lower", "upper"]] = table[["lower", "upper"]].clip(*bounds)
    best_first = table.sort_values("mean", ascending=False, kind="stable").reset_index()
    best_first.attrs = {"scorer": scorer, "confidence": confidence}
    return best_first


def _has_failed(record: dict[str, Any], scorer: str) -> bool:
    """Say whether a fold has no score of its own; records from elsewhere may not say whose."""
    return bool(record.get("failure")) and scorer in record.get("failed_scorers", [scorer])


def _complete_scores(folds: pd.DataFrame, scorer: str, failed: set[str]) -> pd.DataFrame:
    """Return one row per fold and one column per architecture with all scores, the best first."""
    scores = folds.pivot(index="fold", columns="architecture", values=scorer)
    names = [name for name in folds["architecture"].unique() if name not in failed]
    complete = [name for name in names if np.isfinite(scores[name]).all()]
    means = {name: float(scores[name].mean()) for name in complete}
    return scores[sorted(complete, key=means.__getitem__, reverse=True)]


def _corrected_test(
    differences: NDArray[np.float64], overlap: float, rope: float, confidence: float
) -> dict[str, NDArray[np.float64]]:
    """Return the columns of a table from the differences of the pairs, one pair per row."""
    n_folds = differences.shape[1]
    freedom = n_folds - 1
    mean = differences.mean(axis=1)
    deviation = differences.std(axis=1, ddof=1) * np.sqrt(1 / n_folds + overlap)
    posterior = stats.t(freedom, loc=mean, scale=np.maximum(deviation, _MIN_DEVIATION))
    lower, upper = posterior.interval(confidence)
    p_value = 2 * np.minimum(posterior.cdf(0), posterior.sf(0))
    return {
        "difference": mean,
        "lower": lower,
        "upper": upper,
        "probability_first_better": posterior.sf(rope),
        "probability_equivalent": posterior.cdf(rope) - posterior.cdf(-rope),
        "probability_second_better": posterior.cdf(-rope),
        "p_value": p_value,
        "p_value_adjusted": _adjusted_by_holm(p_value),
    }


def _adjusted_by_holm(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    order = np.argsort(p_values)
    n_left = np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(n_left * p_values[order]))
    return adjusted


def verdict_of(pairs: pd.DataFrame, n_folds: int, left_out: list[str]) -> str:
    """Return one sentence on the best architecture and each of the others.

    At least one pair is needed; `left_out` names the architectures that are in no pair.
    """
    leader = pairs["first"].iloc[0]
    scorer, rope, unit = (pairs.attrs[name] for name in ("scorer", "rope", "unit"))
    sentence = f"By {scorer} in {n_folds} folds, {leader} "
    if n_folds < _MIN_FOLDS_FOR_VERDICT:
        sentence += "comes first; so few folds cannot tell it apart from the others"
    else:
        sentence += _clauses(pairs[pairs["first"] == leader], pairs.attrs["confidence"])
        if rope > 0:
            sentence += f"; differences of up to {rope:g} {unit} count as none"
    if left_out:
        sentence += f"; left out for lack of scores: {listed(left_out)}"
    return f"{sentence}."


def _clauses(against: pd.DataFrame, confidence: float) -> str:
    is_better = (against["probability_first_better"] >= confidence) & (
        against["p_value_adjusted"] <= 1 - confidence
    )
    is_equal = against["probability_equivalent"] >= confidence
    clauses = {
        "is practically equal to": is_equal,
        "cannot be told apart from": ~is_better & ~is_equal,
        "is better than": is_better,
    }
    *others, last = (
        f"{relation} {listed(against.loc[those, 'second'])}"
        for relation, those in clauses.items()
        if those.any()
    )
    return f"{', '.join(others)}, and {last}" if others else last
