"""The file that Kaggle takes, which two commands write."""

from collections.abc import Sequence
from pathlib import Path

from mnistcnn._types import Array, Label
from mnistcnn.cli._options import check_output_file


def check_submission(path: Path, *, force: bool) -> None:
    """Stop before the work where the submission could not be written after it.

    Parameters
    ----------
    path : Path
        What ``--submission`` has named.
    force : bool
        Whether the user has asked to overwrite.
    """
    check_output_file(path, "--submission", force=force)


def write_submission(labels: "Array | Sequence[Label]", path: Path, *, quiet: bool) -> None:
    """Write the answers in place of an older file, and say so unless it is to be quiet."""
    from mnistcnn import write_kaggle_submission

    write_kaggle_submission(path, labels, overwrite=True)
    if not quiet:
        images = "image" if len(labels) == 1 else "images"
        print(f"{path} holds the predictions for {len(labels):,} {images}.")
