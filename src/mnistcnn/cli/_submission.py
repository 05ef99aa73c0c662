"""Writes submissions to Kaggle, for two commands."""

from collections.abc import Sequence
from pathlib import Path

from mnistcnn._types import Array, Label
from mnistcnn._wording import abbreviated
from mnistcnn.cli._late_files import write_or_write_beside
from mnistcnn.cli._options import check_output_file

# Of the images that a classifier rejects.
N_NAMED = 10


def check_submission(path: Path, *, force: bool) -> None:
    """Stop before the work where the submission could not be written after it.

    Parameters
    ----------
    path : Path
        What ``--submission`` has named.
    force : bool
        Whether to overwrite an existing file.
    """
    check_output_file(path, "--submission", force=force)


def check_order(table: str) -> None:
    """Stop where the images of a table lie in another order than its numbers.

    A submission would number the predictions by the lines all the same.

    Parameters
    ----------
    table : str
        The name of the file, or a pattern.
    """
    from mnistcnn.datasets import fault_in_order

    try:
        faults = [fault_in_order(path) for path in tables_named(table)]
    except (OSError, ValueError):
        # Unreadable files are reported when the images are read.
        return
    for fault in filter(None, faults):
        raise ValueError(fault)


def tables_named(table: str) -> list[Path]:
    """Return the files that a name or a pattern stands for; none where nothing matches.

    Parameters
    ----------
    table : str
        The name of the file, or a pattern.
    """
    from mnistcnn.images import find_image_files

    try:
        return find_image_files(table)
    except (OSError, ValueError):
        # Reported when the images are read.
        return []


def refuse_rejected(names: Sequence[str]) -> None:
    """Stop where a classifier has rejected images, for which a submission needs digits, too.

    Parameters
    ----------
    names : sequence of str
        The names of these images.
    """
    if names:
        raise ValueError(
            "--submission needs a digit for every image, but the classifier rejects "
            f"{abbreviated(names, N_NAMED)}. Nothing is written."
        )


def write_submission(
    labels: "Array | Sequence[Label]", path: Path, *, force: bool, quiet: bool
) -> Path:
    """Write the predictions, say so unless `quiet`, and return the path of the file."""
    from mnistcnn import write_kaggle_submission

    file = write_or_write_beside(
        lambda path, overwrite: write_kaggle_submission(path, labels, overwrite=overwrite),
        path,
        force=force,
    )
    if not quiet:
        images = "image" if len(labels) == 1 else "images"
        print(f"{file} holds the predictions for {len(labels):,} {images}.")
    return file
