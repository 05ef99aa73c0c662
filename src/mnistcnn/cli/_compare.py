"""``mnistcnn compare``: the table of architectures."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mnistcnn._types import Array
from mnistcnn._wording import counted
from mnistcnn.cli._completion import complete_architectures
from mnistcnn.cli._engines import (
    check_engine,
    engine_option,
    parallel_engine,
    scheduler_option,
)
from mnistcnn.cli._interruption import Interrupted, interruptible
from mnistcnn.cli._options import (
    NamedPath,
    check_is_not_read,
    data_option,
    epochs_option,
    force_option,
    json_option,
    limit_option,
    load_images,
    quiet_option,
    random_state_option,
)
from mnistcnn.cli._progress import progress, report_of_architecture
from mnistcnn.cli._results_folder import FILES, ResultsFolder
from mnistcnn.cli._tables import print_facts, print_json, print_notes, print_table

if TYPE_CHECKING:
    import pandas as pd

    from mnistcnn.evaluation import ComparisonResult

AN_ANSWER_IS_MISSING = 1
DEFAULT_NAMES = "baseline,simple,larger,convnet,fast"


@click.command()
@data_option
@click.option(
    "--architectures",
    default=DEFAULT_NAMES,
    show_default=True,
    metavar="NAME,NAME|all",
    shell_complete=complete_architectures,
    help="The architectures to compare; `mnistcnn architectures` lists the names.",
)
@click.option(
    "--cv", type=click.IntRange(min=2), default=5, show_default=True, help="How many folds."
)
@epochs_option
@limit_option
@click.option(
    "--n-jobs",
    type=int,
    help="Fit this many folds at the same time; -1 means one per core. They share the processor, "
    "so each takes longer.",
)
@engine_option
@scheduler_option
@click.option(
    "--memory",
    type=NamedPath(file_okay=False),
    help="Cache each fit in this folder: a comparison that ended early can be run again and "
    "trains only what is missing.",
)
@random_state_option
@click.option(
    "--output",
    type=NamedPath(file_okay=False),
    help="Write results.csv, results.json and comparison.png to this folder, and update them "
    "after each architecture.",
)
@force_option
@json_option
@quiet_option
def compare(
    data: str,
    architectures: str,
    output: Path | None,
    force: bool,
    as_json: bool,
    quiet: bool,
    limit: int | None,
    engine: str | None,
    scheduler: str | None,
    **settings: Any,
) -> int:
    """Cross-validate architectures and print a table.

    Accuracy is the mean over the folds and sd their standard deviation; the error is 100 % minus
    the accuracy; "fit s" is the mean time of one fit and "us/image" the time of one prediction, in
    microseconds per image. A sentence says which differences are more than chance.

    An architecture that fails has a row without figures, and a note with the reason.

    Ctrl-C stops it and prints the table of the finished architectures.
    """
    names = _named(architectures)
    check_engine(engine, scheduler)
    if settings["memory"] is not None:
        # Workers may run in another folder.
        settings["memory"] = settings["memory"].absolute()
    if engine and settings["n_jobs"] is None:
        settings["n_jobs"] = -1
    where = {"engine": engine, "scheduler": scheduler}
    arguments = {"data": data, "architectures": architectures, "limit": limit, **settings, **where}
    folder = None
    if output is not None:
        for name in FILES:
            check_is_not_read(output / name, "--output", (Path(data),))
        folder = ResultsFolder(output, arguments | {"output": output}, force=force)
    show = _print_json if as_json else _print
    done: list[ComparisonResult] = []
    try:
        X, y = load_images(
            data,
            part="comparison",
            limit=limit,
            random_state=settings["random_state"],
            quiet=quiet,
        )
        _compare(X, y, names, folder, done, quiet=quiet, where=where, **settings)
    except KeyboardInterrupt as interrupt:
        kept = "use --output to keep results" if folder is None else folder.contents()
        for result in done[-1:]:
            show(result)
        raise Interrupted(f"interrupted; {kept}.") from interrupt
    show(done[-1])
    if folder is not None and not (quiet or as_json):
        print(f"{folder.contents()}.")
    return AN_ANSWER_IS_MISSING if done[-1].failures else 0


def _compare(
    X: Array,
    y: Array,
    names: list[str],
    folder: ResultsFolder | None,
    done: list["ComparisonResult"],
    *,
    quiet: bool,
    where: dict[str, str | None],
    **settings: Any,
) -> None:
    """Compare, and add to `done` the result so far after each architecture."""
    with progress(len(names), names[0], quiet=quiet) as advance:

        def keep(result: "ComparisonResult") -> None:
            done.append(result)
            if folder is not None:
                folder.write(result)
            n_done = len(result.table)
            advance(report_of_architecture(result), n_done, (*names, "")[n_done])

        def compare_and_keep() -> None:
            from mnistcnn.evaluation import compare_architectures

            with parallel_engine(**where, n_jobs=settings["n_jobs"]):
                compare_architectures(
                    X, y, architectures=names, on_architecture_done=keep, **settings
                )

        interruptible(compare_and_keep)


def _named(architectures: str) -> list[str]:
    if architectures == "all":
        from mnistcnn.architectures import list_architectures

        return list_architectures()
    names = [name.strip() for name in architectures.split(",") if name.strip()]
    if not names:
        raise click.BadParameter("name at least one.", param_hint="--architectures")
    return names


def _print_json(result: "ComparisonResult") -> None:
    print_json(result.to_dict())


def _print(result: "ComparisonResult") -> None:
    print_table(
        ("architecture", "parameters", "accuracy %", "sd", "error %", "fit s", "us/image"),
        [_row(row) for _, row in result.table.iterrows()],
    )
    failures = [f"{name} failed in {failure}" for name, failure in result.failures.items()]
    print_notes(filter(None, [*failures, _found_in_memory(result), result.verdict]))
    print_facts(*_footnote(result.metadata).splitlines())


def _found_in_memory(result: "ComparisonResult") -> str:
    n_found = sum(record["from_memory"] for record in result.records)
    if not n_found:
        return ""
    return (
        f"{n_found} of {len(result.records)} fits were found in memory; their time is that of "
        "reading them."
    )


def _row(row: "pd.Series[Any]") -> list[str]:
    figures = [
        f"{100 * row['accuracy_mean']:.2f}",
        f"{100 * row['accuracy_sd']:.2f}",
        f"{row['prediction_error_percent']:.2f}",
        f"{row['fit_seconds']:.1f}",
        f"{row['microseconds_per_image']:.0f}",
    ]
    # What could not be measured.
    shown = ["-" if figure == "nan" else figure for figure in figures]
    return [str(row["architecture"]), f"{row['parameters']:,}", *shown]


def _footnote(metadata: dict[str, Any]) -> str:
    height, width, channels = metadata["image_shape"]
    backend, devices = metadata["backend"], metadata["devices"]
    return (
        f"{metadata['images']:,} images of {height}x{width}x{channels} in {metadata['folds']} "
        f"folds, epochs {metadata['classifier']['epochs']}, "
        f"random state {metadata['random_state']};\n"
        f"{backend} {metadata['versions'][backend]} on {', '.join(devices)}, with "
        f"{counted(metadata['logical_cores'], 'core')} of {metadata['processor']}"
    )
