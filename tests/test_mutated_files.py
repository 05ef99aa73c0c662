"""Thousands of damaged files: each is read or refused with its name, and none fills the memory."""

import bz2
import gzip
import io
import lzma
import random
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mnistcnn import load_sample_digits, read_idx, read_kaggle_csv, write_idx
from mnistcnn.datasets import load_labelled
from mutations import mutated

N_FILES_A_FORM = 750
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
        yield name, load_labelled, content.getvalue()
    table = digits.to_csv(index=False).encode()
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("train.csv", table)
    yield "plain.csv", read_kaggle_csv, table
    yield "digits.csv.gz", read_kaggle_csv, gzip.compress(table, mtime=0)
    yield "digits.csv.bz2", read_kaggle_csv, bz2.compress(table)
    yield "digits.csv.xz", read_kaggle_csv, lzma.compress(table)
    yield "digits.csv.zip", read_kaggle_csv, zipped.getvalue()


def read_all(folder):
    """Read the damaged files of every form; print what escaped, and the peak of memory."""
    generator = random.Random(0)
    for name, read, content in list(originals(folder)):
        for number in range(N_FILES_A_FORM):
            (folder / name).write_bytes(mutated(content, generator))
            try:
                read(folder / name)
            except (ValueError, OSError) as error:
                if name not in str(error):
                    print(name, number, "names no file:", repr(error))
            except Exception as error:
                print(name, number, "escaped:", repr(error))
    # What getrusage tells begins with the peak of the process that started this one.
    peak = re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())
    print("peak", int(peak[1]) * 1024)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak")
def test_damaged_files_are_named_and_take_little_memory(tmp_path):
    program = [sys.executable, "-W", "ignore", __file__, str(tmp_path)]
    answer = subprocess.run(program, capture_output=True, text=True, check=True)
    *failures, peak = answer.stdout.splitlines()
    assert not failures
    assert int(peak.removeprefix("peak ")) < MAX_BYTES


if __name__ == "__main__":
    read_all(Path(sys.argv[1]))
