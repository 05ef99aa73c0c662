"""Where measurements run: each case in a process of its own, or all in this one."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Self

from joblib.externals.loky import get_reusable_executor

Call = Callable[..., Any]


class OwnProcesses:
    """A process for each name: what one framework changes for its process reaches no other.

    Parameters
    ----------
    lifetime : {"kept", "fresh"}, default="kept"
        Whether a name keeps its process for further calls, or has a new one for each call.
    """

    def __init__(self, lifetime: str = "kept") -> None:
        self._lifetime = lifetime
        self._kept = ExitStack()
        self._executors: dict[str, ProcessPoolExecutor] = {}

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """End all processes."""
        self._kept.close()

    def call(self, name: str, function: Call, *arguments: Any) -> Any:
        """Call a function in the process of this name, wait, and return its result."""
        if self._lifetime == "fresh":
            with _process() as executor:
                return executor.submit(function, *arguments).result()
        if name not in self._executors:
            self._executors[name] = self._kept.enter_context(_process())
        return self._executors[name].submit(function, *arguments).result()


class ThisProcess:
    """The same for a quick look, without starting any process."""

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """There is nothing to end."""

    def call(self, name: str, function: Call, *arguments: Any) -> Any:  # noqa: ARG002
        """Call a function, and return its result."""
        return function(*arguments)


@contextmanager
def _process() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as executor:
        try:
            yield executor
        finally:
            with suppress(BrokenProcessPool):
                executor.submit(_end_workers).result()


def _end_workers() -> None:
    """End joblib's workers, for which a process would wait until they have idled for minutes."""
    get_reusable_executor().shutdown(wait=True)
