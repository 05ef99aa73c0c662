"""Records warnings where several threads warn at the same time."""

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

__all__ = ["user_warnings_recorded"]


class _OfThisThread(threading.local):
    """The recordings that a thread has begun, the innermost last."""

    def __init__(self) -> None:
        self.recordings: list[list[warnings.WarningMessage]] = []


_of_this_thread = _OfThisThread()


def _is_recorded(category: type) -> bool:
    return bool(_of_this_thread.recordings) and issubclass(category, UserWarning)


class _HoldsInRecordingThreads(type):
    """Makes a filter apply in threads that record, so that others keep the filters of the user."""

    def __subclasscheck__(cls, category: type) -> bool:
        return _is_recorded(category)


class _Recorded(Warning, metaclass=_HoldsInRecordingThreads):
    """The category of the filter that lets through what is recorded."""


class _Hook:
    """Stands in for `warnings.showwarning`: records, or shows as the function before it does."""

    def __init__(self, before: Callable[..., None]) -> None:
        self.before = before

    def __call__(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if _is_recorded(category):
            recorded = warnings.WarningMessage(message, category, filename, lineno)
            _of_this_thread.recordings[-1].append(recorded)
        else:
            self.before(message, category, filename, lineno, file, line)


class _Interception:
    """The filter and the hook of all recordings; in place from the first's begin to the last's end.

    Were each recording to put back what it found, one that ends would take away those of others,
    and the last to end would leave those of the first in place.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._n_recordings = 0
        self._filters: list[Any] = []

    def begin(self) -> None:
        with self._lock:
            if not self._n_recordings:
                self._filters = _filters()
            self._n_recordings += 1
            # Each time, for it also makes Python forget which warnings it has shown before.
            warnings.simplefilter("always", _Recorded)
            if not isinstance(warnings.showwarning, _Hook):
                warnings.showwarning = _Hook(warnings.showwarning)

    def end(self) -> None:
        with self._lock:
            self._n_recordings -= 1
            if self._n_recordings:
                return
            # Another thread within `catch_warnings` has a copy, and later puts back the original.
            for filters in (self._filters, _filters()):
                for own in [each for each in filters if each[2] is _Recorded]:
                    filters.remove(own)
            if isinstance(warnings.showwarning, _Hook):
                warnings.showwarning = warnings.showwarning.before


_interception = _Interception()


def _filters() -> list[Any]:
    return cast("list[Any]", warnings.filters)


@contextmanager
def user_warnings_recorded() -> Iterator[list[warnings.WarningMessage]]:
    """Record every `UserWarning` of this thread; what else is warned of is shown as before.

    ``warnings.catch_warnings(record=True)`` would record what all threads warn of, and is not made
    for two of them at the same time.

    Examples
    --------
    >>> import warnings
    >>> from mnistcnn._recorded_warnings import user_warnings_recorded
    >>> with user_warnings_recorded() as recorded:
    ...     warnings.warn("The images are dark.", UserWarning)
    >>> [str(each.message) for each in recorded]
    ['The images are dark.']
    """
    recorded: list[warnings.WarningMessage] = []
    _interception.begin()
    _of_this_thread.recordings.append(recorded)
    try:
        yield recorded
    finally:
        _of_this_thread.recordings.pop()
        _interception.end()
