"""Keeps compiled networks, so that the next fit of an equal one need not trace it again.

Keras traces every new model again, which costs a third of a second or more, and memory: searches
grow slower and larger with each fit. Here a fit with an equal program takes over an idle network:
all its variables, seed states and optimizer get fresh values, so that the result is bit-equal to
that of a new one.
"""

import os
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any, Self
from weakref import finalize

from mnistcnn._training.compiled_network import CompiledNetwork
from mnistcnn._training.configuration import TrainingConfig
from mnistcnn._training.description import describe
from mnistcnn._training.interrupts import signals_held
from mnistcnn._training.keras_internals import internals_available, is_fit_patched
from mnistcnn._training.network import Network, constant_layers
from mnistcnn._training.runtime import give_memory_back, settings_of_programs

# Idle networks hold their weights and optimizer state; a search needs few at a time. The largest
# published one has 43 million parameters.
MAX_IDLE = 16
MAX_IDLE_PARAMETERS = 64_000_000

Key = tuple[Any, ...]
Returned = deque[tuple[Key, CompiledNetwork]]


class BorrowedNetwork:
    """A compiled network that is in use; when its last holder is gone it is idle again.

    It goes to `returned` then, by the `key` that its program depends on; without one it never does.
    """

    def __init__(self, compiled: CompiledNetwork, key: Key | None, returned: Returned) -> None:
        self.compiled = compiled
        self._key = key
        self._returned = returned
        self._return: Any = None

    @property
    def network(self) -> Network:
        """The network itself."""
        return self.compiled.network

    @property
    def will_return(self) -> bool:
        """Whether it serves another fit when its last holder is gone."""
        return self._key is not None

    @contextmanager
    def lent_for(self, config: TrainingConfig) -> Iterator[Self]:
        """Lend the network to a fit; one that fails or is interrupted half way never returns.

        Nor does one that the user's callbacks or a patched `fit` may keep, or one that is compiled
        anew.
        """
        is_compiled_anew = self.compiled.is_compiled and not self.compiled.serves(config)
        if config.callbacks or is_fit_patched() or is_compiled_anew:
            self.never_return()
        self._withdraw()
        try:
            yield self
        except BaseException:
            self.never_return()
            raise
        self._offer()

    def never_return(self) -> None:
        """Let the network never return: somebody else may hold it too."""
        self._key = None
        self._withdraw()

    def _offer(self) -> None:
        if self._key is not None:
            # A finalizer may run at any moment in any thread; an append to a deque is safe then.
            self._return = finalize(self, self._returned.append, (self._key, self.compiled))
            self._return.atexit = False

    def _withdraw(self) -> None:
        if self._return is not None:
            self._return.detach()


class NetworkPool:
    """Idle compiled networks by what their programs depend on; bounded, and safe in threads."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._idle: OrderedDict[int, tuple[Key, CompiledNetwork]] = OrderedDict()
        self._returned: Returned = deque()

    @signals_held()
    def take(self, fresh: Network, config: TrainingConfig) -> BorrowedNetwork:
        """Return an idle compiled network with the values of a fresh one, or the fresh one.

        A network whose config does not fully describe it, or whose weights become constants of the
        program, is never pooled.
        """
        described = describe(fresh.model) if internals_available() else None
        is_told_by_key = described is not None and config.optimizer.is_defined_by_config
        if not is_told_by_key or constant_layers(fresh.model):
            return self.unpooled(CompiledNetwork(fresh))
        key = (described, fresh.precision, *config.trace_key, *settings_of_programs())
        idle = self._take_idle(key)
        if idle is None:
            return BorrowedNetwork(CompiledNetwork(fresh), key, self._returned)
        idle.network.build = fresh.build
        idle.network.assign_values(fresh.values())
        return BorrowedNetwork(idle, key, self._returned)

    def unpooled(self, compiled: CompiledNetwork) -> BorrowedNetwork:
        """Return a network for one fit only, which the pool never gets."""
        return BorrowedNetwork(compiled, None, self._returned)

    def clear(self) -> None:
        """Forget all idle networks."""
        with self._lock:
            self._returned.clear()
            self._idle.clear()

    def start_anew(self) -> None:
        """Reset to empty and unlocked, regardless of other threads."""
        self._lock = RLock()
        self.clear()

    def __len__(self) -> int:
        """Return the number of idle networks."""
        with self._lock:
            self._collect()
            return len(self._idle)

    def _take_idle(self, key: Key) -> CompiledNetwork | None:
        with self._lock:
            self._collect()
            for number, (idle_key, compiled) in self._idle.items():
                if idle_key == key:
                    del self._idle[number]
                    return compiled
        return None

    def _collect(self) -> None:
        while self._returned:
            key, compiled = self._returned.popleft()
            self._idle[id(compiled)] = (key, compiled)
            self._make_room()

    def _make_room(self) -> None:
        """Let networks go until the rest, the latest among them, is within bounds.

        Too many parameters are those of a large network: the largest goes, not the many small.
        """
        if len(self._idle) > MAX_IDLE:
            self._idle.popitem(last=False)
        *earlier, _latest = self._idle
        while earlier and self._n_parameters() > MAX_IDLE_PARAMETERS:
            largest = max(earlier, key=lambda number: _n_parameters(self._idle[number][1]))
            earlier.remove(largest)
            del self._idle[largest]

    def _n_parameters(self) -> int:
        return sum(_n_parameters(compiled) for _, compiled in self._idle.values())


def _n_parameters(compiled: CompiledNetwork) -> int:
    return int(compiled.network.model.count_params())


POOL = NetworkPool()

if hasattr(os, "register_at_fork"):
    # TensorFlow's state does not survive a fork, so neither may networks that were traced before.
    os.register_at_fork(after_in_child=POOL.start_anew)


def clear_cache() -> None:
    """Free the compiled networks that are kept for later fits, and release their memory.

    The networks of existing estimators stay; TensorFlow prepares their programs again at the next
    use. Keras's own `clear_session` is never called.

    Notes
    -----
    TensorFlow's stateful random operations start again, as after ``tf.random.set_seed``: with
    ``seed=1``, ``tf.random.uniform`` draws the same numbers as at first. This library does not use
    them.

    Examples
    --------
    >>> import mnistcnn
    >>> mnistcnn.clear_cache()
    """
    POOL.clear()
    give_memory_back()
