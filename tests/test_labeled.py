"""load_labeled: what a command line's --data can name."""

import numpy as np
import pandas as pd
import pytest

from mnistcnn import fetch_mnist, load_sample_digits, read_kaggle_csv, write_idx
from mnistcnn.datasets import load_labeled

IMAGES = np.arange(3 * 784, dtype=np.uint32).reshape(3, 28, 28).astype(np.uint8)
LABELS = np.array([4, 0, 9], dtype=np.uint8)


def test_digits_are_the_bundled_ones():
    X, y = load_labeled("digits")
    expected = load_sample_digits()
    np.testing.assert_array_equal(X, expected.data)
    np.testing.assert_array_equal(y, expected.target)


def test_mnist_and_a_folder_give_the_half_that_is_asked_for(tmp_path, monkeypatch):
    for split, name in (("train", "train"), ("test", "t10k")):
        n = 3 if split == "train" else 2
        write_idx(tmp_path / f"{name}-images-idx3-ubyte", IMAGES[:n])
        write_idx(tmp_path / f"{name}-labels-idx1-ubyte.gz", LABELS[:n])
    monkeypatch.setenv("MNISTCNN_DATA", str(tmp_path))
    for source in ("mnist", str(tmp_path), tmp_path):
        for split in ("train", "test"):
            X, y = load_labeled(source, subset=split)
            expected = fetch_mnist(subset=split)
            np.testing.assert_array_equal(X, expected.data)
            np.testing.assert_array_equal(y, expected.target)
    assert len(load_labeled("mnist")[1]) == 3


@pytest.mark.parametrize("name", ["digits.csv", "digits.csv.gz"])
def test_csv_gives_rows_and_labels(tmp_path, name):
    frame = pd.DataFrame(IMAGES.reshape(3, -1), columns=[f"pixel{i}" for i in range(784)])
    frame.assign(label=LABELS).to_csv(tmp_path / name, index=False)
    X, y = load_labeled(tmp_path / name)
    np.testing.assert_array_equal(X, IMAGES.reshape(3, -1))
    np.testing.assert_array_equal(y, LABELS)


def test_npz_gives_its_arrays_as_they_are(tmp_path):
    np.savez(tmp_path / "plain.npz", X=np.zeros((3, 8, 8, 3), np.float32), y=["a", "b", "a"])
    X, y = load_labeled(tmp_path / "plain.npz", subset="test")
    assert (X.shape, X.dtype, y.tolist()) == ((3, 8, 8, 3), np.float32, ["a", "b", "a"])
    np.savez(
        tmp_path / "keras.npz", x_train=IMAGES, y_train=LABELS, x_test=IMAGES[:1], y_test=LABELS[:1]
    )
    assert load_labeled(tmp_path / "keras.npz")[0].shape == (3, 28, 28)
    assert load_labeled(tmp_path / "keras.npz", subset="test")[0].shape == (1, 28, 28)


@pytest.mark.parametrize("name", ["nowhere", "nowhere.csv", "folder/nowhere.npz"])
def test_missing_source_is_named_beside_what_is_allowed(tmp_path, name):
    with pytest.raises(
        FileNotFoundError, match=r"nowhere.*'digits', 'mnist',.*'emnist-mnist', a \.csv file"
    ):
        load_labeled(tmp_path / name)


def test_folder_without_digits_says_what_it_must_hold(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"must hold MNIST's train digits as mnist\.npz"):
        load_labeled(tmp_path)


def test_file_of_another_form_lists_what_is_allowed(tmp_path):
    (tmp_path / "digits.txt").write_text("7")
    with pytest.raises(ValueError, match=r"data must be 'digits', .* got .*digits\.txt"):
        load_labeled(tmp_path / "digits.txt")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"X": np.zeros((3, 64)), "y": np.zeros(2)}, r"shape \(3, 64\) and \(2,\)"),
        ({"X": np.zeros((0, 64)), "y": np.zeros(0)}, r"shape \(0, 64\) and \(0,\)"),
        ({"X": np.zeros(3), "y": np.zeros(3)}, r"shape \(3,\) and \(3,\)"),
        ({"X": np.zeros((3, 64))}, r"'x_train' and 'y_train', or 'X' and 'y', got \['X'\]"),
        ({"X": np.array([{}]), "y": np.zeros(1)}, "allow_pickle=False"),
    ],
)
def test_npz_without_labeled_images_is_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "digits.npz", **arrays)
    with pytest.raises(ValueError, match=message) as error:
        load_labeled(tmp_path / "digits.npz")
    assert "digits.npz" in str(error.value)


def test_text_that_is_called_npz_is_refused(tmp_path):
    (tmp_path / "digits.npz").write_text("label,pixel0")
    with pytest.raises(ValueError, match=r"digits\.npz is not a complete \.npz archive"):
        load_labeled(tmp_path / "digits.npz")


@pytest.mark.parametrize("source", ["~nobody-of-that-name", "~nobody-of-that-name/digits.csv"])
def test_home_of_nobody_is_named(source):
    with pytest.raises(FileNotFoundError, match="There is no '~nobody-of-that-name"):
        load_labeled(source)


def test_empty_name_is_not_the_current_folder():
    with pytest.raises(ValueError, match="got an empty string"):
        load_labeled("")


@pytest.mark.parametrize("name", ["emnist-letters-train.csv", "EMNIST-letters-test.CSV"])
def test_tables_of_emnist_are_upright_with_labels_from_0(tmp_path, name):
    in_file = np.column_stack([[1, 26, 3], IMAGES.transpose(0, 2, 1).reshape(3, -1)])
    np.savetxt(tmp_path / name, in_file, fmt="%d", delimiter=",")
    X, y = load_labeled(tmp_path / name)
    np.testing.assert_array_equal(X, IMAGES.reshape(3, -1))
    np.testing.assert_array_equal(y, [0, 25, 2])
    bunch = read_kaggle_csv(tmp_path / name)
    np.testing.assert_array_equal(bunch.images, IMAGES)
    assert "".join(bunch.target_names[bunch.target]) == "AZC"
    assert np.shares_memory(bunch.data, bunch.images)
    np.savetxt(tmp_path / name, in_file[:, 1:], fmt="%d", delimiter=",")
    unlabeled = read_kaggle_csv(tmp_path / name, target=None)
    np.testing.assert_array_equal(unlabeled.images, IMAGES)
    assert unlabeled.target_names is None


def test_labels_that_emnists_letters_do_not_have_are_refused(tmp_path):
    in_file = np.column_stack([[0, 1, 2], IMAGES.reshape(3, -1)])
    np.savetxt(tmp_path / "emnist-letters-train.csv", in_file, fmt="%d", delimiter=",")
    with pytest.raises(ValueError, match=r"integers from 1 to 26 here, got '0' in line 1"):
        load_labeled(tmp_path / "emnist-letters-train.csv")
