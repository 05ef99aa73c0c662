"""Fits networks that change from fit to fit, and prints as JSON how memory grows.

python many_fits.py SECONDS AT_LEAST
"""

import ctypes
import gc
import json
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np

import mnistcnn
from mnistcnn import DigitCNNClassifier
from mnistcnn.architectures import Baseline, Fast, Simple
from trials import numbers

# By then what is kept for later fits is there.
N_BEFORE = 40


def network(number):
    """Return one of 500 networks, none of them larger for a greater number."""
    number, kind = divmod(number, 4)
    units, width = divmod(number, 5)
    width, units = 2 + width, 4 + units % 25
    return [
        Simple(width, kernel_size=3, dense_units=units),
        Fast((width, 4), dense_units=units),
        Baseline(25 * width + units),
        Simple(width, kernel_size=5, dense_units=units),
    ][kind]


def mebibytes():
    """Return what is resident once all is freed, and returned to the system by glibc."""
    mnistcnn.clear_cache()
    gc.collect()
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def main(seconds, at_least):
    generator = np.random.default_rng(0)
    X, y = generator.integers(0, 255, (40, 784), np.uint8), np.arange(40) % 10
    before, n_fits = 0.0, 0
    for number in numbers(seconds, at_least + N_BEFORE):
        DigitCNNClassifier(network(number), epochs=1, precision="float32").fit(X, y).predict(X)
        n_fits += 1
        if n_fits == N_BEFORE:
            before = mebibytes()
    growth = (mebibytes() - before) / (n_fits - N_BEFORE)
    print(json.dumps({"n_fits": n_fits, "growth": growth, "faults": []}))


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
