"""Keeps compiled networks, so that the next fit of an equal one need not trace it anew.

Keras traces every new model again, which costs a third of a second or more and memory that never
comes back; searches grow slower and larger with each fit. Here a fit with an equal program takes
over an idle network: all its variables, seed states and optimizer get fresh values, so that the
result is bit-equal to that of a new one.
"""

import os
from collections import OrderedDict, deque
from threading import RLock
from typing import Any
from weakref import finalize

from mnistcnn._training.description import describe
from mnistcnn._training.network import Network, constant_layers

# Idle networks hold their weights and optimizer state; a search needs few at a time.
MOST_IDLE = 8
MOST_IDLE_PARAMETERS = 20_000_000

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

        There is no lease for a network whose program its config does not tell, or holds values of
        the network's own.
        """
        described = describe(fresh.model)
        if described is None or constant_layers(fresh.model):
            return fresh, None
        key = (described, fresh.precision, *program)
        idle = self._take(key)
        if idle is not None:
            idle.build = fresh.build
            idle.assign_values(fresh.values())
            idle.reset_optimizer()
        network = fresh if idle is None else idle
        return network, Lease(network, key, self._returned)

    def clear(self) -> None:
        """Forget all idle networks."""
        with self._lock:
            self._returned.clear()
            self._idle.clear()

    def start_anew(self) -> None:
        """Be empty and unlocked, whatever another thread was doing here."""
        self._lock = RLock()
        self.clear()

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
        while len(self._idle) > MOST_IDLE or self._n_parameters() > MOST_IDLE_PARAMETERS:
            self._idle.popitem(last=False)

    def _n_parameters(self) -> int:
        return sum(network.model.count_params() for _, network in self._idle.values())


POOL = NetworkPool()

if hasattr(os, "register_at_fork"):
    # TensorFlow's state does not survive a fork, so neither may networks that were traced before.
    os.register_at_fork(after_in_child=POOL.start_anew)


def clear_cache() -> None:
    """Free the compiled networks that are kept for later fits.

    Networks of living estimators stay. Keras's own `clear_session` is never called.

    Examples
    --------
    >>> import mnistcnn
    >>> mnistcnn.clear_cache()
    """
    POOL.clear()
