"""Write the page of the documentation that has reported beside reproduced results.

python -m benchmarks.reproduced benchmarks/results/reproduced docs/results.md
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from mnistcnn import get_architecture, get_recipe, list_recipes

Record = dict[str, Any]

HEAD = """\
# Reproduced results

Made by `python -m benchmarks.reproduced` from the records that `mnistcnn reproduce RECIPE
--output benchmarks/results/reproduced` wrote, one a run. Each network was trained as its
[recipe](recipes.md) says and measured once on the images that were held back; nothing was chosen by
them.

## Reported and reproduced
"""
WRONG_BY_ALL = """
## Images that every network got wrong

By their number in MNIST's test set, counted from 0, with the label, what they were taken for, and
how often.
"""
# More would be a list that nobody reads.
N_SHOWN = 20
SPLITS = {"mnist": "MNIST", "kaggle": "Kaggle's split", "four_fifths": "a fifth of MNIST"}

# Images to train on and to measure on; a run with --validate has others.
SIZES = {"mnist": (60_000, 10_000), "kaggle": (42_000, 28_000), "four_fifths": (56_000, 14_000)}


def document(records: list[Record]) -> str:
    """Return the page as Markdown.

    Raises
    ------
    ValueError
        If a record is not of all of MNIST, as with ``--validate`` and ``--limit``.
    """
    for record in records:
        sizes = record["n_training_images"], record["n_test_images"]
        if sizes != SIZES[record["data"]]:
            raise ValueError(
                f"The run {record['recipe']}-{record['seed']} must have the images of "
                f"{SPLITS[record['data']]}, {SIZES[record['data']]} to train and to measure on, "
                f"got {sizes}."
            )
    by_recipe = {
        name: [record for record in records if record["recipe"] == name] for name in list_recipes()
    }
    parts = [HEAD, _table(by_recipe), _shortened(by_recipe), _machines(records)]
    on_mnist = [record for record in records if record["data"] == "mnist"]
    if on_mnist:
        parts += [_errors_by_digit(by_recipe), WRONG_BY_ALL, _wrong_by_all(on_mnist)]
    return "\n".join(filter(None, parts))


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
    accuracies = [100 * run["accuracy"] for run in runs]
    mean = sum(accuracies) / len(accuracies)
    spread = sum((each - mean) ** 2 for each in accuracies) / max(1, len(accuracies) - 1)
    seconds = sorted(run["seconds"] for run in runs)[len(runs) // 2]
    deviation = f"{spread**0.5:.3f}" if len(runs) > 1 else "-"
    epochs = max(run["epochs"] for run in runs)
    head = [f"`{name}`", reported, f"{mean:.2f}", deviation, len(runs), epochs]
    return [*head, f"{seconds:.0f}", *tail]


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
        f"{each['environment']['logical_cores']} cores of {each['environment']['processor']}, "
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
            "Wrong answers on MNIST's test images by their label, in the mean over the runs.\n",
            _markdown(["recipe", *map(str, range(10))], rows),
        ]
    )


def _wrong_by_all(records: list[Record]) -> str:
    answers: dict[int, Counter[int]] = {}
    labels = {}
    for record in records:
        for wrong in record["wrong"]:
            labels[wrong["image"]] = wrong["label"]
            answers.setdefault(wrong["image"], Counter())[wrong["predicted"]] += 1
    always = [image for image, counts in answers.items() if counts.total() == len(records)]
    rows = [
        [image, labels[image], ", ".join(f"{digit} ({n})" for digit, n in counts.most_common())]
        for image in sorted(always)[:N_SHOWN]
        for counts in [answers[image]]
    ]
    return _markdown(["image", "label", "taken for"], rows)


def main(source: Path, page: Path) -> None:
    """Read all records of a folder and write the page."""
    paths = sorted(source.glob("*.json"))
    page.write_text(document([json.loads(path.read_text("utf8")) for path in paths]), "utf8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
