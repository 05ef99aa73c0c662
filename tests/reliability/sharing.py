"""Fetches, fits with a memory, and saves, beside other processes that do the same at once.

    python sharing.py FOLDER ADDRESS START SECONDS

From the moment START on, in seconds of the epoch, it works in FOLDER for so many SECONDS, and
prints as JSON how much it did. ADDRESS is where MNIST's files are.
"""

import hashlib
import json
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from mnist_files import assert_is_written
from mnistcnn import DigitCNNClassifier, fetch_mnist, load_classifier
from mnistcnn.datasets._catalogue import MNIST, RemoteFile
from trials import numbers


def main(folder, address, start, seconds):
    X, y = load_digits(return_X_y=True)
    X, y = X[:100].astype(np.uint8), y[:100]
    mirror = folder / "mirror"
    files = {name: remote(mirror / file.name) for name, file in MNIST.files.items()}
    vars(MNIST).update(files=files, mirrors=(address,))

    def fitted(seed):
        return DigitCNNClassifier(
            "baseline", epochs=1, random_state=seed, precision="float32", memory=folder / "memory"
        ).fit(X, y)

    allowed = [fitted(seed).set_params(memory=None).predict_proba(X) for seed in range(2)]
    while time.time() < start:
        time.sleep(0.001)
    counts = Counter()
    for number in numbers(seconds, at_least=2):
        assert_is_written(fetch_mnist(data_home=folder / f"home {number % 40}"))
        counts["fetches"] += 1
        one = fitted(number)
        counts["fits with one memory"] += 1
        if number % 2:
            allowed_here = allowed
            fitted(number % 4 // 2).save(folder / "digits.mnistcnn", overwrite=True)
            found = load_classifier(folder / "digits.mnistcnn").predict_proba(X)
            assert any(np.array_equal(found, each) for each in allowed_here)
            counts["saves to one file"] += 1
    digest = hashlib.sha256(one.predict_proba(X).tobytes()).hexdigest()
    print(json.dumps({"counts": counts, "faults": [], "digest": digest}))


def remote(path):
    content = path.read_bytes()
    return RemoteFile(path.name, len(content), hashlib.sha256(content).hexdigest())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), float(sys.argv[4]))
