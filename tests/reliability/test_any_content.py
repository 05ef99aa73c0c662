"""Files of any content, by hypothesis: right values, or our error with the name of the file."""

import gzip
import io
import pickle
import struct
import warnings
import zipfile
from math import prod

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mnistcnn import UnreadableModelError, load_classifier, read_idx, read_kaggle_csv, write_idx
from mnistcnn.datasets import load_labeled
from mnistcnn.exceptions import UnreadableImageError
from mnistcnn.images import open_image
from mnistcnn.storage import write_model_file
from trials import examples
from watched import ended_in_time

pytestmark = [pytest.mark.slow, pytest.mark.long]

# A file is made anew for each example, and a busy machine is no fault.
COMMON = {
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}
CODES = {0x08: "u1", 0x09: "i1", 0x0B: "i2", 0x0C: "i4", 0x0D: "f4", 0x0E: "f8"}
DTYPES = st.sampled_from(["uint8", "int8", "int16", "int32", "float32", "float64"])


@pytest.fixture
def refused(trial, tmp_path):
    """Gives a function that writes a file, reads it, and returns None where it is refused."""

    def refused(name, content, read, error, what):
        path = tmp_path / name
        path.write_bytes(content)
        trial.tries(what)
        found = raised = None
        try:
            with ended_in_time():
                found = read(path)
        except error as caught:
            raised = caught
        assert raised is None or name in str(raised)
        return found

    return refused


def values_of(content):
    """Return what an IDX file holds, as its format says; None where it is none."""
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in CODES or not content[3]:
        return None
    start = 4 + 4 * content[3]
    if len(content) < start:
        return None
    shape = struct.unpack(f">{content[3]}I", content[4:start])
    dtype = np.dtype(CODES[content[2]]).newbyteorder(">")
    if prod(shape) * dtype.itemsize != len(content) - start:
        return None
    return np.frombuffer(content[start:], dtype), shape


IDX = st.builds(
    lambda code, sides, content: (
        struct.pack(f">HBB{len(sides)}I", 0, code, len(sides), *sides) + content
    ),
    st.one_of(st.sampled_from([*CODES]), st.integers(0, 255)),
    st.lists(st.one_of(st.integers(0, 4), st.integers(0, 2**32 - 1)), max_size=255),
    st.binary(max_size=64),
)


@settings(max_examples=examples(1500), **COMMON)
@given(
    content=st.one_of(IDX, st.binary(max_size=64)), packs=st.booleans(), more=st.binary(max_size=9)
)
def test_idx(content, packs, more, refused):
    expected = values_of(content + (b"" if packs else more))
    written = gzip.compress(content) + more if packs else content + more
    # What follows packed content is another member, zeros that fill up, or damage.
    found = refused("any-idx", written, read_idx, ValueError, "IDX files, packed or not")
    if packs and more.strip(b"\0") or expected is None:
        assert found is None
    elif found is None:
        # NumPy allows fewer dimensions than IDX, and counts those of empty arrays, too.
        largest = prod(max(side, 1) for side in expected[1])
        assert len(expected[1]) > 32 or largest * expected[0].itemsize >= 2**63
    else:
        assert found.shape == expected[1]
        np.testing.assert_array_equal(found.ravel(), expected[0])


@settings(max_examples=examples(300), **COMMON)
@given(
    values=DTYPES.flatmap(lambda dtype: arrays(dtype, array_shapes(max_dims=6, max_side=4))),
    suffix=st.sampled_from(["", ".gz"]),
)
def test_arrays_come_back_from_idx(values, suffix, trial, tmp_path):
    path = tmp_path / f"values{suffix}"
    write_idx(path, values)
    found = read_idx(path)
    assert found.dtype == values.dtype
    np.testing.assert_array_equal(found, values)
    trial.tries("arrays through an IDX file")


CELLS = st.one_of(
    st.integers(0, 255).map(str),
    st.sampled_from(["", " ", "-1", "256", "1e2", "0x7", "nan", "inf", "True", '"7"', '"', "7.0",
                     "9" * 400, "٣", "½", "\0", "label", "pixel0", "\ufeff", "\x1a"]),
    st.text(max_size=3),
)  # fmt: skip
LINES = st.builds(
    lambda first, n, separator, end: (
        separator.join([*first, *["0"] * max(0, n - len(first))]) + end
    ),
    st.lists(CELLS, max_size=6),
    st.sampled_from([0, 1, 783, 784, 785, 785, 785, 786]),
    st.sampled_from([",", ",", ",", ";", "\t", " "]),
    st.sampled_from(["\n", "\n", "\r\n", "\r", "", "\n\n"]),
)


