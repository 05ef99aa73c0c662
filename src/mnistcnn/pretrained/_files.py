"""A trained network in two files: a JSON file of plain values, and a NumPy archive of weights.

Neither can hold code. The JSON file holds the archive's SHA-256, which is checked before the
archive is opened.
"""

import hashlib
import io
import json
from dataclasses import asdict, dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistcnn._safe_writing import replaced_at_the_end

Weights = list[NDArray[np.float32]]


@dataclass(frozen=True)
class Description:
    """All that is known of a stored network but its weights.

    The parameters are those of the estimator but for its architecture, which is as `to_description`
    gives it. `about` says how it was trained, for people to read; `sha256` is that of the weights
    file.
    """

    parameters: dict[str, Any]
    architecture: dict[str, Any]
    image_shape: list[int]
    classes: list[int]
    history: dict[str, list[float]]
    about: dict[str, Any]
    sha256: str = ""


def write_network(folder: Path, name: str, description: Description, weights: Weights) -> None:
    """Store a network as ``<name>.npz`` and ``<name>.json``, in which the hash is filled in.

    Weights come in the order of Keras's `get_weights`. They are stored in float16, in half the
    space, and what is too large for it is refused.
    """
    archive = io.BytesIO()
    # Names that sort as the weights come; NumPy dates each entry 1980, so equal weights are equal
    # files.
    with np.errstate(over="ignore"):
        halves = [np.asarray(array, np.float16) for array in weights]
    if not all(np.isfinite(array).all() for array in halves):
        raise ValueError(f"the weights of {name} must be finite numbers up to 65,504")
    named: dict[str, Any] = {f"{i:03}": array for i, array in enumerate(halves)}
    np.savez_compressed(archive, **named)
    packed = archive.getvalue()
    content = {**asdict(description), "sha256": hashlib.sha256(packed).hexdigest()}
    with replaced_at_the_end(folder / f"{name}.npz") as path:
        path.write_bytes(packed)
    with replaced_at_the_end(folder / f"{name}.json") as path:
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def stored_names(folder: Traversable) -> list[str]:
    """Return the names of the networks in a folder, sorted."""
    files = (file.name for file in folder.iterdir())
    return sorted(name.removesuffix(".json") for name in files if name.endswith(".json"))


def digest(description: Description) -> str:
    """Return the SHA-256 of all that a description says, that of its weights included."""
    content = json.dumps(asdict(description), sort_keys=True)
    return hashlib.sha256(content.encode("utf-8")).hexdigest()


def read_network(folder: Traversable, name: str) -> tuple[Description, Weights]:
    """Read what `write_network` wrote, weights in float32; nothing in the files is executed.

    A file that is damaged, changed or missing is refused.
    """
    description = _read_description(folder / f"{name}.json")
    packed = _read_bytes(folder / f"{name}.npz")
    found = hashlib.sha256(packed).hexdigest()
    if found != description.sha256:
        raise ValueError(
            f"The weights file {name}.npz is damaged or has been changed: its SHA-256 must be "
            f"{description.sha256}, got {found}. Install mnistcnn again."
        )
    with np.load(io.BytesIO(packed), allow_pickle=False) as archive:
        return description, [archive[entry].astype(np.float32) for entry in sorted(archive.files)]


def _read_description(file: Traversable) -> Description:
    try:
        return Description(**json.loads(_read_bytes(file)))
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"The file {file.name} is damaged or has been changed: {error}. Install mnistcnn again."
        ) from error


def _read_bytes(file: Traversable) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise ValueError(f"The file {file.name} is missing. Install mnistcnn again.") from error
