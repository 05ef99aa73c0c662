"""Standard streams that every command can rely on, even if the shell has closed some."""

import codecs
import os
import sys
from io import TextIOWrapper
from typing import Any

STDIN, STDOUT, STDERR = range(3)
NAMES_AS_THEY_ARE = "mnistcnn.names_as_they_are"


def secure_streams() -> None:
    r"""Replace closed streams by empty ones, and let nothing that is written end a command.

    A file name goes to stdout byte for byte where it can, and with escapes such as ``\xe9`` where
    the encoding of the stream has no such letter. Messages that nobody can take on stderr are lost.
    """
    codecs.register_error(NAMES_AS_THEY_ARE, _bytes_or_escapes)
    _open_what_is_closed()
    sys.stdin = sys.stdin or os.fdopen(STDIN, encoding="utf-8", closefd=False)
    sys.stdout = sys.stdout or os.fdopen(STDOUT, "w", encoding="utf-8", closefd=False)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors=NAMES_AS_THEY_ARE)
    # A copy of the descriptor: the number itself may be given to nowhere afterwards.
    sys.stderr = _Messages(
        os.fdopen(os.dup(STDERR), "wb"),
        encoding=getattr(sys.stderr, "encoding", "utf-8"),
        errors="backslashreplace",
        line_buffering=True,
    )


class _Messages(TextIOWrapper):
    """Text that is lost where nobody takes it: a full disk, or a reader that has gone away."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError:
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError:
            return


def _open_what_is_closed() -> None:
    """Lead closed descriptors nowhere, before a file is opened that would get their number."""
    for descriptor in (STDIN, STDOUT, STDERR):
        try:
            os.fstat(descriptor)
        except OSError:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != descriptor:
                os.dup2(nowhere, descriptor)
                os.close(nowhere)
            # Workers inherit it.
            os.set_inheritable(descriptor, True)


def _bytes_or_escapes(error: UnicodeError) -> tuple[str | bytes, int]:
    """Encode one character that is not in the encoding: a byte of a file name, or a letter."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    end = error.start + 1
    one: Any = UnicodeEncodeError(error.encoding, error.object, error.start, end, error.reason)
    try:
        return codecs.lookup_error("surrogateescape")(one)
    except UnicodeError:
        return codecs.lookup_error("backslashreplace")(one)
