"""Ctrl-C: taken at once, also while TensorFlow computes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import click

Result = TypeVar("Result")


class Interrupted(click.ClickException):
    """Ctrl-C, with a message that says what is kept."""


def interruptible(work: Callable[[], Result]) -> Result:
    """Run long work in a thread of its own, and return what it returns or raise what it raises.

    TensorFlow computes a whole epoch in one call, and Python takes a signal between the calls of
    the main thread only. After KeyboardInterrupt the work goes on until the process is left.
    """
    return ThreadPoolExecutor(max_workers=1).submit(work).result()
