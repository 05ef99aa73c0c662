"""Keeps compiled networks, so that the next fit of an equal one need not trace it anew.

Keras traces every new model again, which costs a third of a second or more and memory that never
comes back; searches grow slower and larger with each fit. Here a fit with an equal program takes
over an idle network: all its variables, seed states and optimizer get fresh values, so that the
result is bit-equal to that of a new one.
"""

import json
import os
from collections import OrderedDict, deque
from threading import RLock
from typing import Any
from weakref import finalize

import keras

from mnistcnn._training.network import Network

# Idle networks hold their weights and optimizer state; a search needs few at a time.
MOST_IDLE = 8

Key = tuple[Any, ...]


class Lease:
    """The right to use a network; when the last holder is gone the network is idle again.

    Parameters
    ----------
    network : Network
        What is leased.
    key : tuple
        What the network's program depends on.
    returned : deque
        Where the network goes afterwards.
    """

    def __init__(self, network: Network, key: Key, returned: "deque[tuple[Key, Network]]") -> None:
        # A finalizer may run at any moment in any thread; an append to a deque is safe then.
        self._return = finalize(self, returned.append, (key, network))
        self._return.atexit = False

    def keep(self) -> None:
        """Let the network never return: somebody else may hold it too."""
        self._return.detach()


class NetworkPool:
    """Idle compiled networks by what their programs depend on; bounded, and safe in threads."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._idle: OrderedDict[int, tuple[Key, Network]] = OrderedDict()
        self._returned: deque[tuple[Key, Network]] = deque()

    def lease(self, fresh: Network, program: Key) -> tuple[Network, Lease | None]:
        """Return a network equal to a fresh one: an idle compiled one, or the fresh one itself.

        There is no lease for a network whose program its config does not tell.
        """
        described = describe(fresh.model)
        if described is None:
            return fresh, None
        key = (described, *program)
        idle = self._take(key)
        if idle is not None:
            idle.assign_values(fresh.values())
        network = fresh if idle is None else idle
        return network, Lease(network, key, self._returned)

    def clear(self) -> None:
        """Forget all idle networks."""
        with self._lock:
            self._returned.clear()
            self._idle.clear()

    def __len__(self) -> int:
        """Return the number of idle networks."""
        with self._lock:
            self._collect()
            return len(self._idle)

    def _take(self, key: Key) -> Network | None:
        with self._lock:
            self._collect()
            for number, (idle_key, network) in self._idle.items():
                if idle_key == key:
                    del self._idle[number]
                    return network
        return None

    def _collect(self) -> None:
        while self._returned:
            key, network = self._returned.popleft()
            self._idle[id(network)] = (key, network)
        while len(self._idle) > MOST_IDLE:
            self._idle.popitem(last=False)


POOL = NetworkPool()

if hasattr(os, "register_at_fork"):
    # TensorFlow's state does not survive a fork, so neither may networks that were traced before.
    os.register_at_fork(after_in_child=POOL.clear)


def clear_cache() -> None:
    """Free the compiled networks that are kept for later fits.

    Networks of living estimators stay. Keras's own `clear_session` is never called.

    Examples
    --------
    >>> import mnistcnn
    >>> mnistcnn.clear_cache()
    """
    POOL.clear()


def describe(model: keras.Model) -> str | None:
    """Return all that a model computes as text, the names of its layers aside.

    None where a part is not Keras's own or this library's: two functions or classes may have the
    same name and not do the same.
    """
    try:
        config = keras.saving.serialize_keras_object(model)
        text = json.dumps(_without_names(config), sort_keys=True)
    except (TypeError, ValueError, NotImplementedError):
        return None
    return text if _all_known(config) else None


def _all_known(part: Any) -> bool:
    if isinstance(part, dict):
        if "class_name" in part and not _is_known(part):
            return False
        return all(map(_all_known, part.values()))
    return all(map(_all_known, part)) if isinstance(part, list | tuple) else True


def _is_known(part: dict[str, Any]) -> bool:
    if part["class_name"] in ("__keras_tensor__", "__tuple__"):
        return True
    module, registered = part.get("module"), part.get("registered_name") or ""
    if part["class_name"] in ("Lambda", "function", "__lambda__"):
        return False
    return registered.startswith("mnistcnn>") or str(module).split(".")[0] in ("keras", "builtins")


def _without_names(config: Any) -> Any:
    numbers: dict[str, str] = {}
    _number_names(config, numbers)
    return _renamed(config, numbers)


def _number_names(part: Any, numbers: dict[str, str]) -> None:
    if isinstance(part, dict):
        if isinstance(part.get("name"), str):
            numbers.setdefault(part["name"], f"layer {len(numbers)}")
        for value in part.values():
            _number_names(value, numbers)
    elif isinstance(part, list | tuple):
        for value in part:
            _number_names(value, numbers)


# Where a config tells layers by their names.
NAMING = {"name", "keras_history", "input_layers", "output_layers"}


def _renamed(part: Any, numbers: dict[str, str], naming: bool = False) -> Any:
    if isinstance(part, dict):
        return {key: _renamed(value, numbers, key in NAMING) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return [_renamed(value, numbers, naming) for value in part]
    return numbers.get(part, part) if naming and isinstance(part, str) else part
