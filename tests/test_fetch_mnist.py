"""fetch_mnist: every form that people have MNIST in, and a server on this machine."""

import functools
import gzip
import hashlib
import os

import numpy as np
import pandas as pd
import pytest

from mirrors import served
from mnistcnn import fetch_fashion_mnist, fetch_mnist, load_sample_digits, read_idx, write_idx
from mnistcnn.datasets._catalogue import FASHION_MNIST, RemoteFile
from mnistcnn.datasets._catalogue import MNIST as DATA

MNIST = os.environ.get("MNISTCNN_DATA")
N_TRAIN, N_TEST = 30, 10


@pytest.fixture(scope="module")
def halves():
    digits = load_sample_digits()
    images, labels = digits.images[: N_TRAIN + N_TEST], digits.target[: N_TRAIN + N_TEST]
    return {
        "train": (images[:N_TRAIN], labels[:N_TRAIN]),
        "test": (images[N_TRAIN:], labels[N_TRAIN:]),
    }


def write_npz(folder, halves):
    arrays = {
        f"{axis}_{split}": half[i] for split, half in halves.items() for i, axis in enumerate("xy")
    }
    np.savez_compressed(folder / "mnist.npz", **arrays)


def write_idx_files(folder, halves, suffix=""):
    for split, (images, labels) in halves.items():
        image_name, label_name = DATA.idx_names[split]
        write_idx(folder / (image_name + suffix), images)
        write_idx(folder / (label_name + suffix), labels.astype(np.uint8))


def write_idx_as_unpacked(folder, halves):
    write_idx_files(folder, halves)
    for path in list(folder.iterdir()):
        path.rename(folder / path.name.replace("-idx", ".idx"))


def write_as_torchvision(folder, halves):
    (folder / "MNIST" / "raw").mkdir(parents=True)
    write_idx_files(folder / "MNIST" / "raw", halves)
    (folder / "FashionMNIST" / "raw").mkdir(parents=True)
    others = {half: (255 - images, 9 - labels) for half, (images, labels) in halves.items()}
    write_idx_files(folder / "FashionMNIST" / "raw", others)


def write_as_kaggle(folder, halves):
    """Kaggle's archives hold each file in a folder of its own name."""
    write_idx_files(folder, halves)
    for path in list(folder.iterdir()):
        moved = path.rename(folder / "moving")
        path.mkdir()
        moved.rename(path / path.name)


def write_capital_csv(folder, halves):
    write_csv(folder, halves)
    for path in list(folder.iterdir()):
        path.rename(path.with_suffix(".CSV"))


