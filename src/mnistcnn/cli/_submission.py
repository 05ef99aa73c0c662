"""The file that Kaggle takes, which two commands write."""

from collections.abc import Sequence
from pathlib import Path

from mnistcnn._types import Array, Label
from mnistcnn.cli._late_files import written
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


def write_submission(
    labels: "Array | Sequence[Label]", path: Path, *, force: bool, quiet: bool
) -> Path:
    """Write the answers, say so unless it is to be quiet, and return the path of the file."""
    from mnistcnn import write_kaggle_submission

    file = written(
        lambda path, overwrite: write_kaggle_submission(path, labels, overwrite=overwrite),
        path,
        force=force,
    )
    if not quiet:
        images = "image" if len(labels) == 1 else "images"
        print(f"{file} holds the predictions for {len(labels):,} {images}.")
    return file
