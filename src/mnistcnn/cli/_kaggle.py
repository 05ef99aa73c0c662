"""``mnistcnn kaggle``: from the two files of Kaggle's "Digit Recognizer" to a submission."""

import sys
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from math import ceil, sqrt
from pathlib import Path
from typing import Any

import click

from mnistcnn._types import Array, Classifier
from mnistcnn.cli._completion import complete_recipe
from mnistcnn.cli._held_out import VALIDATION_FRACTION, held_out_fraction
from mnistcnn.cli._interruption import Interrupted, fate_of, interruptible
from mnistcnn.cli._late_files import UNDER_ANOTHER_NAME
from mnistcnn.cli._options import (
    NamedPath,
    check_is_not_read,
    force_option,
    json_option,
    quiet_option,
    random_state_option,
)
from mnistcnn.cli._polarity import polarity_was_told, warn_of_other_polarity
from mnistcnn.cli._progress import READING, progress_of_images, step
from mnistcnn.cli._submission import check_submission, write_submission
from mnistcnn.cli._tables import print_facts, print_json
from mnistcnn.cli._training_progress import AUGMENTATIONS, NetworkOrEnsemble, Training, networks_of

RECIPE = "accurate"
# Farther views, by three pixels and more, have no use.
N_VIEWS, MAX_VIEWS = 5, 25
NO_AUGMENTATION = "none"
CONFIDENCE = 0.95
CSV_FILE = NamedPath(exists=True, dir_okay=False, readable=True)


@click.command(short_help="Train on Kaggle's files and write a submission.")
@click.option(
    "--train",
    "train_file",
    required=True,
    type=CSV_FILE,
    help="Kaggle's train.csv, with a column label and 784 columns of pixels.",
)
@click.option(
    "--test",
    "test_file",
    required=True,
    type=CSV_FILE,
    help="Kaggle's test.csv, with the pixels of the images to predict.",
)
@click.option(
    "--submission",
    "submission_file",
    required=True,
    type=NamedPath(dir_okay=False, writable=True),
    help="Where to write the predictions, with the columns ImageId and Label.",
)
@click.option(
    "--sample-submission",
    type=CSV_FILE,
    help="Kaggle's sample_submission.csv, to check that test.csv is complete.",
)
@click.option(
    "--recipe",
    shell_complete=complete_recipe,
    default=RECIPE,
    show_default=True,
    help="The published network and training settings to use; `mnistcnn reproduce` lists them.",
)
@click.option(
    "--ensemble",
    type=click.IntRange(min=1),
    metavar="N",
    help="Train this many networks, one after another, and average their predictions.",
)
@click.option(
    "--views",
    "n_views",
    type=click.IntRange(1, MAX_VIEWS),
    metavar="N",
    default=N_VIEWS,
    show_default=True,
    help="Average the predictions for each image and for copies of it moved by a pixel or two, N "
    "views in all; 1 predicts from the image alone.",
)
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    help="Number of passes over the training images.  [default: the recipe's]",
)
@click.option(
    "--augmentation",
    type=click.Choice((*AUGMENTATIONS, NO_AUGMENTATION)),
    help="Shift, rotate and scale the images at random, with this preset.  [default: the recipe's]",
)
@click.option(
    "--validation-fraction",
    type=click.FloatRange(0, 1, max_open=True),
    help="Hold out this fraction of the labeled images to estimate the accuracy. With 0, train on "
    f"all images, without an estimate.  [default: {VALIDATION_FRACTION}, or 0 for a few images]",
)
@random_state_option
@force_option
@json_option
@quiet_option
def kaggle(
    train_file: Path,
    test_file: Path,
    submission_file: Path,
    sample_submission: Path | None,
    n_views: int,
    validation_fraction: float | None,
    random_state: int,
    force: bool,
    as_json: bool,
    quiet: bool,
    **settings: Any,
) -> int:
    """Train on Kaggle's train.csv and write a submission for its test.csv.

    A tenth of the labeled images is held out, and the accuracy on them is printed before the
    submission is written. The same network makes the predictions; it is not trained again on all
    images.

    Ctrl-C stops it, and no file is written.
    """
    check_is_not_read(submission_file, "--submission", (train_file, test_file, sample_submission))
    check_submission(submission_file, force=force)
    make = partial(_classifier, random_state=random_state, **settings)
    # Keras takes seconds to load.
    with step("loading Keras", quiet=quiet):
        training = Training(networks_of(make())[0].epochs, settings["ensemble"] or 1)
    try:
        with step(READING, quiet=quiet):
            X, y, X_test = _read(train_file, test_file, sample_submission)
        is_told = warn_of_other_polarity(X, X_test)
        X, y, held_out = _split(X, y, validation_fraction, random_state)
        _check_leaves_validation(make(), y, settings["recipe"], train_file)
        classifier = training.fit(make, X, y, quiet=quiet, **_shown(make(), held_out))
        predict = partial(_predicted, _answering(classifier, n_views), quiet=quiet)
        summary = {"training_images": len(y), **_summary(classifier, training), "views": n_views}
        summary |= _measured(predict, held_out)
        if not as_json:
            _print(summary)
        with polarity_was_told() if is_told else nullcontext():
            predictions = predict(X_test)
    except KeyboardInterrupt as interrupt:
        raise _interrupted(training, submission_file) from interrupt
    file = write_submission(predictions, submission_file, force=force, quiet=quiet or as_json)
    if as_json:
        written = {"test_images": len(predictions), "submission": str(file)}
        print_json(summary | written)
    return 0 if file == submission_file else UNDER_ANOTHER_NAME


