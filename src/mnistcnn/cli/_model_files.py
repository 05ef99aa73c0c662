"""Classifiers in files that `mnistcnn train` has written."""

from collections.abc import Callable
from pathlib import Path

from mnistcnn._types import Array, Classifier
from mnistcnn.cli._options import NamedPath

Method = Callable[[Array], Array]

MODEL_FILE = NamedPath(exists=True, dir_okay=False, readable=True)
WARNING = (
    "Loading such a file can run any code that is in it: use only files from a source that you "
    "trust."
)


def load_classifier(model_file: Path) -> Classifier:
    """Load a fitted classifier; a file that cannot be read, or holds something else, is refused."""
    import joblib
    from sklearn.base import BaseEstimator, is_classifier

    try:
        model = joblib.load(model_file)
    # A file that is not a pickle can fail in as many ways as there are instructions in a pickle.
    except Exception as error:
        raise ValueError(
            f"--model-file must be a classifier that `mnistcnn train` has written; {model_file} "
            f"cannot be read: {_cause(error)}"
        ) from error
    if not (
        isinstance(model, BaseEstimator) and is_classifier(model) and hasattr(model, "classes_")
    ):
        raise ValueError(
            f"--model-file must be a fitted classifier; {model_file} holds something else (a "
            f"{type(model).__name__})."
        )
    classifier: Classifier = model
    return classifier


def _cause(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError):
        return f"it needs the package {error.name}, which is not installed."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}."
    return "it is damaged, of another version, or no such file."


def answered_by(method: Method, X: Array, model_file: Path) -> Array:
    """Return what a classifier's method gives for images; an error names the classifier's file.

    A file may hold any classifier that there is, which may fail in any way.
    """
    try:
        return method(X)
    except Exception as error:
        # What follows in further lines is advice to programmers.
        reason = str(error).partition("\n")[0]
        raise ValueError(
            f"the classifier in {model_file} cannot answer for these images: {reason}"
        ) from error
