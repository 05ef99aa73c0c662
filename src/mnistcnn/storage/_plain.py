"""Plain values as JSON: numbers, strings, arrays, and lists, tuples, sets and dicts of them."""

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Arrays", "NotPlainError", "decoded", "encoded"]

Arrays = list[NDArray[Any]]
# JSON of a value that is not plain; what decodes it takes the same.
Encode = Callable[[Any], Any]
Decode = Callable[[str, Any], Any]

COLLECTIONS = {"tuple": tuple, "set": set, "list": list}
NUMERIC = "biuf"
# Each text of an array of NumPy's takes the room of the longest.
MAX_CHARACTERS = 2**26


class NotPlainError(TypeError):
    """A value that can be stored by running code only, such as a function."""


def encoded(value: object, arrays: Arrays, encode_other: Encode | None = None) -> Any:
    """Return a value as JSON, with its arrays apart.

    Parameters
    ----------
    value : object
        Any plain value.
    arrays : list of ndarray
        Takes the arrays; the JSON has their places in it.
    encode_other : callable or None, default=None
        Is asked for the JSON of what is not plain, a dict with one key. None refuses it.

    Raises
    ------
    NotPlainError
        If it is not plain.
    """
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, str):  # NumPy's
        return str(value)
    if isinstance(value, np.ndarray | np.generic):
        return _encoded_array(value, arrays)
    if isinstance(value, dict):
        return {"dict": [encoded(pair, arrays, encode_other) for pair in value.items()]}
    for name, classes in (("tuple", tuple), ("set", set), ("list", list | deque)):
        if isinstance(value, classes):
            return {name: [encoded(each, arrays, encode_other) for each in value]}
    if encode_other is None:
        raise NotPlainError(f"{type(value).__name__} is not a plain value")
    return encode_other(value)


def _encoded_array(value: NDArray[Any] | np.generic, arrays: Arrays) -> dict[str, Any]:
    array = np.asarray(value)
    if array.dtype.kind == "U" or _holds_text(array):
        texts = [str(each) for each in array.ravel()]
        return {"texts": [texts, list(array.shape), array.dtype.kind]}
    kind = "number" if isinstance(value, np.generic) else "array"
    if array.dtype.kind == "V" and not array.dtype.names:
        # Neither NumPy's files nor safetensors for NumPy know bfloat16.
        arrays.append(array.view(f"u{array.itemsize}"))
        return {kind: len(arrays) - 1, "dtype": array.dtype.name}
    if array.dtype.kind not in NUMERIC:
        raise NotPlainError(f"an array of {array.dtype} is not a plain value")
    arrays.append(array)
    return {kind: len(arrays) - 1}


def _holds_text(array: NDArray[Any]) -> bool:
    return array.dtype.kind == "O" and all(isinstance(each, str) for each in array.ravel())


def decoded(tree: object, arrays: Arrays, decode_other: Decode | None = None) -> Any:
    """Return the value that was encoded.

    Parameters
    ----------
    tree : object
        JSON.
    arrays : list of ndarray
        Those that `encoded` took.
    decode_other : callable or None, default=None
        Is given the key and the content of a dict with one key that is not plain.

    Raises
    ------
    ValueError
        If the JSON is not what `encoded` returns. Other errors come from places that are not there.
    """
    if not isinstance(tree, dict):
        return tree
    if not tree:
        raise ValueError("an empty object stands for no value")
    if "array" in tree or "number" in tree:
        return _decoded_array(tree, arrays)
    name, content = next(iter(tree.items()))
    if name == "texts":
        return _decoded_texts(*content)
    if name == "dict":
        return dict(decoded(pair, arrays, decode_other) for pair in content)
    if name in COLLECTIONS:
        return COLLECTIONS[name](decoded(each, arrays, decode_other) for each in content)
    if decode_other is None:
        raise ValueError(f"{name!r} does not stand for a plain value")
    return decode_other(name, content)


def _decoded_texts(texts: list[str], shape: list[int], kind: str) -> NDArray[Any]:
    if kind not in ("U", "O") or not all(type(each) is str for each in texts):
        raise ValueError("an array of strings must hold nothing else")
    if len(texts) * max(map(len, texts), default=0) > MAX_CHARACTERS:
        raise ValueError(f"an array of strings must take {MAX_CHARACTERS:,} characters at most")
    return np.array(texts, dtype=kind).reshape(shape)


def _decoded_array(tree: dict[str, Any], arrays: Arrays) -> Any:
    is_number = "number" in tree
    array = arrays[tree["number" if is_number else "array"]]
    if "dtype" in tree:
        dtype = np.dtype(tree["dtype"])
        if dtype.kind != "V":
            raise ValueError(f"an array of {dtype} is stored as what it is")
        array = array.view(dtype)
    return array[()] if is_number else array
