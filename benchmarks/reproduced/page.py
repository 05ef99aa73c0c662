"""The text of the page, from records alone."""

import statistics
from collections import Counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.reproduced.tried import SHORT, TRIED, short_of_reported, tried_settings
from benchmarks.reproduced.writers import WriterErrors, errors_by_writer
from mnistcnn import get_architecture, get_recipe, list_recipes
from mnistcnn._wording import counted

Record = dict[str, Any]

HEAD = """\
# Reproduced results

Made by `python -m benchmarks.reproduced` from the records that `mnistcnn reproduce RECIPE
--output benchmarks/results/reproduced` wrote, one for each run. Each network was trained as its
[recipe](recipes.md) says and evaluated once on the held-out images; no setting was chosen on them.
Seconds are wall-clock time; other work shared the cores in some runs, so they are upper bounds.

## Reported and reproduced
"""
AGAINST_TIME = """
## Accuracy against training time

![Error against seconds of a fit](images/results/accuracy-against-time.svg)

One point a run, both axes logarithmic; runs on MNIST's own split only.
"""
TIME_TO_TARGET = """
## Time to 99.0, 99.5, 99.6 and 99.65 %

Fits that reach each accuracy quickly, measured on the test images once for each seed by
`python -m benchmarks time_to_target`. Those of up to 5 epochs were chosen on the last 10,000
training images; the one of 9 epochs was set after the two networks had missed 99.6 %, and the one
of 45 beforehand. The seconds are those of `fit` in a new process, compilation included. "Views" are
copies of an image moved by a pixel, over which a prediction is averaged.
"""
MOST_ACCURATE = """
## The most accurate
"""
CONFUSIONS = """
![Confusion matrix of the most accurate recipe](images/results/confusion-matrix.svg)

The confusion matrix of `{name}`, averaged over {runs}: rows are labels, columns predictions.
"""
STILL_WRONG = """
## Images that are still wrong

Every run of at least 99.5 % on MNIST's test set got these images wrong, {n_runs} runs of {names}.
Where all took an image for the same digit and were at least 90 % sure of it in the mean, the label
can be doubted.

![The images that every accurate network got wrong](images/results/still-wrong.png)

"""
BY_WRITER = """
## Error by writer

MNIST's test images come from {n_writers} writers, none of whom wrote a training image. The runs of
`{name}` got {error:.2f} % of the images wrong; the 95 % interval, from 10,000 draws of writers with
replacement, is {low:.2f} to {high:.2f} %. {n_without_error} writers have no mistake, and the tenth
of them with the most have {share:.0f} % of all mistakes.
"""
SPLITS = {"mnist": "MNIST", "kaggle": "Kaggle's split", "four_fifths": "a fifth of MNIST"}

# Images to train on and to measure on; a run with --validate has others.
SIZES = {"mnist": (60_000, 10_000), "kaggle": (42_000, 28_000), "four_fifths": (56_000, 14_000)}

# From here on a network is accurate enough for its mistakes to say something of the image.
ACCURATE = 0.995
SURE = 0.9


def document(
    records: list[Record],
    *,
    ensembles: list[Record] | None = None,
    targets: list[Record] | None = None,
    tried: list[Record] | None = None,
    writers: NDArray[np.int64] | None = None,
) -> str:
    """Return the page as Markdown.

    Parameters
    ----------
    records : list of dict
        Those of `mnistcnn reproduce`.
    ensembles : list of dict, default=None
        Those of `benchmarks.best_ensemble`.
    targets : list of dict, default=None
        Those of the benchmark `time_to_target`.
    tried : list of dict, default=None
        Those of other settings.
    writers : ndarray of shape (10000,), default=None
        The writers of MNIST's test images.

    Raises
    ------
    ValueError
        If a record is not of all of MNIST, as with ``--validate`` and ``--limit``.
    """
    for record in [*records, *(ensembles or [])]:
        _check_sizes(record)
    by_recipe = runs_by_recipe(records)
    parts = [HEAD, _table(by_recipe), _shortened(by_recipe), _machines(records)]
    short = short_of_reported(by_recipe)
    if short:
        columns = ["recipe", "points below", "in sd", "best run %", "n"]
        parts += [SHORT, _markdown(columns, short)]
    if targets:
        parts += [TIME_TO_TARGET, _time_to_target(targets)]
    best = most_accurate(records)
    if best is not None:
        runs = _on_mnist(by_recipe[best])
        confusions = CONFUSIONS.format(name=best, runs=counted(len(runs), "run"))
        parts += [
            AGAINST_TIME,
            MOST_ACCURATE,
            _most_accurate(best, runs, ensembles or [], targets or []),
        ]
        parts += [_errors_by_digit(by_recipe), confusions, *_still_wrong(records)]
        if writers is not None:
            parts.append(_by_writer(best, errors_by_writer(runs, writers)))
    if tried:
        columns = ["recipe", "settings", "measured on", "accuracy %", "sd", "n"]
        parts += [TRIED, _markdown(columns, tried_settings(tried))]
    return "\n".join(filter(None, parts))


