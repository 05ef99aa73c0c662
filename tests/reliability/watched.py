"""Watching a process from inside while it reads what strangers have made: time, memory, deeds."""

import os
import re
import signal
import sys
from contextlib import contextmanager
from pathlib import Path

# Far beyond what any file of these tests takes, on the slowest machine.
MAX_SECONDS = 60
DEEDS = {
    "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.remove", "os.rename", "os.spawn",
    "os.system", "pickle.find_class", "shutil.rmtree", "socket.connect", "subprocess.Popen",
}  # fmt: skip


class Deeds:
    """What no reader of a file has to do, as Python's audit hooks tell it."""

    def __init__(self):
        self.seen = []
        self._watches = False
        sys.addaudithook(self._note)

    def _note(self, event, arguments):
        if not self._watches:
            return
        if event in DEEDS or (event == "open" and _writes(*arguments)):
            self.seen.append(f"{event} {arguments!r}"[:200])

    @contextmanager
    def watched(self):
        """Note them in this block."""
        self._watches = True
        try:
            yield
        finally:
            self._watches = False


def _writes(_, mode, flags):
    if mode is None:
        return bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    return not set(mode).isdisjoint("wax+")


@contextmanager
def ended_in_time():
    """Raise where a block goes on and on."""

    def stop(*_):
        raise HangError(f"it took longer than {MAX_SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(MAX_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


class HangError(BaseException):
    """Something takes much too long; no reader of files catches it."""


def peak_memory():
    """Return bytes; what getrusage tells begins with the peak of the process that started this."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    return 1024 * int(re.search(r"VmHWM:\s*(\d+)", status.read_text())[1])
