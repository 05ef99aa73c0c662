"""Writes files where there is no room or no permission, and prints what came of it as JSON.

    python no_room.py KIND FOLDER SECONDS AT_LEAST

KIND is "limit", where files may not grow beyond a size; "disk", where the folder is a small disk
that is full; or "protected", where the folder may not be written to.
"""

import errno
import json
import os
import random
import resource
import sys
import warnings
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from shutil import rmtree

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits

from mirrors import served
from mnist_files import assert_is_written, write_data
from mnistcnn import (
    ComparisonResult,
    DigitCNNClassifier,
    fetch_mnist,
    write_idx,
    write_kaggle_submission,
)
from mnistcnn.architectures import Baseline
from mnistcnn.datasets._catalogue import MNIST
from mnistcnn.evaluation import write_report
from trials import numbers

REFUSED = {"limit": errno.EFBIG, "disk": errno.ENOSPC, "protected": errno.EACCES}
SIZE_OF_A_FIT = 8000
OLDER = b"of an earlier run"
NOBODY, IS_ROOT = 65534, os.geteuid() == 0
FILLER, BLOCK = "filler", 4096

X, Y = load_digits(return_X_y=True)
X, Y = X[:150].astype(np.uint8), Y[:150]


def quick(**parameters):
    settings = {"epochs": 2, "random_state": 0, "precision": "float32"}
    return DigitCNNClassifier(Baseline(20), **settings | parameters)


def comparison():
    record = {
        "fold": 0, "train_images": 8, "test_images": 2, "accuracy": 0.5, "fit_seconds": 1.0,
        "predict_seconds": 0.1,
    }  # fmt: skip
    names = [f"network {number}" for number in range(300)]
    records = [record | {"architecture": name} for name in names]
    return ComparisonResult(
        records, dict.fromkeys(names, 9), ("accuracy",), {"architectures": names}
    )


class Writer:
    """Something that replaces one file.

    Attributes
    ----------
    name : str
        Of the file.
    write : callable
        Is given its path.
    """

    def __init__(self, name, write):
        self.name, self.write = name, write


def writers():
    fitted, result = quick().fit(X, Y), comparison()
    values = np.random.default_rng(0).integers(0, 256, (300, 28, 28), np.uint8)
    return [
        Writer("digits.mnistcnn", partial(fitted.save, overwrite=True)),
        Writer("digits-idx3-ubyte.gz", lambda path: write_idx(path, values)),
        Writer("submission.csv",
               lambda path: write_kaggle_submission(path, [7] * 20_000, overwrite=True)),
        Writer("results.csv", partial(result.to_csv, overwrite=True)),
        Writer("results.json", partial(result.to_json, overwrite=True)),
        Writer("report.html", lambda path: write_report(fitted, X, Y, path, overwrite=True)),
    ]  # fmt: skip


@contextmanager
def no_room(kind, folder, share, size):
    """Leave room for this share of so many bytes."""
    begin, end = {
        "limit": (limit, unlimit),
        "disk": (fill, empty),
        "protected": (protect, open_up),
    }[kind]
    begin(folder, int(share * size))
    try:
        yield
    finally:
        end(folder)


