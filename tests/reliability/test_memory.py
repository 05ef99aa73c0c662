"""Searches over many different networks must not grow without end."""

import subprocess
import sys

import pytest

GROWTH = """
import numpy as np
import mnistcnn
from mnistcnn import DigitCNNClassifier
from mnistcnn.architectures import Simple

X, y = np.random.default_rng(0).integers(0, 255, (40, 64), np.uint8), np.arange(40) % 10

def fit(units):
    network = Simple(4, kernel_size=3, dense_units=units)
    DigitCNNClassifier(network, epochs=1, precision="float32").fit(X, y).predict(X)

def mebibytes():
    mnistcnn.clear_cache()
    pages = int(open("/proc/self/statm").read().split()[1])
    return pages * 4096 / 2**20

for units in range(1, 13):
    fit(units)
before = mebibytes()
for units in range(13, 53):
    fit(units)
print((mebibytes() - before) / 40)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.slow
@pytest.mark.long
def test_different_networks_leave_nothing_behind_once_the_cache_is_cleared():
    measured = subprocess.run(
        [sys.executable, "-c", GROWTH], capture_output=True, text=True, check=True
    )
    assert float(measured.stdout) < 2.5  # MiB a fit; it was 4.6
