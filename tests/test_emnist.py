"""EMNIST: upright letters and digits from IDX files, NIST's archive and Kaggle's tables."""

import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mnist_files import (
    IMAGES,
    LABELS,
    SIZES,
    assert_is_written,
    state,
    write_data,
    write_split,
    write_zip,
)
from mnistcnn import DigitCNNClassifier, fetch_emnist, read_kaggle_csv
from mnistcnn.datasets import load_labeled
from mnistcnn.datasets._catalogue import EMNIST


def labels_of(data):
    """Labels of which the last class is one."""
    return {
        split: ((data.n_classes - 1 - np.arange(n)) % data.n_classes).astype(np.uint8)
        for split, n in SIZES.items()
    }


@pytest.mark.parametrize("split", EMNIST)
@pytest.mark.parametrize(("place", "suffix"), [("", ".gz"), ("EMNIST/raw", ""), ("gzip", ".gz")])
def test_each_split_comes_upright_with_labels_from_0(tmp_path, split, place, suffix):
    data = EMNIST[split]
    labels = labels_of(data)
    write_data(tmp_path / place, data, suffix, labels)
    before = state(tmp_path)
    for subset in SIZES:
        fetched = fetch_emnist(split, subset=subset, data_home=tmp_path)
        assert_is_written(fetched, subset, labels)
        assert len(fetched.target_names) == data.n_classes
    assert state(tmp_path) == before


@pytest.mark.parametrize(
    ("split", "labels", "characters"),
    [
        ("letters", [0, 1, 25], "ABZ"),
        ("balanced", [9, 10, 35, 36, 38, 46], "9AZadt"),
        ("bymerge", [0, 46], "0t"),
        ("byclass", [9, 10, 36, 61], "9Aaz"),
        ("digits", [0, 9], "09"),
    ],
)
def test_target_names_are_the_characters(tmp_path, split, labels, characters):
    data = EMNIST[split]
    in_files = np.array(labels, np.uint8) + data.first_label
    images = np.zeros((len(labels), 28, 28), np.uint8)
    write_split(tmp_path, data.idx_names["train"], images, in_files)
    fetched = fetch_emnist(split, data_home=tmp_path)
    assert "".join(fetched.target_names[fetched.target]) == characters


@given(images=arrays(np.uint8, st.tuples(st.integers(1, 3), st.just(28), st.just(28))))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_and_columns_are_exchanged_whatever_they_hold(tmp_path, images):
    labels = np.ones(len(images), np.uint8)
    write_split(tmp_path, EMNIST["letters"].idx_names["train"], images, labels)
    upright = fetch_emnist("letters", data_home=tmp_path).images
    np.testing.assert_array_equal(upright, images.transpose(0, 2, 1))


@pytest.mark.filterwarnings("ignore:.*holds .* images, but the .* set:UserWarning")
def test_kaggles_tables_are_upright_too(tmp_path):
    rows = IMAGES["train"].transpose(0, 2, 1).reshape(SIZES["train"], -1)
    table = np.column_stack([LABELS["train"] + 1, rows])
    path = tmp_path / "emnist-letters-train.csv"
    np.savetxt(path, table, fmt="%d", delimiter=",")
    assert_is_written(fetch_emnist("letters", data_home=tmp_path))


@pytest.mark.filterwarnings("ignore:.*holds .* images, but the .* set:UserWarning")
@pytest.mark.parametrize("split", ["letters", "digits", "balanced"])
def test_a_table_written_from_its_frame_comes_back_as_it_was(tmp_path, split):
    write_data(tmp_path / "emnist", EMNIST[split])
    fetched = fetch_emnist(split, data_home=tmp_path, as_frame=True)
    home = tmp_path / "written"
    home.mkdir()
    path = home / f"emnist-{split}-train.csv.gz"
    fetched.frame.to_csv(path, index=False)
    assert_is_written(fetch_emnist(split, data_home=home))
    assert_is_written(read_kaggle_csv(path))
    X, y = load_labeled(path)
    np.testing.assert_array_equal(X, fetched.data)
    np.testing.assert_array_equal(y, fetched.target)
    fetched.data.to_csv(path, index=False)
    np.testing.assert_array_equal(read_kaggle_csv(path, target=None).data, fetched.data)


