"""Searches over many different networks must not grow without end."""

import sys

import pytest

from mnistcnn._keras_start import ONEDNN

# Of the resident memory after a fit more; what one graph takes is about 4 MiB. TensorFlow's oneDNN
# keeps kernels for each shape; without it, memory is to be nearly flat: 0.10 were measured.
MAX_MEBIBYTES_PER_FIT = {"1": 1, "0": 0.2}
SHARES = {"1": 0.05, "0": 0.1}
LEAST_FITS = {"1": 100, "0": 500}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("onednn", ["1", "0"], ids=["with oneDNN", "without oneDNN"])
def test_fits_of_changing_networks_leave_nothing_behind(onednn, trial, monkeypatch):
    monkeypatch.setenv(ONEDNN, onednn)
    report = trial.of_child("many_fits.py", share=SHARES[onednn], at_least=LEAST_FITS[onednn])
    how = "with oneDNN" if onednn == "1" else "without oneDNN"
    trial.tries(f"fits of changing networks in one process, {how}", report["n_fits"])
    trial.measured[f"MiB by which memory grows with a fit of another network, {how}"] = report[
        "growth"
    ]
    assert report["growth"] < MAX_MEBIBYTES_PER_FIT[onednn]
