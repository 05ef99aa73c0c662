"""Has atheris look for files that a reader is not made for, guided by the code that they reach.

    python coverage_guided.py KIND FOLDER SECONDS

KIND is one of `READERS`. FOLDER takes what atheris tries and finds. It ends with an error at the
first file for which a reader raises something else than a ValueError with the file's name.
"""

import sys
from pathlib import Path

import atheris
import numpy as np

with atheris.instrument_imports(include=["mnistcnn.datasets", "csv", "tarfile", "zipfile"]):
    from mnistcnn import read_idx, read_kaggle_csv, write_idx
    from mnistcnn.datasets import load_labeled

READERS = {"idx3-ubyte": read_idx, "npz": load_labeled, "csv": read_kaggle_csv}
MAX_LENGTH, MAX_MEBIBYTES, MAX_SECONDS = 8192, 1500, 60


def write_examples(folder):
    """Write whole files, from which atheris goes on."""
    folder.mkdir()
    write_idx(folder / "idx", np.zeros((2, 3), np.uint8))
    write_idx(folder / "packed.gz", np.zeros((2, 3), np.float32))
    np.savez(folder / "archive.npz", X=np.zeros((2, 784), np.uint8), y=np.arange(2))
    names = ",".join(["label", *(f"pixel{number}" for number in range(784))])
    (folder / "names.csv").write_text(f"{names}\n")
    (folder / "numbers.csv").write_text(";".join(["7"] + ["0"] * 784) + "\n")


def main(kind, folder, seconds):
    read, path = READERS[kind], folder / f"any.{kind}"
    write_examples(folder / "examples")

    def read_one(content):
        path.write_bytes(content)
        try:
            read(path)
        except ValueError as error:
            if path.name not in str(error):
                raise RuntimeError("the error names no file") from error

    options = {
        "max_total_time": max(1, round(seconds)),
        "artifact_prefix": f"{folder}/",
        "max_len": MAX_LENGTH,
        "rss_limit_mb": MAX_MEBIBYTES,
        "timeout": MAX_SECONDS,
    }
    words = [f"-{name}={value}" for name, value in options.items()]
    atheris.Setup([sys.argv[0], *words, str(folder / "examples")], read_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]))