def limit(_, size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def unlimit(_):
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def fill(folder, size):
    free = os.statvfs(folder).f_bavail * BLOCK
    (folder / FILLER).write_bytes(bytes(max(0, free - size // BLOCK * BLOCK)))


def empty(folder):
    (folder / FILLER).unlink()


def protect(folder, _):
    folder.chmod(0o555)
    # Root may write everywhere.
    if IS_ROOT:
        os.seteuid(NOBODY)
    # It is for writing that permission lacks, not for reaching the folder.
    os.listdir(folder)


def open_up(folder):
    if IS_ROOT:
        os.seteuid(0)
    folder.chmod(0o777)


def faults_of_file(kind, folder, writer, size, generator):
    """Write a file without room, then with room; return what is wrong about that."""
    path = folder / writer.name
    path.write_bytes(OLDER)
    path.chmod(0o666)
    error = None
    with no_room(kind, folder, generator.uniform(0, 0.9), size):
        try:
            writer.write(path)
        except OSError as raised:
            error = raised
    if error is None or error.errno != REFUSED[kind]:
        yield f"{writer.name}: {error!r}"
    if path.read_bytes() != OLDER:
        yield f"{writer.name}: the older file is lost"
    if [found.name for found in folder.iterdir()] != [writer.name]:
        yield f"{writer.name}: left behind are {[*folder.iterdir()]}"
    writer.write(path)
    if path.read_bytes() == OLDER:
        yield f"{writer.name}: it is not written where there is room"
    path.unlink()


def faults_of_memory(kind, folder, size, generator):
    """Fit with a memory that nothing can be put into: the fit is the same."""
    expected = quick().fit(X, Y).predict_proba(X)
    memory = folder / "memory"
    with no_room(kind, folder, generator.uniform(0, 0.9), size), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = quick(memory=memory).fit(X, Y).predict_proba(X)
    if not np.array_equal(found, expected):
        yield "a fit with a memory without room is another"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(2):
            again = quick(memory=memory).fit(X, Y)
    if not (again.from_memory_ and np.array_equal(again.predict_proba(X), expected)):
        yield "a memory that had no room is of no use later"


def faults_of_backup(kind, folder, size, generator):
    """Fit with a backup that cannot be written: refused, and the next fit is the same."""
    expected = quick().fit(X, Y).predict_proba(X)
    classifier = quick(callbacks=keras.callbacks.BackupAndRestore(str(folder / "backup")))
    error = None
    with no_room(kind, folder, generator.uniform(0, 0.9), size):
        try:
            classifier.fit(X, Y)
        except OSError as raised:
            error = raised
    if error is None or error.errno != REFUSED[kind]:
        yield f"backup: {error!r}"
    if hasattr(classifier, "classes_"):
        yield "a fit that failed has left something"
    if not np.array_equal(classifier.fit(X, Y).predict_proba(X), expected):
        yield "a fit after a backup without room is another"


def faults_of_fetch(kind, folder, *_):
    """Fetch into a folder without room: refused, and the next one is whole."""
    home, error = folder / "home", None
    with no_room(kind, folder, 0, 0):
        try:
            fetch_mnist(data_home=home)
        except OSError as raised:
            error = raised
    if error is None or "home" not in str(error):
        yield f"fetch: {error!r}"
    if any(path.is_file() for path in folder.rglob("*")):
        yield f"fetch: left behind are {[*folder.rglob('*')]}"
    assert_is_written(fetch_mnist(data_home=home))


def faults(kind, folder, generator, sizes, made):
    """Go through all that writes files, and return what is wrong; None after each."""
    for writer in made:
        yield from faults_of_file(kind, folder, writer, sizes[writer.name], generator)
        yield None
    for of_folder in (faults_of_memory, faults_of_backup, faults_of_fetch):
        yield from of_folder(kind, folder, SIZE_OF_A_FIT, generator)
        yield None
        for path in folder.iterdir():
            rmtree(path)


def main(kind, folder, seconds, at_least):
    made, place, sizes, found = writers(), folder / "place", {}, []
    for writer in made:
        path = folder / writer.name
        writer.write(path)
        sizes[writer.name] = path.stat().st_size
    place.mkdir(exist_ok=True)
    write_data(folder / "mirror", MNIST, ".gz")
    n_injected = 0
    with served(MNIST, folder / "mirror", pytest.MonkeyPatch()):
        for number in numbers(seconds, at_least):
            generator = random.Random(f"{kind} {number}")
            for fault in faults(kind, place, generator, sizes, made):
                n_injected += fault is None
                found += [f"{kind} {number}: {fault}"] if fault else []
    print(json.dumps({"injected": n_injected, "faults": found}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
