"""Stores numbers, strings, arrays, and lists, tuples, sets and dicts of them, in one file.

The file is NumPy's, with a JSON text for what holds the arrays: reading it runs no code, as
unpickling would.
"""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np

from mnistcnn._safe_writing import replaced_at_the_end
from mnistcnn.storage import Arrays, NotPlainError, decoded, encoded


def is_plain(value: object) -> bool:
    """Tell whether `write_values` takes a value."""
    try:
        _encoded(value, [])
    except (TypeError, RecursionError):
        return False
    return True


def are_equal(one: object, other: object) -> bool:
    """Tell whether two plain values would be written alike."""
    arrays: Arrays = []
    others: Arrays = []
    trees_are_equal = _encoded(one, arrays) == _encoded(other, others)
    return trees_are_equal and all(map(np.array_equal, arrays, others))


def write_values(path: Path, value: object) -> None:
    """Write a plain value; a reader finds the old file or the new one, never a partial one."""
    arrays: Arrays = []
    text = json.dumps(_encoded(value, arrays)).encode()
    with replaced_at_the_end(path) as temporary:
        np.savez(temporary, np.frombuffer(text, np.uint8), *arrays)


def read_values(path: Path) -> Any:
    """Read a value that `write_values` wrote; a damaged file raises errors of many kinds."""
    # Opened here, for NumPy leaves a damaged one open.
    with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
        text, *arrays = (file[name] for name in file.files)
    return decoded(json.loads(text.tobytes()), arrays, _decoded_operation)


def _encoded(value: object, arrays: Arrays) -> Any:
    return encoded(value, arrays, _encoded_operation)


def _encoded_operation(value: object) -> dict[str, str]:
    """Return the name of an operation: some callbacks of Keras's keep the comparison that suits."""
    name = getattr(value, "__name__", "")
    if getattr(keras.ops, name, None) is value:
        return {"operation": name}
    raise NotPlainError(f"{type(value).__name__} is not a plain value")


def _decoded_operation(name: str, content: str) -> Any:
    if name != "operation":
        raise ValueError(f"{name!r} does not stand for a plain value")
    return getattr(keras.ops, content)
