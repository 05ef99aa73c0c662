"""The result of a comparison: records a fold, one table, and files."""

import json
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mnistcnn._safe_writing import replaced_at_the_end
from mnistcnn._types import Path

_MICROSECONDS = 1_000_000


@dataclass(frozen=True, repr=False)
class ComparisonResult:
    """Cross-validated scores and times of several architectures.

    Parameters
    ----------
    records : list of dict
        One record a fold and architecture: `architecture` (str), `fold` (int, from 0),
        `train_images` and `test_images` (int), one float a scorer under its name, `fit_seconds`
        and `predict_seconds` (float).
    parameters : dict of str to int
        How many parameters each architecture has, trained or not.
    scoring : tuple of str
        The names of the scorers; the table is ordered by the first.
    metadata : dict
        What is needed to repeat the comparison, as plain values: `images`, `image_shape`,
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
    def table(self) -> pd.DataFrame:
        """One row an architecture, the best mean of the first scorer first.

        Returns
        -------
        DataFrame
            `architecture`; `parameters`; for each scorer the mean over the folds and the sample
            standard deviation (n - 1 in the denominator, NaN for a single fold) as
            ``<scorer>_mean`` and ``<scorer>_sd``; `prediction_error_percent`, 100 (1 - mean
            accuracy); `fit_seconds`, the mean over the folds; `microseconds_per_image`, the time
            of one `predict` of all held-out images of a fold, divided by their number.
        """
        folds = pd.DataFrame(self.records).groupby("architecture", sort=False)
        columns: dict[str, pd.Series[Any]] = {"parameters": pd.Series(self.parameters)}
        for name in self.scoring:
            columns[f"{name}_mean"] = folds[name].mean()
            columns[f"{name}_sd"] = folds[name].std()
        columns["prediction_error_percent"] = 100 * (1 - columns["accuracy_mean"])
        columns["fit_seconds"] = folds["fit_seconds"].mean()
        columns["microseconds_per_image"] = (
            _MICROSECONDS * folds["predict_seconds"].sum() / folds["test_images"].sum()
        )
        table = pd.DataFrame(columns).loc[list(folds.groups)].rename_axis("architecture")
        best_first = table.sort_values(f"{self.scoring[0]}_mean", ascending=False, kind="stable")
        return best_first.reset_index()

    def to_dict(self) -> dict[str, Any]:
        """Return all that is known, as plain values that JSON can hold.

        Returns
        -------
        dict
            `table`, a list of one dict a row; `folds`, a list of the records; and `metadata`.
            What is not known, such as the standard deviation of a single fold, is None.
        """
        return {
            "table": _plain_rows(self.table),
            "folds": _plain_rows(pd.DataFrame(self.records)),
            "metadata": self.metadata,
        }

    def to_csv(self, path: Path, *, overwrite: bool = False) -> None:
        """Write the table, as CSV with a header.

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
        """Write the table, the records of the folds and the metadata, as one JSON object.

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
        return f"{self._headline()}\n{self.table.to_string(index=False)}"

    def _repr_html_(self) -> str:
        return f"<p>{self._headline()}</p>{self.table.to_html(index=False)}"

    def _headline(self) -> str:
        n_folds = len({record["fold"] for record in self.records})
        return f"ComparisonResult: {len(self.table)} architectures, {n_folds} folds"


def _plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    # JSON has no NaN.
    rows: Any = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return list(rows)