@settings(max_examples=examples(1000), **COMMON)
@given(
    lines=st.lists(LINES, max_size=4),
    encoding=st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16"]),
    packs=st.booleans(),
)
def test_tables(lines, encoding, packs, refused):
    content = "".join(lines).encode(encoding, "surrogatepass")
    content = gzip.compress(content, 1) if packs else content
    found = refused(
        "any.csv", content, read_kaggle_csv, ValueError, "tables of digits, packed or not"
    )
    if found is not None:
        assert found.data.dtype == np.uint8
        assert found.data.shape == (len(found.target), 784)


class Deed:
    """Is what a pickle makes whoever reads it do."""

    done = 0

    def __reduce__(self):
        return do, ()


def do():
    Deed.done += 1


def object_array(n):
    array = np.empty(n, dtype=object)
    array[:] = [Deed()] * n
    return array


MEMBERS = st.one_of(
    st.builds(object_array, st.integers(0, 3)),
    st.binary(max_size=30),
    st.just(pickle.dumps(Deed())),
    arrays(st.sampled_from(["u1", "f8", "U3", "c16", "M8[s]", "?", [("a", "u1")]]), (2, 784)),
    arrays(st.sampled_from(["u1", "i8", "f4", "U1", "?"]), array_shapes(max_side=3)),
    st.builds(lambda n: np.zeros((n, 784), np.uint8), st.integers(0, 3)),
    st.builds(lambda n: np.arange(n), st.integers(0, 3)),
)  # fmt: skip


def bytes_of(member):
    if isinstance(member, bytes):
        return member
    content = io.BytesIO()
    np.save(content, member, allow_pickle=True)
    return content.getvalue()


@settings(max_examples=examples(600), **COMMON)
@given(
    members=st.dictionaries(
        st.sampled_from(["X", "y", "x_train", "y_train", "images", "../X"]), MEMBERS, max_size=4
    ),
    method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA]),
)
def test_archives(members, method, refused):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, member in members.items():
            archive.writestr(f"{name}.npy", bytes_of(member))
    Deed.done = 0
    refused("any.npz", content.getvalue(), load_labeled, ValueError, "NumPy's archives")
    assert Deed.done == 0


MAGIC = [
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xd8\xff\xe0\0\x10JFIF\0", b"GIF89a", b"BM", b"II*\0",
    b"MM\0*", b"RIFF\x20\0\0\0WEBPVP8 ", b"P1\n", b"P2\n", b"P3 ", b"P4\n", b"P5\n", b"P6\n",
]  # fmt: skip
SMALL_NUMBERS = st.lists(st.integers(-1, 300), max_size=12)


@settings(max_examples=examples(1500), **COMMON)
@given(
    start=st.sampled_from(MAGIC),
    rest=st.one_of(
        st.binary(max_size=80),
        SMALL_NUMBERS.map(lambda numbers: " ".join(map(str, numbers)).encode()),
        st.lists(st.integers(0, 2**32 - 1), max_size=20).map(
            lambda numbers: struct.pack(f"<{len(numbers)}I", *numbers)
        ),
    ),
)
def test_images(start, rest, refused):
    with warnings.catch_warnings(action="error"):
        image = refused("any.png", start + rest, open_image, UnreadableImageError, "image files")
    if image is not None:
        image.load()


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(["dict", "list", "tuple", "set", "texts", "array", "number", "object",
                             "keras", "RandomState", "x"]),
            inner, max_size=2,
        ),
    ),
)  # fmt: skip


@settings(max_examples=examples(600), **COMMON)
@given(content=JSON, n_arrays=st.integers(0, 2))
def test_descriptions_of_models(content, n_arrays, trial, tmp_path):
    path = tmp_path / "any.mnistcnn"
    write_model_file(path, content, [np.ones(2, np.float32)] * n_arrays, overwrite=True)
    with pytest.raises(UnreadableModelError, match=path.name), ended_in_time():
        load_classifier(path)
    trial.tries("model files with any JSON and its hash")
