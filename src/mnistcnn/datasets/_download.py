"""Downloads a file from one of several servers, complete and verified, or not at all."""

import hashlib
from collections.abc import Iterable
from http.client import HTTPException
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import BinaryIO
from urllib.request import urlopen

from mnistcnn._safe_writing import replaced_at_the_end
from mnistcnn._types import OnProgress

__all__ = ["download"]

# Without a byte for so long, the next server is tried.
TIMEOUT_SECONDS = 30.0
BYTES_A_BLOCK = 1 << 16


def download(
    urls: Iterable[str],
    target: Path,
    *,
    sha256: str,
    max_bytes: int,
    seconds: float,
    on_progress: OnProgress | None = None,
) -> None:
    """Download a file from the first address that gives the right one.

    Parameters
    ----------
    urls : iterable of str
        The addresses of the file, in the order to try.
    target : Path
        The path to save it to, in an existing folder. An older file stays until it is complete.
    sha256 : str
        The hash of the right file, in hexadecimal digits.
    max_bytes : int
        The size of the right file; a larger one is taken for a wrong one.
    seconds : float
        The time limit for all addresses together, however steadily the bytes come.
    on_progress : callable, default=None
        Called, in a thread of its own, with the number of bytes so far and that of the right file.
        Each address begins at none.

    Raises
    ------
    OSError
        If no address gives the right file in time; the message lists what each one did.
    """
    end = monotonic() + seconds
    failures = []
    for url in urls:
        try:
            with replaced_at_the_end(target) as temporary:
                _save_in_time(url, temporary, max_bytes, seconds, end, on_progress)
                _check_hash(temporary, sha256)
            return
        except (OSError, HTTPException, ValueError) as error:
            failures.append(f"{url}: {type(error).__name__}: {error}")
        if monotonic() >= end:
            break
    raise OSError(f"{target.name} could not be downloaded.\n" + "\n".join(failures))


def _save_in_time(
    url: str,
    path: Path,
    max_bytes: int,
    seconds: float,
    end: float,
    on_progress: OnProgress | None,
) -> None:
    """Abandon a server at the deadline, since it could delay reads forever by sending single bytes.

    The thread that is left behind ends at its next block, for its file is closed.
    """
    failures: list[BaseException] = []

    def save() -> None:
        try:
            _save(url, file, max_bytes, on_progress)
        except BaseException as error:  # whatever it is, the caller raises it
            failures.append(error)

    with path.open("wb") as file:
        thread = Thread(target=save, daemon=True)
        thread.start()
        thread.join(max(0.0, end - monotonic()))
        if thread.is_alive():
            raise TimeoutError(f"it took longer than {seconds:g} seconds in all.")
    if failures:
        raise failures.pop()


def _save(url: str, file: BinaryIO, max_bytes: int, on_progress: OnProgress | None) -> None:
    n_bytes = 0
    with urlopen(url, timeout=TIMEOUT_SECONDS) as response:
        while block := response.read1(BYTES_A_BLOCK):
            n_bytes += len(block)
            if n_bytes > max_bytes:
                raise ValueError(f"the download has more than {max_bytes:,} bytes.")
            file.write(block)
            if on_progress is not None:
                on_progress(n_bytes, max_bytes)


def _check_hash(path: Path, expected: str) -> None:
    with path.open("rb") as file:
        actual = hashlib.file_digest(file, "sha256").hexdigest()
    if actual != expected:
        raise ValueError(f"the download has the sha256 {actual}, the right file has {expected}.")
