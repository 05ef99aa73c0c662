"""Writes files atomically: a reader finds the old file or the new one, never a partial one."""

import os
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has none.
    fcntl = None  # type: ignore[assignment]

__all__ = ["check_can_be_written", "replaced_at_the_end"]

_PREFIX = ".mnistcnn-"
_TOKEN_BYTES = 8
_MAX_SUFFIX_LENGTH = 20
# Between its creation and its lock a file looks abandoned, and without locks only age tells.
_SECONDS_BEFORE_REMOVAL = 60 if fcntl else 24 * 3600


@contextmanager
def replaced_at_the_end(path: str | os.PathLike[str], *, overwrite: bool = True) -> Iterator[Path]:
    """Give the path of a temporary file that replaces `path` if the block succeeds.

    Parameters
    ----------
    path : str or path-like
        Where the file shall be; its folder must exist. A symbolic link stays, and what it points to
        is replaced; the mode of a file that is replaced is kept. A device or a pipe cannot be
        replaced: the block writes straight to it.
    overwrite : bool, default=True
        Whether to replace a regular file that is there, at the start or at the end.

    Yields
    ------
    Path
        In the same folder, with the same suffix, to be written by the block. After an error it
        is removed, and `path` is as it was.

    Raises
    ------
    FileExistsError
        If the file is there, or appears during the block, unless `overwrite`.
    IsADirectoryError
        If `path` is a folder.
    PermissionError
        If the file may not be written, or no file be put into its folder.
    FileNotFoundError
        If the folder does not exist.
    """
    mode = _mode_of(path, overwrite=overwrite)
    if mode is None or stat.S_ISREG(mode):
        put_in_place = Path.replace if overwrite else partial(_put_as_new_file, asked_for=path)
        with _temporary_beside(Path(os.path.realpath(path)), mode, put_in_place) as temporary:
            yield temporary
    else:
        yield Path(path)


def check_can_be_written(path: str | os.PathLike[str], *, overwrite: bool = True) -> None:
    """Raise before long work what `replaced_at_the_end` would raise after it; change nothing.

    Raises
    ------
    OSError
        As in `replaced_at_the_end`.
    """
    mode = _mode_of(path, overwrite=overwrite)
    if mode is None or stat.S_ISREG(mode):
        _created_beside(Path(os.path.realpath(path))).unlink()


def _mode_of(path: str | os.PathLike[str], *, overwrite: bool) -> int | None:
    """Return the mode of a writable path; None if nothing exists there."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        if not os.fspath(path):
            # The current folder, to whoever makes it an absolute path.
            raise
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(21, "Is a folder, but a file is needed", os.fspath(path))
    if not os.access(path, os.W_OK):
        raise PermissionError(13, "Is not writable", os.fspath(path))
    if not overwrite and stat.S_ISREG(mode):
        raise _exists_already(path)
    return mode


def _exists_already(path: str | os.PathLike[str]) -> FileExistsError:
    return FileExistsError(
        f"{os.fspath(path)} exists already; use overwrite=True to replace it, or another name."
    )


def _put_as_new_file(temporary: Path, target: Path, asked_for: str | os.PathLike[str]) -> None:
    """Give a file its name, unless another process has written a file of that name meanwhile."""
    try:
        # A link never replaces a file, as a rename does.
        os.link(temporary, target)
    except FileExistsError:
        raise _exists_already(asked_for) from None
    except OSError:
        # Some file systems, such as FAT, know no links.
        if os.path.lexists(target):
            raise _exists_already(asked_for) from None
        temporary.rename(target)


@contextmanager
def _temporary_beside(
    target: Path, mode: int | None, put_in_place: Callable[[Path, Path], object]
) -> Iterator[Path]:
    _remove_leftovers(target.parent)
    temporary = _created_beside(target)
    try:
        with _locked(temporary):
            if mode is not None:
                temporary.chmod(stat.S_IMODE(mode))
            yield temporary
            _flush_to_disk(temporary)
            put_in_place(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def _created_beside(target: Path) -> Path:
    suffix = target.suffix if len(target.suffix) <= _MAX_SUFFIX_LENGTH else ""
    temporary = target.with_name(f"{_PREFIX}{secrets.token_hex(_TOKEN_BYTES)}{suffix}")
    try:
        # The system takes the umask off these permissions, as it does for any new file.
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except OSError as error:
        raise type(error)(error.errno, error.strerror, os.fspath(target)) from None
    return temporary


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock, by which others see that the writer lives; the system ends it with a process."""
    if not fcntl:
        yield
        return
    with path.open("rb") as file:
        # Some network file systems know no locks; there nobody else gets one either.
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _flush_to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _remove_leftovers(folder: Path) -> None:
    """Remove temporary files whose writers were killed."""
    for leftover in folder.glob(f"{_PREFIX}{'[0-9a-f]' * (2 * _TOKEN_BYTES)}*"):
        # Somebody else may remove it first, or own it.
        with suppress(OSError):
            if _is_abandoned(leftover):
                leftover.unlink()


def _is_abandoned(path: Path) -> bool:
    if time.time() - path.stat().st_mtime < _SECONDS_BEFORE_REMOVAL:
        return False
    if not fcntl:
        return True
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True
