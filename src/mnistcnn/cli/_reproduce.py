"""``mnistcnn reproduce``: trains published recipes and compares with reported results."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mnistcnn._wording import counted
from mnistcnn.cli._completion import complete_recipe
from mnistcnn.cli._interruption import Interrupted, interruptible
from mnistcnn.cli._options import (
    NamedPath,
    json_option,
    limit_option,
    load_images,
    named_data,
    quiet_option,
)
from mnistcnn.cli._progress import progress, report_of_epoch
from mnistcnn.cli._tables import print_json, print_notes, print_table

if TYPE_CHECKING:
    import pandas as pd

    from mnistcnn.evaluation import DigitImages

Record = dict[str, Any]


@click.command(short_help="Train networks by their published recipes.")
@click.argument("recipes", nargs=-1, metavar="[RECIPE]...", shell_complete=complete_recipe)
@click.option(
    "--data",
    callback=named_data,
    default="mnist",
    show_default=True,
    metavar="mnist|digits|PATH",
    help="The images: mnist, digits (1,797 bundled ones), or a folder or .npz file with a "
    "training and a test part.",
)
@limit_option
@click.option(
    "--epochs-scale",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="Multiply the epochs of each recipe by this number; at least one is trained.",
)
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Train each recipe this many times, with random states from 0 on.",
)
@click.option(
    "--validate",
    is_flag=True,
    help="Do not use the test images: evaluate on the last sixth of the training images, and "
    "train on the others.",
)
@click.option(
    "--output",
    type=NamedPath(file_okay=False),
    help="Write a record of each run to this folder as soon as it ends. Recorded runs are not "
    "trained again, and an interrupted run resumes from its last complete epoch.",
)
@json_option
@quiet_option
def reproduce(
    recipes: tuple[str, ...],
    data: str,
    limit: int | None,
    validate: bool,
    output: Path | None,
    as_json: bool,
    quiet: bool,
    **settings: Any,
) -> None:
    """Train networks by their published recipes, and print reported and reproduced accuracy.

    Without a RECIPE it lists them; the word "all" means all of them. Each network is evaluated once
    on the test images. A result that was reported on Kaggle's split, or on a fifth of all images,
    is reproduced on a split of that kind.

    Ctrl-C stops it and prints the table of the finished runs.
    """
    if not recipes:
        from mnistcnn.recipes import list_recipes

        raise click.UsageError(f"name one RECIPE or more, or all: {', '.join(list_recipes())}.")
    if "all" in recipes and len(recipes) > 1:
        raise click.UsageError("all means every RECIPE; name it alone.")
    done: list[Record] = []
    try:
        images = _images(data, limit, quiet=quiet)
        images = images.without_test() if validate else images
        named: Any = "all" if "all" in recipes else list(recipes)
        _reproduce(named, images, done, output=output, quiet=quiet, **settings)
    except KeyboardInterrupt as interrupt:
        if done:
            _show(done, as_json=as_json)
        kept = "use --output to keep records" if output is None else f"{output} keeps what is done"
        raise Interrupted(f"interrupted; {kept}.") from interrupt
    _show(done, as_json=as_json)


def _images(data: str, limit: int | None, *, quiet: bool) -> "DigitImages":
    import numpy as np

    from mnistcnn.evaluation import DigitImages

    (X, y), (X_test, y_test) = (
        load_images(data, part=part, limit=limit, random_state=0, quiet=quiet)
        for part in ("training", "test")
    )
    if np.array_equal(X, X_test):
        raise click.BadParameter(
            f"{data} must have a training and a test part; it has the same images in both.",
            param_hint="'--data'",
        )
    return DigitImages(X, y, X_test, y_test)


def _reproduce(
    recipes: str | list[str],
    images: "DigitImages",
    done: list[Record],
    *,
    quiet: bool,
    **settings: Any,
) -> None:
    """Train, and add each record to `done`."""
    from mnistcnn.evaluation import n_epochs_to_reproduce
    from mnistcnn.evaluation import reproduce as reproduced

    n_epochs = n_epochs_to_reproduce(recipes, settings["seeds"], settings["epochs_scale"])

    def train() -> None:
        with progress(n_epochs, "epoch 1", quiet=quiet) as advance:
            n_before = 0

            def tell(run: Any, epoch: int, logs: dict[str, Any], seconds_left: float) -> None:
                report = report_of_epoch(epoch, run.epochs, logs, seconds_left)
                advance(f"{run.name}: {report}", n_before + epoch, f"{run.name}, epoch {epoch + 1}")

            for record in reproduced(recipes, images, on_epoch=tell, **settings):
                done.append(record)
                n_before += record["epochs"]
                advance(_report(record), n_before, "next")

    interruptible(train)


def _report(record: Record) -> str:
    return (
        f"{record['recipe']}, random state {record['seed']}: accuracy "
        f"{100 * record['accuracy']:.2f} %, {record['n_errors']} errors of "
        f"{record['n_test_images']:,}, {record['seconds']:.0f} s"
    )


def _show(records: list[Record], *, as_json: bool) -> None:
    if as_json:
        print_json(records)
        return
    from mnistcnn.evaluation import reproduction_table

    table = reproduction_table(records)
    print_table(
        ("recipe", "reported %", "reproduced %", "sd", "n", "epochs", "fit s"),
        [_row(row, records) for _, row in table.iterrows()],
    )
    print_notes(_notes(records))


def _row(row: "pd.Series[Any]", records: list[Record]) -> list[str]:
    epochs = next(each["epochs"] for each in records if each["recipe"] == row["recipe"])
    percentages = [
        "-" if math.isnan(value) else f"{100 * value:.{digits}f}"
        for value, digits in (
            (row["reported"], 2),
            (row["accuracy_mean"], 2),
            (row["accuracy_sd"], 3),
        )
    ]
    return [row["recipe"], *percentages, str(row["n"]), str(epochs), f"{row['seconds_mean']:.1f}"]


def _notes(records: list[Record]) -> list[str]:
    from mnistcnn.recipes import get_recipe

    differences = {
        each["recipe"]: get_recipe(each["recipe"]).differences
        for each in records
        if get_recipe(each["recipe"]).differences
    }
    scale = records[0]["epochs_scale"]
    shortened = [] if scale == 1 else [f"Epochs are {scale:g} times those of the recipes."]
    return [
        *(f"{name}: {difference}" for name, difference in differences.items()),
        *shortened,
        *_conditions(records),
    ]


def _conditions(records: list[Record]) -> list[str]:
    """Say on what the networks were trained, and which ones if that differs."""
    names: dict[str, list[str]] = {}
    for each in records:
        names.setdefault(_condition(each), []).append(each["recipe"])
    if len(names) == 1:
        return list(names)
    return [f"{', '.join(dict.fromkeys(those))}: {text}" for text, those in names.items()]


def _condition(record: Record) -> str:
    environment = record["environment"]
    return (
        f"{record['n_training_images']:,} training images, {record['n_test_images']:,} test "
        f"images; {environment['backend']} on {', '.join(environment['devices'])}, with "
        f"{counted(environment['logical_cores'], 'core')} of {environment['processor']}."
    )