def write_packed_csv(folder, halves):
    write_csv(folder, halves)
    for path in list(folder.iterdir()):
        path.with_suffix(".csv.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()


def write_csv(folder, halves, header=True):
    for split, (images, labels) in halves.items():
        columns = ["label", *(f"{row}x{column}" for row in range(1, 29) for column in range(1, 29))]
        table = np.column_stack([labels, images.reshape(len(images), -1)])
        pd.DataFrame(table, columns=columns).to_csv(
            folder / f"mnist_{split}.csv", index=False, header=header
        )


FORMS = {
    "npz": write_npz,
    "idx": write_idx_files,
    "idx.gz": functools.partial(write_idx_files, suffix=".gz"),
    "idx with a point": write_idx_as_unpacked,
    "torchvision": write_as_torchvision,
    "kaggle": write_as_kaggle,
    "CSV": write_capital_csv,
    "csv.gz": write_packed_csv,
    "csv": write_csv,
    "csv without header": functools.partial(write_csv, header=False),
}


@pytest.mark.filterwarnings("ignore:.*holds .* images, but the .* set:UserWarning")
@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_digits(tmp_path, halves, form):
    FORMS[form](tmp_path, halves)
    for split, (images, labels) in halves.items():
        digits = fetch_mnist(subset=split, data_home=tmp_path, download_if_missing=False)
        np.testing.assert_array_equal(digits.images, images)
        np.testing.assert_array_equal(digits.target, labels)
        assert digits.data.dtype == np.uint8
        assert digits.target.dtype == np.int64
        assert np.shares_memory(digits.data, digits.images)


def test_all_is_train_followed_by_test(tmp_path, halves):
    write_npz(tmp_path, halves)
    digits = fetch_mnist(subset="all", data_home=tmp_path)
    np.testing.assert_array_equal(digits.images, np.concatenate([h[0] for h in halves.values()]))
    np.testing.assert_array_equal(digits.target, np.concatenate([h[1] for h in halves.values()]))
    assert np.shares_memory(digits.data, digits.images)
    assert "40 (all)" in digits.DESCR


def test_bunch_frame_and_tuple(tmp_path, halves):
    write_npz(tmp_path, halves)
    digits = fetch_mnist(data_home=str(tmp_path), as_frame=True)
    assert list(digits.frame.columns) == [*(f"pixel{i}" for i in range(784)), "label"]
    assert digits.target.name == "label"
    assert digits.target_names.tolist() == list(range(10))
    X, y = fetch_mnist(data_home=tmp_path, return_X_y=True)
    np.testing.assert_array_equal(X, digits.data.to_numpy())
    np.testing.assert_array_equal(y, digits.target.to_numpy())


def test_data_home_goes_before_the_environment_and_that_before_the_cache(
    tmp_path, halves, monkeypatch
):
    folders = {name: tmp_path / name for name in ("home", "environment", "mnistcnn")}
    for shift, folder in enumerate(folders.values()):
        folder.mkdir()
        images, labels = halves["train"]
        write_npz(folder, {"train": (images, (labels + shift) % 10)})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("MNISTCNN_DATA", raising=False)
    assert fetch_mnist().target[0] == 2
    monkeypatch.setenv("MNISTCNN_DATA", str(folders["environment"]))
    assert fetch_mnist().target[0] == 1
    assert fetch_mnist(data_home=folders["home"]).target[0] == 0


def test_what_keras_has_downloaded_is_found_after_the_own_cache_and_left_alone(
    tmp_path, halves, monkeypatch
):
    monkeypatch.delenv("MNISTCNN_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    (tmp_path / "keras" / "datasets").mkdir(parents=True)
    write_npz(tmp_path / "keras" / "datasets", halves)
    digits = fetch_mnist(subset="all")
    assert len(digits.target) == N_TRAIN + N_TEST
    assert str(tmp_path / "keras") in digits.DESCR
    assert not (tmp_path / "cache").exists()
    own = tmp_path / "cache" / "mnistcnn"
    own.mkdir(parents=True)
    images, labels = halves["train"]
    write_npz(own, {"train": (images, (labels + 1) % 10)})
    assert fetch_mnist().target[0] == 1


def test_folder_without_mnist_says_what_to_put_where(tmp_path):
    with pytest.raises(FileNotFoundError, match="MNIST's test digits are not in") as error:
        fetch_mnist(subset="test", data_home=tmp_path, download_if_missing=False)
    for word in (str(tmp_path), "mnist.npz", "train-images-idx3-ubyte", "mnist_train.csv"):
        assert word in str(error.value)
    assert "another data set" not in str(error.value)


def test_a_folder_that_is_called_as_other_data_is_said_not_to_be_read(tmp_path, halves):
    folder = tmp_path / "fashion_mnist"
    for part, name in (("train", "train"), ("test", "t10k")):
        images, labels = halves[part]
        folder.mkdir(exist_ok=True)
        write_idx(folder / f"{name}-images-idx3-ubyte", images)
        write_idx(folder / f"{name}-labels-idx1-ubyte", labels.astype(np.uint8))
    with pytest.raises(
        FileNotFoundError, match=r"name of \S*fashion_mnist is that of another data set"
    ):
        fetch_mnist(data_home=folder, download_if_missing=False)


@pytest.mark.parametrize(
    "name",
    ["mnist.npz", "train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz", "mnist_train.csv"],
)
@pytest.mark.parametrize("share", [0, 0.3, 0.9])
def test_file_that_is_cut_is_named(tmp_path, halves, name, share):
    if name.endswith("npz"):
        write_npz(tmp_path, halves)
    elif name.endswith("csv"):
        write_csv(tmp_path, halves)
    else:
        write_idx_files(tmp_path, halves, ".gz" if name.endswith("gz") else "")
    content = (tmp_path / name).read_bytes()
    cut = int(share * len(content))
    # A table that ends with a whole line is a shorter table, so it is cut within a number.
    (tmp_path / name).write_bytes(
        content[: content.rfind(b",", 0, cut) + 1 if "csv" in name else cut]
    )
    with pytest.raises(ValueError, match=name.replace(".", r"\.")):
        fetch_mnist(data_home=tmp_path, download_if_missing=False)


def test_damaged_archive_is_named(tmp_path, halves):
    write_npz(tmp_path, halves)
    content = bytearray((tmp_path / "mnist.npz").read_bytes())
    content[len(content) // 4] ^= 255
    (tmp_path / "mnist.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"mnist\.npz is not a complete \.npz archive"):
        fetch_mnist(data_home=tmp_path)


def test_archive_is_never_unpickled(tmp_path, halves):
    images, labels = halves["train"]
    np.savez(tmp_path / "mnist.npz", x_train=images, y_train=labels.astype(object))
    with pytest.raises(ValueError, match=r"mnist\.npz .*allow_pickle=False"):
        fetch_mnist(data_home=tmp_path)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((3, 32, 32), np.uint8), np.zeros(3, int), r"\(n, 28, 28\) and dtype uint8"),
        (np.zeros((3, 28, 28)), np.zeros(3, int), "got shape .* and dtype float64"),
        (np.zeros((3, 28, 28), np.uint8), np.zeros(4, int), "for each of its 3 images"),
        (np.zeros((3, 28, 28), np.uint8), np.zeros(3), "one integer label"),
        (np.zeros((3, 28, 28), np.uint8), np.array([1, 2, 10]), "labels from 0 to 9"),
        (np.zeros((0, 28, 28), np.uint8), np.zeros(0, int), "labels from 0 to 9"),
    ],
)
def test_archive_that_holds_something_else_is_refused(tmp_path, images, labels, message):
    np.savez(tmp_path / "mnist.npz", x_train=images, y_train=labels)
    with pytest.raises(ValueError, match=message) as error:
        fetch_mnist(data_home=tmp_path)
    assert "mnist.npz" in str(error.value)


def test_archive_with_other_names_lists_them(tmp_path):
    np.savez(tmp_path / "mnist.npz", a=np.zeros(3))
    with pytest.raises(ValueError, match=r"arrays 'x_train' and 'y_train', got \['a'\]"):
        fetch_mnist(data_home=tmp_path)


@pytest.fixture
def mirror(tmp_path, halves, monkeypatch):
    """Serve small IDX files from this machine in the place of MNIST's; give their folder."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    write_idx_files(folder, halves, ".gz")
    with served(DATA, folder, monkeypatch):
        yield folder


def test_missing_files_are_downloaded_once(tmp_path, halves, mirror):
    home = tmp_path / "new" / "home"
    digits = fetch_mnist(subset="all", data_home=home)
    assert len(digits.target) == N_TRAIN + N_TEST
    assert {path.name for path in home.iterdir()} == {file.name for file in DATA.files.values()}
    for path in mirror.iterdir():
        path.unlink()
    np.testing.assert_array_equal(fetch_mnist(data_home=home).images, halves["train"][0])


def test_only_the_half_that_is_asked_for_is_downloaded(tmp_path, mirror):
    assert mirror.exists()
    fetch_mnist(subset="test", data_home=tmp_path / "home")
    names = {path.name for path in (tmp_path / "home").iterdir()}
    assert names == {"t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"}


def test_only_the_file_that_lacks_is_downloaded(tmp_path, halves, mirror):
    home = tmp_path / "home"
    home.mkdir()
    (mirror / "train-images-idx3-ubyte.gz").unlink()
    write_idx(home / "train-images-idx3-ubyte", halves["train"][0])
    digits = fetch_mnist(data_home=home)
    np.testing.assert_array_equal(digits.images, halves["train"][0])
    np.testing.assert_array_equal(digits.target, halves["train"][1])


@pytest.mark.parametrize("spoil", ["wrong", "missing"])
def test_failed_download_leaves_no_file_and_says_where_to_put_one(tmp_path, mirror, spoil):
    path = mirror / "train-labels-idx1-ubyte.gz"
    path.write_bytes(gzip.compress(b"something else")) if spoil == "wrong" else path.unlink()
    home = tmp_path / "home"
    with pytest.raises(OSError, match="could not be downloaded") as error:
        fetch_mnist(data_home=home)
    message = str(error.value)
    assert f"put the file into {home} by hand" in message
    assert "MNISTCNN_DATA" in message
    assert path.name in message
    assert [path.name for path in home.iterdir()] == ["train-images-idx3-ubyte.gz"]


@pytest.mark.parametrize(
    "parameters", [{"subset": "validation"}, {"data_home": 3}, {"download_if_missing": "no"}]
)
def test_bad_parameter_is_refused(parameters):
    with pytest.raises(ValueError, match=next(iter(parameters))):
        fetch_mnist(**parameters)


@pytest.mark.skipif(not MNIST, reason="MNISTCNN_DATA names no folder with MNIST")
def test_real_mnist_has_its_published_size_and_hashes():
    digits = fetch_mnist(subset="all", download_if_missing=False)
    assert digits.data.shape == (70000, 784)
    assert np.bincount(digits.target[:60000]).tolist() == [
        *(5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
    ]
    for file in DATA.files.values():
        path = os.path.join(MNIST, file.name)
        if os.path.exists(path):
            with open(path, "rb") as stream:
                assert hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256
            assert os.path.getsize(path) == file.n_bytes
            assert len(read_idx(path)) in (60000, 10000)


def test_the_folder_of_torchvision_itself_is_taken(tmp_path, halves):
    write_as_torchvision(tmp_path, halves)
    digits = fetch_mnist(data_home=tmp_path / "MNIST")
    np.testing.assert_array_equal(digits.images, halves["train"][0])


def test_another_data_set_is_never_taken_for_mnist(tmp_path, halves, monkeypatch):
    write_as_torchvision(tmp_path, halves)
    for folder in ("FashionMNIST", "FashionMNIST/raw"):
        with pytest.raises(FileNotFoundError):
            fetch_mnist(data_home=tmp_path / folder, download_if_missing=False)
    (tmp_path / "FashionMNIST" / "raw").rename(tmp_path / "fashion-mnist")
    monkeypatch.chdir(tmp_path / "fashion-mnist")
    with pytest.raises(FileNotFoundError):
        fetch_mnist(data_home=".", download_if_missing=False)


@pytest.mark.parametrize("by", ["parameter", "environment"])
def test_a_data_home_that_cannot_be_one_is_named(tmp_path, monkeypatch, by):
    file = tmp_path / "mnist.txt"
    file.write_text("no folder")
    for stated, message in ((file, "must be a folder"), ("~nobody-of-this-name/x", "with a home")):
        named = {"data_home": stated} if by == "parameter" else {}
        monkeypatch.setenv("MNISTCNN_DATA", "" if named else str(stated))
        name = "data_home" if named else "MNISTCNN_DATA"
        with pytest.raises(ValueError, match=f"{name}.*{message}") as error:
            fetch_mnist(**named)
        assert str(stated) in str(error.value)


class TestWhatIsNotMnist:
    def test_a_table_that_was_cut_between_two_lines_is_told(self, tmp_path, halves):
        write_csv(tmp_path, halves)
        with pytest.warns(UserWarning, match=r"mnist_train\.csv holds 30 .* has 60,000") as caught:
            digits = fetch_mnist(data_home=tmp_path)
        assert len(digits.target) == N_TRAIN
        assert caught[0].filename == __file__

    @pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"])
    def test_a_file_of_another_data_set_is_refused_by_its_hash(
        self, tmp_path, halves, monkeypatch, name
    ):
        write_idx_files(tmp_path, halves, ".gz")
        content = (tmp_path / f"{name}.gz").read_bytes()
        published = RemoteFile(f"{name}.gz", len(content), hashlib.sha256(content).hexdigest())
        monkeypatch.setitem(vars(FASHION_MNIST), "files", {name: published})
        with pytest.raises(
            ValueError, match=rf"{name}\.gz must be .*read it with fetch_fashion_mnist"
        ):
            fetch_mnist(data_home=tmp_path)
        fetch_mnist(data_home=tmp_path, subset="test")
        (tmp_path / "fashion_mnist").mkdir()
        for path in tmp_path.glob("train*"):
            path.rename(tmp_path / "fashion_mnist" / path.name)
        assert len(fetch_fashion_mnist(data_home=tmp_path).target) == N_TRAIN

    def test_as_many_images_with_labels_equally_often_are_told(self, tmp_path):
        labels = (np.arange(10_000) % 10).astype(np.uint8)
        write_idx_files(tmp_path, {"test": (np.zeros((10_000, 28, 28), np.uint8), labels)})
        with pytest.warns(UserWarning, match=r"as MNIST, but contains every label equally often"):
            fetch_mnist(data_home=tmp_path, subset="test")
        labels[0] = 1
        write_idx(tmp_path / DATA.idx_names["test"][1], labels)
        fetch_mnist(data_home=tmp_path, subset="test")
