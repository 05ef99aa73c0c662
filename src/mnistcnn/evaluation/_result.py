"""The result of a comparison: one record per fit, a table, a verdict, and files."""

import json
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mnistcnn._safe_writing import replaced_at_the_end
from mnistcnn._types import Path
from mnistcnn.evaluation._pairwise import compare_pairs, mean_intervals, verdict_of

_MICROSECONDS = 1_000_000


@dataclass(frozen=True, repr=False)
class ComparisonResult:
    """Cross-validated scores and times of several architectures.

    Parameters
    ----------
    records : list of dict
        One record for each fold and architecture: `architecture` (str), `fold` (int, from 0),
        `train_images` and `test_images` (int), one float for each scorer under its name,
        `fit_seconds` and `predict_seconds` (float). Optional are `from_memory` (bool), whether the
        fit was read from a memory, `failure` (str), why the fit or a scorer failed, empty if
        neither did, and `failed_scorers` (list of str), the scorers that have no score for this
        reason; without it, all of them.
    parameters : dict of str to int
        The number of parameters of each architecture, trained or not.
    scoring : tuple of str
        The names of the scorers; the table is sorted by the first.
    metadata : dict
        The details needed to repeat the comparison, as plain values: `images`, `image_shape`,
        `classes`, `cv`, `random_state`, `classifier`, `architectures`, `backend`, `devices`,
        `versions` and more.

    Examples
    --------
    >>> from mnistcnn import ComparisonResult
    >>> fold = {"train_images": 80, "test_images": 20, "fit_seconds": 1.5, "predict_seconds": .002}
    >>> result = ComparisonResult(
    ...     records=[
    ...         {"architecture": "baseline", "fold": 0, "accuracy": 0.90} | fold,
    ...         {"architecture": "baseline", "fold": 1, "accuracy": 0.94} | fold,
    ...         {"architecture": "simple", "fold": 0, "accuracy": 0.95} | fold,
    ...         {"architecture": "simple", "fold": 1, "accuracy": 0.97} | fold,
    ...     ],
    ...     parameters={"baseline": 623_290, "simple": 592_074},
    ...     scoring=("accuracy",),
    ...     metadata={"random_state": 0},
    ... )
    >>> result.table[["architecture", "parameters", "accuracy_mean", "prediction_error_percent"]]
      architecture  parameters  accuracy_mean  prediction_error_percent
    0       simple      592074           0.96                       4.0
    1     baseline      623290           0.92                       8.0
    """

    records: list[dict[str, Any]]
    parameters: dict[str, int]
    scoring: tuple[str, ...]
    metadata: dict[str, Any]

    @property
    def failures(self) -> dict[str, str]:
        """The architectures that failed in some folds, and why.

        Returns
        -------
        dict of str to str
            For each architecture, the number of failed folds and the reasons, such as "2 of 5
            folds: ValueError: ..."; empty if nothing failed.
        """
        reasons: dict[str, list[str]] = {}
        for record in self.records:
            reasons.setdefault(record["architecture"], []).append(record.get("failure", ""))
        return {
            name: f"{sum(map(bool, folds))} of {len(folds)} folds: "
            + "; ".join(dict.fromkeys(filter(None, folds)))
            for name, folds in reasons.items()
            if any(folds)
        }

    @property
    def table(self) -> pd.DataFrame:
        """One row for each architecture, sorted by the mean of the first scorer, the best first.

        Returns
        -------
        DataFrame
            `architecture`; `parameters`; for each scorer the mean over the folds and the sample
            standard deviation (n - 1 in the denominator, NaN for a single fold) as
            ``<scorer>_mean`` and ``<scorer>_sd``; `prediction_error_percent`, 100 (1 - mean
            accuracy); `fit_seconds`, the mean over the folds; `microseconds_per_image`, the time of
            one `predict` of all held-out images of a fold, divided by their number; and `failure`,
            the text of `failures`. A figure that is missing in one of the records is NaN, and
            architectures without a mean come last. Where an interrupted run has recorded fewer
            folds of an architecture, its figures are those of these folds: compare with `pairwise`,
            which needs the same ones.
        """
        frame = pd.DataFrame(self.records)
        folds = frame.groupby("architecture", sort=False)
        measured = frame.drop(columns="architecture").notna().groupby(frame["architecture"]).all()
        columns: dict[str, pd.Series[Any]] = {"parameters": pd.Series(self.parameters)}
        for name in self.scoring:
            columns[f"{name}_mean"] = folds[name].mean().where(measured[name])
            columns[f"{name}_sd"] = folds[name].std().where(measured[name])
        columns["prediction_error_percent"] = 100 * (1 - columns["accuracy_mean"])
        columns["fit_seconds"] = folds["fit_seconds"].mean().where(measured["fit_seconds"])
        predicted = folds["predict_seconds"].sum().where(measured["predict_seconds"])
        columns["microseconds_per_image"] = _MICROSECONDS * predicted / folds["test_images"].sum()
        failures = self.failures
        columns["failure"] = pd.Series({name: failures.get(name, "") for name in self.parameters})
        table = pd.DataFrame(columns).loc[list(folds.groups)].rename_axis("architecture")
        best_first = table.sort_values(f"{self.scoring[0]}_mean", ascending=False, kind="stable")
        return best_first.reset_index()

    def intervals(self, *, scorer: str | None = None, confidence: float = 0.95) -> pd.DataFrame:
        """Return a confidence interval for the mean score of each architecture.

        The interval is that of Student's distribution, with the same variance as in `pairwise`: it
        is enlarged by the ratio of test to training images, because the folds share training images
        [1]_.

        Parameters
        ----------
        scorer : str, default=None
            One of `scoring`, or ``"accuracy"``; None means the first of `scoring`.
        confidence : float, default=0.95
            The share of the distribution between `lower` and `upper`, from 0 to 1, both
            excluded.

        Returns
        -------
        DataFrame
            `architecture`, `mean`, `lower` and `upper`, the highest mean first. Intervals of
            proportions, such as the accuracy, are limited to 0 to 1. They are NaN for a single
            fold; all columns are NaN if a fold has no score. `attrs` contains `scorer` and
            `confidence`.

        Raises
        ------
        ValueError
            If a parameter is not as described.

        See Also
        --------
        mnistcnn.plotting.ComparisonDisplay : Draws the intervals against times and sizes.

        Notes
        -----
        Overlapping intervals do not tell whether a difference is more than chance, because the
        architectures were measured on the same folds; `pairwise` does.

        References
        ----------
        .. [1] C. Nadeau and Y. Bengio, "Inference for the Generalization Error", Machine Learning
           52, 2003.

        Examples
        --------
        >>> from mnistcnn import ComparisonResult
        >>> result = ComparisonResult(
        ...     records=[
        ...         {"architecture": "simple", "fold": fold, "train_images": 80, "test_images": 40,
        ...          "accuracy": accuracy, "fit_seconds": 1.5, "predict_seconds": 0.002}
        ...         for fold, accuracy in enumerate([0.93, 0.91, 0.92])
        ...     ],
        ...     parameters={"simple": 592_074},
        ...     scoring=("accuracy",),
        ...     metadata={},
        ... )
        >>> result.intervals().round(3)
          architecture  mean  lower  upper
        0       simple  0.92  0.881  0.959
        """
        scorer = scorer if scorer == "accuracy" else self._known_scorer(scorer)
        _check_confidence(confidence)
        return mean_intervals(self.records, scorer, confidence=confidence)

    def pairwise(
        self, *, rope: float | None = None, scorer: str | None = None, confidence: float = 0.95
    ) -> pd.DataFrame:
        """Compare each pair of architectures by the corrected resampled t-test.

        The folds of a cross-validation share training images, so that an ordinary t-test finds
        differences where there are none. The correction enlarges the variance of the mean
        difference by the ratio of test to training images [1]_. The same distribution gives the
        probabilities of a Bayesian interpretation [2]_, and the p-values are adjusted for the
        number of pairs [3]_.

        Parameters
        ----------
        rope : float, default=None
            The region of practical equivalence: differences of up to `rope` in either direction are
            of no importance. It is in the unit of the difference. None means 0.1 if that unit is
            points, and 0 otherwise.
        scorer : str, default=None
            One of `scoring`; None means the first.
        confidence : float, default=0.95
            The share of the distribution between `lower` and `upper`, from 0 to 1, both
            excluded.

        Returns
        -------
        DataFrame
            One row for each pair, in the order of the means, the best first:

            - `first`, `second`: the architectures, of which `first` has the higher mean;
            - `difference`, `lower`, `upper`: the difference of the means, and its interval;
            - `probability_first_better`, `probability_equivalent`, `probability_second_better`: the
              probabilities that the difference is above `rope`, within it, or below minus `rope`;
            - `p_value`: that of a two-sided test of no difference; `p_value_adjusted`: the same,
              adjusted by Holm's method for all pairs.

            The unit is points, 100 times the difference of the scores, for the names of
            scikit-learn's scorers with values between 0 and 1, if all scores are: `accuracy`,
            `average_precision`, `balanced_accuracy`, `f1`, `jaccard`, `precision`, `recall`,
            `roc_auc` and `top_k_accuracy`, and their variants such as `f1_macro`. Any other scorer
            keeps its own unit. `attrs` holds `scorer`, `unit`, `rope` and `confidence`.

        Raises
        ------
        ValueError
            If there is only one fold, or if a parameter is not as described.

        See Also
        --------
        mnistcnn.plotting.PairwiseDisplay : Draws the table.

        Notes
        -----
        Architectures for which the fit or this scorer failed, or that lack a finite score in one
        of the folds, are in no pair; with fewer than two others, the table has no rows. If all
        folds have exactly the same difference, its variance is zero and the test treats it as
        certain. This can happen by chance if folds are few and small.

        References
        ----------
        .. [1] C. Nadeau and Y. Bengio, "Inference for the Generalization Error", Machine Learning
           52, 2003.
        .. [2] G. Corani and A. Benavoli, "A Bayesian Approach for Comparing Cross-Validated
           Algorithms on Multiple Data Sets", Machine Learning 100, 2015; A. Benavoli et al., "Time
           for a Change: a Tutorial for Comparing Multiple Classifiers Through Bayesian Analysis",
           Journal of Machine Learning Research 18, 2017.
        .. [3] S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian
           Journal of Statistics 6, 1979.

        Examples
        --------
        >>> from mnistcnn import ComparisonResult
        >>> accuracies = {"simple": [0.97, 0.96, 0.98], "baseline": [0.94, 0.92, 0.95]}
        >>> result = ComparisonResult(
        ...     records=[
        ...         {"architecture": name, "fold": fold, "train_images": 80, "test_images": 40,
        ...          "accuracy": accuracy, "fit_seconds": 1.5, "predict_seconds": 0.002}
        ...         for name, of_folds in accuracies.items()
        ...         for fold, accuracy in enumerate(of_folds)
        ...     ],
        ...     parameters={"simple": 592_074, "baseline": 623_290},
        ...     scoring=("accuracy",),
        ...     metadata={},
        ... )
        >>> pairs = result.pairwise(rope=0.5).round(2)
        >>> pairs[["first", "second", "difference", "lower", "upper", "p_value"]]
            first    second  difference  lower  upper  p_value
        0  simple  baseline        3.33   1.07    5.6     0.02
        """
        scorer = self._known_scorer(scorer)
        if rope is not None and not rope >= 0:
            raise ValueError(f"rope must be 0 or more, got {rope!r}.")
        _check_confidence(confidence)
        if self._n_folds < 2:
            raise ValueError("pairwise needs the scores of at least 2 folds, got those of 1.")
        return compare_pairs(self.records, scorer, rope=rope, confidence=confidence)

    @property
    def verdict(self) -> str:
        """One sentence that compares the best architecture with each of the others.

        By the first scorer, it "is better than" those for which `pairwise` gives a probability of
        at least 95 % and an adjusted p-value of at most 5 %, "is practically equal to" those within
        the region of practical equivalence with a probability of at least 95 %, and "cannot be told
        apart from" the rest. With fewer than three folds nothing can be told apart, and the
        sentence says so.

        Returns
        -------
        str
            Empty if there is nothing to compare: fewer than two architectures that have a score in
            each fold, or only one fold.
        """
        pairs = self.pairwise() if self._n_folds > 1 else pd.DataFrame()
        if pairs.empty:
            return ""
        compared = {*pairs["first"], *pairs["second"]}
        names = dict.fromkeys(record["architecture"] for record in self.records)
        left_out = [name for name in names if name not in compared]
        return verdict_of(pairs, self._n_folds, left_out)

    def to_dict(self) -> dict[str, Any]:
        """Return the whole result as plain values that JSON can represent.

        Returns
        -------
        dict
            `table`, a list with one dict for each row; `folds`, a list of the records; `verdict`,
            the sentence; and `metadata`. Unknown values, such as the standard deviation of a single
            fold, are None.
        """
        return {
            "table": _plain_rows(self.table),
            "folds": _plain_rows(pd.DataFrame(self.records)),
            "verdict": self.verdict,
            "metadata": self.metadata,
        }

    def to_csv(self, path: Path, *, overwrite: bool = False) -> None:
        """Write the table as CSV with a header.

        Parameters
        ----------
        path : str or path-like
            Where to write, in a folder that exists.
        overwrite : bool, default=False
            Whether to replace a file that is there, in one step once the new one is complete.

        Raises
        ------
        FileExistsError
            If the file is there, unless `overwrite`.
        """
        with replaced_at_the_end(path, overwrite=overwrite) as temporary:
            self.table.to_csv(temporary, index=False)

    def to_json(self, path: Path, *, overwrite: bool = False) -> None:
        """Write the result of `to_dict` as one JSON object.

        Parameters
        ----------
        path : str or path-like
            Where to write, in a folder that exists.
        overwrite : bool, default=False
            Whether to replace a file that is there, in one step once the new one is complete.

        Raises
        ------
        FileExistsError
            If the file is there, unless `overwrite`.
        """
        content = json.dumps(self.to_dict(), indent=2, allow_nan=False)
        with replaced_at_the_end(path, overwrite=overwrite) as temporary:
            temporary.write_text(content + "\n", encoding="utf-8")

    def __repr__(self) -> str:
        """Return the table as text, under a line that says what was compared."""
        return f"{self._headline()}\n{self._shown().to_string(index=False)}"

    def _repr_html_(self) -> str:
        return f"<p>{self._headline()}</p>{self._shown().to_html(index=False)}"

    def _headline(self) -> str:
        return f"ComparisonResult: {len(self.table)} architectures, {self._n_folds} folds"

    def _shown(self) -> pd.DataFrame:
        return self.table if self.failures else self.table.drop(columns="failure")

    def _known_scorer(self, scorer: str | None) -> str:
        scorer = self.scoring[0] if scorer is None else scorer
        if scorer not in self.scoring:
            raise ValueError(f"scorer must be one of {list(self.scoring)}, got {scorer!r}.")
        return scorer

    @property
    def _n_folds(self) -> int:
        return len({record["fold"] for record in self.records})


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be between 0 and 1, got {confidence!r}.")


def _plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    # JSON has no NaN.
    rows: Any = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return list(rows)
