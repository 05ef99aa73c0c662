"""Thousands of damaged image files: each is read, or refused by name, and nothing else happens."""

import pytest

MAX_MEMORY = 1_000_000_000


@pytest.mark.slow
@pytest.mark.long
def test_damaged_images_are_read_or_refused_by_name(trial, tmp_path):
    report = trial.of_child("mutated_images.py", tmp_path, share=0.12, at_least=20)
    trial.tries(f"damaged image files of {report['n_kinds']} kinds", report["n_files"])
    assert report["n_kinds"] >= 30
    # Neither are all of them beyond reading, nor is the damage without effect.
    assert 0.1 < report["n_refused"] / report["n_files"] < 0.9
    # Nobody is warned; libtiff writes to stderr by itself, without a way to stop it.
    assert "Warning: " not in report["stderr"]
    trial.measured["MiB at the peak of reading damaged images"] = report["peak"] / 2**20
    assert report["peak"] < MAX_MEMORY
