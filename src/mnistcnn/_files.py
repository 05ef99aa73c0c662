"""Writing a file so that a reader finds the old one or the new one, never half of one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["replaced_at_the_end"]


@contextmanager
def replaced_at_the_end(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give the path of a temporary file that takes the place of `path` if the block succeeds.

    Parameters
    ----------
    path : str or path-like
        Where the file shall be; its folder must exist.

    Yields
    ------
    Path
        In the same folder, with the same suffix, to be written by the block. After an error it
        is removed, and `path` is as it was.
    """
    target = Path(path)
    temporary = target.with_name(f".{os.getpid()}-{target.name}")
    try:
        yield temporary
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