def _interrupted(training: Training, submission_file: Path) -> Interrupted:
    return Interrupted(f"interrupted {training.place()}; {fate_of(submission_file)}.")


def _classifier(
    *,
    recipe: str,
    ensemble: int | None,
    epochs: int | None,
    augmentation: str | None,
    random_state: int,
) -> NetworkOrEnsemble:
    """Make the classifier to train from the options."""
    from mnistcnn import DigitCNNClassifier, DigitEnsembleClassifier

    changed: dict[str, Any] = {} if epochs is None else {"epochs": epochs}
    if augmentation is not None:
        changed["augmentation"] = None if augmentation == NO_AUGMENTATION else augmentation
    network = DigitCNNClassifier.from_recipe(recipe, random_state=random_state, **changed)
    if ensemble is None:
        return network
    return DigitEnsembleClassifier(network, ensemble, random_state=random_state)


def _read(
    train_file: Path, test_file: Path, sample_submission: Path | None
) -> tuple[Array, Array, Array]:
    """Return the labeled images, their labels, and the images to predict."""
    from mnistcnn.datasets import read_digit_recognizer

    X, y, X_test = read_digit_recognizer(train_file, test_file, sample_submission=sample_submission)
    _check_classes(y, train_file)
    return X, y, X_test


def _shown(classifier: NetworkOrEnsemble, held_out: dict[str, Array]) -> dict[str, Array]:
    """Return the data to measure after each epoch, unless an epoch would be chosen by them."""
    return {} if networks_of(classifier)[0].early_stopping else held_out


def _check_classes(y: Array, train_file: Path) -> None:
    classes = sorted(set(y.tolist()))
    if len(classes) < 2:
        raise ValueError(
            f"{train_file} must hold digits of at least two classes, got {_images(len(y))}, all of "
            f"class {classes[0]}."
        )


def _check_leaves_validation(
    classifier: NetworkOrEnsemble, y: Array, recipe: str, train_file: Path
) -> None:
    """Refuse too few images for a network that holds some of them out for early stopping."""
    network = networks_of(classifier)[0]
    if not network.early_stopping:
        return
    from sklearn.model_selection import train_test_split

    fraction = float(network.validation_fraction)
    try:
        train_test_split(y, test_size=fraction, stratify=y)
    except ValueError as error:
        raise ValueError(
            f"--recipe {recipe} holds out {100 * fraction:g} % of the training images for early "
            f"stopping, regardless of --validation-fraction; the {_images(len(y))} of {train_file} "
            "that it gets are too few to keep every class in both parts. Use more images or "
            "another recipe."
        ) from error


