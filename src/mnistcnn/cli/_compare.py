"""``mnistcnn compare``: the table of architectures."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mnistcnn.cli._interruption import Interrupted, interruptible
from mnistcnn.cli._options import (
    data_option,
    epochs_option,
    limit_option,
    load_images,
    random_state_option,
)
from mnistcnn.cli._progress import comparison_progress
from mnistcnn.cli._results_folder import ResultsFolder
from mnistcnn.cli._tables import print_table

if TYPE_CHECKING:
    from mnistcnn.evaluation import ComparisonResult

DEFAULT_NAMES = "baseline,simple,larger,convnet,fast"


@click.command()
@data_option
@click.option(
    "--architectures",
    default=DEFAULT_NAMES,
    show_default=True,
    metavar="NAME,NAME|all",
    help="What to compare; `mnistcnn architectures` lists the names.",
)
@click.option(
    "--cv", type=click.IntRange(min=2), default=5, show_default=True, help="How many folds."
)
@epochs_option
@limit_option
@click.option(
    "--n-jobs",
    type=int,
    help="Fit this many folds at the same time; -1 means one a core. They share the processor, "
    "so that each takes longer.",
)
@random_state_option
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write results.csv, results.json and comparison.png into this folder, anew after each "
    "architecture.",
)
@click.pass_context
def compare(
    context: click.Context,
    data: str,
    architectures: str,
    cv: int,
    epochs: int,
    limit: int | None,
    n_jobs: int | None,
    random_state: int,
    output: Path | None,
) -> None:
    """Cross-validate architectures and print a table.

    Accuracy is the mean over the folds and sd their standard deviation; the error is 100 % minus
    the accuracy; "fit s" is the mean time of one training and "us/image" the time that one
    prediction takes, in microseconds an image.
    """
    names = _named(architectures)
    folder = None if output is None else ResultsFolder(output, context.params)
    X, y = load_images(data, part="comparison", limit=limit, random_state=random_state)
    try:
        result = _compared(
            X, y, names, folder, cv=cv, epochs=epochs, n_jobs=n_jobs, random_state=random_state
        )
    except KeyboardInterrupt as interrupt:
        kept = "use --output to keep results" if folder is None else folder.contents()
        raise Interrupted(f"interrupted; {kept}.") from interrupt
    _print(result)
    if folder is not None:
        click.echo(f"{folder.contents()}.")


def _compared(
    X: Any, y: Any, names: list[str], folder: ResultsFolder | None, **settings: Any
) -> "ComparisonResult":
    with comparison_progress(names) as advance:

        def keep(result: "ComparisonResult") -> None:
            if folder is not None:
                folder.write(result)
            advance(result)

        def compare_and_keep() -> "ComparisonResult":
            from mnistcnn.evaluation import compare_architectures

            return compare_architectures(
                X, y, architectures=names, on_architecture_done=keep, **settings
            )

        return interruptible(compare_and_keep)


def _named(architectures: str) -> list[str]:
    if architectures == "all":
        from mnistcnn.architectures import list_architectures

        return list_architectures()
    names = [name.strip() for name in architectures.split(",") if name.strip()]
    if not names:
        raise click.BadParameter("name at least one.", param_hint="--architectures")
    return names


def _print(result: "ComparisonResult") -> None:
    print_table(
        ("architecture", "parameters", "accuracy %", "sd", "error %", "fit s", "us/image"),
        [
            (
                str(row["architecture"]),
                f"{row['parameters']:,}",
                f"{100 * row['accuracy_mean']:.2f}",
                f"{100 * row['accuracy_sd']:.2f}",
                f"{row['prediction_error_percent']:.2f}",
                f"{row['fit_seconds']:.1f}",
                f"{row['microseconds_per_image']:.0f}",
            )
            for _, row in result.table.iterrows()
        ],
    )
    click.echo(_footnote(result.metadata))


def _footnote(metadata: dict[str, Any]) -> str:
    height, width, channels = metadata["image_shape"]
    backend, devices = metadata["backend"], metadata["devices"]
    return (
        f"{metadata['images']:,} images of {height}x{width}x{channels} in {metadata['folds']} "
        f"folds, epochs {metadata['classifier']['epochs']}, "
        f"random state {metadata['random_state']};\n"
        f"{backend} {metadata['versions'][backend]} on {', '.join(devices)}, with "
        f"{metadata['logical_cores']} cores of {metadata['processor']}"
    )
