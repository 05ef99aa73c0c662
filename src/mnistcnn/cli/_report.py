"""``mnistcnn report``: evaluates a model file on one HTML page."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from mnistcnn._types import Array, Classifier, Images
from mnistcnn.cli._interruption import Interrupted, fate_of
from mnistcnn.cli._model_files import (
    MODEL_FILE,
    check_labels,
    check_size,
    load_model_file,
    named_on_error,
    run_code_option,
)
from mnistcnn.cli._options import (
    NamedPath,
    check_is_not_read,
    check_output_file,
    data_option,
    force_option,
    json_option,
    limit_option,
    load_images,
    quiet_option,
    random_state_option,
    refuse_to_overwrite,
)
from mnistcnn.cli._polarity import looks_inverted, warn_if_better_inverted
from mnistcnn.cli._progress import AdvanceTo, progress_of_images
from mnistcnn.cli._tables import print_facts, print_json


@click.command(short_help="Evaluate a classifier and write an HTML report.")
@click.argument("model_file", metavar="MODEL_FILE", type=MODEL_FILE)
@run_code_option
@data_option
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="HTML",
    type=NamedPath(dir_okay=False, writable=True),
    help="Where to write the page.",
)
@click.option(
    "--n-images",
    type=click.IntRange(min=1),
    default=24,
    show_default=True,
    help="Maximum number of misclassified images to show.",
)
@limit_option
@random_state_option
@force_option
@json_option
@quiet_option
def report(
    model_file: Path,
    runs_code: bool,
    data: str,
    output: Path,
    n_images: int,
    limit: int | None,
    random_state: int,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Evaluate a trained classifier and write the results as one HTML page.

    The page shows accuracy, precision and recall, the confusion matrix, the calibration, the
    misclassified images, training curves, settings and versions. It is self-contained, and can be
    printed.

    MODEL_FILE is a classifier written by `mnistcnn train` or `save_classifier`.

    From mnist it uses the 10,000 test images, and from digits the last 297, which `mnistcnn train`
    does not use. From an .npz file or a folder it uses the test part, and from a CSV file all
    images.
    """
    from mnistcnn.handwriting import input_for

    _check_matplotlib()
    check_is_not_read(output, "--output", (model_file, Path(data)))
    check_output_file(output, "--output", force=force)
    X, y = load_images(data, part="test", limit=limit, random_state=random_state, quiet=quiet)
    classifier = load_model_file(
        model_file, runs_code=runs_code, quiet=quiet, argument="MODEL_FILE"
    )
    check_labels(classifier, y)
    check_size(classifier, X, model_file)
    # A classifier that cannot predict at all is reported before it predicts all images.
    images = input_for(classifier, X)
    named_on_error(classifier.predict, images[:1], model_file)
    is_inverted = looks_inverted(classifier, X)
    try:
        with progress_of_images(quiet=quiet) as advance:
            advance(0, len(X))
            figures = _write(
                *(classifier, images, y, output, model_file, data, n_images, advance),
                overwrite=force,
            )
    except FileExistsError:
        # It has appeared during the evaluation.
        refuse_to_overwrite(output, "--output", force=force)
        raise
    except KeyboardInterrupt as interrupt:
        raise Interrupted(f"interrupted; {fate_of(output)}.") from interrupt
    if not is_inverted:
        warn_if_better_inverted(
            lambda some: classifier.predict(input_for(classifier, some)), X, y, figures["accuracy"]
        )
    (print_json if as_json else _print)({"report": str(output), **figures})


def _check_matplotlib() -> None:
    if find_spec("matplotlib") is None:
        raise click.ClickException(
            "`mnistcnn report` needs Matplotlib, which is not installed: pip install "
            "'mnistcnn[plot]'"
        )


def _write(
    classifier: Classifier,
    X: Images,
    y: Array,
    output: Path,
    model_file: Path,
    data: str,
    n_images: int,
    on_progress: AdvanceTo,
    *,
    overwrite: bool,
) -> dict[str, Any]:
    from mnistcnn.evaluation import write_report

    return write_report(
        *(classifier, X, y, output),
        title=f"Report on {model_file.name}",
        data_name=data,
        n_images=n_images,
        overwrite=overwrite,
        on_progress=on_progress,
    )


def _print(figures: dict[str, Any]) -> None:
    low, high = (100 * bound for bound in figures["accuracy_interval"])
    print_facts(
        f"Accuracy {100 * figures['accuracy']:.2f} % on {figures['images']:,} images, 95 % "
        f"interval {low:.2f} to {high:.2f} % (Wilson).",
        f"{figures['report']} holds the report.",
    )
