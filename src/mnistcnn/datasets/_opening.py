"""Opens and unpacks data files, only regular ones, with errors that name the file."""

import bz2
import gzip
import lzma
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO, TypeVar, cast

from mnistcnn._types import Path

__all__ = ["as_value_error", "open_file", "unpacked"]

Member = TypeVar("Member", str, tarfile.TarInfo)

_TAR_MAGIC = slice(257, 262), b"ustar"
_MAX_HEADER_BYTES = 1 << 20


def open_file(path: Path) -> BinaryIO:
    """Open a regular file for reading, ``~`` expanded.

    Raises
    ------
    OSError
        If there is no such file, or it is a folder, a pipe or a device, at which a reader would
        wait or never come to an end.
    ValueError
        If no file can have that name.
    """
    place = os.path.expanduser(path)
    try:
        mode = os.stat(place).st_mode
    except ValueError as error:
        raise ValueError(f"{place!r} cannot be the name of a file: {error}.") from error
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(21, "Is a folder, but a file is needed", place)
    if not stat.S_ISREG(mode):
        raise OSError(22, "Is a pipe or a device, but a regular file is needed", place)
    return open(place, "rb")


@contextmanager
def as_value_error(path: Path, wanted: str) -> Iterator[None]:
    """Turn any error of a parser for damaged content into a ValueError that names the file.

    The parsers of NumPy, pandas and of packed files raise a dozen classes of errors between them,
    and a damaged header can also ask for more memory than there is.

    Parameters
    ----------
    path : str or path-like
        The file that is being read.
    wanted : str
        The expected kind of file, for the message.
    """
    try:
        yield
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise ValueError(f"{os.fspath(path)} is not {wanted}: {reason}") from error


def unpacked(file: BinaryIO) -> BinaryIO:
    """Return the unpacked content of a file, or the file itself; its first bytes decide.

    Parameters
    ----------
    file : binary file
        As it is, or packed with gzip, bzip2, xz, zip or tar, also tar within one of the others.
    """
    start = file.read(4)
    file.seek(0)
    unpack = next((unpack for magic, unpack in _UNPACKERS.items() if start.startswith(magic)), None)
    content = unpack(file) if unpack else file
    head = content.read(512)
    content.seek(0)
    where, magic = _TAR_MAGIC
    return _only_member_of_tar(content) if head[where] == magic else content


def _gzip(file: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, gzip.GzipFile(fileobj=file))


def _bzip2(file: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, bz2.open(file))


def _xz(file: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, lzma.open(file))


def _only_member_of_zip(file: BinaryIO) -> BinaryIO:
    archive = zipfile.ZipFile(file)
    # macOS adds a folder of its own to the archives that it makes.
    names = [
        name
        for name in archive.namelist()
        if not name.endswith("/") and not name.startswith("__MACOSX/")
    ]
    return cast(BinaryIO, archive.open(_only(names)))


def _only_member_of_tar(file: BinaryIO) -> BinaryIO:
    archive = tarfile.TarFile(fileobj=cast(BinaryIO, _Headers(file)))
    files = [member for member in archive if member.isfile()]
    archive.fileobj = file
    return cast(BinaryIO, archive.extractfile(_only(files)))


class _Headers:
    """A file of which no more can be read than the headers of an archive have.

    Packed names, comments and entries of a tar archive can be a thousand times as long as its file,
    and tarfile keeps all of them.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell
        self._left = _MAX_HEADER_BYTES

    def read(self, size: int) -> bytes:
        """Read so many bytes."""
        self._left -= size
        if self._left < 0:
            raise ValueError(
                f"the headers of the archive have more than {_MAX_HEADER_BYTES:,} bytes."
            )
        return self._file.read(size)


def _only(members: list[Member]) -> Member:
    if len(members) != 1:
        raise ValueError(f"the archive must hold one file, got {len(members)}.")
    return members[0]


def _refuse_zstandard(_: IO[bytes]) -> BinaryIO:
    raise ValueError("it is packed with Zstandard; unpack it first.")


_UNPACKERS: dict[bytes, Callable[[BinaryIO], BinaryIO]] = {
    b"\x1f\x8b": _gzip,
    b"BZh": _bzip2,
    b"\xfd7zX": _xz,
    b"PK\x03\x04": _only_member_of_zip,
    b"PK\x05\x06": _only_member_of_zip,
    b"\x28\xb5\x2f\xfd": _refuse_zstandard,
}
