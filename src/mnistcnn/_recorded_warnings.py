"""Records warnings where several threads warn at the same time."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

__all__ = ["user_warnings_recorded"]


@contextmanager
def user_warnings_recorded() -> Iterator[list[warnings.WarningMessage]]:
    """Record every `UserWarning` of this thread; what else is warned of is shown as before.

    ``warnings.catch_warnings(record=True)`` would record what all threads warn of.

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
    this_thread, before, is_open = threading.get_ident(), warnings.showwarning, True

    def record_or_show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        is_own = is_open and threading.get_ident() == this_thread
        if is_own and issubclass(category, UserWarning):
            recorded.append(warnings.WarningMessage(message, category, filename, lineno))
        else:
            before(message, category, filename, lineno, file, line)

    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = record_or_show
        try:
            yield recorded
        finally:
            # Another thread that ends its own recording later may put this function back.
            is_open = False
            warnings.showwarning = before
