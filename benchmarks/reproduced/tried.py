"""Which recipes fall short of what was reported, and which other settings were tried."""

import statistics
from typing import Any

from mnistcnn import get_recipe

__all__ = ["SHORT", "TRIED", "short_of_reported", "tried_settings"]

Record = dict[str, Any]

SHORT = """
## Below what was reported

These recipes reach less in the mean than their source reports, usually of a single run. The
difference is in percentage points, and in standard deviations of the runs.
"""
TRIED = """
## Other settings that were tried

All that was trained besides the recipes, also what brought nothing. Settings were chosen on the
last 10,000 training images; what was measured on test images is stated.
"""
# Images to train on, of MNIST's 60,000, where the last 10,000 were set aside to choose by.
N_WITHOUT_VALIDATION = 50_000


def short_of_reported(by_recipe: dict[str, list[Record]]) -> list[list[Any]]:
    """Return a row for each recipe whose mean accuracy is below the reported one.

    Parameters
    ----------
    by_recipe : dict of str to list of dict
        The records of `mnistcnn reproduce`, by the name of the recipe.
    """
    rows = []
    for name, runs in by_recipe.items():
        reported = get_recipe(name).reported
        accuracies = [run["accuracy"] for run in runs]
        if reported is None or not runs or statistics.fmean(accuracies) >= reported:
            continue
        difference = 100 * (reported - statistics.fmean(accuracies))
        spread = 100 * statistics.stdev(accuracies) if len(runs) > 1 else 0.0
        deviations = f"{difference / spread:.1f}" if spread else "-"
        best = f"{100 * max(accuracies):.2f}"
        scale = min(run["epochs_scale"] for run in runs)
        shortened = f", {scale:g} of its epochs" if scale < 1 else ""
        rows.append([f"`{name}`{shortened}", f"{difference:.3f}", deviations, best, len(runs)])
    return rows


def tried_settings(records: list[Record]) -> list[list[Any]]:
    """Return a row for each set of runs that differ only in their seeds.

    Parameters
    ----------
    records : list of dict
        Those of `mnistcnn reproduce` with other settings, and of `benchmarks.best_ensemble`.
    """
    groups: dict[tuple[str, str, str], list[Record]] = {}
    for record in records:
        key = f"`{record['recipe']}`", _settings(record), _measured_on(record)
        groups.setdefault(key, []).append(record)
    return [[*key, *_accuracy(runs)] for key, runs in sorted(groups.items())]


def _settings(record: Record) -> str:
    """Say what of a run is not as in its recipe, or what else it would not be known by."""
    if "n_members" in record:
        given = [f"`{name}={value!r}`" for name, value in record["parameters"].items()]
        several = [f"{record['n_members']} networks"] if record["n_members"] > 1 else []
        return ", ".join([*several, *given, f"{record['n_views']} views of each image"])
    own = get_recipe(record["recipe"]).parameters
    changed = [
        f"`{name}={value}`"
        for name, value in record["parameters"].items()
        if name not in own or value != repr(own[name])
    ]
    return ", ".join([*changed, f"{record['epochs']} epochs in {record['precision']}"])


def _measured_on(record: Record) -> str:
    is_validated = record["n_training_images"] == N_WITHOUT_VALIDATION
    return "training images 50,000 to 60,000" if is_validated else "test images"


def _accuracy(runs: list[Record]) -> list[Any]:
    accuracies = [100 * run["accuracy"] for run in runs]
    deviation = f"{statistics.stdev(accuracies):.3f}" if len(runs) > 1 else "-"
    return [f"{statistics.fmean(accuracies):.3f}", deviation, len(runs)]
