"""``mnistcnn train``: a model file."""

from pathlib import Path
from time import perf_counter
from typing import Any

import click

from mnistcnn.cli._interruption import interruptible
from mnistcnn.cli._options import (
    data_option,
    epochs_option,
    limit_option,
    load_images,
    random_state_option,
)


@click.command()
@data_option
@click.option(
    "--model-file",
    required=True,
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Where to write the trained classifier, with joblib.",
)
@click.option(
    "--architecture",
    default="fast",
    show_default=True,
    help="Its name; `mnistcnn architectures` lists them.",
)
@epochs_option
@limit_option
@random_state_option
def train(
    data: str,
    model_file: Path,
    architecture: str,
    epochs: int,
    limit: int | None,
    random_state: int,
) -> None:
    """Train a classifier and write it to a file.

    Of mnist it takes the 60,000 training images, of digits the first 1,500; the others are for
    `mnistcnn evaluate`. An .npz file or a folder gives its
    training part, a CSV file is used whole.
    """
    _check_folder(model_file)
    X, y = load_images(data, part="training", limit=limit, random_state=random_state)
    classifier, seconds = interruptible(
        lambda: _trained(X, y, architecture, epochs=epochs, random_state=random_state)
    )
    _write(classifier, model_file)
    click.echo(
        f"Trained {architecture} on {len(y):,} images in {seconds:.1f} s: training accuracy "
        f"{100 * classifier.history_['accuracy'][-1]:.2f} %.\n"
        f"{model_file} holds the classifier."
    )


def _trained(X: Any, y: Any, architecture: str, **settings: Any) -> tuple[Any, float]:
    """Return the fitted classifier and the seconds of the fit."""
    from mnistcnn import DigitCNNClassifier

    start = perf_counter()
    classifier = DigitCNNClassifier(architecture, **settings).fit(X, y)
    return classifier, perf_counter() - start


def _check_folder(model_file: Path) -> None:
    if not model_file.parent.is_dir():
        raise click.BadParameter(
            f"folder '{model_file.parent}' does not exist.", param_hint="'--model-file'"
        )


def _write(classifier: Any, model_file: Path) -> None:
    import joblib

    from mnistcnn._files import replaced_at_the_end

    with replaced_at_the_end(model_file) as temporary:
        joblib.dump(classifier, temporary)
