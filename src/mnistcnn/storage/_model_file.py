"""The model file: arrays in the safetensors format, and JSON in its metadata."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mnistcnn._safe_writing import replaced_at_the_end
from mnistcnn.exceptions import UnreadableModelError
from mnistcnn.storage._plain import Arrays

__all__ = ["ModelFile", "read_model_file", "write_model_file"]

FORMAT, VERSION = "mnistcnn", 1
KEYS = {"version", "sha256", "content"}

# Larger files, texts and numbers of arrays come from no training that fits into a machine.
MAX_BYTES, MAX_CONTENT, MAX_ARRAYS = 16 * 2**30, 64 * 2**20, 100_000

OTHER_FORMATS = {
    b"\x80": "a pickle or a joblib file; joblib.load reads it, and runs any code that is in it",
    b"PK": "a zip archive, perhaps a .keras file, which keras.saving.load_model reads",
    b"\x89HDF": "an HDF5 file, perhaps Keras weights",
}


class ModelFile(NamedTuple):
    """The content of a model file.

    Attributes
    ----------
    content : object
        JSON.
    arrays : list of ndarray
        The arrays that it refers to by their places.
    sha256 : str
        The hash of both.
    """

    content: Any
    arrays: Arrays
    sha256: str


def write_model_file(
    path: str | os.PathLike[str], content: object, arrays: Arrays, *, overwrite: bool = False
) -> str:
    """Write a file, and return its hash; equal content gives equal bytes.

    Parameters
    ----------
    path : str or path-like
        A reader finds the file before or after, never half of it.
    content : object
        JSON.
    arrays : list of ndarray
        Of numbers.
    overwrite : bool, default=False
        Whether to replace a file that is there.

    Raises
    ------
    FileExistsError
        If it is there, unless `overwrite`.
    OSError
        If it cannot be written.
    """
    from safetensors.numpy import save

    text = json.dumps(content)
    named = {
        str(place): np.array(each, each.dtype.newbyteorder("="), order="C")
        for place, each in enumerate(arrays)
    }
    sha256 = _digest(text, list(named.values()))
    # One text, for safetensors writes several in any order.
    metadata = json.dumps({"version": VERSION, "sha256": sha256, "content": text})
    with replaced_at_the_end(path, overwrite=overwrite) as temporary:
        # `save_file` would make a file of its own, which nobody else may read.
        temporary.write_bytes(save(named, {FORMAT: metadata}))
    return sha256


def read_model_file(path: str | os.PathLike[str]) -> ModelFile:
    """Read a file that `write_model_file` wrote; nothing in it is executed.

    Raises
    ------
    UnreadableModelError
        If it is damaged, was changed, is of a later version, or is no such file.
    OSError
        If it cannot be opened.
    """
    from safetensors import SafetensorError, safe_open

    _check_is_one(Path(path))
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = _checked_metadata(file.metadata() or {}, path)
            names = sorted(file.keys(), key=int)
            _check_names(names, path)
            arrays = [file.get_tensor(name) for name in names]
        found = _digest(metadata["content"], arrays)
    except UnreadableModelError:
        raise
    except (SafetensorError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise UnreadableModelError(
            f"{os.fspath(path)} is damaged, or is not a model file of mnistcnn: {error}."
        ) from error
    if found != metadata["sha256"]:
        raise UnreadableModelError(
            f"{os.fspath(path)} is damaged or has been changed: its SHA-256 must be "
            f"{metadata['sha256']}, got {found}."
        )
    return ModelFile(_parsed(metadata["content"], path), arrays, found)


def _check_is_one(path: Path) -> None:
    with path.open("rb") as file:
        size, start = os.fstat(file.fileno()).st_size, file.read(9)
    # A header of JSON comes after its length, which may be any eight bytes.
    is_safetensors = start.endswith(b"{")
    for signature, other in OTHER_FORMATS.items():
        if start.startswith(signature) and not is_safetensors:
            raise UnreadableModelError(f"{path} is not a model file of mnistcnn but {other}.")
    if not 8 < size <= MAX_BYTES:
        raise UnreadableModelError(
            f"{path} must have from 9 to {MAX_BYTES:,} bytes to be a model file of mnistcnn, got "
            f"{size:,}."
        )


def _checked_metadata(metadata: dict[str, str], path: str | os.PathLike[str]) -> dict[str, str]:
    name = os.fspath(path)
    if metadata.keys() != {FORMAT}:
        raise UnreadableModelError(
            f"{name} is not a model file of mnistcnn: it is a safetensors file of another program."
        )
    if len(metadata[FORMAT]) > MAX_CONTENT:
        raise UnreadableModelError(
            f"{name} must describe its model in {MAX_CONTENT:,} characters at most, got "
            f"{len(metadata[FORMAT]):,}."
        )
    known = _parsed(metadata[FORMAT], path)
    version = known.get("version")
    if version != VERSION:
        raise UnreadableModelError(
            f"{name} has version {version!r} of the format, and this version of mnistcnn reads "
            f"version {VERSION}. Install the newest mnistcnn."
        )
    if known.keys() != KEYS or not all(isinstance(known[key], str) for key in KEYS - {"version"}):
        raise UnreadableModelError(f"{name} must have {sorted(KEYS)}, got {sorted(known)}.")
    checked: dict[str, str] = known
    return checked


def _check_names(names: list[str], path: str | os.PathLike[str]) -> None:
    if len(names) > MAX_ARRAYS or names != [str(place) for place in range(len(names))]:
        raise UnreadableModelError(
            f"{os.fspath(path)} must name its arrays 0, 1, 2 and so on, up to {MAX_ARRAYS:,}."
        )


def _parsed(text: str, path: str | os.PathLike[str]) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableModelError(f"{os.fspath(path)} holds no valid JSON: {error}.") from error


def _digest(content: str, arrays: Arrays) -> str:
    """Return the SHA-256 of a string and of all arrays, with their dtypes and shapes."""
    digest = hashlib.sha256(content.encode())
    for array in arrays:
        digest.update(f"\n{array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
