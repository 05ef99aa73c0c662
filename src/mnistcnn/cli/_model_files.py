"""Classifiers in files that `mnistcnn train` has written."""

from pathlib import Path
from typing import Any

import click

MODEL_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
WARNING = (
    "Loading such a file can run any code that is in it: use only files from a source that you "
    "trust."
)


def load_classifier(model_file: Path) -> Any:
    """Load a fitted classifier.

    Parameters
    ----------
    model_file : Path
        A file of joblib's.

    Raises
    ------
    ValueError
        If the file cannot be read, or holds something else.
    """
    import joblib
    from sklearn.base import BaseEstimator, is_classifier

    try:
        model = joblib.load(model_file)
    # A file that is no pickle can fail in as many ways as there are instructions in a pickle.
    except Exception as error:
        raise ValueError(
            f"--model-file must be a classifier that `mnistcnn train` has written; {model_file} "
            f"cannot be read ({type(error).__name__}: {error})"
        ) from error
    if not (
        isinstance(model, BaseEstimator) and is_classifier(model) and hasattr(model, "classes_")
    ):
        raise ValueError(
            f"--model-file must be a fitted classifier; {model_file} holds a "
            f"{type(model).__name__}."
        )
    return model
