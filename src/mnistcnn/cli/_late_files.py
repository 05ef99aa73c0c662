"""Keeps files that appear while a command runs, and its result, too."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

from mnistcnn.cli._messages import say

__all__ = ["UNDER_ANOTHER_NAME", "write_or_write_beside"]

# The exit status if a file is not under the requested name.
UNDER_ANOTHER_NAME = 1


def write_or_write_beside(
    write: Callable[[Path, bool], object], path: Path, *, force: bool
) -> Path:
    """Write the result of the work, and return its path.

    A file that another process has put there since the command began stays without `force`. The
    result then gets a free name beside it, and a message says so.

    Parameters
    ----------
    write : callable
        Writes to the path that it is given, and replaces a file there if its second argument is
        true; otherwise it raises FileExistsError.
    path : Path
        The requested path.
    force : bool
        Whether to overwrite an existing file.
    """
    try:
        write(path, force)
    except FileExistsError:
        other = _write_beside(write, path)
        say(
            f"warning: {path} was created while the command ran and is left untouched; the result "
            f"was written to {other}."
        )
        return other
    return path


def _write_beside(write: Callable[[Path, bool], object], path: Path) -> Path:
    for number in count(2):
        other = path.with_stem(f"{path.stem}-{number}")
        try:
            write(other, False)
        except FileExistsError:
            continue
        return other
    raise AssertionError("numbers do not end")
