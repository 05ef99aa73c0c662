"""Has atheris look for files that no reader is made for, guided by the code that they reach.

    python coverage_guided.py KIND FOLDER SECONDS

KIND is one of `READERS`, FOLDER takes the file in question and what atheris finds. It ends with an
error at the first file for which a reader raises something else than a ValueError with its name.
"""

import io
import random
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["mnistcnn.datasets", "mnistcnn.storage"]):
    from mnistcnn import UnreadableModelError, read_idx, read_kaggle_csv
    from mnistcnn.datasets import load_labelled
    from mnistcnn.storage import read_model_file

READERS = {
    "digits-idx3-ubyte": (read_idx, ValueError),
    "digits.npz": (load_labelled, ValueError),
    "digits.csv": (read_kaggle_csv, ValueError),
    "digits.mnistcnn": (read_model_file, UnreadableModelError),
}


def main(kind, folder, seconds):
    import numpy as np

    from mnistcnn import write_idx
    from mnistcnn.storage import write_model_file

    read, refused = READERS[kind]
    path, corpus = folder / kind, folder / "corpus"
    corpus.mkdir(exist_ok=True)
    write_idx(corpus / "idx", np.zeros((2, 3), np.uint8))
    write_idx(corpus / "idx.gz", np.zeros((2, 3), np.float32))
    np.savez(corpus / "npz.npz", X=np.zeros((2, 784), np.uint8), y=np.arange(2))
    (corpus / "csv").write_text("label," + ",".join(f"pixel{k}" for k in range(784)) + "\n")
    (corpus / "csv2").write_text(("7;" + ";".join(["0"] * 784) + "\n") * 2)
    write_model_file(corpus / "model", {"list": [1, {"array": 0}]}, [np.ones(3)], overwrite=True)

    def read_one(content):
        path.write_bytes(content)
        try:
            read(path)
        except refused as error:
            if kind not in str(error):
                raise RuntimeError("no file is named") from error

    arguments = [
        f"-max_total_time={seconds}",
        f"-artifact_prefix={folder}/",
        "-max_len=8192",
        "-rss_limit_mb=1500",
        "-timeout=60",
    ]
    atheris.Setup([sys.argv[0], *arguments, str(corpus)], read_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