def test_a_table_with_a_header_holds_labels_from_0(tmp_path):
    rows = IMAGES["train"].reshape(SIZES["train"], -1)
    frame = pd.DataFrame(rows).add_prefix("pixel").assign(label=26)
    frame.to_csv(tmp_path / "emnist-letters-train.csv", index=False)
    with pytest.raises(ValueError, match="labels from 0 to 25, got"):
        fetch_emnist("letters", data_home=tmp_path)


@pytest.mark.parametrize("name", ["gzip.zip", "emnist.zip"])
@pytest.mark.parametrize("place", ["", "emnist", "EMNIST/raw"])
def test_the_archive_is_read_without_being_unpacked(tmp_path, name, place):
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    write_zip(tmp_path / place / name, EMNIST["letters"], LABELS)
    before = state(tmp_path)
    for subset in SIZES:
        assert_is_written(fetch_emnist("letters", subset=subset, data_home=tmp_path), subset)
    assert state(tmp_path) == before


def test_an_archive_without_the_split_says_so(tmp_path):
    write_zip(tmp_path / "gzip.zip", EMNIST["letters"], LABELS)
    with pytest.raises(ValueError, match=r"gzip\.zip is not .* emnist-digits-train-images"):
        fetch_emnist("digits", data_home=tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content[:30] + bytes([content[30] ^ 255]) + content[31:],
        lambda content: gzip.compress(gzip.decompress(content) + b"more"),
        lambda _: gzip.compress(b"\0\0\x08\x03" + b"\x7f\xff\xff\xff" * 3),
    ],
    ids=["cut", "changed", "longer", "promises too much"],
)
def test_a_damaged_member_of_the_archive_is_named(tmp_path, damage):
    write_zip(tmp_path / "gzip.zip", EMNIST["letters"], LABELS, damage)
    with pytest.raises(ValueError, match=r"gzip\.zip is not .*train-images-idx3-ubyte\.gz"):
        fetch_emnist("letters", data_home=tmp_path)


def test_labels_of_another_split_are_refused(tmp_path):
    names = EMNIST["letters"].idx_names["train"]
    write_split(tmp_path, names, IMAGES["train"], np.arange(12, dtype=np.uint8))
    with pytest.raises(ValueError, match="labels from 1 to 26, got"):
        fetch_emnist("letters", data_home=tmp_path)


def test_an_unknown_split_is_answered_with_those_that_there_are():
    with pytest.raises(ValueError, match="'leters'; did you mean 'letters'.*balanced, byclass"):
        fetch_emnist("leters")
    with pytest.raises(ValueError, match="split must be one of balanced"):
        fetch_emnist("photographs")


@pytest.mark.parametrize("split", ["letters", "balanced"])
def test_a_network_learns_all_its_classes(tmp_path, split):
    data = EMNIST[split]
    labels = np.repeat(np.arange(data.n_classes), 3).astype(np.uint8)
    # Each class is a bar of its own, as wide in all its images.
    images = np.zeros((len(labels), 28, 28), np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[label % 28] = 255
        image[:, label // 28 * 10] = 255
    in_files = labels + data.first_label
    write_split(tmp_path, data.idx_names["train"], images.transpose(0, 2, 1), in_files)
    fetched = fetch_emnist(split, data_home=tmp_path)
    classifier = DigitCNNClassifier("baseline", epochs=15, random_state=0)
    classifier.fit(fetched.data, fetched.target)
    assert classifier.classes_.tolist() == list(range(data.n_classes))
    assert classifier.predict_proba(fetched.data).shape == (len(labels), data.n_classes)
    assert classifier.score(fetched.data, fetched.target) == 1