def _images(n: int) -> str:
    return f"{n:,} image" if n == 1 else f"{n:,} images"


def _split(
    X: Array, y: Array, asked: float | None, random_state: int
) -> tuple[Array, Array, dict[str, Array]]:
    """Return the images to train on, their labels, and what is held out, if anything."""
    fraction = held_out_fraction(asked, y)
    if not fraction:
        return X, y, {}
    from sklearn.model_selection import train_test_split

    X, X_val, y, y_val = train_test_split(
        X, y, test_size=ceil(fraction * len(y)), stratify=y, random_state=random_state
    )
    return X, y, {"X_val": X_val, "y_val": y_val}


def _answering(classifier: NetworkOrEnsemble, n_views: int) -> Classifier:
    """Return a classifier that averages its predictions over views of each image."""
    from mnistcnn import TestTimeAugmentationClassifier

    return TestTimeAugmentationClassifier(classifier, n_views)


def _predicted(classifier: Classifier, X: Array, *, quiet: bool) -> Array:
    from mnistcnn._batches import predict_in_batches

    with progress_of_images(quiet=quiet) as advance:
        advance(0, len(X))
        (labels,) = interruptible(lambda: predict_in_batches([classifier.predict], X, advance))
    return labels


def _summary(classifier: NetworkOrEnsemble, training: Training) -> dict[str, Any]:
    return {
        "architecture": getattr(networks_of(classifier)[0].architecture, "name", ""),
        "networks": len(classifier) if hasattr(classifier, "estimators_") else 1,
        "epochs": training.n_done,
        "seconds": training.seconds,
    }


def _measured(predict: Callable[[Array], Array], held_out: dict[str, Array]) -> dict[str, Any]:
    """Return the accuracy on the held-out images, if there are any."""
    if not held_out:
        unknown = ("accuracy", "standard_error", "confidence_interval")
        return {"validation_images": 0, **dict.fromkeys(unknown)}
    right = predict(held_out["X_val"]) == held_out["y_val"]
    return _estimate(int(right.sum()), len(right))


def _estimate(n_right: int, n: int) -> dict[str, Any]:
    """Return an accuracy, its standard error and Wilson's interval, as fractions."""
    from scipy.stats import binomtest

    accuracy = n_right / n
    interval = binomtest(n_right, n).proportion_ci(CONFIDENCE, method="wilson")
    return {
        "validation_images": n,
        "accuracy": accuracy,
        "standard_error": sqrt(accuracy * (1 - accuracy) / n),
        "confidence_interval": [float(interval.low), float(interval.high)],
    }


def _print(summary: dict[str, Any]) -> None:
    n, name = summary["networks"], summary["architecture"]
    networks = name if n == 1 else f"{n} networks ({name})"
    trained = (
        f"Trained {networks} on {_images(summary['training_images'])} in {summary['seconds']:.1f} s"
    )
    if not summary["validation_images"]:
        print_facts(
            f"{trained}, all that have labels; nothing is held out to estimate the accuracy."
        )
        return
    low, high = (100 * bound for bound in summary["confidence_interval"])
    what = "network" if n == 1 else "ensemble"
    print_facts(
        f"{trained}.",
        f"Accuracy {100 * summary['accuracy']:.2f} % on {summary['validation_images']:,} held-out "
        f"images: standard error {100 * summary['standard_error']:.2f} points, "
        f"{100 * CONFIDENCE:.0f} % interval {low:.2f} to {high:.2f} % (Wilson).",
        f"The {what} that was measured makes the predictions; it has not seen these images.",
    )
    # It stands there before the submission does, also in a file or a pipe.
    sys.stdout.flush()
