"""Writes and reads packaged networks: model files with notes on training and float16 weights."""

from importlib.resources import as_file
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import numpy as np

from mnistcnn._types import Classifier
from mnistcnn.exceptions import UnreadableModelError
from mnistcnn.storage import (
    MODEL_FILE_SUFFIX,
    classifier_of,
    content_and_arrays,
    read_model_file,
    write_model_file,
)


def write_network(folder: Path, name: str, classifier: Classifier, about: dict[str, Any]) -> str:
    """Write a fitted classifier as ``<name>.mnistcnn``, and return the SHA-256 of all.

    Weights are stored in float16, in half the space, and what is too large for it is refused;
    `about` says how it was trained, for people to read.
    """
    content, arrays = content_and_arrays(classifier)
    with np.errstate(over="ignore"):
        halves = [each.astype(np.float16) if each.dtype == np.float32 else each for each in arrays]
    if not all(np.isfinite(array).all() for array in halves):
        raise ValueError(f"the weights of {name} must be finite numbers up to 65,504")
    path = folder / f"{name}{MODEL_FILE_SUFFIX}"
    content = {"classifier": content, "about": about}
    return write_model_file(path, content, halves, overwrite=True)


def stored_names(folder: Traversable) -> list[str]:
    """Return the names of the networks in a folder, sorted."""
    files = (file.name for file in folder.iterdir())
    return sorted(
        name.removesuffix(MODEL_FILE_SUFFIX) for name in files if name.endswith(MODEL_FILE_SUFFIX)
    )


def read_network(folder: Traversable, name: str, expected: str | None = None) -> Classifier:
    """Read what `write_network` wrote, if its SHA-256 is the one expected; no code is executed."""
    file = f"{name}{MODEL_FILE_SUFFIX}"
    try:
        with as_file(folder / file) as path:
            content, arrays, sha256 = read_model_file(path)
        if expected not in (None, sha256):
            raise UnreadableModelError(
                f"{file} has been changed: its SHA-256 must be {expected}, got {sha256}."
            )
        return classifier_of(content["classifier"], arrays, file)
    except UnreadableModelError as error:
        raise UnreadableModelError(f"{error} Install mnistcnn again.") from error
