"""Plain values in one file: numbers, text, arrays, and lists, tuples, sets and dicts of them.

The file is NumPy's, with a JSON text for what holds the arrays: reading it runs no code, as
unpickling would.
"""

import json
from collections import deque
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from mnistcnn._safe_writing import replaced_at_the_end

Arrays = list[NDArray[Any]]


def is_plain(value: Any) -> bool:
    """Tell whether `write_values` takes a value."""
    try:
        _encoded(value, [])
    except (TypeError, RecursionError):
        return False
    return True


def are_equal(one: Any, other: Any) -> bool:
    """Tell whether two plain values would be written alike."""
    arrays: Arrays = []
    others: Arrays = []
    trees_are_equal = _encoded(one, arrays) == _encoded(other, others)
    return trees_are_equal and all(map(np.array_equal, arrays, others))


def write_values(path: Path, value: Any) -> None:
    """Write a plain value; a reader finds the file before or after it, never half of it."""
    arrays: Arrays = []
    text = json.dumps(_encoded(value, arrays)).encode()
    with replaced_at_the_end(path) as temporary:
        np.savez(temporary, np.frombuffer(text, np.uint8), *arrays)


def read_values(path: Path) -> Any:
    """Return what `write_values` wrote; a damaged file raises errors of many kinds."""
    # Opened here, for NumPy leaves a damaged one open.
    with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
        text, *arrays = (file[name] for name in file.files)
    return _decoded(json.loads(text.tobytes()), arrays)


def _encoded(value: Any, arrays: Arrays) -> Any:
    """Return a value as JSON has it, its arrays apart."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, np.ndarray | np.generic):
        return _encoded_array(value, arrays)
    if isinstance(value, dict):
        return {"dict": [_encoded(pair, arrays) for pair in value.items()]}
    for kind, classes in (("tuple", tuple), ("set", set), ("list", list | deque)):
        if isinstance(value, classes):
            return {kind: [_encoded(each, arrays) for each in value]}
    # Some callbacks of Keras's keep the comparison that they found to be right.
    name = getattr(value, "__name__", "")
    if getattr(keras.ops, name, None) is value:
        return {"operation": name}
    raise TypeError(f"{type(value).__name__} is no plain value")


def _encoded_array(value: Any, arrays: Arrays) -> dict[str, Any]:
    array = np.asarray(value)
    if array.dtype.hasobject or array.dtype.names:
        raise TypeError(f"an array of {array.dtype} is no plain value")
    kind = "number" if isinstance(value, np.generic) else "array"
    if array.dtype.kind != "V":
        arrays.append(array)
        return {kind: len(arrays) - 1}
    # NumPy's files do not know bfloat16.
    arrays.append(array.view(f"u{array.itemsize}"))
    return {kind: len(arrays) - 1, "dtype": array.dtype.name}


def _decoded(tree: Any, arrays: Arrays) -> Any:
    if not isinstance(tree, dict):
        return tree
    name, content = next(iter(tree.items()))
    if name in ("array", "number"):
        array = arrays[content].view(tree["dtype"]) if "dtype" in tree else arrays[content]
        return array if name == "array" else array[()]
    if name == "operation":
        return getattr(keras.ops, content)
    make = {"dict": dict, "tuple": tuple, "set": set, "list": list}[name]
    return make([_decoded(each, arrays) for each in content])
