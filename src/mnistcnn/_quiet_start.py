"""Starts TensorFlow and onnxruntime without their start-up messages."""

import faulthandler
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from threading import RLock
from typing import IO

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
ERRORS_ONLY = "2"

# Shows worker processes that the level is this library's choice and not the user's.
CHOSEN_HERE = "MNISTCNN_TF_CPP_MIN_LOG_LEVEL"

STDERR = 2

START_UP_MESSAGE = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog"
    rb"|To enable the following instructions"
    # Information and warnings, as absl and as TensorFlow before it write them.
    rb"|[IW]\d{4} |\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IW] "
    # Errors that say no more than that there is no GPU, or that two libraries serve one.
    rb"|.*(failed call to cuInit|Unable to register cu)"
    # Of onnxruntime, where the system tells little about its devices; it may be colored.
    rb"|(\x1b\[[0-9;]*m)*\d{4}-\d\d-\d\d.*\[W:onnxruntime:.*device_discovery"
)

_silencing = RLock()


@contextmanager
def start_up_silenced() -> Iterator[None]:
    """Drop TensorFlow's messages below errors; all else that is written to stderr comes after.

    The first of them TensorFlow writes to the file descriptor before any of its settings count.
    Whoever has set ``TF_CPP_MIN_LOG_LEVEL``, or has imported TensorFlow before, sees them all.
    """
    with _silencing:
        if _is_users_choice():
            yield
            return
        os.environ[LEVEL] = os.environ[CHOSEN_HERE] = ERRORS_ONLY
        with _held_back():
            yield


def _is_users_choice() -> bool:
    level = os.environ.get(LEVEL)
    return "tensorflow" in sys.modules if level is None else level != os.environ.get(CHOSEN_HERE)


@contextmanager
def _held_back() -> Iterator[None]:
    try:
        terminal = os.dup(STDERR)
    except OSError:  # closed
        yield
        return
    with os.fdopen(terminal, "wb") as stderr, TemporaryFile() as held:
        with _crashes_reported(stderr):
            os.dup2(held.fileno(), STDERR)
            try:
                yield
            finally:
                os.dup2(terminal, STDERR)
        held.seek(0)
        stderr.writelines(line for line in held if not START_UP_MESSAGE.match(line))


@contextmanager
def _crashes_reported(stderr: IO[bytes]) -> Iterator[None]:
    """Say where a crash in a C++ library was, whose own last words are held back."""
    if faulthandler.is_enabled():
        yield
        return
    faulthandler.enable(stderr)
    try:
        yield
    finally:
        faulthandler.disable()
