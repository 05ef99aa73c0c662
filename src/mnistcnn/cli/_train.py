"""``mnistcnn train``: trains a classifier and writes a model file."""

from functools import partial
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mnistcnn.cli._completion import complete_architecture
from mnistcnn.cli._held_out import VALIDATION_FRACTION, held_out_fraction
from mnistcnn.cli._interruption import Interrupted, fate_of
from mnistcnn.cli._late_files import UNDER_ANOTHER_NAME, write_or_write_beside
from mnistcnn.cli._options import (
    NamedPath,
    check_folder,
    check_is_not_read,
    check_suffix,
    data_option,
    epochs_option,
    force_option,
    json_option,
    limit_option,
    load_images,
    quiet_option,
    random_state_option,
    refuse_to_overwrite,
)
from mnistcnn.cli._tables import print_facts, print_json
from mnistcnn.cli._training_progress import AUGMENTATIONS, Training

if TYPE_CHECKING:
    from mnistcnn import DigitCNNClassifier


N_ITER_NO_CHANGE = 5


@click.command()
@data_option
@click.option(
    "--model-file",
    required=True,
    type=NamedPath(dir_okay=False, writable=True),
    help="Where to write the trained classifier; the name must end in .mnistcnn.",
)
@click.option(
    "--architecture",
    default="fast",
    show_default=True,
    shell_complete=complete_architecture,
    help="Name of the architecture; `mnistcnn architectures` lists them.",
)
@epochs_option
@click.option(
    "--learning-rate",
    type=click.FloatRange(min=0, min_open=True),
    help="The peak learning rate.  [default: the architecture's own]",
)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    help="Images per update (mini-batch size).  [default: 32 to 256, by the number of images]",
)
@click.option(
    "--augmentation",
    type=click.Choice(AUGMENTATIONS),
    help="Shift, rotate and scale the images at random, with this preset.",
)
@click.option(
    "--validation-fraction",
    type=click.FloatRange(0, 1, max_open=True),
    help="Hold out this fraction of the images for validation, measure the accuracy on them after "
    "each epoch, and keep the weights of the best one. With 0, train on all images.  "
    f"[default: {VALIDATION_FRACTION}, or 0 for a few images]",
)
@click.option(
    "--early-stopping",
    is_flag=True,
    help="Stop after --n-iter-no-change epochs without a better validation accuracy.",
)
@click.option(
    "--n-iter-no-change",
    type=click.IntRange(min=1),
    help="Number of epochs that --early-stopping waits for a better one.  "
    f"[default: {N_ITER_NO_CHANGE}]",
)
@limit_option
@random_state_option
@force_option
@json_option
@quiet_option
def train(
    data: str,
    model_file: Path,
    limit: int | None,
    validation_fraction: float | None,
    early_stopping: bool,
    n_iter_no_change: int | None,
    force: bool,
    as_json: bool,
    quiet: bool,
    **settings: Any,
) -> int:
    """Train a classifier and write it to a file.

    From mnist it uses the 60,000 training images, and from digits the first 1,500; the others are
    for `mnistcnn evaluate`. From an .npz file or a folder it uses the training part, and from a CSV
    file all images.

    Ctrl-C stops it, and no file is written.
    """
    check_suffix(model_file, "--model-file", ".mnistcnn")
    check_folder(model_file, "--model-file")
    check_is_not_read(model_file, "--model-file", (Path(data),))
    refuse_to_overwrite(model_file, "--model-file", force=force)
    _check_validation(validation_fraction, early_stopping, n_iter_no_change)
    training = Training(settings["epochs"])
    try:
        X, y = load_images(
            data,
            part="training",
            limit=limit,
            random_state=settings["random_state"],
            quiet=quiet,
        )
        fraction = held_out_fraction(validation_fraction, y)
        patience = _patience(fraction, early_stopping, n_iter_no_change)
        parameters = _parameters(fraction, patience, **settings)
        classifier = training.fit(partial(_classifier, **parameters), X, y, quiet=quiet)
        file = write_or_write_beside(
            lambda path, overwrite: classifier.save(path, overwrite=overwrite),
            model_file,
            force=force,
        )
    except KeyboardInterrupt as interrupt:
        raise Interrupted(
            f"interrupted {training.place()}; this training is discarded, and "
            f"{fate_of(model_file)}."
        ) from interrupt
    summary = _summary(classifier, len(y), training.seconds) | {"model_file": str(file)}
    (print_json if as_json else _print)(summary)
    return 0 if file == model_file else UNDER_ANOTHER_NAME


def _check_validation(
    fraction: float | None, early_stopping: bool, n_iter_no_change: int | None
) -> None:
    if early_stopping and fraction == 0:
        raise click.UsageError(
            "--early-stopping needs validation images: --validation-fraction must be above 0, got "
            "0."
        )
    if n_iter_no_change is not None and not early_stopping:
        raise click.UsageError("--n-iter-no-change needs --early-stopping.")


def _patience(fraction: float, early_stopping: bool, n_iter_no_change: int | None) -> int | None:
    """Return how many epochs to wait for a better one; None runs all."""
    if not early_stopping:
        return None
    if not fraction:
        raise click.UsageError(
            "--early-stopping needs validation images, but some class has so few images that none "
            "are held out; name --validation-fraction, or leave --early-stopping out."
        )
    return N_ITER_NO_CHANGE if n_iter_no_change is None else n_iter_no_change


def _parameters(
    fraction: float, patience: int | None, *, epochs: int, **others: object
) -> dict[str, Any]:
    """Return the classifier's parameters; options that were not given keep its defaults."""
    given = {name: value for name, value in others.items() if value is not None}
    if not fraction:
        return {"epochs": epochs, **given}
    return {
        "epochs": epochs,
        "early_stopping": True,
        "validation_fraction": fraction,
        # Unless it shall end early, all epochs are run.
        "n_iter_no_change": epochs if patience is None else patience,
        **given,
    }


def _classifier(**parameters: Any) -> "DigitCNNClassifier":
    from mnistcnn import DigitCNNClassifier

    return DigitCNNClassifier(**parameters)


def _summary(classifier: "DigitCNNClassifier", n_images: int, seconds: float) -> dict[str, Any]:
    n_validation, validation_accuracy = 0, None
    epoch = classifier.n_iter_
    if classifier.early_stopping:
        n_validation = ceil(classifier.validation_fraction * n_images)
        epoch = classifier.best_epoch_
        validation_accuracy = classifier.validation_scores_[epoch - 1]
    return {
        "architecture": classifier.architecture,
        "images": n_images - n_validation,
        "validation_images": n_validation,
        "epochs": classifier.n_iter_,
        "kept_epoch": epoch,
        "training_accuracy": classifier.history_["accuracy"][epoch - 1],
        "validation_accuracy": validation_accuracy,
        "seconds": seconds,
    }


def _print(summary: dict[str, Any]) -> None:
    accuracies = f"training accuracy {100 * summary['training_accuracy']:.2f} %"
    if summary["validation_images"]:
        accuracies = (
            f"validation accuracy {100 * summary['validation_accuracy']:.2f} % on "
            f"{summary['validation_images']:,} images (epoch {summary['kept_epoch']} of "
            f"{summary['epochs']}), {accuracies}"
        )
    print_facts(
        f"Trained {summary['architecture']} on {summary['images']:,} images in "
        f"{summary['seconds']:.1f} s: {accuracies}.",
        f"{summary['model_file']} holds the classifier.",
    )
