"""Handles Ctrl-C at once, also while TensorFlow computes."""

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NoReturn, TypeVar

import click

Result = TypeVar("Result")


class Interrupted(click.ClickException):
    """Ctrl-C, with a message that says what is kept."""


def fate_of(path: Path) -> str:
    """Say what an interruption has left of an output file, which is only replaced at the end."""
    return f"{path} {'is unchanged' if path.exists() else 'is not written'}"


def interruptible(work: Callable[[], Result]) -> Result:
    """Run long work in a thread of its own, and return what it returns or raise what it raises.

    TensorFlow computes a whole epoch in one call, and Python takes a signal between the calls of
    the main thread only. After KeyboardInterrupt the work goes on until the process is left.
    """
    return ThreadPoolExecutor(max_workers=1).submit(work).result()


def leave_at_once(status: int) -> NoReturn:
    """End the process and its workers, without waiting for what they compute."""
    from multiprocessing import active_children

    for worker in active_children():
        worker.terminate()
    with suppress(OSError):
        sys.stdout.flush()
    os._exit(status)