def _check_sizes(record: Record) -> None:
    sizes = record["n_training_images"], record["n_test_images"]
    if sizes != SIZES[record["data"]]:
        raise ValueError(
            f"The run {record['recipe']}-{record['seed']} must have the images of "
            f"{SPLITS[record['data']]}, {SIZES[record['data']]} to train and to measure on, "
            f"got {sizes}."
        )


def runs_by_recipe(records: list[Record]) -> dict[str, list[Record]]:
    """Return the records of each recipe, also of those without any."""
    return {
        name: [record for record in records if record["recipe"] == name] for name in list_recipes()
    }


def _on_mnist(records: list[Record]) -> list[Record]:
    return [record for record in records if record["data"] == "mnist"]


def most_accurate(records: list[Record]) -> str | None:
    """Return the recipe with the best mean on MNIST's test set, None where none was run on it."""
    by_recipe = runs_by_recipe(_on_mnist(records))
    means = {name: _mean_accuracy(runs) for name, runs in by_recipe.items() if runs}
    return max(means, key=lambda name: means[name], default=None)


def _mean_accuracy(runs: list[Record]) -> float:
    return statistics.fmean(run["accuracy"] for run in runs)


def _markdown(columns: list[str], rows: list[list[Any]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def _table(by_recipe: dict[str, list[Record]]) -> str:
    columns = [
        "recipe",
        "reported %",
        "reproduced %",
        "sd",
        "n",
        "epochs",
        "fit, s",
        "on",
        "source",
    ]
    return _markdown(columns, [_row(name, runs) for name, runs in by_recipe.items()])


def _row(name: str, runs: list[Record]) -> list[Any]:
    recipe, source = get_recipe(name), get_architecture(name).published.source
    reported = "-" if recipe.reported is None else f"{100 * recipe.reported:.2f}"
    tail = [SPLITS[recipe.data], source]
    if not runs:
        return [f"`{name}`", reported, "not run", "", 0, "", "", *tail]
    accuracy, deviation, n, seconds = _accuracy_and_time(runs)
    epochs = max(run["epochs"] for run in runs)
    return [f"`{name}`", reported, accuracy, deviation, n, epochs, seconds, *tail]


def _shortened(by_recipe: dict[str, list[Record]]) -> str:
    scales = {
        name: sorted({run["epochs_scale"] for run in runs} - {1.0})
        for name, runs in by_recipe.items()
    }
    sentences = [
        f"`{name}` was trained for {' and '.join(f'{scale:g}' for scale in found)} of its epochs."
        for name, found in scales.items()
        if found
    ]
    return "\n".join([*sentences, ""]) if sentences else ""


def _machines(records: list[Record]) -> str:
    machines = {
        f"{counted(each['environment']['logical_cores'], 'core')} of "
        f"{each['environment']['processor']}, "
        f"{each['environment']['backend']} "
        f"{each['environment']['versions'][each['environment']['backend']]}, {each['precision']}"
        for each in records
    }
    return f"Trained on {'; '.join(sorted(machines))}.\n" if machines else "Nothing was run yet.\n"


def _errors_by_digit(by_recipe: dict[str, list[Record]]) -> str:
    rows = []
    for name, runs in by_recipe.items():
        if runs and runs[0]["data"] == "mnist":
            counts = Counter(wrong["label"] for run in runs for wrong in run["wrong"])
            rows.append([f"`{name}`", *(f"{counts[digit] / len(runs):.1f}" for digit in range(10))])
    return "\n".join(
        [
            "\n## Errors by digit\n",
            "Errors on MNIST's test images by label, averaged over the runs.\n",
            _markdown(["recipe", *map(str, range(10))], rows),
        ]
    )


def _time_to_target(targets: list[Record]) -> str:
    return _markdown(["fit", "accuracy %", "sd", "n", "fit, s"], _timed_fits(targets))


def _timed_fits(targets: list[Record]) -> list[list[Any]]:
    return [
        [name, *_accuracy_and_time([_as_run(each) for each in measurements])]
        for record in targets
        for name, measurements in record["measurements"].items()
    ]


def _as_run(measurement: dict[str, float]) -> Record:
    """Return a benchmark's measurement in the words of a run's record."""
    return {
        "accuracy": measurement["accuracy_percent"] / 100,
        "seconds": measurement["seconds"],
    }


def _most_accurate(
    best: str, runs: list[Record], ensembles: list[Record], targets: list[Record]
) -> str:
    columns = ["", "accuracy %", "sd", "n", "fit, s"]
    single = [f"single network, one view, `{best}`", *_accuracy_and_time(runs)]
    timed = sorted(_timed_fits(targets), key=lambda row: float(row[1]))[-1:]
    several = [[_name_of_ensemble(each), *_accuracy_and_time([each])] for each in ensembles]
    return _markdown(columns, [single, *timed, *several])


def _name_of_ensemble(record: Record) -> str:
    changed = "".join(
        f", `{name}={value!r}`" for name, value in record.get("parameters", {}).items()
    )
    views = f", {record['n_views']} views of each image" if record["n_views"] > 1 else ""
    return f"{record['n_members']} networks of `{record['recipe']}`{changed}{views}"


def _accuracy_and_time(runs: list[Record]) -> list[Any]:
    accuracies = [100 * run["accuracy"] for run in runs]
    deviation = f"{statistics.stdev(accuracies):.3f}" if len(runs) > 1 else "-"
    # A run that went on after a kill may not know how long it took.
    seconds = [run["seconds"] for run in runs if run["seconds"] is not None]
    median = f"{statistics.median(seconds):.0f}" if seconds else "-"
    return [f"{statistics.fmean(accuracies):.3f}", deviation, len(runs), median]


class WrongImage(NamedTuple):
    """An image that every accurate network got wrong.

    Attributes
    ----------
    image, label : int
        Its number in MNIST's test set, counted from 0, and its label.
    answers : Counter
        How often it was taken for which digit.
    probability : float
        The mean probability of those answers.
    """

    image: int
    label: int
    answers: Counter[int]
    probability: float

    @property
    def is_doubtful(self) -> bool:
        """Whether all networks agree on another digit, and are sure of it."""
        return len(self.answers) == 1 and self.probability >= SURE


def accurate_runs(records: list[Record]) -> list[Record]:
    """Return the runs on MNIST's own split whose mistakes say something of the image."""
    return [record for record in _on_mnist(records) if record["accuracy"] >= ACCURATE]


def still_wrong(records: list[Record]) -> list[WrongImage]:
    """Return what every accurate network got wrong, the surest mistakes first."""
    runs = accurate_runs(records)
    found: dict[int, list[Record]] = {}
    for run in runs:
        for wrong in run["wrong"]:
            found.setdefault(wrong["image"], []).append(wrong)
    images = [
        WrongImage(
            image,
            answers[0]["label"],
            Counter(each["predicted"] for each in answers),
            statistics.fmean(each["probability"] for each in answers),
        )
        for image, answers in found.items()
        if len(answers) == len(runs)
    ]
    return sorted(images, key=lambda each: (-each.probability, each.image))


def _still_wrong(records: list[Record]) -> list[str]:
    runs, images = accurate_runs(records), still_wrong(records)
    if not images:
        return []
    names = ", ".join(f"`{name}`" for name in dict.fromkeys(run["recipe"] for run in runs))
    rows = [
        [
            each.image,
            each.label,
            ", ".join(f"{digit} ({n})" for digit, n in each.answers.most_common()),
            f"{100 * each.probability:.0f}",
            "doubtful" if each.is_doubtful else "",
        ]
        for each in images
    ]
    columns = ["image", "label", "taken for", "mean probability %", "label is"]
    return [STILL_WRONG.format(n_runs=len(runs), names=names), _markdown(columns, rows)]


def _by_writer(name: str, errors: WriterErrors) -> str:
    return BY_WRITER.format(
        name=name,
        n_writers=errors.n_writers,
        error=100 * errors.error,
        low=100 * errors.low,
        high=100 * errors.high,
        n_without_error=errors.n_without_error,
        share=100 * errors.share_of_worst,
    )
