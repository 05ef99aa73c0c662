"""Who wrote each digit of MNIST: from a file beside the digits, if it is of the same digits."""

import os

import numpy as np
import pytest

from mnistcnn import fetch_mnist

MNIST = os.environ.get("MNISTCNN_DATA")
LABELS = {"train": np.array([5, 0, 4]), "test": np.array([7, 2])}
WRITERS = {"train": [49, 30, 49], "test": [68, 80]}


def rows(split, more=0):
    """QMNIST's extended labels of a set, with those of digits that are not MNIST's after them."""
    table = np.full((len(LABELS[split]) + more, 8), -1, np.int32)
    table[: len(LABELS[split]), 0] = LABELS[split]
    table[: len(LABELS[split]), 2] = WRITERS[split]
    return table


@pytest.fixture
def folder(tmp_path):
    arrays = {}
    for split, labels in LABELS.items():
        arrays[f"x_{split}"] = np.zeros((len(labels), 28, 28), np.uint8)
        arrays[f"y_{split}"] = labels
    np.savez(tmp_path / "mnist.npz", **arrays)
    return tmp_path


def test_without_the_file_nobody_is_known(folder):
    assert fetch_mnist(data_home=folder).writers is None


@pytest.mark.parametrize("subset", ["train", "test", "all"])
def test_writers_follow_the_digits(folder, subset):
    np.savez_compressed(folder / "writer-ids.npz", train=rows("train"), test=rows("test", more=4))
    digits = fetch_mnist(subset=subset, data_home=folder, as_frame=True)
    splits = ("train", "test") if subset == "all" else (subset,)
    assert digits.writers.tolist() == [writer for split in splits for writer in WRITERS[split]]
    assert digits.writers.dtype == np.int64
    assert len(fetch_mnist(subset=subset, data_home=folder, return_X_y=True)) == 2


@pytest.mark.parametrize(
    ("train", "message"),
    [
        (rows("train")[::-1], "must be of MNIST's train digits"),
        (rows("train")[:2], "must be of MNIST's train digits"),
        (rows("train")[:, 2], "rows of 8 integers, got shape"),
        (rows("train").astype(float), "rows of 8 integers, got shape"),
    ],
    ids=["another order", "too few", "numbers alone", "floats"],
)
def test_a_file_of_other_digits_is_refused(folder, train, message):
    np.savez(folder / "writer-ids.npz", train=train, test=rows("test"))
    with pytest.raises(ValueError, match=message) as error:
        fetch_mnist(data_home=folder)
    assert "writer-ids.npz" in str(error.value)
    assert len(fetch_mnist(data_home=folder, return_X_y=True)) == 2


@pytest.mark.skipif(
    not MNIST or not os.path.exists(os.path.join(MNIST, "writer-ids.npz")),
    reason="MNISTCNN_DATA names no folder with MNIST and its writers",
)
def test_real_writers_are_in_one_set_only():
    digits = fetch_mnist(subset="all", download_if_missing=False)
    training, test = set(digits.writers[:60000]), set(digits.writers[60000:])
    assert (len(training), len(test), training & test) == (539, 297, set())
