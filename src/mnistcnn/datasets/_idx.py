"""IDX, the file format that MNIST comes in: a header of a few bytes, then the values."""

import gzip
import os
import struct
import zipfile
from math import prod
from pathlib import PurePosixPath
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mnistcnn._safe_writing import replaced_at_the_end
from mnistcnn._types import Path
from mnistcnn.datasets._opening import as_value_error, open_file

__all__ = ["read_idx", "read_zipped_idx", "write_idx"]

_DTYPE_OF_CODE: dict[int, np.dtype[Any]] = {
    0x08: np.dtype("uint8"),
    0x09: np.dtype("int8"),
    0x0B: np.dtype("int16"),
    0x0C: np.dtype("int32"),
    0x0D: np.dtype("float32"),
    0x0E: np.dtype("float64"),
}
_CODE_OF_DTYPE = {dtype.name: code for code, dtype in _DTYPE_OF_CODE.items()}
_GZIP_MAGIC = b"\x1f\x8b"
# zlib's own bound on how far deflate can shrink anything (https://zlib.net/zlib_tech.html).
_MAX_BYTES_FROM_ONE_PACKED = 1032


def read_idx(path: Path) -> NDArray[Any]:
    """Read an array from an IDX file.

    Parameters
    ----------
    path : str or path-like
        The file. Its first bytes tell whether it is compressed with gzip.

    Returns
    -------
    ndarray
        The values in the file's own shape, dtype uint8, int8, int16, int32, float32 or float64.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is empty, truncated or damaged, has bytes after its values, or is not an IDX
        file.

    See Also
    --------
    write_idx : Write such a file.

    References
    ----------
    .. [1] Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten digits",
       http://yann.lecun.com/exdb/mnist/, section "FILE FORMATS".

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from mnistcnn import read_idx, write_idx
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "labels-idx1-ubyte.gz"
    ...     write_idx(path, np.array([5, 0, 4], dtype=np.uint8))
    ...     read_idx(path)
    array([5, 0, 4], dtype=uint8)
    """
    with open_file(path) as file:
        packed = file.read(2) == _GZIP_MAGIC
        largest = os.fstat(file.fileno()).st_size * (_MAX_BYTES_FROM_ONE_PACKED if packed else 1)
        file.seek(0)
        with as_value_error(path, "a complete IDX file"):
            return _read_array(gzip.GzipFile(fileobj=file) if packed else file, largest)


def read_zipped_idx(path: Path, name: str, *, max_bytes: int) -> NDArray[Any]:
    """Read an array from an IDX file, packed with gzip, in a zip archive; unpack none to the disk.

    Parameters
    ----------
    path : str or path-like
        The archive.
    name : str
        The IDX file, with ``.gz``, in whichever folder of the archive.
    max_bytes : int
        The maximum number of bytes of its values.

    Returns
    -------
    ndarray
        As from `read_idx`.

    Raises
    ------
    FileNotFoundError
        If there is no such archive.
    ValueError
        If the archive or the file in it is damaged, or it holds no such file.
    """
    with open_file(path) as file, as_value_error(path, f"a complete zip archive with {name}"):
        archive = zipfile.ZipFile(file)
        member = next((one for one in archive.namelist() if PurePosixPath(one).name == name), None)
        if member is None:
            raise ValueError(f"it holds {len(archive.namelist())} other files.")
        with archive.open(member) as packed:
            return _read_array(gzip.GzipFile(fileobj=packed), max_bytes)


def write_idx(path: Path, array: ArrayLike) -> None:
    """Write an array to an IDX file; an existing file is replaced once the new one is complete.

    Parameters
    ----------
    path : str or path-like
        Where to write, in an existing folder; compressed with gzip if the name ends in ``.gz``.
    array : array-like of at least one dimension
        The values, with dtype uint8, int8, int16, int32, float32 or float64, which are all that IDX
        has.

    Raises
    ------
    ValueError
        If the array has another dtype, or no dimensions.

    See Also
    --------
    read_idx : Read such a file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from mnistcnn import write_idx
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "images-idx3-ubyte"
    ...     write_idx(path, np.zeros((2, 28, 28), dtype=np.uint8))
    ...     path.stat().st_size
    1584
    """
    values = np.asarray(array)
    content = _header(values) + values.astype(values.dtype.newbyteorder(">")).tobytes()
    if os.fspath(path).endswith(".gz"):
        # Without a time of writing, equal arrays give equal files.
        content = gzip.compress(content, compresslevel=6, mtime=0)
    with replaced_at_the_end(path) as temporary:
        temporary.write_bytes(content)


def _header(values: NDArray[Any]) -> bytes:
    if values.dtype.name not in _CODE_OF_DTYPE:
        raise ValueError(
            f"array must have one of the dtypes of IDX, {', '.join(_CODE_OF_DTYPE)}, got "
            f"{values.dtype}; convert it with array.astype(...)."
        )
    if values.ndim == 0:
        raise ValueError("array must have at least one dimension, got a single value.")
    code = _CODE_OF_DTYPE[values.dtype.name]
    return struct.pack(f">HBB{values.ndim}I", 0, code, values.ndim, *values.shape)


def _read_array(stream: BinaryIO | gzip.GzipFile, largest: int) -> NDArray[Any]:
    dtype, shape = _read_header(stream)
    n_bytes = prod(shape) * dtype.itemsize
    # A damaged header may promise terabytes, so nothing is allocated before this check.
    if n_bytes > largest:
        raise ValueError(_truncated(shape, dtype, n_bytes, f"no more than {largest}"))
    content = np.empty(n_bytes, dtype=np.uint8)
    n_read = _fill(content, stream)
    if n_read < n_bytes:
        raise ValueError(_truncated(shape, dtype, n_bytes, str(n_read)))
    if stream.read(1):
        raise ValueError(f"it continues after the {n_bytes} bytes that its header states.")
    values = content.view(dtype.newbyteorder(">")).reshape(shape)
    return values.astype(dtype, copy=False)


def _read_header(stream: BinaryIO | gzip.GzipFile) -> tuple[np.dtype[Any], tuple[int, ...]]:
    magic = stream.read(4)
    if not magic:
        raise ValueError("it is empty.")
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _DTYPE_OF_CODE or not magic[3]:
        raise ValueError(
            "its magic number must be 0x0000, a dtype from 0x08 to 0x0E and the number of "
            f"dimensions, got 0x{magic.hex()}."
        )
    sides = stream.read(4 * magic[3])
    if len(sides) < 4 * magic[3]:
        raise ValueError("it is truncated within its header.")
    return _DTYPE_OF_CODE[magic[2]], struct.unpack(f">{magic[3]}I", sides)


def _fill(content: NDArray[np.uint8], stream: BinaryIO | gzip.GzipFile) -> int:
    remaining = content.data
    while len(remaining):
        n_read = stream.readinto(remaining)  # type: ignore[union-attr]
        if not n_read:
            break
        remaining = remaining[n_read:]
    return len(content) - len(remaining)


def _truncated(shape: tuple[int, ...], dtype: np.dtype[Any], n_bytes: int, got: str) -> str:
    return (
        f"it is truncated: its header states an array of shape {shape} and dtype {dtype.name}, "
        f"which is {n_bytes} bytes, got {got}."
    )
