"""read_idx and write_idx: every array comes back, every damaged file is named."""

import gzip
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mnistcnn import read_idx, write_idx

DTYPES = ["uint8", "int8", "int16", "int32", "float32", "float64"]
IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
HEADER = bytes([0, 0, 8, 3]) + struct.pack(">3I", 2, 3, 4)


@given(
    array=arrays(
        st.sampled_from([*DTYPES, ">i2", ">f8"]), array_shapes(min_side=0, max_dims=5, max_side=5)
    ),
    name=st.sampled_from(["array-idx", "array-idx.gz"]),
)
# Each write waits for the disk.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_arrays_survive_the_round_trip(tmp_path, array, name):
    before = array.copy()
    write_idx(tmp_path / name, array)
    back = read_idx(tmp_path / name)
    assert back.dtype == array.dtype.newbyteorder("=")
    assert back.flags.writeable
    np.testing.assert_array_equal(back, array)
    np.testing.assert_array_equal(array, before)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    (tmp_path / name).unlink()


def test_bytes_are_those_of_the_format(tmp_path):
    write_idx(tmp_path / "images", IMAGES)
    assert (tmp_path / "images").read_bytes() == HEADER + bytes(range(24))
    write_idx(tmp_path / "counts", np.array([1, -2], dtype=np.int32))
    assert (tmp_path / "counts").read_bytes() == bytes.fromhex(
        "00000c01 00000002 00000001 fffffffe"
    )


def test_suffix_gz_packs_and_equal_arrays_give_equal_files(tmp_path):
    write_idx(tmp_path / "one.gz", IMAGES)
    write_idx(tmp_path / "two.gz", IMAGES)
    assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "two.gz").read_bytes()
    assert gzip.decompress((tmp_path / "one.gz").read_bytes()) == HEADER + bytes(range(24))


def test_packing_is_read_from_the_content_not_from_the_name(tmp_path):
    write_idx(tmp_path / "images.gz", IMAGES)
    (tmp_path / "images.gz").rename(tmp_path / "images")
    np.testing.assert_array_equal(read_idx(tmp_path / "images"), IMAGES)


@pytest.mark.parametrize("length", range(1, len(HEADER) + 24))
def test_file_cut_anywhere_is_refused(tmp_path, length):
    (tmp_path / "images").write_bytes((HEADER + bytes(24))[:length])
    with pytest.raises(
        ValueError, match=r"images is not a complete IDX file: its? .*(trunc|magic)"
    ):
        read_idx(tmp_path / "images")


@pytest.mark.parametrize("missing", [1, 8, 9, 20])
def test_packed_file_that_is_cut_is_refused(tmp_path, missing):
    content = gzip.compress(HEADER + bytes(range(24)))
    (tmp_path / "images.gz").write_bytes(content[:-missing])
    with pytest.raises(ValueError, match=r"images\.gz is not a complete IDX file"):
        read_idx(tmp_path / "images.gz")


def test_packed_file_with_a_flipped_bit_is_refused(tmp_path):
    content = bytearray(gzip.compress(HEADER + bytes(range(24)), compresslevel=0))
    content[-12] ^= 1
    (tmp_path / "images.gz").write_bytes(content)
    with pytest.raises(ValueError, match=r"images\.gz is not a complete IDX file: CRC"):
        read_idx(tmp_path / "images.gz")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty"),
        (HEADER + bytes(25), "it continues after the 24 bytes"),
        (b"\x01" + HEADER[1:] + bytes(24), "magic number must be .* got 0x01000803"),
        (bytes([0, 0, 0x0A, 3]) + HEADER[4:] + bytes(24), "got 0x00000a03"),
        (bytes([0, 0, 8, 0]), "got 0x00000800"),
        (b"label,pixel0\n", "got 0x6c616265"),
        (bytes([0, 0, 8, 3]) + struct.pack(">3I", 2**32 - 1, 2**32 - 1, 2**32 - 1), "truncated"),
        (bytes([0, 0, 14, 255]) + b"\xff" * 1020, "truncated"),
    ],
)
def test_content_that_is_no_idx_is_refused(tmp_path, pack, content, message):
    (tmp_path / "images").write_bytes(pack(content))
    with pytest.raises(ValueError, match=message) as error:
        read_idx(tmp_path / "images")
    assert str(tmp_path / "images") in str(error.value)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_idx(tmp_path / "nowhere")


@pytest.mark.parametrize("dtype", ["int64", "uint16", "bool", "complex64", "U1"])
def test_dtype_that_idx_does_not_know_is_refused(tmp_path, dtype):
    write_idx(tmp_path / "labels", IMAGES)
    with pytest.raises(ValueError, match="array must have one of the dtypes of IDX, uint8"):
        write_idx(tmp_path / "labels", np.zeros(3, dtype=dtype))
    np.testing.assert_array_equal(read_idx(tmp_path / "labels"), IMAGES)


def test_single_value_is_refused(tmp_path):
    with pytest.raises(ValueError, match="at least one dimension"):
        write_idx(tmp_path / "value", np.uint8(7))
    assert not list(tmp_path.iterdir())
