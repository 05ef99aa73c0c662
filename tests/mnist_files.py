"""Small files in the form of MNIST's kin, and what they hold."""

import zipfile

import numpy as np

from mnistcnn import write_idx

SIZES = {"train": 12, "test": 8}
GENERATOR = np.random.default_rng(0)
IMAGES = {
    split: GENERATOR.integers(0, 256, (n, 28, 28), dtype=np.uint8) for split, n in SIZES.items()
}
LABELS = {split: np.arange(n, dtype=np.uint8)[::-1] % 10 for split, n in SIZES.items()}


def write_split(folder, names, images, labels, suffix=""):
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in zip(names, (images, labels), strict=True):
        write_idx(folder / f"{name}{suffix}", array)


def write_data(folder, data, suffix="", labels=LABELS):
    """Write both sets as their makers do; `IMAGES` are what is to be read then."""
    for split, names in data.idx_names.items():
        images = IMAGES[split].transpose(0, 2, 1) if data.is_transposed else IMAGES[split]
        in_files = (labels[split] + data.first_label).astype(np.uint8)
        write_split(folder, names, images, in_files, suffix)


def assert_is_written(bunch, split="train", labels=LABELS):
    np.testing.assert_array_equal(bunch.images, IMAGES[split])
    np.testing.assert_array_equal(bunch.target, labels[split])
    assert bunch.data.shape == (SIZES[split], 784)
    assert (bunch.data.dtype, bunch.target.dtype) == (np.uint8, np.int64)
    assert np.shares_memory(bunch.data, bunch.images)


def state(folder):
    """What a folder holds, and when each file was written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def write_zip(path, data, labels, damage=None):
    """Write the archive as NIST has packed it."""
    folder = path.parent / "unpacked"
    write_data(folder, data, ".gz", labels)
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("gzip/emnist-other-train-images-idx3-ubyte.gz", b"of another split")
        for file in folder.iterdir():
            content = file.read_bytes()
            if damage and "train-images" in file.name:
                content = damage(content)
            archive.writestr(f"gzip/{file.name}", content)
            file.unlink()
    folder.rmdir()
