"""A digest of Python objects with their code: it changes when a user corrects a function.

A name tells no more than which function was meant, and pickles hold functions by name, too.
"""

import copyreg
import hashlib
import sys
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, TypeAlias

import keras
import numpy as np

from mnistcnn._training.description import KNOWN_PACKAGES
from mnistcnn._training.keras_internals import state_of
from mnistcnn._training.network import value_of

DIGEST_BYTES = 16

# What its name tells: these change with a version only.
NAMED_PACKAGES = KNOWN_PACKAGES | sys.stdlib_module_names

PLAIN = (type(None), bool, int, float, complex, str, range, type(...), type(NotImplemented))

# Of a code object: all that it computes with, and not where it is written.
CODE = (
    "co_code", "co_consts", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_flags",
    "co_argcount", "co_posonlyargcount", "co_kwonlyargcount",
)  # fmt: skip

OF_KERAS = (
    keras.layers.Layer,
    keras.losses.Loss,
    keras.metrics.Metric,
    keras.optimizers.Optimizer,
)

# The content of an object that is digested itself, and the objects that it is made of.
Content: TypeAlias = tuple[bytes, list[Any]]


def digest_of(value: object) -> str:
    """Return a text that is equal for equal objects whose functions and classes have equal code.

    Functions count with what they refer to, and objects with all that a pickle would hold; those
    that cannot be pickled, such as open files, with their class.
    """
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    # By identity, as objects may lead back to themselves; kept, so that none is used twice.
    seen: dict[int, tuple[int, object]] = {}
    # Not recursive: functions may call each other in chains of any length.
    waiting = deque([value])
    while waiting:
        each = waiting.popleft()
        number, _ = seen.get(id(each), (None, None))
        content, parts = _content(each) if number is None else (f"again {number}".encode(), [])
        if number is None and type(each) not in (*PLAIN, bytes, tuple):
            seen[id(each)] = len(seen), each
        digest.update(f"{type(each).__qualname__} {len(content)} {len(parts)} ".encode())
        digest.update(content)
        waiting.extend(parts)
    return digest.hexdigest()


def _content(value: Any) -> Content:
    if type(value) in PLAIN:
        return ascii(value).encode(), []
    reader = READERS.get(type(value))
    if reader is None:
        reader = next((read for kind, read in READERS_OF_KINDS if isinstance(value, kind)), _object)
    return reader(value)


def _array(array: Any) -> Content:
    form = f"{array.dtype} {array.shape}".encode()
    if array.dtype.hasobject:
        return form, array.ravel().tolist()
    return form + array.tobytes(), []


def _dict(items: dict[Any, Any]) -> Content:
    return b"", [part for item in list(items.items()) for part in item]


def _set(items: "set[Any] | frozenset[Any]") -> Content:
    # The order of text in a set is another one in each process.
    return b"", sorted(items, key=repr)


def _code(code: CodeType) -> Content:
    return b"", [getattr(code, name) for name in CODE]


def _function(function: FunctionType) -> Content:
    name = f"{function.__module__}.{function.__qualname__}"
    if _is_named(function.__module__) and not {"<locals>", "<lambda>"} & set(name.split(".")):
        return name.encode(), []
    cells = list(map(_cell, function.__closure__ or ()))
    defaults = [function.__defaults__, function.__kwdefaults__]
    return b"", [function.__code__, *defaults, cells, vars(function), list(_globals(function))]


def _cell(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not assigned yet
        return ...


def _globals(function: FunctionType) -> Iterator[Any]:
    """Give what a function refers to by name, in pairs; that of an installed package stays."""
    if _is_named(function.__module__) or _is_installed(function.__module__):
        return
    namespace, names = function.__globals__, sorted(set(_names(function.__code__)))
    for name in [each for each in names if each in namespace]:
        value = namespace[name]
        yield name, value
        if type(value) is ModuleType and not _is_installed(value.__name__):
            # As in `layers.relu`, after `import layers`.
            yield from [(each, vars(value)[each]) for each in names if each in vars(value)]


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)


def _class(kind: type) -> Content:
    name = f"{kind.__module__}.{kind.__qualname__}".encode()
    if _is_named(kind.__module__):
        return name, []
    # Of the rest that Python notes by itself, such as line numbers, nothing is computed.
    contents = {
        each: value
        for each, value in list(vars(kind).items())
        if not each.startswith("__") or isinstance(value, FunctionType | staticmethod | classmethod)
    }
    return b"", [*kind.__bases__, contents]


def _object_of_keras(value: Any) -> Content:
    # Keras pickles these as files with the time in them.
    try:
        config = value.get_config()
    except Exception:  # whatever the user's own class raises
        config = None
    return b"", [type(value), config, *map(value_of, getattr(value, "variables", []))]


def _object(value: Any) -> Content:
    kind, attributes = type(value), dict(getattr(value, "__dict__", {}))
    try:
        reduce = copyreg.dispatch_table.get(kind)
        reduced = value.__reduce_ex__(4) if reduce is None else reduce(value)
    except Exception:  # whatever the user's own class raises
        # Those of known classes, such as open files and locks, have nothing else that lasts.
        return b"", [kind, {} if _is_named(kind.__module__) else attributes]
    if isinstance(reduced, str):
        return f"{getattr(value, '__module__', '')}.{reduced}".encode(), [kind, attributes]
    items = [None if each is None else list(each) for each in reduced[3:5]]
    return b"", [kind, *reduced[:3], *items]


def _is_named(module: str | None) -> bool:
    return str(module).split(".")[0] in NAMED_PACKAGES


def _is_installed(module: str | None) -> bool:
    """Tell whether a module is of an installed package: its own state may change at any time."""
    file = getattr(sys.modules.get(str(module)), "__file__", None) or ""
    return _is_named(module) or bool({"site-packages", "dist-packages"} & set(Path(file).parts))


READERS: dict[type, Callable[[Any], Content]] = {
    bytes: lambda value: (value, []),
    bytearray: lambda value: (bytes(value), []),
    tuple: lambda value: (b"", list(value)),
    list: lambda value: (b"", list(value)),
    dict: _dict,
    set: _set,
    frozenset: _set,
    np.ndarray: _array,
    CodeType: _code,
    FunctionType: _function,
    MethodType: lambda value: (b"", [value.__func__, value.__self__]),
    ModuleType: lambda value: (value.__name__.encode(), []),
    property: lambda value: (b"", [value.fget, value.fset, value.fdel]),
    staticmethod: lambda value: (b"", [value.__func__]),
    classmethod: lambda value: (b"", [value.__func__]),
}

READERS_OF_KINDS: list[tuple[Any, Callable[[Any], Content]]] = [
    (type, _class),
    (keras.callbacks.Callback, lambda value: (b"", [type(value), state_of(value)])),
    (OF_KERAS, _object_of_keras),
]
