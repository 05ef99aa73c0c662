"""Silences the loggers of converters; their failures are raised as errors of this library."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loggers_silenced(*names: str) -> Iterator[None]:
    """Let loggers, and those below them that have no level of their own, say nothing."""
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
