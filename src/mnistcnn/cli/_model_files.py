"""Loads classifiers from model files or, at the user's risk, pickles."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from mnistcnn._types import Array, Classifier, Images
from mnistcnn.cli._options import Decorator, NamedPath
from mnistcnn.cli._progress import step

Method = Callable[[Images], Array]
Pair = tuple[Array, Array]

MODEL_FILE = NamedPath(exists=True, dir_okay=False, readable=True)
# Stands for the network that comes with the package.
PRETRAINED = "pretrained"
LOADING = "loading the classifier"
WRITTEN_BY = "written by `mnistcnn train` or `save_classifier`"

run_code_option: Decorator = click.option(
    "--run-code-in-model-file",
    "runs_code",
    is_flag=True,
    help="Also load model files written by joblib or pickle. This can run any code in the file: "
    "use only files from a source that you trust.",
)


def load_model_file(
    model_file: Path, *, runs_code: bool, quiet: bool, argument: str = "--model-file"
) -> Classifier:
    """Load a fitted classifier; a file that cannot be read, or holds something else, is refused.

    Parameters
    ----------
    model_file : Path
        Its path.
    runs_code : bool
        Whether files other than model files of this library may be unpickled.
    quiet : bool
        Whether to show no progress.
    argument : str, default="--model-file"
        The option or argument that named it.
    """
    with step(LOADING, quiet=quiet):
        return _loaded(model_file, runs_code, argument)


def _loaded(model_file: Path, runs_code: bool, argument: str) -> Classifier:
    from mnistcnn import UnreadableModelError, load_classifier

    try:
        return load_classifier(model_file)
    except UnreadableModelError as error:
        if runs_code:
            return _unpickled(model_file, argument)
        raise ValueError(
            f"{argument} must be a classifier {WRITTEN_BY}: {error} If you trust its source, "
            "--run-code-in-model-file also loads files of joblib and pickle."
        ) from error


def _unpickled(model_file: Path, argument: str) -> Classifier:
    import joblib
    from sklearn.base import BaseEstimator, is_classifier

    try:
        model = joblib.load(model_file)
    # A file that is not a pickle can fail in as many ways as there are instructions in a pickle.
    except Exception as error:
        raise ValueError(
            f"{argument} must be a classifier {WRITTEN_BY}, or by joblib; {model_file} cannot be "
            f"read: {_cause(error)}"
        ) from error
    if not (
        isinstance(model, BaseEstimator) and is_classifier(model) and hasattr(model, "classes_")
    ):
        raise ValueError(
            f"{argument} must be a fitted classifier; {model_file} holds something else (a "
            f"{type(model).__name__})."
        )
    classifier: Classifier = model
    return classifier


def load_bundled(name: str = "digits", *, quiet: bool) -> Classifier:
    """Load a network that comes with the package, without Keras where onnxruntime is installed.

    Whoever has chosen a backend gets that one, which may compute on a GPU.
    """
    from mnistcnn.pretrained import load_without_keras

    classifier = None if os.environ.get("KERAS_BACKEND") else load_without_keras(name)
    if classifier is not None:
        return classifier
    # Keras takes seconds.
    with step(LOADING, quiet=quiet):
        from mnistcnn import load_pretrained

        return load_pretrained(name)


def load_digit_classifier(model_file: Path, *, runs_code: bool, quiet: bool) -> Classifier:
    """Load a classifier of images in MNIST's form that gives probabilities; refuse any other."""
    from mnistcnn.handwriting import leading_normalizer

    classifier = load_model_file(model_file, runs_code=runs_code, quiet=quiet)
    n_pixels = getattr(classifier, "n_features_in_", "any number of")
    n_classes = len(classifier.classes_)
    takes_them = n_pixels == 28 * 28 or leading_normalizer(classifier) is not None
    if not takes_them or n_classes < 2 or not hasattr(classifier, "predict_proba"):
        raise ValueError(
            "--model-file must be a classifier of 28x28 = 784 pixels and 2 or more classes that "
            f"gives probabilities; {model_file} holds one ({type(classifier).__name__}) of "
            f"{n_pixels} pixels and {n_classes} classes."
        )
    return classifier


def probabilities_of(classifier: Classifier, model_file: Path | None) -> Method:
    """Return the method that gives probabilities; an error names the file, if there is one."""
    if model_file is None:
        return classifier.predict_proba
    return partial(named_on_error, classifier.predict_proba, model_file=model_file)


def labels_and_probabilities(classifier: Classifier, model_file: Path | None, X: Array) -> Pair:
    """Return the labels and the probabilities that a classifier predicts for images.

    In a file there may be one that does not predict the most probable class, as one that rejects
    images; an error names the file.
    """
    from mnistcnn.handwriting import normalized_input_for

    if model_file is None:
        # A bundled network, which predicts the most probable class, predicts once.
        probabilities = classifier.predict_proba(X)
        return classifier.classes_[probabilities.argmax(axis=1)], probabilities
    given = normalized_input_for(classifier, X)
    probabilities = probabilities_of(classifier, model_file)(given)
    return named_on_error(classifier.predict, given, model_file), probabilities


def check_answers(classifier: Classifier, model_file: Path | None) -> None:
    """Predict one image, so that a faulty classifier is not blamed on an image."""
    from mnistcnn import load_sample_digits
    from mnistcnn.handwriting import normalized_input_for

    digits, _ = load_sample_digits(return_X_y=True)
    probabilities_of(classifier, model_file)(normalized_input_for(classifier, digits[:1]))


def _cause(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"it needs the package {error.name}, which is not installed."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}."
    return "it is damaged, was written by another version, or is not a model file."


def named_on_error(method: Method, X: Images, model_file: Path) -> Array:
    """Return the result of a classifier's method; an error names the classifier's file.

    A file may hold any classifier that there is, which may fail in any way.
    """
    try:
        return method(X)
    except Exception as error:
        # What follows in further lines is advice to programmers.
        reason = str(error).partition("\n")[0]
        raise ValueError(
            f"the classifier in {model_file} cannot predict these images: {reason}"
        ) from error


def check_size(classifier: Classifier, X: Array, model_file: Path) -> None:
    """Refuse images of another size than those that a classifier was trained on."""
    expected = getattr(classifier, "n_features_in_", None)
    n_pixels = X[0].size
    if expected is not None and expected != n_pixels:
        raise ValueError(
            f"--data must have images of {expected} pixels, as {model_file} was trained on, got "
            f"images of {n_pixels} pixels."
        )


def check_labels(classifier: Classifier, y: Array) -> None:
    """Refuse labels that a classifier does not know."""
    known = classifier.classes_.tolist()
    unknown = sorted(set(y.tolist()) - set(known), key=str)
    if unknown:
        raise ValueError(
            f"--data must have labels that the classifier knows ({_quoted(known)}), got "
            f"{_quoted(unknown)}."
        )


def _quoted(labels: list[Any]) -> str:
    # Quotes distinguish the text '3' from the number 3.
    return ", ".join(f"'{label}'" if isinstance(label, str) else str(label) for label in labels)
