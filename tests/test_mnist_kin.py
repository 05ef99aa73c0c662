"""Fashion-MNIST and KMNIST: in each folder that people have them in, and from a server."""

import hashlib
import os
import stat

import numpy as np
import pandas as pd
import pytest

from mirrors import served
from mnist_files import (
    IMAGES,
    LABELS,
    SIZES,
    assert_is_written,
    state,
    write_data,
    write_zip,
)
from mnistcnn import fetch_emnist, fetch_fashion_mnist, fetch_kmnist, fetch_mnist
from mnistcnn.datasets import load_labeled
from mnistcnn.datasets._catalogue import EMNIST, FASHION_MNIST, KMNIST, MNIST

FETCHED = {"fashion": (fetch_fashion_mnist, FASHION_MNIST), "kmnist": (fetch_kmnist, KMNIST)}
IN_FOLDERS = [
    ("fashion", "fashion-mnist", ".gz"),
    ("fashion", "FashionMNIST/raw", ""),
    ("fashion", "fashion_mnist", ".gz"),
    ("kmnist", "KMNIST/raw", ""),
    ("kmnist", "kmnist", ".gz"),
]


class TestFolders:
    @pytest.mark.parametrize(("name", "place", "suffix"), IN_FOLDERS)
    @pytest.mark.parametrize("is_named", [True, False], ids=["itself", "around"])
    def test_each_layout_is_read_and_left_alone(self, tmp_path, name, place, suffix, is_named):
        fetch, data = FETCHED[name]
        write_data(tmp_path / place, data, suffix)
        before = state(tmp_path)
        for split in SIZES:
            home = tmp_path / place if is_named else tmp_path
            assert_is_written(fetch(subset=split, data_home=home), split)
        assert state(tmp_path) == before

    @pytest.mark.parametrize("name", FETCHED)
    def test_files_with_mnists_names_are_not_taken_from_any_folder(self, tmp_path, name):
        fetch, data = FETCHED[name]
        write_data(tmp_path / "some folder", data)
        write_data(tmp_path / "MNIST" / "raw", data)
        for home in (tmp_path / "some folder", tmp_path, tmp_path / "MNIST"):
            with pytest.raises(FileNotFoundError, match=f"in a folder {data.folders[0]}"):
                fetch(data_home=home, download_if_missing=False)

    def test_all_lie_beside_each_other_in_one_folder(self, tmp_path):
        for shift, (place, data) in enumerate(
            {"": MNIST, "fashion-mnist": FASHION_MNIST, "KMNIST/raw": KMNIST}.items()
        ):
            labels = {split: (label + shift) % 10 for split, label in LABELS.items()}
            write_data(tmp_path / place, data, labels=labels)
        fetched = [
            one(data_home=tmp_path) for one in (fetch_mnist, fetch_fashion_mnist, fetch_kmnist)
        ]
        assert [int(one.target[0]) for one in fetched] == [1, 2, 3]

    @pytest.mark.parametrize("name", FETCHED)
    @pytest.mark.filterwarnings("ignore:.*holds .* images, but the .* set:UserWarning")
    def test_tables_and_archives_of_their_names_are_read(self, tmp_path, name):
        fetch, data = FETCHED[name]
        for split, stem in data.tables.items():
            table = np.column_stack([LABELS[split], IMAGES[split].reshape(SIZES[split], -1)])
            columns = ["label", *(f"pixel{i}" for i in range(1, 785))]
            pd.DataFrame(table, columns=columns).to_csv(tmp_path / f"{stem}.csv", index=False)
            assert_is_written(fetch(subset=split, data_home=tmp_path), split)
        shifted = (LABELS["train"] + 1) % 10
        np.savez(tmp_path / data.archive, x_train=IMAGES["train"], y_train=shifted)
        np.testing.assert_array_equal(fetch(data_home=tmp_path).target, shifted)

    def test_what_keras_has_downloaded_is_found_by_default(self, tmp_path, monkeypatch):
        monkeypatch.delenv("MNISTCNN_DATA", raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
        write_data(tmp_path / "keras/datasets/fashion-mnist", FASHION_MNIST, ".gz")
        before = state(tmp_path)
        assert_is_written(fetch_fashion_mnist())
        assert state(tmp_path) == before
        with pytest.raises(FileNotFoundError, match="KMNIST's train characters are not in"):
            fetch_kmnist(download_if_missing=False)

    def test_a_folder_that_may_not_be_written_to_is_read(self, tmp_path):
        folder = tmp_path / "fashion-mnist"
        write_data(folder, FASHION_MNIST)
        for path in (*folder.iterdir(), folder):
            path.chmod(path.stat().st_mode & ~stat.S_IWUSR)
        try:
            assert_is_written(fetch_fashion_mnist(data_home=folder))
        finally:
            folder.chmod(0o755)

    @pytest.mark.parametrize("name", FETCHED)
    @pytest.mark.parametrize("share", [0.1, 0.9])
    def test_a_file_that_is_cut_is_named(self, tmp_path, name, share):
        fetch, data = FETCHED[name]
        folder = tmp_path / data.folders[0]
        write_data(folder, data, ".gz")
        path = folder / "train-images-idx3-ubyte.gz"
        path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
        with pytest.raises(ValueError, match=r"train-images-idx3-ubyte\.gz is not a complete IDX"):
            fetch(data_home=tmp_path)


class TestResult:
    def test_target_names_are_words_and_hiragana(self, tmp_path):
        write_data(tmp_path / "fashion-mnist", FASHION_MNIST)
        clothes = fetch_fashion_mnist(data_home=tmp_path, as_frame=True)
        words = clothes.target_names[clothes.target]
        assert words[:3].tolist() == ["Trouser", "T-shirt/top", "Ankle boot"]
        assert list(clothes.frame.columns) == [*(f"pixel{i}" for i in range(784)), "label"]
        assert clothes.DESCR.startswith("Fashion-MNIST\n-------------\n")
        write_data(tmp_path / "kmnist", KMNIST)
        X, y = fetch_kmnist(data_home=tmp_path, subset="all", return_X_y=True)
        assert (X.shape, len(y)) == ((20, 784), 20)
        assert "".join(fetch_kmnist(data_home=tmp_path).target_names) == "おきすつなはまやれを"

    @pytest.mark.parametrize("fetch", [fetch_fashion_mnist, fetch_kmnist, fetch_emnist])
    @pytest.mark.parametrize("parameters", [{"subset": "validation"}, {"data_home": 3}])
    def test_bad_parameter_is_refused(self, fetch, parameters):
        with pytest.raises(ValueError, match=next(iter(parameters))):
            fetch(**parameters)


class TestDownloads:
    @pytest.mark.parametrize("name", FETCHED)
    def test_each_has_a_folder_of_its_own(self, tmp_path, monkeypatch, name):
        fetch, data = FETCHED[name]
        write_data(tmp_path / "mirror", data, ".gz")
        home = tmp_path / "home"
        with served(data, tmp_path / "mirror", monkeypatch):
            assert_is_written(fetch(data_home=home))
            assert {path.name for path in (home / data.folders[0]).iterdir()} == {
                f"{name}.gz" for name in data.idx_names["train"]
            }
        # The server is gone.
        assert_is_written(fetch(data_home=home))
        with pytest.raises(FileNotFoundError):
            fetch_mnist(data_home=home, download_if_missing=False)

    def test_emnist_is_one_archive_for_all_splits(self, tmp_path, monkeypatch):
        data = EMNIST["letters"]
        write_zip(tmp_path / "gzip.zip", data, LABELS)
        home = tmp_path / "home"
        with served(data, tmp_path, monkeypatch):
            assert_is_written(fetch_emnist("letters", data_home=home))
        assert [path.name for path in (home / "emnist").iterdir()] == ["gzip.zip"]
        assert_is_written(fetch_emnist("letters", subset="test", data_home=home), "test")

    @pytest.mark.parametrize("spoil", ["other", "longer"])
    def test_a_wrong_file_is_refused_and_leaves_none(self, tmp_path, monkeypatch, spoil):
        write_data(tmp_path / "mirror", KMNIST, ".gz")
        path = tmp_path / "mirror" / "train-labels-idx1-ubyte.gz"
        content = path.read_bytes()
        with served(KMNIST, tmp_path / "mirror", monkeypatch):
            path.write_bytes(content[:-1] + b"!" if spoil == "other" else content + b"more")
            with pytest.raises(OSError, match="could not be downloaded") as error:
                fetch_kmnist(data_home=tmp_path / "home")
        reason = "the sha256" if spoil == "other" else f"more than {len(content)} bytes"
        assert reason in str(error.value)
        folder = tmp_path / "home" / "kmnist"
        assert f"put the file into {folder} by hand" in str(error.value)
        assert [path.name for path in folder.iterdir()] == ["train-images-idx3-ubyte.gz"]

    def test_hashes_and_sizes_are_of_the_form_that_downloads_compare(self):
        for data in (MNIST, FASHION_MNIST, KMNIST, *EMNIST.values()):
            assert set(data.files) == {name for names in data.idx_names.values() for name in names}
            for file in data.files.values():
                assert len(bytes.fromhex(file.sha256)) == hashlib.sha256().digest_size
                assert file.n_bytes > 0
            assert all(url.endswith("/") for url in data.mirrors)


class TestLoadLabeled:
    @pytest.mark.parametrize(
        ("source", "data", "place"),
        [
            ("fashion_mnist", FASHION_MNIST, "FashionMNIST/raw"),
            ("kmnist", KMNIST, "kmnist"),
            ("emnist-digits", EMNIST["digits"], "emnist"),
            ("emnist-letters", EMNIST["letters"], ""),
        ],
    )
    def test_names_load_what_is_on_the_disk(self, tmp_path, monkeypatch, source, data, place):
        monkeypatch.setenv("MNISTCNN_DATA", str(tmp_path))
        write_data(tmp_path / place, data)
        for split in SIZES:
            X, y = load_labeled(source, subset=split)
            np.testing.assert_array_equal(X, IMAGES[split].reshape(SIZES[split], -1))
            np.testing.assert_array_equal(y, LABELS[split])

    def test_a_folder_is_what_its_name_says(self, tmp_path):
        write_data(tmp_path / "FashionMNIST" / "raw", FASHION_MNIST)
        for place in ("FashionMNIST", "FashionMNIST/raw"):
            np.testing.assert_array_equal(load_labeled(tmp_path / place)[1], LABELS["train"])
        (tmp_path / "kmnist").mkdir()
        with pytest.raises(FileNotFoundError, match="must hold KMNIST's train characters as"):
            load_labeled(tmp_path / "kmnist")

    @pytest.mark.parametrize(
        ("name", "nearest"),
        [
            ("fashion-mnist", "fashion_mnist"),
            ("emnist-leters", "emnist-letters"),
            ("emnist", "emnist-balanced"),
            ("KMNIST", "kmnist"),
        ],
    )
    def test_an_unknown_name_is_answered_with_the_nearest(
        self, tmp_path, monkeypatch, name, nearest
    ):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(FileNotFoundError, match=f"no '{name}'; did you mean '{nearest}'"):
            load_labeled(name)


REAL = os.environ.get("MNISTCNN_DATA")


@pytest.mark.skipif(not REAL, reason="MNISTCNN_DATA names no folder with data")
@pytest.mark.parametrize("name", FETCHED)
def test_real_data_have_their_published_size(name):
    fetch, data = FETCHED[name]
    try:
        sizes = {
            split: len(fetch(subset=split, download_if_missing=False).target) for split in SIZES
        }
    except FileNotFoundError:
        pytest.skip(f"{data.title} is not in {REAL}")
    assert sizes == data.n_images
