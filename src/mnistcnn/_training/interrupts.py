"""Lets a signal's handler, such as that of Ctrl-C, wait while TensorFlow must not be left half way.

An exception in the middle of TensorFlow's tracing can end the process with a segmentation fault, or
leave the thread in the graph of the network that was being traced for good.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class HeldSignals:
    """The signals that came during a block, and the caller's handlers for them."""

    def __init__(self) -> None:
        self._handlers: dict[int, Any] = {}
        self._came: dict[int, Any] = {}
        self._is_holding = True

    def install(self) -> None:
        """Note signals in place of every handler that is a Python function, and so may raise."""
        for number in signal.valid_signals():
            handler = signal.getsignal(number)
            if callable(handler):
                self._handlers[number] = handler
                signal.signal(number, self._note)

    def deliver(self) -> None:
        """Call the handlers of the signals that came, each once."""
        while self._came:
            number, frame = self._came.popitem()
            self._handlers[number](number, frame)

    def uninstall(self) -> None:
        """Give the caller's handlers back, and call those whose signals came."""
        # A handler that raises may end the loop; what stays installed then passes signals on.
        self._is_holding = False
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self.deliver()

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._is_holding:
            self._came[number] = frame
        else:
            self._handlers[number](number, frame)


@contextmanager
def signals_held() -> Iterator[HeldSignals]:
    """Let signals wait until the block ends or `HeldSignals.deliver` is called.

    Python runs handlers in the main thread only, so in others there is nothing to hold. Without a
    handler in Python a signal is none of ours: SIGTERM ends the process as ever.

    Yields
    ------
    held : HeldSignals
        Where a long block delivers what came, whenever that does no harm.
    """
    held = HeldSignals()
    try:
        if threading.current_thread() is threading.main_thread():
            held.install()
        yield held
    finally:
        held.uninstall()
