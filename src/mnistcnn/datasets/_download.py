"""Getting a file from one of several servers: whole and with the right content, or not at all."""

import hashlib
from collections.abc import Iterable
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

from mnistcnn._files import replaced_at_the_end

__all__ = ["download"]

TIMEOUT_SECONDS = 30.0
BYTES_A_BLOCK = 1 << 16


def download(urls: Iterable[str], target: Path, *, sha256: str) -> None:
    """Download a file from the first address that gives the right one.

    Parameters
    ----------
    urls : iterable of str
        Where the file can be had, in the order to try.
    target : Path
        Where to put it, in a folder that exists. What is there stays until the download is whole.
    sha256 : str
        The hash of the right file, in hexadecimal digits.

    Raises
    ------
    OSError
        If no address gives the right file; the message lists what each one did.
    """
    failures = []
    for url in urls:
        try:
            with replaced_at_the_end(target) as temporary:
                _check_hash(_save(url, temporary), sha256)
            return
        except (OSError, HTTPException, ValueError) as error:
            failures.append(f"{url}: {type(error).__name__}: {error}")
    raise OSError(f"{target.name} could not be downloaded.\n" + "\n".join(failures))


def _save(url: str, path: Path) -> str:
    digest = hashlib.sha256()
    with urlopen(url, timeout=TIMEOUT_SECONDS) as response, path.open("wb") as file:
        while block := response.read(BYTES_A_BLOCK):
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


def _check_hash(actual: str, expected: str) -> None:
    if actual != expected:
        raise ValueError(f"what came has the sha256 {actual}, the right file {expected}.")
