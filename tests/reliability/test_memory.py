"""Searches over many different networks must not grow without end."""

import sys

import pytest

# Of the resident memory after a fit more; what one graph takes is about 4 MiB.
MAX_MEBIBYTES_PER_FIT = 1


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.slow
@pytest.mark.long
def test_fits_of_changing_networks_leave_nothing_behind(trial):
    report = trial.of_child("many_fits.py", share=0.15, at_least=100)
    trial.tries("fits of changing networks in one process", report["n_fits"])
    trial.measured["MiB by which memory grows with a fit of another network"] = report["growth"]
    assert report["growth"] < MAX_MEBIBYTES_PER_FIT
