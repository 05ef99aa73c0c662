"""Small files that unpack to large ones: refused before they fill the memory."""

import gzip
import io
import struct
import tarfile
import tracemalloc
import zipfile

import numpy as np
import pytest

from mnistcnn import read_kaggle_csv
from mnistcnn.datasets import load_labeled

PROMISED = 16 * 2**20
MAX_BYTES = 4 * 2**20


def header(kind, size=0):
    """Return the header of a member of a tar archive."""
    info = tarfile.TarInfo("digits.csv")
    info.type, info.size = kind, size
    return info.tobuf()


TAR = {
    "a long name": header(tarfile.GNUTYPE_LONGNAME, PROMISED) + bytes(PROMISED),
    "a long comment": header(tarfile.XHDTYPE, PROMISED) + bytes(PROMISED),
    "many folders": header(tarfile.DIRTYPE) * 10_000,
    "many files": header(tarfile.REGTYPE) * 10_000,
}


@pytest.fixture
def refused_within_bounds(tmp_path):
    """Gives a function that reads a file, and sees that it is refused with little memory."""

    def refused(name, content, read, message):
        path = tmp_path / name
        path.write_bytes(content)
        assert len(content) < MAX_BYTES / 8
        tracemalloc.start()
        try:
            with pytest.raises(ValueError, match=message) as error:
                read(path)
            assert tracemalloc.get_traced_memory()[1] < MAX_BYTES
        finally:
            tracemalloc.stop()
        assert name in str(error.value)

    return refused


@pytest.mark.parametrize("content", TAR.values(), ids=TAR)
def test_headers_of_packed_tar_archives(content, refused_within_bounds):
    packed = gzip.compress(content)
    refused_within_bounds("train.csv", packed, read_kaggle_csv, "headers of the archive have more")


def test_headers_of_arrays(refused_within_bounds):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in "Xy":
            start = np.lib.format.magic(2, 0) + struct.pack("<I", PROMISED)
            archive.writestr(f"{name}.npy", start + bytes(PROMISED))
    refused_within_bounds("digits.npz", content.getvalue(), load_labeled, "not an array of numbers")
