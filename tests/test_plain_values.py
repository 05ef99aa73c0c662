"""Plain values in a file: the same come back, and nothing else goes in."""

from collections import OrderedDict, deque

import keras
import numpy as np
import pytest

from mnistcnn._training.plain_values import are_equal, is_plain, read_values, write_values

VALUES = {
    "numbers": [None, True, 3, 2**80, 0.1, float("inf"), -0.0],
    "text": "ä, 字",
    "arrays": [np.arange(3, dtype=np.int16), np.zeros((2, 0), np.float32), np.array("abc")],
    "number of NumPy": np.float32(0.1),
    "nested": {"a": [(1, {"b": np.ones(2)})], 3: {4, 5}},
    "bfloat16": keras.ops.convert_to_numpy(keras.ops.cast([1.0, 2.5], "bfloat16")),
    "comparison": keras.ops.less,
}


@pytest.mark.parametrize("name", VALUES)
def test_what_is_written_comes_back(name, tmp_path):
    write_values(tmp_path / "file.npz", VALUES[name])
    back = read_values(tmp_path / "file.npz")
    assert type(back) is type(VALUES[name])
    assert are_equal(back, VALUES[name])


def test_kinds_of_lists_and_dicts_come_back_as_those(tmp_path):
    write_values(tmp_path / "file.npz", [deque([1]), OrderedDict(a=1)])
    assert read_values(tmp_path / "file.npz") == [[1], {"a": 1}]


def test_differences_are_seen():
    assert not are_equal([1, np.zeros(2)], [1, np.ones(2)])
    assert not are_equal([1, np.zeros(2)], [2, np.zeros(2)])
    assert not are_equal(np.zeros(2), [0.0, 0.0])


def endless():
    endless = []
    endless.append(endless)
    return endless


@pytest.mark.parametrize(
    "value",
    [object(), [object()], {"a": print}, np.array([object()]), lambda: 3, endless()],
    ids=["object", "list", "dict", "array", "function", "endless"],
)
def test_other_objects_are_no_plain_values(value):
    assert not is_plain(value)


def test_a_damaged_file_is_never_taken_for_values(tmp_path):
    path = tmp_path / "file.npz"
    write_values(path, {"weights": np.arange(100.0), "epoch": 3})
    whole = path.read_bytes()
    for n_bytes in range(0, len(whole), 37):
        path.write_bytes(whole[:n_bytes])
        with pytest.raises(Exception):  # noqa: B017, PT011 of whatever kind
            read_values(path)


def test_reading_runs_no_code(tmp_path):
    path = tmp_path / "file.npz"
    np.savez(path, np.array([print], dtype=object))
    with pytest.raises(ValueError, match="pickle"):
        read_values(path)
