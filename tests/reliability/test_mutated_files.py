"""Thousands of damaged files: each is read or refused with its name, and none fills the memory."""

import bz2
import gzip
import io
import json
import lzma
import random
import sys
import warnings
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from mnistcnn import load_sample_digits, read_idx, read_kaggle_csv, write_idx
from mnistcnn.datasets import load_labeled
from mutations import mutated
from trials import numbers
from watched import Deeds, ended_in_time, peak_memory

MAX_BYTES = 10**9


def originals(folder):
    digits = load_sample_digits(as_frame=True).frame.head(3)
    images = digits.drop(columns="label").to_numpy().reshape(-1, 28, 28)
    for name in ("images-idx3-ubyte", "images-idx3-ubyte.gz"):
        write_idx(folder / name, images)
        yield name, read_idx, (folder / name).read_bytes()
    for name, save in (("stored.npz", np.savez), ("packed.npz", np.savez_compressed)):
        content = io.BytesIO()
        save(content, X=images, y=digits["label"].to_numpy())
        yield name, load_labeled, content.getvalue()
    table = digits.to_csv(index=False).encode()
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("train.csv", table)
    yield "plain.csv", read_kaggle_csv, table
    yield "digits.csv.gz", read_kaggle_csv, gzip.compress(table, mtime=0)
    yield "digits.csv.bz2", read_kaggle_csv, bz2.compress(table)
    yield "digits.csv.xz", read_kaggle_csv, lzma.compress(table)
    yield "digits.csv.zip", read_kaggle_csv, zipped.getvalue()


def read_all(folder, seconds, at_least):
    """Read damaged files of every form, and print what came of it as JSON."""
    files = list(originals(folder))
    for name, read, content in files:
        # What is imported or compiled for it is no deed of the file's.
        (folder / name).write_bytes(content)
        read(folder / name)
    deeds, counts, faults = Deeds(), Counter(), []
    for number in numbers(seconds, at_least):
        for name, read, content in files:
            (folder / name).write_bytes(mutated(content, random.Random(f"{name} {number}")))
            with deeds.watched():
                fault = fault_of(read, folder / name)
            counts[name] += 1
            faults += [f"{name} {number} {each}" for each in [fault, *deeds.seen] if each]
            deeds.seen.clear()
    print(json.dumps({"counts": counts, "faults": faults, "peak": peak_memory()}))


def fault_of(read, path):
    """Read a file, and return what is wrong about how it is refused."""
    try:
        with ended_in_time():
            read(path)
    except (ValueError, OSError) as error:
        return None if path.name in str(error) else f"names no file: {error!r}"
    except BaseException as error:
        return f"escaped: {error!r}"
    return None


@pytest.mark.slow
@pytest.mark.long
def test_damaged_files_are_named_and_take_little_memory(trial, tmp_path):
    report = trial.of_child(Path(__file__).name, tmp_path, share=0.06, at_least=100)
    for name, n in report["counts"].items():
        trial.tries(f"damaged `{name}`", n)
    trial.measured["MiB at the peak of reading damaged data"] = report["peak"] / 2**20
    assert report["peak"] < MAX_BYTES


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    read_all(Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
